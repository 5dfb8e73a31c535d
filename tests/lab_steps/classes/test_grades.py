"""Points by step; what is late, pending or could not be looked at is apart."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
import pytest

from lab_steps.checking.finding import ApiAnswer, Finding, LogRecord, Outcome, failed, passed
from lab_steps.classes.grades import Mark, grade, mark
from lab_steps.classes.standing import AccountProblem, StepStanding, StudentStanding
from lab_steps.classes.standing import standing as standing_of
from lab_steps.errors import ExitCode
from lab_steps.results.result import exit_code
from lab_steps.walkthrough.lab import WALKTHROUGH
from stacks.class_list import Student
from tests.lab_steps.classes.found import HOUR, NOON, standing, step
from tests.lab_steps.documents import made as result
from tests.lab_steps.step_numbers import ALL

ONE_EACH = {each.number: 1.0 for each in WALKTHROUGH.steps}


def test_points_of_each_kind_are_apart_and_add_up() -> None:
    found = grade(
        standing(
            "Ada", s7=Outcome.FAIL, s8=Outcome.BLOCKED, s34=Outcome.PENDING, s37=Outcome.ERROR
        ),
        {**ONE_EACH, 7: 2.5, 34: 3.0},
        None,
    )
    assert (found.failed, found.pending, found.errors, found.late) == (3.5, 3.0, 1.0, 0.0)
    assert found.points == ALL - 4
    assert found.possible == ALL + 3.5
    assert (found.numbers(Mark.FAILED), found.numbers(Mark.PENDING)) == ([7, 8], [34])


@pytest.mark.parametrize(
    ("passed_at", "made", "expected"),
    [
        (NOON, None, Mark.PASSED),
        (NOON + HOUR, NOON, Mark.PASSED),
        (NOON + HOUR, NOON + HOUR, Mark.LATE),
        (NOON + HOUR, None, Mark.UNDATED),
        (NOON, NOON + HOUR, Mark.PASSED),
    ],
)
def test_a_step_is_late_by_its_evidence_else_by_when_it_was_seen(
    passed_at: datetime, made: datetime | None, expected: Mark
) -> None:
    assert mark(step(7, Outcome.PASS, passed=passed_at, made=made), NOON) is expected
    assert mark(step(7, Outcome.PASS, passed=passed_at, made=made), None) is Mark.PASSED


@pytest.mark.parametrize(
    ("outcomes", "worst", "code"),
    [
        ((Outcome.PENDING, Outcome.ERROR, Outcome.FAIL), Outcome.FAIL, ExitCode.FAILED),
        ((Outcome.BLOCKED, Outcome.ERROR), Outcome.ERROR, ExitCode.CANNOT_LOOK),
        ((Outcome.PENDING, Outcome.BLOCKED), Outcome.BLOCKED, ExitCode.FAILED),
        ((Outcome.PASS, Outcome.PENDING), Outcome.PENDING, ExitCode.PENDING),
        ((Outcome.PASS, Outcome.NOT_APPLICABLE), Outcome.PASS, ExitCode.PASSED),
    ],
)
def test_outcomes_have_one_order_for_one_lab_and_a_class(
    outcomes: tuple[Outcome, ...], worst: Outcome, code: ExitCode
) -> None:
    steps: dict[str, Any] = {f"s{number}": each for number, each in enumerate(outcomes, 1)}
    assert standing("Ada", **steps).status is worst
    found = {
        number: Finding(outcome=each, expected="", actual="")
        for number, each in enumerate(outcomes, 1)
    }
    assert exit_code(found) is code


def test_what_did_not_pass_is_not_late() -> None:
    assert mark(step(7, Outcome.FAIL), NOON - HOUR) is Mark.FAILED


def test_an_account_with_a_problem_keeps_the_points_of_its_last_look() -> None:
    trouble = AccountProblem(what="denied", do="allow it")
    found = grade(standing("Ada", problem=trouble), ONE_EACH, None)
    assert (found.status, found.points, found.problem) == (Outcome.ERROR, ALL, "denied")
    never = StudentStanding(
        student="Bob", account="1" * 12, region="us-east-1", files="bob", problem=trouble
    )
    found = grade(never, ONE_EACH, None)
    assert (found.status, found.points, found.errors, found.report) == (Outcome.ERROR, 0, ALL, "")


ADA = Student("Ada", "111122223333")


def test_a_standing_tells_when_the_work_was_done() -> None:
    early, late = "2026-03-14T11:59:40Z", "2026-03-14T11:59:50Z"
    record = LogRecord(bucket="b", key="k", event_id="1", event_name="PutItem", event_time=early)
    answer = ApiAnswer(operation="cloudtrail:LookupEvents", answer={"EventTime": late})
    delivered = {"LatestDeliveryTime": "2026-03-14T12:10:00Z"}
    status = ApiAnswer(operation="cloudtrail:GetTrailStatus", answer=delivered)
    findings = {
        1: passed("x", "y", record, answer),
        2: passed("x", "y", status),
        3: failed("x", "found", record, rationale="not in 123456789012"),
    }
    found = standing_of(ADA, result(findings), "ada", None)
    first, second, third = found.steps
    assert (first.made, second.made, third.made) == (datetime.fromisoformat(late), None, None)
    assert (third.why, third.passed) == ("found", None)
    assert third.reason == "not in ACCOUNT"
    assert found.status is Outcome.FAIL


def test_a_step_passed_when_it_was_first_seen_to() -> None:
    once = result({1: passed("x", "y"), 2: failed("x", "y", rationale="z")})
    before = standing_of(ADA, once, "ada", None)
    both = {1: passed("x", "y"), 2: passed("x", "y")}
    again = msgspec.structs.replace(result(both), finished=once.finished + HOUR)
    first, second = standing_of(ADA, again, "ada", before).steps
    assert (first.passed, second.passed) == (once.finished, again.finished)


def test_nobody_looked_yet() -> None:
    assert StudentStanding(student="A", account="1", region="r", files="f").status is None
    assert isinstance(step(1, Outcome.PASS), StepStanding)

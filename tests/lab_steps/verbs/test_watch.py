"""Watching a lab that is being made."""

from __future__ import annotations

import io
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path

import jsonschema
import msgspec
import pytest
from rich.console import Console

from lab_steps.checking.finding import Finding, NextAction, Outcome
from lab_steps.checking.patience import AWS_PATIENCE, LOCAL_PATIENCE, Patience
from lab_steps.checking.user_agents import CHECK
from lab_steps.checking.view import View
from lab_steps.checking.watching import Watch, interval
from lab_steps.errors import ExitCode
from lab_steps.session import LabSession
from lab_steps.verbs.watch import Documents, Screen, changes, follow, next_step
from lab_steps.walkthrough.lab import WALKTHROUGH
from local_aws import LocalAws
from tests.lab_steps.by_hand import ByHand
from tests.lab_steps.documents import ACTION, LEGIBLE, STARTED, findings
from tests.lab_steps.mutants.reference_lab import ITEM, REFERENCE, Act, Lab, build, call, changed
from tests.lab_steps.step_numbers import ALL
from tests.profiles import IS_LONG


@pytest.mark.parametrize(
    ("patience", "asked", "seconds"),
    [
        (LOCAL_PATIENCE, None, 2.0),
        (LOCAL_PATIENCE, 0.0, 0.1),
        (LOCAL_PATIENCE, 300.0, 30.0),
        (AWS_PATIENCE, None, 15.0),
        (AWS_PATIENCE, 1.0, 15.0),
        (AWS_PATIENCE, 60.0, 60.0),
        (Patience(timedelta(), 0.05), None, 0.05),
    ],
)
def test_the_interval_is_within_the_targets_patience(
    patience: Patience, asked: float | None, seconds: float
) -> None:
    assert interval(patience, asked) == seconds


def test_a_failure_comes_before_what_could_not_be_looked_at_and_what_waits() -> None:
    found = findings()
    assert next_step(found) == 10
    del found[10]
    assert next_step(found) == 38
    del found[38]
    assert next_step(found) == 28
    del found[28]
    assert next_step(found) == 34
    del found[34]
    assert next_step(found) is None


def told(found: dict[int, Finding], *, has_console: bool) -> list[str]:
    """What the screen shows of findings, at 12:05:20."""
    out = io.StringIO()
    screen = Screen(WALKTHROUGH, has_console, Console(file=out, width=80))
    screen.show(found, STARTED + timedelta(minutes=5, seconds=20))
    return [line.rstrip() for line in out.getvalue().splitlines()]


def test_the_advice_is_one_step_with_all_that_check_says_of_it() -> None:
    assert told(findings(), has_console=True) == [
        f"{ALL - 4} of {ALL} steps passed",
        "next: step 10, Choose both Insights types, and create the trail: FAIL",
        "  expected: both types",
        "  found:    one type " + LEGIBLE,
        "  why:      ApiErrorRateInsight is not selected.",
        "  do:       Tick both boxes.",
        "  or:       aws cloudtrail put-insight-selectors",
        "  a hint:   python -m lab_steps hint 10",
    ]


def test_without_a_console_the_command_comes_first() -> None:
    assert told(findings(), has_console=False)[5:7] == [
        "  do:       aws cloudtrail put-insight-selectors",
        "  console:  Tick both boxes.",
    ]


def test_what_waits_is_told_with_the_time_that_is_left_and_what_may_be_undone() -> None:
    waits = msgspec.structs.replace(findings()[34], next_action=ACTION)
    other = NextAction(console="Open an item.", command="aws dynamodb get-item")
    also = msgspec.structs.replace(waits, next_action=other)
    lines = told({34: waits, 37: also}, has_console=False)
    assert "  wait:     up to 14 min 40 s more, until 12:20:00 UTC" in lines
    assert "  if not:   aws cloudtrail put-insight-selectors" in lines
    assert "  step 37 waits too; if not done yet: aws dynamodb get-item" in lines


def test_a_command_is_never_broken() -> None:
    long = msgspec.structs.replace(ACTION, command="aws " + "x" * 300)
    found = {10: msgspec.structs.replace(findings()[10], next_action=long)}
    assert f"  or:       {long.command}" in told(found, has_console=True)


def test_only_changed_outcomes_are_told() -> None:
    before, now = findings(), findings()
    now[10] = Finding(outcome=Outcome.PASS, expected="", actual="")
    (line,) = changes(WALKTHROUGH, before, now)
    assert line.startswith("step 10  FAIL -> PASS")
    assert list(changes(WALKTHROUGH, {}, now)) == []


def test_watching_ends_when_all_steps_pass(lab: LabSession, by_hand: ByHand) -> None:
    watch = Watch(WALKTHROUGH, WALKTHROUGH.choose([5, 6, 7]), lab.look, seconds=0.05)
    rounds = watch.rounds(deadline=None)
    assert next(rounds)[5].outcome is Outcome.FAIL
    by_hand.management_trail(EnableLogFileValidation=True)
    assert {n: each.outcome for n, each in next(rounds).items()} == {
        5: "PASS",
        6: "PASS",
        7: "FAIL",
    }
    by_hand.cloudtrail.update_trail(Name="student-management-events", EnableLogFileValidation=False)
    assert [each.outcome for each in next(rounds).values()] == ["PASS"] * 3
    assert list(rounds) == []


def test_every_look_is_whole_so_that_what_is_told_is_true(lab: LabSession, by_hand: ByHand) -> None:
    by_hand.management_trail()
    rounds = Watch(WALKTHROUGH, WALKTHROUGH.choose([5, 6, 11]), lab.look, 0.05).rounds(None)
    assert [each.outcome for each in next(rounds).values()] == ["PASS", "PASS", "FAIL"]
    by_hand.cloudtrail.delete_trail(Name="student-management-events")
    assert {n: each.outcome for n, each in next(rounds).items()} == {
        5: "FAIL",
        6: "BLOCKED",
        11: "FAIL",
    }


BEGINNINGS: dict[str, tuple[Lab, tuple[Act, ...]]] = {
    "an empty account": (Lab(listed=False), ()),
    "a lab that lacks an item": (changed(REFERENCE, items=()), ()),
    "a lab that is worked on": (
        changed(REFERENCE, items=()),
        (
            call("dynamodb", "put_item", TableName="Users", Item={"id": ITEM["id"]}),
            call("dynamodb", "delete_item", TableName="Users", Key={"id": ITEM["id"]}),
        ),
    ),
}
"""What was done before, and what is done between looks in turn."""
LOOKS = 20 if IS_LONG else 8


@pytest.mark.parametrize("begun", BEGINNINGS)
def test_many_looks_leave_few_calls(begun: str, aws: LocalAws, lab: LabSession) -> None:
    made, meanwhile = BEGINNINGS[begun]
    build(aws, made)
    acts, waited = cycle(meanwhile), list[float]()
    calls = [Counter[str]()]
    for service in ("sts", "cloudtrail", "dynamodb", "s3"):
        events = lab.target.client(service, CHECK).meta.events
        events.register("before-call", lambda model, **_: calls[-1].update([model.name]))

    def wait(seconds: float) -> bool:
        waited.append(seconds)
        aws.advance(timedelta(seconds=seconds))
        for act in islice(acts, 1):
            act(aws)
        calls.append(Counter())
        return False

    rounds = Watch(WALKTHROUGH, WALKTHROUGH.steps, lab.look, 2.0, wait).rounds(None)
    while len(waited) < LOOKS:
        next(rounds)
    first, *later = calls[:-1]
    assert first["LookupEvents"] <= 12
    assert sum(each["LookupEvents"] for each in later) < 3 * len(later)
    for each in later:
        assert max(each["GetInsightSelectors"], each["Scan"], each["DescribeTable"]) <= 1
        assert each.total() < 30


def test_looks_get_rarer_while_nothing_changes(lab: LabSession) -> None:
    waited: list[float] = []

    def wait(seconds: float) -> bool:
        waited.append(seconds)
        return False

    rounds = Watch(WALKTHROUGH, WALKTHROUGH.choose([5]), lab.look, 2.0, wait).rounds(None)
    for _ in range(7):
        next(rounds)
    assert waited == [2.0, 3.0, 4.5, 6.75, 10.0, 10.0]


def test_looks_are_as_near_as_at_first_again_when_something_happens(lab: LabSession) -> None:
    waited: list[float] = []

    def wait(seconds: float) -> bool:
        waited.append(seconds)
        return len(waited) == 3

    rounds = Watch(WALKTHROUGH, WALKTHROUGH.choose([5]), lab.look, 2.0, wait).rounds(None)
    for _ in range(6):
        next(rounds)
    assert waited == [2.0, 3.0, 4.5, 2.0, 3.0]


def test_watching_ends_at_the_deadline_with_what_was_found(
    lab: LabSession, by_hand: ByHand, capsys: pytest.CaptureFixture[str]
) -> None:
    watch = Watch(WALKTHROUGH, WALKTHROUGH.choose([5]), lab.look, seconds=0.05)
    code = follow(
        watch, datetime.now(UTC) + timedelta(seconds=0.2), Screen(WALKTHROUGH, False).show
    )
    assert code == ExitCode.FAILED
    told = capsys.readouterr().out
    assert told.count("next: step 5, Start Create trail") == 1


def test_interrupted_is_its_own_exit_code(lab: LabSession) -> None:
    def look() -> View:
        raise KeyboardInterrupt

    watch = Watch(WALKTHROUGH, WALKTHROUGH.choose([5]), look, 1.0)
    assert follow(watch, None, Screen(WALKTHROUGH, False).show) is ExitCode.INTERRUPTED


def test_programs_get_a_result_of_each_look_with_other_outcomes(
    lab: LabSession, by_hand: ByHand, capsys: pytest.CaptureFixture[str]
) -> None:
    rounds = Watch(WALKTHROUGH, WALKTHROUGH.choose([5, 11]), lab.look, 0.05).rounds(None)
    documents = Documents(lab)
    documents.show(next(rounds), datetime.now(UTC))
    documents.show(next(rounds), datetime.now(UTC))
    by_hand.management_trail()
    documents.show(next(rounds), datetime.now(UTC))
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    schema = Path("lab_steps/results/result.schema.json").read_text(encoding="utf-8")
    for each in told:
        jsonschema.validate(each, json.loads(schema))
    assert [(each["verb"], each["counts"]["PASS"]) for each in told] == [("watch", 0), ("watch", 1)]

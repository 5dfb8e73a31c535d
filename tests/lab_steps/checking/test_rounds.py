"""Judging steps: needs first, one look for all, again while something is not due."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from lab_steps.checking.finding import Finding, NextAction, Outcome, failed, passed, pending
from lab_steps.checking.rounds import Round, check_until_due
from lab_steps.checking.step import Check, Need, Step, step
from lab_steps.checking.view import View
from lab_steps.lab import Lab, Part
from lab_steps.session import LabSession
from lab_steps.stopwatch import Stopwatch
from lab_steps.walkthrough.lab import WALKTHROUGH
from tests.lab_steps.conftest import NOW

DONE = passed("a thing", "a thing")
MISSING = failed("a thing", "nothing", rationale="Nobody made it.")
OWN = NextAction(console="Make it.", command="aws make thing")


def own(view: View) -> NextAction:
    """OWN, as it can be pasted."""
    return NextAction(console="Make it.", command=f"aws {view.place.options} make thing")


@pytest.fixture
def view(lab: LabSession) -> View:
    """A look at an empty account."""
    lab.target.patience = NOW
    return lab.look()


def not_due(view: View) -> Finding:
    until = view.now + timedelta(minutes=5)
    return pending("a thing", "nothing", since=view.now, until=until)


def checked_by(
    check: Check, *needs: Need, number: int = 99, provides: tuple[Need, ...] = ()
) -> Step:
    """A step of no lab yet."""
    declare = step(
        number,
        "A thing",
        console=OWN.console,
        command=OWN.command,
        needs=needs,
        provides=provides,
    )
    return declare(check)


def of(*steps: Step) -> Lab:
    """A lab of these steps alone."""
    return replace(WALKTHROUGH, title="a lab of one part", parts=(Part("All of it", steps),))


def judgement(view: View, only: Step) -> Finding:
    """What is found of a lab's one step."""
    return Round(of(only), view).judge(only)


LACKING = Need("another thing", lambda _: False)


def unasked(_: View) -> Finding:
    raise AssertionError("A check was run though what it needs is not there.")


def cannot_look(_: View) -> Finding:
    raise KeyError("no\n  such key")


def counted(check: Check) -> tuple[Check, list[View]]:
    looks: list[View] = []

    def count(view: View) -> Finding:
        looks.append(view)
        return check(view)

    return count, looks


def test_what_failed_says_how_to_do_the_step(view: View) -> None:
    assert judgement(view, checked_by(lambda _: MISSING)).next_action == own(view)


def test_what_passed_says_nothing_to_do(view: View) -> None:
    assert judgement(view, checked_by(lambda _: DONE)) == DONE


def test_what_is_not_due_says_nothing_to_do_unless_its_check_does(view: View) -> None:
    remedied = replace(checked_by(not_due), own_remedy=OWN, may_be_undone=True)
    assert judgement(view, remedied).next_action is None, "the step may be done by then"
    told = checked_by(lambda view: msgspec.structs.replace(not_due(view), next_action=OWN))
    assert judgement(view, told).next_action == own(view)


def test_what_waits_for_what_is_not_due_may_be_undone_but_not_what_waits_for_that(
    view: View,
) -> None:
    second = Need("a second thing", lambda _: False)
    first = checked_by(not_due, number=1, provides=(LACKING,))
    undone = replace(
        checked_by(unasked, LACKING, number=2, provides=(second,)),
        own_remedy=OWN,
        may_be_undone=True,
    )
    later = replace(checked_by(unasked, second), own_remedy=OWN, may_be_undone=True)
    round_ = Round(of(first, undone, later), view)
    assert round_.judge(undone).next_action == own(view)
    assert round_.judge(later).next_action is None
    assert round_.judge(later).outcome is Outcome.PENDING


def test_an_unexpected_exception_is_an_error_told_in_one_line(view: View) -> None:
    found = judgement(view, checked_by(cannot_look))
    assert found.outcome is Outcome.ERROR
    assert found.actual == r"KeyError: 'no\n such key'"
    assert found.next_action is None


def test_an_exception_while_a_need_is_looked_at_is_an_error_too(view: View) -> None:
    need = Need("another thing", lambda _: bool(cannot_look(view)))
    other = checked_by(unasked, number=1, provides=(need,))
    only = checked_by(unasked, need)
    assert Round(of(other, only), view).judge(only).outcome is Outcome.ERROR


def test_a_step_is_blocked_by_the_first_need_that_is_not_there(view: View) -> None:
    there, later = Need("a need that is met", lambda _: True), Need("a third", lambda _: False)
    other = checked_by(lambda _: MISSING, number=5, provides=(there, LACKING, later))
    only = checked_by(unasked, there, LACKING, later)
    round_ = Round(of(other, only), view)
    found = round_.judge(only)
    assert (found.outcome, found.blocked_by) == (Outcome.BLOCKED, 5)
    assert (found.expected, found.actual) == ("another thing", "missing: step 5 is FAIL")
    assert found.next_action == round_.judge(other).next_action


def test_a_variant_of_a_need_is_provided_by_the_step_that_provides_the_need(view: View) -> None:
    other = checked_by(lambda _: MISSING, number=5, provides=(LACKING,))
    only = checked_by(lambda _: DONE, LACKING.unless(lambda _: False))
    assert Round(of(other, only), view).judge(only).blocked_by == 5


def test_a_variant_of_a_need_is_met_where_its_own_condition_is(view: View) -> None:
    other = checked_by(unasked, number=5, provides=(LACKING,))
    only = checked_by(lambda _: DONE, LACKING.unless(lambda _: True))
    assert Round(of(other, only), view).judge(only) == DONE


def test_a_step_waits_as_long_as_the_step_that_it_needs(view: View) -> None:
    waits = not_due(view)
    other, only = checked_by(unasked, number=5, provides=(LACKING,)), checked_by(unasked, LACKING)
    found = Round(of(other, only), view, {5: waits}).judge(only)
    assert found.outcome is Outcome.PENDING
    assert (found.since, found.until) == (waits.since, waits.until)
    assert found.actual == "waiting for step 5"


def test_a_step_is_judged_once_in_a_round(view: View) -> None:
    check, looks = counted(lambda _: MISSING)
    only = checked_by(check)
    round_ = Round(of(only), view)
    assert round_.judge(only) is round_.judge(only)
    assert len(looks) == 1


def turns(*findings: Callable[[View], Finding]) -> Check:
    """A check that finds another thing at each look, and the last from then on."""
    left: Iterator[Callable[[View], Finding]] = iter(findings)
    last = findings[-1]
    return lambda view: next(left, last)(view)


def judged(lab: LabSession, *steps: Step, wait: float) -> tuple[dict[int, Finding], int]:
    """The findings, and how often was waited."""
    lab.target.patience = NOW
    waits: list[dict[int, Finding]] = []
    told: list[Step] = []
    findings = check_until_due(
        of(*steps),
        steps,
        lab.look,
        deadline=lab.look().now + timedelta(seconds=wait),
        on_step=told.append,
        on_wait=lambda found, _view: waits.append(found),
        stopwatch=Stopwatch(),
    )
    assert told == [*steps] * (len(waits) + 1)
    return findings, len(waits)


def test_what_is_pending_is_looked_at_again_until_it_is_decided(lab: LabSession) -> None:
    only = checked_by(turns(not_due, not_due, lambda _: DONE))
    assert judged(lab, only, wait=60) == ({99: DONE}, 2)


def test_what_is_still_pending_at_the_deadline_stays_so(lab: LabSession) -> None:
    findings, waits = judged(lab, checked_by(not_due), wait=0.12)
    assert findings[99].outcome is Outcome.PENDING
    assert waits


def test_what_is_said_in_the_end_is_what_the_last_look_found(lab: LabSession) -> None:
    check, looks = counted(turns(lambda _: DONE, lambda _: MISSING))
    undone = checked_by(check, number=98)
    findings, waits = judged(lab, undone, checked_by(turns(not_due, lambda _: DONE)), wait=60)
    assert waits == 1
    assert findings[98].outcome is Outcome.FAIL
    assert len(looks) == 2


def test_an_error_is_looked_at_again_beside_what_is_pending(lab: LabSession) -> None:
    refused = checked_by(turns(cannot_look, lambda _: DONE), number=98)
    findings, _ = judged(lab, refused, checked_by(turns(not_due, lambda _: DONE)), wait=60)
    assert findings == {98: DONE, 99: DONE}

"""Watching a lab that is being made."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from lab_steps.checking.finding import Finding, Outcome
from lab_steps.checking.patience import AWS_PATIENCE, LOCAL_PATIENCE, Patience
from lab_steps.checking.view import View
from lab_steps.errors import ExitCode
from lab_steps.session import LabSession
from lab_steps.verbs.watch import Watch, advice, changes, follow, interval, next_step
from lab_steps.walkthrough.lab import WALKTHROUGH
from tests.lab_steps.by_hand import ByHand
from tests.lab_steps.documents import findings


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


def test_the_advice_is_one_thing_with_both_ways_to_do_it() -> None:
    assert list(advice(WALKTHROUGH, findings()))[:2] == [
        "34 of 38 steps passed",
        "next: step 10, Choose both Insights types, and create the trail",
    ]
    told = "\n".join(advice(WALKTHROUGH, findings()))
    assert "  Tick both boxes.\n  or: aws cloudtrail put-insight-selectors" in told
    assert told.endswith("A hint: python -m lab_steps hint 10")
    assert told.count("next:") == 1


def test_what_waits_is_told_with_its_time() -> None:
    only = {34: findings()[34]}
    assert "  Wait: the log files are due by 12:20:00 UTC." in list(advice(WALKTHROUGH, only))


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


def test_what_passed_is_not_looked_at_again_until_the_last_round(
    lab: LabSession, by_hand: ByHand
) -> None:
    by_hand.management_trail(EnableLogFileValidation=True)
    looks: list[View] = []

    def look() -> View:
        looks.append(lab.look())
        return looks[-1]

    rounds = Watch(WALKTHROUGH, WALKTHROUGH.choose([1, 7]), look, seconds=0.05).rounds(
        deadline=None
    )
    next(rounds)
    next(rounds)
    by_hand.cloudtrail.update_trail(Name="student-management-events", EnableLogFileValidation=False)
    next(rounds)
    asked = [any("GetCallerIdentity" in key for key in view._answers) for view in looks]
    assert asked == [True, False, False, True]


def test_watching_ends_at_the_deadline_with_what_was_found(
    lab: LabSession, by_hand: ByHand, capsys: pytest.CaptureFixture[str]
) -> None:
    watch = Watch(WALKTHROUGH, WALKTHROUGH.choose([5]), lab.look, seconds=0.05)
    code = follow(watch, datetime.now(UTC) + timedelta(seconds=0.2))
    assert code == ExitCode.FAILED
    told = capsys.readouterr().out
    assert told.count("next: step 5, Start Create trail") == 1


def test_interrupted_is_its_own_exit_code(lab: LabSession) -> None:
    def look() -> View:
        raise KeyboardInterrupt

    assert (
        follow(Watch(WALKTHROUGH, WALKTHROUGH.choose([5]), look, 1.0), None) == ExitCode.INTERRUPTED
    )

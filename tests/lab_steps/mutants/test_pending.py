"""Not yet is not wrong: what is due later is PENDING until it has come, or is overdue."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from lab_steps.lab import choose_steps
from lab_steps.outcomes import Finding, Outcome
from lab_steps.session import LabSession
from lab_steps.targets import Patience
from local_aws import LocalAws
from tests.lab_steps.conftest import NOW
from tests.lab_steps.mutants.reference_lab import (
    ALL_TABLES,
    IS_MANAGEMENT,
    ITEM,
    MANAGEMENT,
    REFERENCE,
    Lab,
    advanced,
    build,
    call,
    changed,
)

TWENTY_MINUTES = Patience(timedelta(minutes=20), 0.05)
LOG_STEPS = {30, 31, 32, 33, 34, 35, 36, 37}


def outcomes(lab: LabSession) -> dict[int, Outcome]:
    findings = lab.check(choose_steps(None), wait=None)
    return {n: each.outcome for n, each in findings.items() if each.outcome is not Outcome.PASS}


def step(number: int, lab: LabSession) -> Finding:
    return lab.check(choose_steps([number]), wait=None)[number]


def undelivered(made: Lab, aws: LocalAws) -> None:
    """Build it as it is before CloudTrail's first delivery."""
    build(aws, changed(made, table=None, listed=False))
    for act in made.work:
        act(aws)


def test_before_the_first_delivery_all_log_steps_are_pending_and_none_fails(
    aws: LocalAws, lab: LabSession
) -> None:
    undelivered(REFERENCE, aws)
    found = outcomes(lab)
    assert set(found.values()) == {Outcome.PENDING}
    assert {35, 36, 37} <= set(found) <= LOG_STEPS


def test_when_all_is_delivered_nothing_is_pending(aws: LocalAws, lab: LabSession) -> None:
    undelivered(REFERENCE, aws)
    aws.deliver_now()
    assert outcomes(lab) == {}


def test_a_pending_step_says_since_when_and_until_when(aws: LocalAws, lab: LabSession) -> None:
    undelivered(REFERENCE, aws)
    finding = lab.check(choose_steps([37]), wait=None)[37]
    assert finding.since
    assert finding.until
    assert finding.until - finding.since == lab.target.patience.due
    assert lab.target.patience.due > timedelta(hours=1), "the local AWS says how late it is"


def test_what_is_missing_fails_only_when_it_is_overdue(aws: LocalAws, lab: LabSession) -> None:
    build(aws, changed(REFERENCE, updated=None))
    assert outcomes(lab) == {34: Outcome.PENDING}
    lab.target.patience = NOW
    assert outcomes(lab) == {34: Outcome.FAIL}


def test_an_intruder_fails_at_once_however_much_is_still_to_come(
    aws: LocalAws, lab: LabSession
) -> None:
    writes = advanced("writes", IS_MANAGEMENT, ("readOnly", "false"))
    build(aws, changed(REFERENCE, data__selectors=(ALL_TABLES, writes), updated=None))
    assert outcomes(lab) == {14: Outcome.FAIL, 34: Outcome.PENDING, 36: Outcome.FAIL}


def lonely_item(aws: LocalAws, lab: LabSession, *, stopped: bool) -> datetime:
    """An item's event in the data trail's files, nothing as late in the management trail's.

    Returns the last time at which the management trail may have recorded the item's event.
    """
    build(aws, changed(REFERENCE, items=(), updated=None))
    last = aws.clock.now()
    if stopped:
        call("cloudtrail", "stop_logging", Name=MANAGEMENT)(aws)
        aws.deliver_now()
    aws.advance(timedelta(seconds=90))
    if not stopped:
        last = aws.clock.now()
    call("dynamodb", "put_item", TableName="Users", Item=ITEM)(aws)
    aws.deliver_now()
    lab.target.patience = TWENTY_MINUTES
    return last


@pytest.mark.parametrize("stopped", [True, False], ids=["stopped", "silent"])
def test_absence_is_decided_when_a_trail_that_says_no_more_is_overdue(
    stopped: bool, aws: LocalAws, lab: LabSession
) -> None:
    last = lonely_item(aws, lab, stopped=stopped)
    first = step(33, lab)
    aws.advance(timedelta(minutes=10))
    second = step(33, lab)
    assert (first.outcome, second.outcome) == (Outcome.PENDING, Outcome.PENDING)
    assert (first.since, first.until) == (second.since, second.until), "the window stands"
    assert first.since
    assert abs(first.since - last) < timedelta(seconds=30)
    assert first.until == first.since + timedelta(minutes=20)
    aws.advance(timedelta(minutes=12))
    decided = step(33, lab)
    assert decided.outcome is Outcome.PASS
    assert "No later record of this trail has come" in decided.rationale


def test_absence_is_decided_sooner_by_a_later_record(aws: LocalAws, lab: LabSession) -> None:
    lonely_item(aws, lab, stopped=True)
    assert step(33, lab).outcome is Outcome.PENDING
    for act in (
        call("cloudtrail", "start_logging", Name=MANAGEMENT),
        call("dynamodb", "list_tables"),
    ):
        act(aws)
    aws.deliver_now()
    decided = step(33, lab)
    assert decided.outcome is Outcome.PASS
    assert not decided.rationale


def test_a_stopped_trail_is_not_waited_for(aws: LocalAws, lab: LabSession) -> None:
    build(aws, changed(REFERENCE, data__logging=False))
    found = outcomes(lab)
    assert found[16] is Outcome.FAIL
    assert {found[35], found[36], found[37]} == {Outcome.BLOCKED}

"""Not yet is not wrong: what is due later is PENDING until it has come, or is overdue."""

from __future__ import annotations

from datetime import timedelta

from lab_steps.lab import choose_steps
from lab_steps.outcomes import Outcome
from lab_steps.session import LabSession
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

LOG_STEPS = {30, 31, 32, 33, 34, 35, 36, 37}


def outcomes(lab: LabSession) -> dict[int, Outcome]:
    findings = lab.check(choose_steps(None), wait=None)
    return {n: each.outcome for n, each in findings.items() if each.outcome is not Outcome.PASS}


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


def test_absence_waits_for_a_later_record_however_long_it_takes(
    aws: LocalAws, lab: LabSession
) -> None:
    trail = {"Name": MANAGEMENT}
    build(aws, changed(REFERENCE, items=(), updated=None))
    call("cloudtrail", "stop_logging", **trail)(aws)
    aws.advance(timedelta(seconds=5))
    call("dynamodb", "put_item", TableName="Users", Item=ITEM)(aws)
    aws.deliver_now()
    aws.advance(timedelta(days=1))
    lab.target.patience = NOW
    assert outcomes(lab)[33] is Outcome.PENDING
    for act in (
        call("cloudtrail", "start_logging", **trail),
        call("dynamodb", "list_tables"),
    ):
        act(aws)
    aws.deliver_now()
    assert 33 not in outcomes(lab)


def test_a_stopped_trail_is_not_waited_for(aws: LocalAws, lab: LabSession) -> None:
    build(aws, changed(REFERENCE, data__logging=False))
    found = outcomes(lab)
    assert found[16] is Outcome.FAIL
    assert {found[35], found[36], found[37]} == {Outcome.BLOCKED}

"""Not yet is not wrong: what is due later is PENDING until it has come, or is overdue."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from lab_steps.bundles import regrading, saving
from lab_steps.checking import history
from lab_steps.checking.finding import Finding, Outcome
from lab_steps.checking.known_events import Search
from lab_steps.checking.patience import Patience
from lab_steps.session import LabSession
from lab_steps.walkthrough.lab import WALKTHROUGH
from local_aws import LocalAws
from tests.lab_steps.conftest import NOW
from tests.lab_steps.mutants.catalogue.acts import EmptyBucket, permit, remove_policy
from tests.lab_steps.mutants.reference_lab import (
    ALL_TABLES,
    DATA_BUCKET,
    IS_MANAGEMENT,
    ITEM,
    MANAGEMENT,
    MANAGEMENT_BUCKET,
    REFERENCE,
    USERS,
    Act,
    Lab,
    Pass,
    advanced,
    build,
    call,
    changed,
    deliver,
    table,
)

TWENTY_MINUTES = Patience(timedelta(minutes=20), 0.05)
LOG_STEPS = {23, 24, 30, 31, 32, 33, 34, 35, 36, 37}


def outcomes(lab: LabSession) -> dict[int, Outcome]:
    findings = lab.check(WALKTHROUGH.choose(None), wait=None)
    return {n: each.outcome for n, each in findings.items() if each.outcome is not Outcome.PASS}


def step(number: int, lab: LabSession) -> Finding:
    return lab.check(WALKTHROUGH.choose([number]), wait=None)[number]


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
    finding = lab.check(WALKTHROUGH.choose([37]), wait=None)[37]
    assert finding.since
    assert finding.until
    assert finding.until - finding.since == lab.target.patience.due


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
    assert abs(first.since - last) < timedelta(seconds=60)
    assert first.until == first.since + timedelta(minutes=20)
    aws.advance(timedelta(minutes=12))
    decided = step(33, lab)
    assert decided.outcome is Outcome.PASS
    assert "No later record of this trail has arrived" in decided.rationale


def test_absence_is_not_decided_while_cloudtrail_holds_records_back(
    aws: LocalAws, lab: LabSession
) -> None:
    build(aws, changed(REFERENCE, items=(), updated=None))
    refused: tuple[Act, ...] = (
        Pass(timedelta(seconds=90)),
        remove_policy(MANAGEMENT_BUCKET),
        call("dynamodb", "put_item", TableName="Users", Item=ITEM),
        deliver,
        permit(MANAGEMENT_BUCKET, MANAGEMENT),
        Pass(timedelta(minutes=21)),
    )
    for act in refused:
        act(aws)
    lab.target.patience = TWENTY_MINUTES
    found = step(33, lab)
    assert found.outcome is Outcome.ERROR
    assert "holds back" in found.rationale
    aws.deliver_now()
    assert step(33, lab).outcome is Outcome.PASS


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


LUNCH = timedelta(hours=1)
PUT = call("dynamodb", "put_item", TableName="Users", Item=ITEM)
GET = call("dynamodb", "get_item", TableName="Users", Key={"id": ITEM["id"]})
UPDATE = call(
    "dynamodb",
    "update_item",
    TableName="Users",
    Key={"id": ITEM["id"]},
    UpdateExpression="SET #name = :name",
    ExpressionAttributeNames={"#name": "Name"},
    ExpressionAttributeValues={":name": ITEM["Name"]},
)


def after_lunch(aws: LocalAws, lab: LabSession, *acts: Act) -> None:
    """The lab without an item, all delivered; then, an hour later, `acts`."""
    build(aws, changed(REFERENCE, items=()))
    aws.advance(LUNCH)
    for act in acts:
        act(aws)
    lab.target.patience = TWENTY_MINUTES


def window(finding: Finding) -> tuple[datetime | None, datetime | None]:
    assert finding.outcome is Outcome.PENDING, finding
    return finding.since, finding.until


def test_an_item_put_after_lunch_is_waited_for_from_the_first_look_at_it(
    aws: LocalAws, lab: LabSession
) -> None:
    after_lunch(aws, lab, PUT)
    aws.advance(timedelta(minutes=2))
    looked = aws.clock.now()
    first = step(37, lab)
    assert first.since
    assert abs(first.since - looked) < timedelta(seconds=60)
    assert first.until == first.since + timedelta(minutes=20)
    assert "its PutItem may be on its way" in first.rationale
    aws.advance(timedelta(minutes=10))
    assert window(step(37, lab)) == window(first)
    aws.deliver_now()
    assert step(37, lab).actual == "not found: GetItem"
    GET(aws)
    aws.deliver_now()
    assert step(37, lab).outcome is Outcome.PASS


def test_a_read_is_waited_for_after_the_put_that_the_files_show(
    aws: LocalAws, lab: LabSession
) -> None:
    after_lunch(aws, lab, PUT)
    put = aws.clock.now()
    aws.deliver_now()
    aws.advance(timedelta(minutes=15))
    since, _ = window(step(37, lab))
    assert since
    assert abs(since - put) < timedelta(seconds=60)
    aws.advance(timedelta(minutes=6))
    assert step(37, lab).outcome is Outcome.FAIL


def test_a_put_that_never_comes_has_failed_when_it_is_overdue(
    aws: LocalAws, lab: LabSession
) -> None:
    after_lunch(aws, lab, UPDATE)
    window(step(37, lab))
    aws.advance(timedelta(minutes=21))
    failed = step(37, lab)
    assert failed.outcome is Outcome.FAIL
    assert failed.actual == "not found: PutItem, GetItem"


def test_the_checks_own_scans_do_not_shorten_the_wait(aws: LocalAws, lab: LabSession) -> None:
    after_lunch(aws, lab, UPDATE)
    first = step(37, lab)
    aws.advance(timedelta(seconds=5))
    step(37, lab)
    aws.deliver_now()
    assert window(step(37, lab)) == window(first)


def test_files_that_are_to_hold_a_new_item_are_waited_for(aws: LocalAws, lab: LabSession) -> None:
    after_lunch(aws, lab, EmptyBucket(DATA_BUCKET), PUT)
    assert window(step(35, lab)) == window(step(37, lab))
    aws.advance(timedelta(minutes=21))
    assert step(35, lab).outcome is Outcome.FAIL


def test_another_item_is_waited_for_though_the_first_was_found_wanting(
    aws: LocalAws, lab: LabSession
) -> None:
    after_lunch(aws, lab, UPDATE, GET)
    aws.deliver_now()
    aws.advance(LUNCH)
    assert step(37, lab).outcome is Outcome.FAIL
    call("dynamodb", "put_item", TableName="Users", Item={**ITEM, "id": {"N": "8"}})(aws)
    aws.advance(timedelta(minutes=2))
    window(step(37, lab))


def test_a_new_value_is_waited_for_though_the_item_was_read_before(
    aws: LocalAws, lab: LabSession
) -> None:
    call("dynamodb", "create_table", **USERS)(aws)
    PUT(aws)
    build(aws, changed(REFERENCE, table=None, after=(call("dynamodb", "list_tables"), UPDATE)))
    aws.deliver_now()
    aws.advance(LUNCH)
    lab.target.patience = TWENTY_MINUTES
    window(step(37, lab))
    GET(aws)
    aws.deliver_now()
    aws.advance(LUNCH)
    assert step(37, lab).outcome is Outcome.FAIL
    call("dynamodb", "put_item", TableName="Users", Item={**ITEM, "Name": {"S": "Ada"}})(aws)
    window(step(37, lab))


def test_an_old_wrong_lab_has_failed_one_delivery_after_its_first_look(
    aws: LocalAws, lab: LabSession
) -> None:
    after_lunch(aws, lab, UPDATE)
    aws.deliver_now()
    aws.advance(timedelta(days=30))
    window(step(37, lab))
    aws.advance(timedelta(minutes=21))
    assert step(37, lab).outcome is Outcome.FAIL


def test_an_old_wrong_lab_whose_item_was_read_has_failed_at_the_first_look(
    aws: LocalAws, lab: LabSession
) -> None:
    after_lunch(aws, lab, UPDATE, GET)
    aws.deliver_now()
    aws.advance(timedelta(days=30))
    failed = step(37, lab)
    assert failed.outcome is Outcome.FAIL
    assert failed.actual == "not found: PutItem"


def test_a_listing_in_event_history_is_waited_for_in_the_files(
    aws: LocalAws, lab: LabSession
) -> None:
    build(aws, changed(REFERENCE, listed=False))
    aws.advance(LUNCH)
    lab.target.patience = TWENTY_MINUTES
    assert step(34, lab).outcome is Outcome.FAIL
    call("dynamodb", "list_tables")(aws)
    listed = aws.clock.now()
    aws.advance(timedelta(minutes=2))
    since, until = window(step(34, lab))
    assert since
    assert abs(since - listed) < timedelta(seconds=60)
    aws.advance(timedelta(minutes=10))
    assert window(step(34, lab)) == (since, until), "the checks' own calls do not count"
    aws.advance(timedelta(minutes=9))
    assert step(34, lab).outcome is Outcome.FAIL


def test_other_work_begins_no_new_wait_for_a_call_that_was_never_made(
    aws: LocalAws, lab: LabSession
) -> None:
    build(aws, changed(REFERENCE, updated=None))
    lab.target.patience = TWENTY_MINUTES
    first = window(step(34, lab))
    aws.advance(timedelta(minutes=10))
    call("s3", "create_bucket", Bucket="holiday-pictures")(aws)
    call("dynamodb", "create_table", **table(name="Orders"))(aws)
    waits = step(34, lab)
    assert window(waits) == first
    assert waits.next_action
    assert "dynamodb update-table --table-name Users" in waits.next_action.command
    aws.advance(timedelta(minutes=11))
    assert step(34, lab).outcome is Outcome.FAIL


BUCKET_STACK = json.dumps({"Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}}})


@pytest.mark.parametrize(
    ("name", "act"),
    [
        ("CreateUser", call("iam", "create_user", UserName="somebody")),
        (
            "CreateBucket",
            call("cloudformation", "create_stack", StackName="any", TemplateBody=BUCKET_STACK),
        ),
    ],
    ids=["another service", "made by a service"],
)
def test_what_is_not_the_labs_or_not_a_persons_is_not_waited_for(
    name: str, act: Act, aws: LocalAws, lab: LabSession
) -> None:
    build(aws, changed(REFERENCE, listed=False))
    aws.advance(LUNCH)
    lab.target.patience = TWENTY_MINUTES
    act(aws)
    made = Search("EventName", name)
    assert list(history.found(lab.look(), made, aws.clock.now() - timedelta(minutes=5)))
    assert step(34, lab).outcome is Outcome.FAIL


def test_a_bundle_of_a_lab_that_waits_is_graded_to_the_same_window(
    aws: LocalAws, lab: LabSession, tmp_path: Path
) -> None:
    after_lunch(aws, lab, PUT)
    waits = window(step(37, lab))
    aws.advance(timedelta(minutes=5))
    saved = saving.save(tmp_path / "lab.zip", lab)
    aws.advance(timedelta(minutes=16))
    assert step(37, lab).outcome is Outcome.FAIL
    graded = regrading.regrade(WALKTHROUGH, tmp_path / "lab.zip")
    assert regrading.differing(graded, saved) == []
    (found,) = [each for each in graded.steps if each.number == 37]
    assert (found.since, found.until) == waits

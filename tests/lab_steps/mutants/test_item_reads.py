"""Whose reads of which items count, and what is said when there are none."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from lab_steps.checking.finding import Finding, LogRecord, Outcome
from lab_steps.checking.patience import Patience
from lab_steps.session import LabSession
from lab_steps.walkthrough.lab import WALKTHROUGH
from local_aws import LocalAws
from tests.lab_steps.mutants.conftest import CheckNow
from tests.lab_steps.mutants.reference_lab import (
    ITEM,
    REFERENCE,
    Lab,
    Pass,
    build,
    call,
    changed,
    deliver,
    table,
)
from tests.local_aws.delivered import ACCOUNT, client

NEVER_READ = changed(REFERENCE, scanned=False, read=False)
KEY = {"id": ITEM["id"]}
ARN = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/Users"
UPDATE = call(
    "dynamodb",
    "update_item",
    TableName="Users",
    Key=KEY,
    UpdateExpression="SET born = :year",
    ExpressionAttributeValues={":year": {"N": "1906"}},
)
ORDERS = call("dynamodb", "create_table", **table(name="Orders"))


def verdicts(findings: dict[int, Finding]) -> dict[int, str]:
    return {n: str(each.outcome) for n, each in findings.items()}


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("scan", {"TableName": ARN}),
        (
            "query",
            {
                "TableName": "Users",
                "KeyConditionExpression": "id = :id",
                "ExpressionAttributeValues": {":id": ITEM["id"]},
            },
        ),
        ("batch_get_item", {"RequestItems": {"Users": {"Keys": [KEY]}}}),
        ("transact_get_items", {"TransactItems": [{"Get": {"TableName": "Users", "Key": KEY}}]}),
        (
            "batch_get_item",
            {"RequestItems": {"Orders": {"Keys": [KEY]}, "Users": {"Keys": [KEY]}}},
        ),
    ],
    ids=["scan by ARN", "query", "batch", "transaction", "batch of two tables"],
)
def test_every_kind_of_read_of_users_counts(
    operation: str, parameters: dict[str, Any], aws: LocalAws, check_now: CheckNow
) -> None:
    read = call("dynamodb", operation, **parameters)
    build(aws, changed(NEVER_READ, between=(ORDERS,), after=(read, deliver)))
    findings = check_now(23, 24, 37)
    assert verdicts(findings) == {23: "PASS", 24: "PASS", 37: "FAIL"}
    assert findings[37].actual == "not found: GetItem"


def test_the_record_of_the_read_is_the_evidence(aws: LocalAws, check_now: CheckNow) -> None:
    build(aws, changed(REFERENCE, read=False))
    for number in (23, 24):
        finding = check_now(number)[number]
        (record,) = finding.evidence
        assert isinstance(record, LogRecord)
        assert record.event_name == "Scan"
        assert finding.actual == "1 read, the first by Scan"


def test_a_write_is_no_read(aws: LocalAws, check_now: CheckNow) -> None:
    build(aws, changed(NEVER_READ, after=(UPDATE, deliver)))
    assert check_now(23)[23].outcome is Outcome.FAIL


def test_the_checks_own_scans_are_not_the_students(aws: LocalAws, check_now: CheckNow) -> None:
    build(aws, NEVER_READ)
    check_now()
    deliver(aws)
    recorded = client(aws, "s3").list_objects_v2(Bucket=REFERENCE.data.bucket)["KeyCount"]  # type: ignore[union-attr]
    assert recorded == 2, "the check's Scan was delivered in a second file"
    assert verdicts(check_now(23, 24, 37)) == {23: "FAIL", 24: "BLOCKED", 37: "BLOCKED"}


def test_a_read_in_another_region_is_none_of_the_labs(aws: LocalAws, check_now: CheckNow) -> None:
    elsewhere = client(aws, "dynamodb", "eu-west-1")

    def read_there(_: LocalAws) -> None:
        elsewhere.create_table(**table())
        elsewhere.scan(TableName="Users")

    build(aws, changed(NEVER_READ, after=(read_there, deliver)))
    assert check_now(23)[23].outcome is Outcome.FAIL


def test_a_put_that_is_missing_too_is_step_37s_own_failure(
    aws: LocalAws, check_now: CheckNow
) -> None:
    build(aws, changed(NEVER_READ, items=(), after=(UPDATE, deliver)))
    findings = check_now(23, 24, 37)
    assert verdicts(findings) == {23: "FAIL", 24: "BLOCKED", 37: "FAIL"}
    assert findings[37].actual == "not found: PutItem, GetItem"


@pytest.mark.parametrize(
    "made",
    [
        changed(REFERENCE, scanned=False, items=(), updated=None),
        changed(NEVER_READ, between=(ORDERS, call("dynamodb", "scan", TableName="Orders"))),
    ],
    ids=["nothing was read or written", "another table was read"],
)
def test_who_has_not_looked_is_told_how(made: Lab, aws: LocalAws, check_now: CheckNow) -> None:
    build(aws, made)
    failed = [each for each in check_now(23, 24).values() if each.outcome is Outcome.FAIL]
    (action,) = [each.next_action for each in failed]
    assert action
    assert action.command.endswith("dynamodb scan --table-name Users")


def outcomes_of_reads(lab: LabSession) -> list[str]:
    lab.target.patience = Patience(timedelta(minutes=20), 0.05)
    findings = lab.check(WALKTHROUGH.choose([23, 24, 37]), wait=None)
    return [str(findings[number].outcome) for number in (23, 24, 37)]


def test_a_read_that_is_not_due_is_waited_for(aws: LocalAws, lab: LabSession) -> None:
    build(aws, NEVER_READ)
    assert outcomes_of_reads(lab) == ["PENDING", "PENDING", "PENDING"]
    aws.advance(timedelta(minutes=21))
    assert outcomes_of_reads(lab) == ["FAIL", "BLOCKED", "BLOCKED"]


def test_a_scan_that_has_come_tells_that_a_get_may_be_on_its_way(
    aws: LocalAws, lab: LabSession
) -> None:
    scan = call("dynamodb", "scan", TableName="Users")
    build(aws, changed(NEVER_READ, after=(Pass(timedelta(hours=1)), scan, deliver)))
    assert outcomes_of_reads(lab) == ["PASS", "PASS", "PENDING"]
    aws.advance(timedelta(minutes=21))
    assert outcomes_of_reads(lab) == ["PASS", "PASS", "FAIL"]

"""Log files that are late, damaged, foreign, repeated, or may not be read."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from lab_steps.bundles import regrading, saving
from lab_steps.checking.finding import Finding, LogObject, LogRecord, Outcome
from lab_steps.checking.patience import Patience
from lab_steps.session import LabSession
from lab_steps.walkthrough.lab import WALKTHROUGH
from local_aws import LocalAws
from tests.lab_steps.by_hand import ACCOUNT, DATA, MANAGEMENT, ByHand

Judge = Callable[..., dict[int, Finding]]


@pytest.fixture
def _own_time(aws: LocalAws) -> Iterator[None]:
    yield
    aws.clock.release()


def some_key(hand: ByHand, trail: str) -> str:
    listed = hand.s3.list_objects_v2(Bucket=hand.buckets[trail], Prefix="AWSLogs/")
    return str(listed["Contents"][0]["Key"])


def put(hand: ByHand, trail: str, key: str, body: bytes) -> None:
    hand.s3.put_object(Bucket=hand.buckets[trail], Key=key, Body=body)


def test_a_log_step_shows_the_record_that_proves_it(
    aws: LocalAws, by_hand: ByHand, judge: Judge
) -> None:
    by_hand.lab()
    proof = {
        each.event_name: each for each in judge(34)[34].evidence if isinstance(each, LogRecord)
    }
    assert set(proof) == {"CreateTable", "ListTables", "UpdateTable"}
    created = proof["CreateTable"]
    body = by_hand.s3.get_object(Bucket=created.bucket, Key=created.key)["Body"].read()
    records = json.loads(gzip.decompress(body))["Records"]
    (record,) = [each for each in records if each["eventID"] == created.event_id]
    assert record["eventTime"] == created.event_time
    assert created.record["requestParameters"]["tableName"] == "Users"


def test_what_is_not_due_is_pending_with_its_window(
    aws: LocalAws, lab: LabSession, by_hand: ByHand
) -> None:
    by_hand.management_trail()
    by_hand.data_trail()
    by_hand.table()
    by_hand.items()
    aws.deliver_now()
    lab.target.patience = Patience(timedelta(hours=1), 0.05)
    finding = lab.check(WALKTHROUGH.choose([34]), wait=None)[34]
    assert finding.outcome is Outcome.PENDING
    assert finding.actual == "not found: UpdateTable"
    assert finding.since
    assert finding.until
    assert finding.until - finding.since == timedelta(hours=1)
    assert [each.event_name for each in finding.evidence if isinstance(each, LogRecord)] == [
        "ListTables",
        "CreateTable",
    ]


def test_steps_on_files_that_are_not_due_are_pending_too(lab: LabSession, by_hand: ByHand) -> None:
    by_hand.management_trail()
    by_hand.data_trail()
    by_hand.table()
    by_hand.cloudtrail.stop_logging(Name=DATA)
    by_hand.items()
    by_hand.cloudtrail.start_logging(Name=DATA)
    lab.target.patience = Patience(timedelta(hours=1), 0.05)
    findings = lab.check(WALKTHROUGH.choose([35, 36, 37]), wait=None)
    assert {each.outcome for each in findings.values()} == {Outcome.PENDING}
    assert findings[37].actual == "waiting for step 35"


def test_files_are_blocked_by_the_step_that_makes_the_bucket(by_hand: ByHand, judge: Judge) -> None:
    by_hand.management_trail()
    by_hand.s3.delete_bucket_policy(Bucket=by_hand.buckets[MANAGEMENT])
    finding = judge(30)[30]
    assert finding.outcome is Outcome.BLOCKED
    assert finding.blocked_by == 6
    assert finding.next_action
    assert "put-bucket-policy" in finding.next_action.command


def test_waiting_ends_when_the_files_have_come(
    aws: LocalAws, lab: LabSession, by_hand: ByHand
) -> None:
    by_hand.lab()
    findings = lab.check(WALKTHROUGH.choose(range(29, 38)), wait=timedelta(seconds=20))
    assert {each.outcome for each in findings.values()} == {Outcome.PASS}


def test_an_intruder_is_named_with_its_record(by_hand: ByHand, judge: Judge) -> None:
    by_hand.lab()
    by_hand.select(DATA, [{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": True}])
    by_hand.dynamodb.tag_resource(
        ResourceArn=f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/Users",
        Tags=[{"Key": "a", "Value": "b"}],
    )
    finding = judge(36)[36]
    assert finding.outcome is Outcome.FAIL
    (record,) = [each for each in finding.evidence if isinstance(each, LogRecord)]
    assert record.bucket == by_hand.buckets[DATA]
    assert record.record["eventCategory"] == "Management"


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda body: body[: len(body) // 2], "truncated"),
        (lambda _body: b"", "empty"),
        (lambda _body: gzip.compress(b'{"Records": [{}'), "JSON is broken"),
        (lambda _body: b"no gzip at all", "gzip"),
    ],
    ids=["truncated", "empty", "broken JSON", "no gzip"],
)
def test_a_damaged_log_file_is_an_error_that_names_it_and_hides_nothing_else(
    damage: Callable[[bytes], bytes], reason: str, by_hand: ByHand, judge: Judge
) -> None:
    by_hand.lab()
    judge(34)
    key = some_key(by_hand, MANAGEMENT)
    whole = by_hand.s3.get_object(Bucket=by_hand.buckets[MANAGEMENT], Key=key)["Body"].read()
    damaged = key.rsplit("_", 1)[0] + "_AAAAAAAAAAAAAAAA.json.gz"
    put(by_hand, MANAGEMENT, damaged, damage(whole))
    findings = judge(33, 34)
    assert findings[33].outcome is Outcome.ERROR
    (named,) = [each for each in findings[33].evidence if isinstance(each, LogObject)]
    assert named.key == damaged
    assert reason in named.note
    assert findings[34].outcome is Outcome.PASS


def test_a_bundle_with_damage_is_graded_to_the_findings_of_the_check(
    by_hand: ByHand, judge: Judge, lab: LabSession, tmp_path: Path
) -> None:
    by_hand.lab()
    judge(34)
    key = some_key(by_hand, MANAGEMENT).rsplit("_", 1)[0]
    padded = b'{"Records": [{"eventID": " ", "eventTime": "yesterday"}, 7]}'
    put(by_hand, MANAGEMENT, f"{key}_AAAAAAAAAAAAAAAA.json.gz", gzip.compress(padded))
    put(by_hand, MANAGEMENT, f"{key}_BBBBBBBBBBBBBBBB.json.gz", b"no gzip at all")
    checked = judge(33, 34)
    saving.save(tmp_path / "lab.zip", lab)
    graded = {
        step.number: step for step in regrading.regrade(WALKTHROUGH, tmp_path / "lab.zip").steps
    }
    for number in (33, 34):
        assert graded[number].outcome is checked[number].outcome
        assert graded[number].actual == checked[number].actual
    assert graded[33].outcome is Outcome.ERROR
    assert "cannot be read: 2 files" in graded[33].actual


def test_a_foreign_object_is_named_and_passed_over(by_hand: ByHand, judge: Judge) -> None:
    by_hand.lab()
    judge(34)
    key = some_key(by_hand, MANAGEMENT).rsplit("/", 1)[0] + "/notes.json"
    put(by_hand, MANAGEMENT, key, b'{"my": "notes"}')
    finding = judge(33)[33]
    assert finding.outcome is Outcome.PASS
    assert "1 object that CloudTrail did not write" in finding.actual
    assert [each.key for each in finding.evidence if isinstance(each, LogObject)] == [key]


def test_a_file_delivered_twice_counts_once(by_hand: ByHand, judge: Judge) -> None:
    by_hand.lab()
    judge(37)
    key = some_key(by_hand, DATA)
    body = by_hand.s3.get_object(Bucket=by_hand.buckets[DATA], Key=key)["Body"].read()
    put(by_hand, DATA, key.rsplit("_", 1)[0] + "_BBBBBBBBBBBBBBBB.json.gz", body)
    assert judge(37)[37].actual == "PutItem 1x, GetItem 1x"


@pytest.mark.usefixtures("_own_time")
def test_logs_of_an_earlier_table_are_another_labs(
    aws: LocalAws, by_hand: ByHand, judge: Judge
) -> None:
    by_hand.lab()
    assert judge(34)[34].outcome is Outcome.PASS
    by_hand.dynamodb.delete_table(TableName="Users")
    aws.advance(timedelta(hours=2))
    by_hand.table()
    by_hand.items()
    finding = judge(34)[34]
    assert finding.outcome is Outcome.FAIL
    assert finding.actual == "not found: UpdateTable"


def test_log_files_that_may_not_be_read_are_an_error_never_a_failure(
    by_hand: ByHand, judge: Judge
) -> None:
    by_hand.lab()
    bucket = by_hand.buckets[DATA]
    policy = json.loads(by_hand.s3.get_bucket_policy(Bucket=bucket)["Policy"])
    policy["Statement"].append(
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": ["s3:ListBucket", "s3:GetObject"],
            "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
        }
    )
    by_hand.s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    findings = judge(36, 37)
    assert {each.outcome for each in findings.values()} == {Outcome.ERROR}
    assert "AccessDenied" in findings[37].actual

"""What a report shows of both trails."""

from __future__ import annotations

import gzip

import msgspec
import pytest

from lab_steps.results import delivered
from lab_steps.results.delivered import Observed, ObservedTrail, observe
from lab_steps.session import LabSession
from local_aws import LocalAws
from tests.lab_steps.by_hand import DATA, ByHand


def seen(aws: LocalAws, lab: LabSession) -> tuple[ObservedTrail, ObservedTrail]:
    aws.deliver_now()
    management, data = observe(lab.look(), lab.lab.trails).trails
    return management, data


def test_events_and_objects_of_both_trails_are_there(
    aws: LocalAws, lab: LabSession, by_hand: ByHand
) -> None:
    by_hand.lab()
    management, data = seen(aws, lab)
    assert {each.event_name for each in data.events} == {"PutItem", "GetItem", "Scan"}
    assert {"CreateTable", "UpdateTable", "ListTables"} <= {
        each.event_name for each in management.events
    }
    assert data.bucket == by_hand.buckets[DATA]
    listed = by_hand.s3.list_objects_v2(Bucket=data.bucket, Prefix="AWSLogs/")["Contents"]
    sizes = {each["Key"]: each["Size"] for each in listed if each["Key"].endswith(".gz")}
    assert {each.key: each.size for each in data.objects} == sizes


def test_the_checks_own_calls_are_counted_apart(
    aws: LocalAws, lab: LabSession, by_hand: ByHand
) -> None:
    by_hand.lab()
    before = seen(aws, lab)
    for _ in range(3):
        lab.check(lab.lab.choose([4, 7, 26]), wait=None)
    after = seen(aws, lab)
    for was, now in zip(before, after, strict=True):
        assert {each.event_id for each in now.events} == {each.event_id for each in was.events}
    assert after[0].own_calls["GetBucketAcl"] > 0  # CloudTrail's own, when it delivers
    assert after[0].own_calls["DescribeTrails"] > before[0].own_calls.get("DescribeTrails", 0)
    assert after[1].own_calls["Scan"] >= 3
    assert after[0].counts == ()


def test_a_kept_record_is_the_one_of_its_log_file(
    aws: LocalAws, lab: LabSession, by_hand: ByHand
) -> None:
    by_hand.lab()
    _, data = seen(aws, lab)
    event = data.events[0]
    body = by_hand.s3.get_object(Bucket=data.bucket, Key=event.key)["Body"].read()
    assert event.record in msgspec.json.decode(gzip.decompress(body))["Records"]


def test_what_is_too_much_is_counted(
    aws: LocalAws, lab: LabSession, by_hand: ByHand, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_hand.lab()
    aws.deliver_now()
    for _ in range(6):
        by_hand.dynamodb.get_item(TableName="Users", Key={"id": {"N": "7"}})
    monkeypatch.setattr(delivered, "MAX_EVENTS", 8)
    monkeypatch.setattr(delivered, "MAX_OBJECTS", 1)
    _, data = seen(aws, lab)
    assert len(data.events) == 8
    assert data.more_events == 1
    assert sum(each.count for each in data.counts) == 9
    assert {(each.event_name, each.kind) for each in data.counts} == {
        ("PutItem", "write"),
        ("GetItem", "read"),
        ("Scan", "read"),
    }
    assert len(data.objects) == 1
    assert data.more_objects >= 1
    read = [each for each in data.events if each.event_name == "GetItem"]
    assert sum(each.record is not None for each in read) == delivered.RECORDS_OF_A_NAME


def test_a_damaged_object_is_shown_as_such(aws: LocalAws, lab: LabSession, by_hand: ByHand) -> None:
    by_hand.lab()
    aws.deliver_now()
    _, data = seen(aws, lab)
    torn = data.objects[0].key.replace("_CloudTrail_", "_CloudTrail_x")
    by_hand.s3.put_object(Bucket=data.bucket, Key=torn, Body=b"\x1f\x8b")
    _, again = seen(aws, lab)
    assert {each.key for each in again.objects if each.damage} == {torn}


def test_without_trails_the_reason_is_there(lab: LabSession) -> None:
    assert [each.problem for each in observe(lab.look(), lab.lab.trails).trails] == [
        "There is no trail student-management-events.",
        "There is no trail student-data-events.",
    ]


def test_a_bucket_that_cannot_be_read_is_no_error_of_the_report(
    aws: LocalAws, lab: LabSession, by_hand: ByHand
) -> None:
    by_hand.management_trail()
    by_hand.s3.delete_bucket(Bucket=by_hand.buckets["student-management-events"])
    management, _ = observe(lab.look(), lab.lab.trails).trails
    assert "NoSuchBucket" in management.problem
    assert msgspec.json.decode(msgspec.json.encode(management), type=ObservedTrail) == management


def test_observations_survive_json(aws: LocalAws, lab: LabSession, by_hand: ByHand) -> None:
    by_hand.lab()
    before = Observed(trails=seen(aws, lab))
    assert msgspec.json.decode(msgspec.json.encode(before), type=Observed) == before

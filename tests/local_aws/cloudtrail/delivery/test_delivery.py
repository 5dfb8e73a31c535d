"""An event is in a trail's files if and only if its selectors, at that moment, say so; once."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cloudtrail.log_files import parse_log_file_key
from local_aws import LocalAws
from tests.local_aws.delivered import (
    ACCOUNT,
    READS,
    TABLES,
    WRITES,
    account,
    allow,
    client,
    keys,
    list_tables,
    log_bucket,
    log_files,
    names,
    of_people,
    put_item,
    records,
    request_id,
    table,
    trail,
)
from tests.waiting import until


def _error(aws: LocalAws, name: str) -> str | None:
    found: str | None = (
        client(aws, "cloudtrail").get_trail_status(Name=name).get("LatestDeliveryError")
    )
    return found


# What a trail gets


def test_the_labs_two_trails_share_out_the_labs_calls(aws: LocalAws) -> None:
    trail(aws, "student-management-events", IsMultiRegionTrail=True)
    trail(aws, "student-data-events", advanced=TABLES, IsMultiRegionTrail=True)
    dynamodb = client(aws, "dynamodb")
    table(aws)
    dynamodb.list_tables()
    dynamodb.scan(TableName="Users")
    put_item(aws, "1")
    dynamodb.get_item(TableName="Users", Key={"id": {"S": "1"}})
    dynamodb.update_table(
        TableName="Users",
        BillingMode="PROVISIONED",
        ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
    )
    management = records(aws, "student-management-events-logs")
    data = records(aws, "student-data-events-logs")
    assert names(data) == ["GetItem", "PutItem", "Scan"]
    assert {record["eventCategory"] for record in data} == {"Data"}
    assert {"CreateTable", "ListTables", "UpdateTable"} <= set(names(management))
    assert {record["eventCategory"] for record in management} == {"Management"}


@pytest.mark.parametrize(
    ("selectors", "expected"),
    [(WRITES, ["CreateTable"]), (READS, ["ListTables"])],
    ids=["writes", "reads"],
)
def test_a_trail_gets_reads_or_writes_as_it_selects(
    selectors: list[dict[str, Any]], expected: list[str], aws: LocalAws
) -> None:
    trail(aws, "lab", selectors=selectors)
    table(aws)
    list_tables(aws)
    found = [r for r in records(aws, "lab-logs") if r["eventSource"] == "dynamodb.amazonaws.com"]
    assert names(found) == expected


def test_a_trail_gets_the_call_that_stops_it_and_not_the_one_that_starts_it(aws: LocalAws) -> None:
    trails = client(aws, "cloudtrail")
    trail(aws, "lab", selectors=WRITES)
    trails.stop_logging(Name="lab")
    table(aws, "Between")
    trails.start_logging(Name="lab")
    table(aws, "After")
    trails.delete_trail(Name="lab")
    table(aws, "Late")
    found = records(aws, "lab-logs")
    assert names(found) == ["CreateTable", "DeleteTrail", "StopLogging"]
    [created] = [record for record in found if record["eventName"] == "CreateTable"]
    assert created["requestParameters"]["tableName"] == "After"


def test_a_change_of_selectors_is_recorded_under_the_old_ones(aws: LocalAws) -> None:
    trails = client(aws, "cloudtrail")
    trail(aws, "lab", selectors=WRITES)
    list_tables(aws)
    trails.put_event_selectors(TrailName="lab", EventSelectors=READS)
    list_tables(aws)
    table(aws)
    assert names(records(aws, "lab-logs")) == ["ListTables", "PutEventSelectors"]


def test_what_is_buffered_goes_to_the_bucket_that_the_trail_has_at_delivery(aws: LocalAws) -> None:
    trails = client(aws, "cloudtrail")
    trail(aws, "lab", advanced=TABLES)
    log_bucket(aws, "other-logs", "moved")
    table(aws)
    aws.deliver_now()
    first = put_item(aws, "1")
    aws.deliver_now()
    trails.update_trail(Name="lab", S3BucketName="other-logs", S3KeyPrefix="moved")
    second = put_item(aws, "2")
    assert [r["requestID"] for r in of_people(records(aws, "lab-logs"))] == [first]
    assert [r["requestID"] for r in of_people(records(aws, "other-logs"))] == [second]
    assert all(key.startswith("moved/AWSLogs/") for key in keys(aws, "other-logs"))


def test_several_trails_get_the_same_event_each_once(aws: LocalAws) -> None:
    shared = log_bucket(aws, "shared-logs")
    for name in ("one", "two", "three"):
        trail(aws, name, shared, selectors=READS)
    list_tables(aws)
    found = [r for r in records(aws, shared) if r["eventName"] == "ListTables"]
    assert len(found) == 3
    assert len({record["eventID"] for record in found}) == 1


def test_a_trail_of_another_account_gets_that_accounts_events_only(aws: LocalAws) -> None:
    other = account(aws, "222222222222")
    log_bucket(aws, "their-logs", **other)
    theirs = client(aws, "cloudtrail", **other)
    theirs.create_trail(Name="theirs", S3BucketName="their-logs")
    theirs.start_logging(Name="theirs")
    trail(aws, "ours", selectors=READS)
    mine = list_tables(aws)
    not_mine = request_id(client(aws, "dynamodb", **other).list_tables())
    ours = of_people(records(aws, "ours-logs"))
    assert [record["requestID"] for record in ours if record["readOnly"]] == [mine]
    found = records(aws, "their-logs", **other)
    assert not_mine in {record["requestID"] for record in found}
    assert {record["recipientAccountId"] for record in found} == {"222222222222"}


# Regions


def test_a_single_region_trail_gets_its_region(aws: LocalAws) -> None:
    trail(aws, "lab", region="eu-west-1", selectors=READS)
    list_tables(aws)
    expected = list_tables(aws, "eu-west-1")
    found = of_people(records(aws, "lab-logs"))
    assert [record["requestID"] for record in found] == [expected]


def test_a_multi_region_trail_gets_every_region_in_a_folder_of_its_own(aws: LocalAws) -> None:
    trail(aws, "lab", selectors=READS, IsMultiRegionTrail=True)
    regions = ["ap-south-1", "eu-west-1", "us-east-1"]
    for region in regions:
        list_tables(aws, region)
    aws.deliver_now()
    listed = []
    for key, found in log_files(aws, "lab-logs").items():
        name = parse_log_file_key(key)
        assert name
        assert {record["awsRegion"] for record in found} == {name.region}
        listed += [name.region for _ in names(found)]
    assert sorted(listed) == regions


@pytest.mark.parametrize(
    ("region", "settings_", "expected"),
    [
        ("us-east-1", {}, True),
        ("us-east-1", {"IncludeGlobalServiceEvents": False}, False),
        ("eu-west-1", {}, False),
        ("eu-west-1", {"IsMultiRegionTrail": True}, True),
    ],
)
def test_global_service_events_are_of_us_east_1(
    region: str, settings_: dict[str, Any], expected: bool, aws: LocalAws
) -> None:
    trail(aws, "lab", region=region, selectors=READS, **settings_)
    client(aws, "iam", "eu-west-1").list_users()
    found = [r for r in records(aws, "lab-logs") if r["eventName"] == "ListUsers"]
    assert len(found) == expected
    assert {record["awsRegion"] for record in found} <= {"us-east-1"}


# The files


def test_a_log_file_is_named_stamped_and_typed_as_cloudtrails_are(aws: LocalAws) -> None:
    trail(aws, "lab", advanced=TABLES, S3KeyPrefix="team/a")
    table(aws)
    put_item(aws, "1")
    aws.deliver_now()
    [key] = keys(aws, "lab-logs")
    name = parse_log_file_key(key)
    assert name
    answer = client(aws, "s3").get_object(Bucket="lab-logs", Key=key)
    content = gzip.decompress(answer["Body"].read())
    [record] = json.loads(content)["Records"]
    newest = datetime.fromisoformat(record["eventTime"])
    assert (name.prefix, name.account_id, name.region) == ("team/a", ACCOUNT, "us-east-1")
    assert name.stamp.minute % 5 == 0
    assert timedelta() <= name.stamp - newest < timedelta(minutes=5)
    assert f"/CloudTrail/us-east-1/{name.stamp:%Y/%m/%d}/" in key
    assert answer["ContentType"] == "application/json"
    assert answer["ContentEncoding"] == "gzip"
    assert content.startswith(b'{"Records":[{"eventVersion":')
    assert b", " not in content.split(b'"userAgent"')[0]
    assert content.endswith(b"}]}")


def test_events_of_one_buffer_share_a_file(patient_aws: LocalAws) -> None:
    aws = patient_aws
    trail(aws, "lab", advanced=TABLES)
    table(aws)
    for number in range(10):
        put_item(aws, str(number))
    aws.deliver_now()
    assert len(keys(aws, "lab-logs")) == 1
    assert len(records(aws, "lab-logs")) == 10


def test_no_events_leave_no_file(aws: LocalAws) -> None:
    trail(aws, "lab", advanced=TABLES, IsMultiRegionTrail=True)
    table(aws)
    list_tables(aws)
    aws.deliver_now()
    assert keys(aws, "lab-logs") == []


def test_files_are_delivered_in_the_background_and_the_status_says_when(aws: LocalAws) -> None:
    trail(aws, "lab", advanced=TABLES)
    table(aws)
    before = datetime.now(UTC)
    put_item(aws, "1")
    until(lambda: bool(keys(aws, "lab-logs")))
    status = client(aws, "cloudtrail").get_trail_status(Name="lab")
    assert status["LatestDeliveryTime"].timestamp() > before.timestamp()
    delivered = f"{status['LatestDeliveryTime'].astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    assert status["LatestDeliveryAttemptTime"] == delivered
    assert status["LatestDeliveryAttemptSucceeded"] == delivered
    assert status["LatestNotificationAttemptTime"] == ""
    assert "LatestDeliveryError" not in status


def test_a_deleted_trails_last_events_are_delivered(aws: LocalAws) -> None:
    trail(aws, "lab", advanced=TABLES)
    table(aws)
    last = put_item(aws, "1")
    client(aws, "cloudtrail").delete_trail(Name="lab")
    assert [record["requestID"] for record in of_people(records(aws, "lab-logs"))] == [last]


def test_a_trail_made_anew_does_not_get_its_namesakes_events(aws: LocalAws) -> None:
    trails = client(aws, "cloudtrail")
    trail(aws, "lab", advanced=TABLES)
    table(aws)
    old = put_item(aws, "1")
    trails.delete_trail(Name="lab")
    trail(aws, "lab", log_bucket(aws, "new-logs"), advanced=TABLES)
    new = put_item(aws, "2")
    assert [record["requestID"] for record in of_people(records(aws, "lab-logs"))] == [old]
    assert [record["requestID"] for record in of_people(records(aws, "new-logs"))] == [new]


# Deliveries that fail


def _break_policy(aws: LocalAws) -> None:
    client(aws, "s3").delete_bucket_policy(Bucket="lab-logs")


def _delete_bucket(aws: LocalAws) -> None:
    client(aws, "s3").delete_bucket(Bucket="lab-logs")


def _deny(aws: LocalAws) -> None:
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::lab-logs/AWSLogs/*",
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    client(aws, "s3").put_bucket_policy(Bucket="lab-logs", Policy=json.dumps(policy))


def _allow_again(aws: LocalAws) -> None:
    allow(aws, "lab-logs")


def _make_bucket_again(aws: LocalAws) -> None:
    log_bucket(aws, "lab-logs")


@pytest.mark.parametrize(
    ("harm", "error", "repair"),
    [
        (_break_policy, "AccessDenied", _allow_again),
        (_deny, "AccessDenied", _allow_again),
        (_delete_bucket, "NoSuchBucket", _make_bucket_again),
    ],
    ids=["no policy", "denied", "no bucket"],
)
def test_what_cannot_be_delivered_is_delivered_once_the_bucket_is_repaired(
    harm: Callable[[LocalAws], None],
    error: str,
    repair: Callable[[LocalAws], None],
    aws: LocalAws,
) -> None:
    trail(aws, "lab", advanced=TABLES)
    table(aws)
    harm(aws)
    first = put_item(aws, "1")
    aws.deliver_now()
    second = put_item(aws, "2")
    aws.deliver_now()
    broken = _error(aws, "lab")
    repair(aws)
    found = [record["requestID"] for record in records(aws, "lab-logs")]
    assert broken == error
    assert sorted(found) == sorted([first, second])
    assert _error(aws, "lab") is None


def test_a_failed_delivery_is_tried_again_in_the_background(aws: LocalAws) -> None:
    trail(aws, "lab", advanced=TABLES)
    table(aws)
    _break_policy(aws)
    put_item(aws, "1")
    until(lambda: _error(aws, "lab") == "AccessDenied")
    _allow_again(aws)
    until(lambda: bool(keys(aws, "lab-logs")))
    assert _error(aws, "lab") is None


def test_one_trails_broken_bucket_does_not_hold_up_another(aws: LocalAws) -> None:
    trail(aws, "lab", advanced=TABLES)
    trail(aws, "sound", advanced=TABLES)
    table(aws)
    _delete_bucket(aws)
    expected = put_item(aws, "1")
    assert [record["requestID"] for record in of_people(records(aws, "sound-logs"))] == [expected]
    assert _error(aws, "sound") is None

"""What ends when time was moved: objects, items, keys, secrets, log events, sessions."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws import LocalAws
from tests.local_aws.delivered import account, client, history, trail

DAY = timedelta(days=1)


@pytest.fixture
def aws(patient_aws: LocalAws) -> LocalAws:
    return patient_aws


@pytest.fixture
def s3(aws: LocalAws) -> Any:
    s3 = client(aws, "s3")
    s3.create_bucket(Bucket="files")
    return s3


def rule(s3: Any, **wanted: Any) -> None:
    found = {"ID": "r", "Status": "Enabled", "Filter": {"Prefix": ""}} | wanted
    s3.put_bucket_lifecycle_configuration(Bucket="files", LifecycleConfiguration={"Rules": [found]})


def put(s3: Any, *keys: str, body: bytes = b"x", **settings: Any) -> None:
    for key in keys:
        s3.put_object(Bucket="files", Key=key, Body=body, **settings)


def left(s3: Any) -> list[str]:
    return [each["Key"] for each in s3.list_objects_v2(Bucket="files").get("Contents", [])]


def versions(s3: Any) -> tuple[int, int]:
    """How many versions of objects there are, and how many delete markers."""
    listed = s3.list_object_versions(Bucket="files")
    return len(listed.get("Versions", [])), len(listed.get("DeleteMarkers", []))


class TestObjects:
    def test_they_go_at_the_midnight_after_their_days(self, aws: LocalAws, s3: Any) -> None:
        rule(s3, Expiration={"Days": 3})
        put(s3, "a")
        aws.advance(3 * DAY)
        midnight = (aws.clock.now() + DAY).replace(hour=0, minute=0, second=0, microsecond=0)
        assert left(s3) == ["a"]
        aws.advance(midnight - aws.clock.now() + timedelta(seconds=1))
        assert left(s3) == []

    def test_only_what_the_filter_covers_goes(self, aws: LocalAws, s3: Any) -> None:
        tag = {"Key": "temporary", "Value": "yes"}
        put(s3, "old/plain", "new/tagged")
        put(s3, "old/tagged", Tagging="temporary=yes")
        put(s3, "old/small", body=b"", Tagging="temporary=yes")
        both = {"Prefix": "old/", "Tags": [tag], "ObjectSizeGreaterThan": 0}
        rule(s3, Filter={"And": both}, Expiration={"Days": 1})
        aws.advance(2 * DAY)
        assert left(s3) == ["new/tagged", "old/plain", "old/small"]

    def test_a_rule_that_is_disabled_does_nothing(self, aws: LocalAws, s3: Any) -> None:
        rule(s3, Expiration={"Days": 1}, Status="Disabled")
        put(s3, "a")
        aws.advance(9 * DAY)
        assert left(s3) == ["a"]

    def test_a_date_may_be_given(self, aws: LocalAws, s3: Any) -> None:
        put(s3, "a")
        rule(s3, Expiration={"Date": (datetime.now(UTC) + 2 * DAY).date().isoformat()})
        aws.advance(3 * DAY)
        assert left(s3) == []

    def test_versions_get_a_marker_and_then_go_with_it(self, aws: LocalAws, s3: Any) -> None:
        enabled = {"Status": "Enabled"}
        s3.put_bucket_versioning(Bucket="files", VersioningConfiguration=enabled)
        put(s3, "a", "a")
        rule(
            s3,
            Expiration={"Days": 5},
            NoncurrentVersionExpiration={"NoncurrentDays": 10},
        )
        aws.advance(7 * DAY)
        assert (left(s3), versions(s3)) == ([], (2, 1))
        aws.advance(5 * DAY)
        assert versions(s3) == (1, 1)
        aws.advance(5 * DAY)
        assert versions(s3) == (0, 0)

    def test_newer_versions_are_spared(self, aws: LocalAws, s3: Any) -> None:
        enabled = {"Status": "Enabled"}
        s3.put_bucket_versioning(Bucket="files", VersioningConfiguration=enabled)
        put(s3, "a", "a", "a", "a")
        wanted = {"NoncurrentDays": 1, "NewerNoncurrentVersions": 2}
        rule(s3, NoncurrentVersionExpiration=wanted)
        aws.advance(3 * DAY)
        assert versions(s3) == (3, 0)

    def test_uploads_that_nobody_ended_are_aborted(self, aws: LocalAws, s3: Any) -> None:
        s3.create_multipart_upload(Bucket="files", Key="a")
        rule(s3, AbortIncompleteMultipartUpload={"DaysAfterInitiation": 7})
        aws.advance(5 * DAY)
        assert len(s3.list_multipart_uploads(Bucket="files")["Uploads"]) == 1
        aws.advance(4 * DAY)
        assert "Uploads" not in s3.list_multipart_uploads(Bucket="files")

    def test_they_move_to_the_last_class_that_is_due(self, aws: LocalAws, s3: Any) -> None:
        put(s3, "a")
        moves = [
            {"Days": 30, "StorageClass": "STANDARD_IA"},
            {"Days": 90, "StorageClass": "GLACIER"},
        ]
        rule(s3, Transitions=moves)
        aws.advance(31 * DAY)
        assert s3.head_object(Bucket="files", Key="a")["StorageClass"] == "STANDARD_IA"
        aws.advance(60 * DAY)
        assert s3.head_object(Bucket="files", Key="a")["StorageClass"] == "GLACIER"

    def test_it_leaves_no_record(self, aws: LocalAws, s3: Any) -> None:
        everything = [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::files/"]}]
        trail(aws, "lab", selectors=[{"ReadWriteType": "All", "DataResources": everything}])
        rule(s3, Expiration={"Days": 1})
        put(s3, "a")
        aws.advance(2 * DAY)
        assert left(s3) == []
        assert not [each for each in history(aws) if "Delete" in each["eventName"]]


class TestItems:
    def test_they_go_when_their_time_is_over_and_the_stream_says_by_whom(
        self, aws: LocalAws
    ) -> None:
        dynamodb, streams = client(aws, "dynamodb"), client(aws, "dynamodbstreams")
        made = dynamodb.create_table(
            TableName="Users",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
        )["TableDescription"]
        ttl = {"Enabled": True, "AttributeName": "ends"}
        dynamodb.update_time_to_live(TableName="Users", TimeToLiveSpecification=ttl)
        now = int(aws.clock.now().timestamp())
        for name, ends in {
            "soon": {"N": str(now + 3600)},
            "later": {"N": str(now + 7 * 86400)},
            "text": {"S": str(now)},
            "ancient": {"N": "1"},
        }.items():
            dynamodb.put_item(TableName="Users", Item={"id": {"S": name}, "ends": ends})
        aws.advance(DAY)
        found = {each["id"]["S"] for each in dynamodb.scan(TableName="Users")["Items"]}
        assert found == {"later", "text", "ancient"}
        shard = streams.describe_stream(StreamArn=made["LatestStreamArn"])["StreamDescription"]
        iterator = streams.get_shard_iterator(
            StreamArn=made["LatestStreamArn"],
            ShardId=shard["Shards"][0]["ShardId"],
            ShardIteratorType="TRIM_HORIZON",
        )["ShardIterator"]
        records = streams.get_records(ShardIterator=iterator)["Records"]
        assert [each["eventName"] for each in records] == ["INSERT"] * 4 + ["REMOVE"]
        assert records[-1]["dynamodb"]["Keys"] == {"id": {"S": "soon"}}
        by = {"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"}
        assert [each.get("userIdentity") for each in records] == [None] * 4 + [by]


class TestKeys:
    def test_they_are_deleted_after_the_waiting_period(self, aws: LocalAws) -> None:
        kms = client(aws, "kms")
        key = kms.create_key()["KeyMetadata"]
        kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)
        aws.advance(6 * DAY)
        assert kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"] == "PendingDeletion"
        aws.advance(2 * DAY)
        with pytest.raises(ClientError, match="NotFoundException"):
            kms.describe_key(KeyId=key["KeyId"])
        (record,) = [each for each in history(aws) if each["eventName"] == "DeleteKey"]
        assert record["eventType"] == "AwsServiceEvent"
        assert record["userIdentity"] == {"accountId": "123456789012", "invokedBy": "AWS Internal"}
        assert record["serviceEventDetails"] == {"keyId": key["KeyId"]}
        assert [each["ARN"] for each in record["resources"]] == [key["Arn"]]
        assert "requestID" not in record

    def test_those_that_rotate_are_rotated_each_year(self, aws: LocalAws) -> None:
        kms = client(aws, "kms")
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        kms.enable_key_rotation(KeyId=key)
        aws.advance(364 * DAY)
        assert kms.list_key_rotations(KeyId=key)["Rotations"] == []
        aws.advance(2 * DAY)
        (rotation,) = kms.list_key_rotations(KeyId=key)["Rotations"]
        assert rotation["RotationType"] == "AUTOMATIC"
        aws.advance(DAY)
        names = [each["eventName"] for each in history(aws)]
        assert names.count("RotateKey") == 1


def test_secrets_are_gone_after_their_window(aws: LocalAws) -> None:
    secrets = client(aws, "secretsmanager")
    arn = secrets.create_secret(Name="secret", SecretString="s")["ARN"]
    secrets.delete_secret(SecretId="secret", RecoveryWindowInDays=7)
    aws.advance(6 * DAY)
    assert secrets.describe_secret(SecretId="secret")
    aws.advance(2 * DAY)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        secrets.describe_secret(SecretId="secret")
    ended = [each for each in history(aws) if each["eventName"] == "EndSecretVersionDelete"]
    assert [each["additionalEventData"] for each in ended] == [{"SecretId": arn}]


def test_log_events_are_gone_after_the_retention(aws: LocalAws) -> None:
    logs = client(aws, "logs")
    logs.create_log_group(logGroupName="group")
    logs.create_log_stream(logGroupName="group", logStreamName="stream")
    logs.put_retention_policy(logGroupName="group", retentionInDays=3)
    there = {"logGroupName": "group", "logStreamName": "stream"}
    event = {"timestamp": int(aws.clock.now().timestamp() * 1000), "message": "m"}
    logs.put_log_events(**there, logEvents=[event])
    aws.advance(2 * DAY)
    assert len(logs.get_log_events(**there)["events"]) == 1
    aws.advance(2 * DAY)
    assert logs.get_log_events(**there)["events"] == []


SERVICES = {
    "s3": ("list_buckets", "ExpiredToken"),
    "dynamodb": ("list_tables", "ExpiredTokenException"),
    "iam": ("list_users", "ExpiredToken"),
    "ec2": ("describe_vpcs", "RequestExpired"),
    "lambda": ("list_functions", "ExpiredTokenException"),
}


@pytest.mark.parametrize("service", SERVICES)
def test_a_session_that_is_over_is_refused_and_not_recorded(aws: LocalAws, service: str) -> None:
    call, code = SERVICES[service]
    session = client(aws, service, **account(aws, "123456789012"))
    getattr(session, call)()
    aws.advance(timedelta(minutes=61))
    recorded = len(history(aws))
    with pytest.raises(ClientError) as refused:
        getattr(session, call)()
    assert refused.value.response["Error"]["Code"] == code
    assert len(history(aws)) == recorded


def test_a_session_lasts_as_long_as_was_asked_for(aws: LocalAws) -> None:
    sts = client(aws, "sts")
    given = {
        3600: sts.get_session_token(DurationSeconds=3600)["Credentials"],
        7200: sts.get_federation_token(Name="name", DurationSeconds=7200, Policy=json.dumps({}))[
            "Credentials"
        ],
    }
    aws.advance(timedelta(minutes=61))
    for seconds, keys in given.items():
        session = client(
            aws,
            "sts",
            key=keys["AccessKeyId"],
            secret=keys["SecretAccessKey"],
            token=keys["SessionToken"],
        )
        if seconds > 3660:
            assert session.get_caller_identity()
        else:
            with pytest.raises(ClientError, match="ExpiredToken"):
                session.get_caller_identity()

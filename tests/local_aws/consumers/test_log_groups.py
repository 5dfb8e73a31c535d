"""Log groups whose filters filter, as those who ask and subscribe see it."""

from __future__ import annotations

import base64
import gzip
import json
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws import LocalAws
from local_aws.consumers import log_groups
from tests.local_aws.delivered import ACCOUNT, client
from tests.waiting import LONG

GROUP = "app"
BAD = "{ $.a == 1 }"


@pytest.fixture
def aws(patient_aws: LocalAws) -> LocalAws:
    logs = client(patient_aws, "logs")
    logs.create_log_group(logGroupName=GROUP)
    logs.create_log_stream(logGroupName=GROUP, logStreamName="one")
    return patient_aws


def put(aws: LocalAws, *events: Any) -> None:
    """Put events of now, as JSON unless they are text, and wait for what follows."""
    put_only(aws, *events)
    aws.deliver_now()


def put_only(aws: LocalAws, *events: Any) -> None:
    """The same without waiting."""
    now = int(time.time() * 1000)
    messages = [each if isinstance(each, str) else json.dumps(each) for each in events]
    client(aws, "logs").put_log_events(
        logGroupName=GROUP,
        logStreamName="one",
        logEvents=[{"timestamp": now, "message": message} for message in messages],
    )


def stream(aws: LocalAws, name: str = "out") -> str:
    kinesis = client(aws, "kinesis")
    kinesis.create_stream(StreamName=name, ShardCount=1)
    arn: str = kinesis.describe_stream(StreamName=name)["StreamDescription"]["StreamARN"]
    return arn


def in_stream(aws: LocalAws, name: str = "out") -> list[Any]:
    kinesis = client(aws, "kinesis")
    shard = kinesis.describe_stream(StreamName=name)["StreamDescription"]["Shards"][0]["ShardId"]
    iterator = kinesis.get_shard_iterator(
        StreamName=name, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    records = kinesis.get_records(ShardIterator=iterator)["Records"]
    return [json.loads(gzip.decompress(each["Data"])) for each in records]


def metric(aws: LocalAws, name: str, **dimensions: str) -> list[float]:
    now = datetime.now(UTC)
    points = client(aws, "cloudwatch").get_metric_statistics(
        Namespace="Tests",
        MetricName=name,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        StartTime=now - timedelta(minutes=5),
        EndTime=now + timedelta(minutes=5),
        Period=600,
        Statistics=["Sum"],
    )["Datapoints"]
    return [point["Sum"] for point in points]


def metric_filter(aws: LocalAws, pattern: str, **transformation: Any) -> None:
    transformation = {"metricName": "found", "metricNamespace": "Tests"} | transformation
    client(aws, "logs").put_metric_filter(
        logGroupName=GROUP,
        filterName="found",
        filterPattern=pattern,
        metricTransformations=[{"metricValue": "1"} | transformation],
    )


def refused(call: Any, **request: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as error:
        call(**request)
    answer = error.value.response["Error"]
    return answer["Code"], answer["Message"]


class TestAsking:
    def test_filter_log_events_gives_what_matches(self, aws: LocalAws) -> None:
        put(aws, {"a": 1}, {"a": 2}, "a")
        found = client(aws, "logs").filter_log_events(logGroupName=GROUP, filterPattern="{$.a=2}")
        assert [event["message"] for event in found["events"]] == ['{"a": 2}']

    def test_export_reads_its_log_group(self, aws: LocalAws) -> None:
        put(aws, "hello")
        client(aws, "s3").create_bucket(Bucket="exported")
        now = int(time.time() * 1000)
        task = client(aws, "logs").create_export_task(
            logGroupName=GROUP, fromTime=now - 60_000, to=now + 60_000, destination="exported"
        )
        assert task["taskId"]

    def test_test_metric_filter_counts_from_one_and_tells_values(self, aws: LocalAws) -> None:
        matches = client(aws, "logs").test_metric_filter(
            filterPattern="{ $.a = * }", logEventMessages=["a", '{"a": "b"}']
        )["matches"]
        assert matches == [
            {"eventNumber": 2, "eventMessage": '{"a": "b"}', "extractedValues": {"$.a": "b"}}
        ]

    def test_bad_pattern_is_refused_everywhere(self, aws: LocalAws) -> None:
        logs = client(aws, "logs")
        said = ("InvalidParameterException", "Invalid character(s) in term '='")
        group: Any = {"logGroupName": GROUP, "filterPattern": BAD}
        transformation = {"metricName": "a", "metricNamespace": "b", "metricValue": "1"}
        assert refused(logs.filter_log_events, **group) == said
        tested = refused(logs.test_metric_filter, filterPattern=BAD, logEventMessages=["a"])
        assert tested == said
        measured = refused(
            logs.put_metric_filter,
            **group,
            filterName="x",
            metricTransformations=[transformation],
        )
        assert measured == said
        subscribed = refused(
            logs.put_subscription_filter,
            **group,
            filterName="x",
            destinationArn=stream(aws),
            roleArn=f"arn:aws:iam::{ACCOUNT}:role/r",
        )
        assert subscribed == said
        assert logs.describe_metric_filters(logGroupName=GROUP)["metricFilters"] == []


class TestSubscription:
    def subscribe(self, aws: LocalAws, pattern: str, name: str = "some") -> None:
        client(aws, "logs").put_subscription_filter(
            logGroupName=GROUP,
            filterName=name,
            filterPattern=pattern,
            destinationArn=f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/out",
            roleArn=f"arn:aws:iam::{ACCOUNT}:role/r",
        )

    def test_stream_gets_what_matches_after_a_control_message(self, aws: LocalAws) -> None:
        stream(aws)
        self.subscribe(aws, "{ $.a = 1 }")
        put(aws, {"a": 1}, {"a": 2})
        put(aws, {"a": 2})
        control, data = in_stream(aws)
        assert control["messageType"] == "CONTROL_MESSAGE"
        assert control["logEvents"][0]["message"] == (
            "CWL CONTROL MESSAGE: Checking health of destination Kinesis stream."
        )
        (event,) = data.pop("logEvents")
        assert event["message"] == '{"a": 1}'
        assert set(event) == {"id", "timestamp", "message"}
        assert data == {
            "messageType": "DATA_MESSAGE",
            "owner": ACCOUNT,
            "logGroup": GROUP,
            "logStream": "one",
            "subscriptionFilters": ["some"],
        }

    def test_control_message_is_first_however_long_it_takes(
        self, aws: LocalAws, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        check, may_check = log_groups._check, threading.Event()
        monkeypatch.setattr(
            log_groups, "_check", lambda *given: may_check.wait(LONG) and check(*given)
        )
        stream(aws)
        self.subscribe(aws, "")
        put_only(aws, "a")
        may_check.set()
        aws.deliver_now()
        kinds = [each["messageType"] for each in in_stream(aws)]
        assert kinds == ["CONTROL_MESSAGE", "DATA_MESSAGE"]

    def test_filter_that_is_put_again_takes_the_place_of_itself(self, aws: LocalAws) -> None:
        stream(aws)
        for name in ("some", "others"):
            self.subscribe(aws, "a", name)
        logs = client(aws, "logs")
        before = logs.describe_subscription_filters(logGroupName=GROUP)["subscriptionFilters"]
        self.subscribe(aws, "b", "some")
        filters = logs.describe_subscription_filters(logGroupName=GROUP)
        made = {each["filterName"]: each["creationTime"] for each in filters["subscriptionFilters"]}
        assert made == {each["filterName"]: each["creationTime"] for each in before}
        found = {
            each["filterName"]: each["filterPattern"] for each in filters["subscriptionFilters"]
        }
        assert found == {"some": "b", "others": "a"}

    def test_delivery_stream_puts_it_into_its_bucket(self, aws: LocalAws) -> None:
        s3 = client(aws, "s3")
        s3.create_bucket(Bucket="fire")
        arn = client(aws, "firehose").create_delivery_stream(
            DeliveryStreamName="out",
            ExtendedS3DestinationConfiguration={
                "RoleARN": f"arn:aws:iam::{ACCOUNT}:role/r",
                "BucketARN": "arn:aws:s3:::fire",
            },
        )["DeliveryStreamARN"]
        client(aws, "logs").put_subscription_filter(
            logGroupName=GROUP,
            filterName="some",
            filterPattern="",
            destinationArn=arn,
            roleArn=f"arn:aws:iam::{ACCOUNT}:role/r",
        )
        put(aws, "hello")
        objects = s3.list_objects_v2(Bucket="fire")["Contents"]
        bodies = [s3.get_object(Bucket="fire", Key=each["Key"])["Body"].read() for each in objects]
        kinds = [json.loads(gzip.decompress(body))["messageType"] for body in bodies]
        assert sorted(kinds) == ["CONTROL_MESSAGE", "DATA_MESSAGE"]


class TestMetrics:
    def test_each_match_counts(self, aws: LocalAws) -> None:
        metric_filter(aws, "{ $.a = 1 }")
        put(aws, {"a": 1}, {"a": 2}, {"a": 1})
        assert metric(aws, "found") == [2.0]

    def test_value_is_taken_from_the_event(self, aws: LocalAws) -> None:
        metric_filter(aws, "{ $.a = * }", metricValue="$.size")
        put(aws, {"a": 1, "size": 2.5}, {"a": 1, "size": 4}, {"a": 1})
        assert metric(aws, "found") == [6.5]

    def test_dimensions_are_taken_from_the_event(self, aws: LocalAws) -> None:
        metric_filter(aws, "{ $.a = 1 }", dimensions={"who": "$.user.name"})
        put(aws, {"a": 1, "user": {"name": "x"}}, {"a": 1, "user": {"name": "y"}}, {"a": 1})
        assert metric(aws, "found", who="x") == [1.0]
        assert metric(aws, "found", who="y") == [1.0]

    def test_field_of_words_counts(self, aws: LocalAws) -> None:
        metric_filter(aws, "[what = GET, size]", metricValue="$size")
        put(aws, "GET 12", "PUT 13")
        assert metric(aws, "found") == [12.0]

    def test_default_is_reported_where_nothing_matched(self, aws: LocalAws) -> None:
        metric_filter(aws, "{ $.a = 1 }", defaultValue=0)
        put(aws, {"a": 2})
        assert metric(aws, "found") == [0.0]

    def test_without_a_default_there_is_nothing(self, aws: LocalAws) -> None:
        metric_filter(aws, "{ $.a = 1 }")
        put(aws, {"a": 2})
        assert metric(aws, "found") == []

    def test_dimensions_that_cannot_be(self, aws: LocalAws) -> None:
        code, message = refused(lambda: metric_filter(aws, "ERROR", dimensions={"a": "$.a"}))
        assert (code, message) == (
            "InvalidParameterException",
            "The specified filter pattern does not support dimensions",
        )
        _, message = refused(
            lambda: metric_filter(aws, "{$.a=1}", dimensions={"a": "$.a"}, defaultValue=0)
        )
        assert "mutually exclusive" in message

    def test_filter_that_is_put_again_takes_the_place_of_itself(self, aws: LocalAws) -> None:
        metric_filter(aws, "{ $.a = 1 }")
        metric_filter(aws, "{ $.a = 2 }")
        logs = client(aws, "logs")
        (only,) = logs.describe_metric_filters(logGroupName=GROUP)["metricFilters"]
        assert only["filterPattern"] == "{ $.a = 2 }"
        (group,) = logs.describe_log_groups(logGroupNamePrefix=GROUP)["logGroups"]
        assert group["metricFilterCount"] == 1


def test_function_gets_the_form_that_lambda_knows(aws: LocalAws) -> None:
    from tests.local_aws.consumers.functions import function, received

    arn = function(aws, "listener")
    client(aws, "logs").put_subscription_filter(
        logGroupName=GROUP, filterName="some", filterPattern="hello", destinationArn=arn
    )
    put(aws, "hello", "world")
    (event,) = received(aws)
    data = json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))
    assert [each["message"] for each in data["logEvents"]] == ["hello"]


def test_a_group_is_exported_to_a_bucket(aws: LocalAws) -> None:
    put(aws, "exported")
    s3 = client(aws, "s3")
    s3.create_bucket(Bucket="exports")
    actions = {"Action": "s3:*", "Resource": ["arn:aws:s3:::exports", "arn:aws:s3:::exports/*"]}
    statement = {"Effect": "Allow", "Principal": {"Service": "logs.us-east-1.amazonaws.com"}}
    policy = {"Version": "2012-10-17", "Statement": [statement | actions]}
    s3.put_bucket_policy(Bucket="exports", Policy=json.dumps(policy))
    tomorrow = int((time.time() + 86400) * 1000)
    wanted = {"logGroupName": GROUP, "fromTime": 0, "to": tomorrow, "destination": "exports"}
    client(aws, "logs").create_export_task(**wanted)
    (key,) = (
        each["Key"]
        for each in s3.list_objects_v2(Bucket="exports")["Contents"]
        if each["Key"].startswith("exportedlogs/")
    )
    text = gzip.decompress(s3.get_object(Bucket="exports", Key=key)["Body"].read()).decode()
    assert text.endswith(" exported")


def test_a_subscription_filter_that_is_put_again_keeps_its_time(aws: LocalAws) -> None:
    logs = client(aws, "logs")
    arn = stream(aws)
    role = {"roleArn": f"arn:aws:iam::{ACCOUNT}:role/writer", "destinationArn": arn}

    def put_again(pattern: str) -> dict[str, Any]:
        wanted = {"logGroupName": GROUP, "filterName": "f", "filterPattern": pattern}
        logs.put_subscription_filter(**wanted, **role)
        (kept,) = logs.describe_subscription_filters(logGroupName=GROUP)["subscriptionFilters"]
        return dict(kept)

    first = put_again("")
    aws.advance(timedelta(minutes=1))
    assert put_again("[]") == first | {"filterPattern": "[]"}

"""What else a trail feeds, as its subscribers see it: topics and log groups."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudtrail.trails import Trail
from local_aws import LocalAws
from local_aws.cloudtrail.delivery.notifications import (
    MAX_EVENT,
    send_to_log_group,
)
from tests.local_aws.delivered import (
    ACCOUNT,
    TABLES,
    account,
    client,
    keys,
    log_bucket,
    put_item,
    records,
    table,
    trail,
)
from tests.local_aws.subscribers import (
    log_group,
    messages,
    notifications,
    open_topic,
    set_topic_policy,
    topic,
)

TRAIL_ARN = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/audit"
NOBODY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "SNS:Publish", "Resource": "*"}],
}


@pytest.fixture
def aws(patient_aws: LocalAws) -> LocalAws:
    return patient_aws


def status(aws: LocalAws) -> Any:
    return client(aws, "cloudtrail").get_trail_status(Name="audit")


def refused(call: Any, **request: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as error:
        call(**request)
    answer = error.value.response["Error"]
    return answer["Code"], answer["Message"]


class TestTopic:
    def test_each_delivery_is_one_message_with_its_keys(self, aws: LocalAws) -> None:
        arn, url = topic(aws, "deliveries", TRAIL_ARN)
        trail(aws, "audit", SnsTopicName="deliveries")
        table(aws)
        aws.deliver_now()
        (message,) = notifications(aws, url)
        assert message == {"s3Bucket": "audit-logs", "s3ObjectKey": keys(aws, "audit-logs")}
        described = client(aws, "cloudtrail").get_trail(Name="audit")["Trail"]
        assert described["SnsTopicARN"] == arn
        assert status(aws)["LatestNotificationTime"]

    def test_envelope_is_that_of_sns(self, aws: LocalAws) -> None:
        arn, url = topic(aws, "deliveries", TRAIL_ARN)
        trail(aws, "audit", SnsTopicName="deliveries")
        table(aws)
        aws.deliver_now()
        _validation, envelope = messages(aws, url)
        assert envelope["Type"] == "Notification"
        assert envelope["TopicArn"] == arn

    def test_topic_with_the_default_policy_is_refused(self, aws: LocalAws) -> None:
        client(aws, "sns").create_topic(Name="deliveries")
        bucket = log_bucket(aws, "audit-logs")
        code, message = refused(
            client(aws, "cloudtrail").create_trail,
            Name="audit",
            S3BucketName=bucket,
            SnsTopicName="deliveries",
        )
        assert code == "InsufficientSnsTopicPolicyException"
        assert message == "SNS Topic does not exist or the topic policy is incorrect!"

    def test_topic_that_does_not_exist_is_refused(self, aws: LocalAws) -> None:
        bucket = log_bucket(aws, "audit-logs")
        code, _ = refused(
            client(aws, "cloudtrail").create_trail,
            Name="audit",
            S3BucketName=bucket,
            SnsTopicName="nowhere",
        )
        assert code == "InsufficientSnsTopicPolicyException"

    def test_policy_broken_later_shows_and_files_are_still_delivered(self, aws: LocalAws) -> None:
        arn, url = topic(aws, "deliveries", TRAIL_ARN)
        trail(aws, "audit", SnsTopicName=arn)
        set_topic_policy(aws, arn, NOBODY)
        table(aws)
        aws.deliver_now()
        assert status(aws)["LatestNotificationError"] == "AuthorizationError"
        assert "LatestDeliveryError" not in status(aws)
        assert keys(aws, "audit-logs")
        assert notifications(aws, url) == []

    def test_topic_deleted_later_shows(self, aws: LocalAws) -> None:
        arn, _ = topic(aws, "deliveries", TRAIL_ARN)
        trail(aws, "audit", SnsTopicName=arn)
        client(aws, "sns").delete_topic(TopicArn=arn)
        table(aws)
        aws.deliver_now()
        assert status(aws)["LatestNotificationError"] == "NotFound"

    def test_notification_error_is_gone_after_the_next_success(self, aws: LocalAws) -> None:
        arn, _ = topic(aws, "deliveries", TRAIL_ARN)
        trail(aws, "audit", SnsTopicName=arn)
        set_topic_policy(aws, arn, NOBODY)
        table(aws)
        aws.deliver_now()
        assert "LatestNotificationError" in status(aws)
        open_topic(aws, arn, TRAIL_ARN)
        aws.deliver_now()
        assert "LatestNotificationError" not in status(aws)

    def test_topic_of_another_region_by_its_arn(self, aws: LocalAws) -> None:
        arn, url = topic(aws, "deliveries", TRAIL_ARN, "eu-west-1")
        trail(aws, "audit", SnsTopicName=arn)
        table(aws)
        aws.deliver_now()
        (message,) = notifications(aws, url, "eu-west-1")
        assert message["s3Bucket"] == "audit-logs"

    def test_topic_of_another_account_by_its_arn(self, aws: LocalAws) -> None:
        other = account(aws, "222222222222")
        arn, url = topic(aws, "deliveries", TRAIL_ARN, **other)
        trail(aws, "audit", SnsTopicName=arn)
        table(aws)
        aws.deliver_now()
        (message,) = notifications(aws, url, **other)
        assert message["s3Bucket"] == "audit-logs"
        assert arn.split(":")[4] == "222222222222"

    def test_subscriber_that_is_gone_does_not_stop_delivery(self, aws: LocalAws) -> None:
        arn, url = topic(aws, "deliveries", TRAIL_ARN)
        trail(aws, "audit", SnsTopicName=arn)
        client(aws, "sqs").delete_queue(QueueUrl=url)
        table(aws)
        assert "CreateTable" in {each["eventName"] for each in records(aws, "audit-logs")}
        assert "LatestNotificationError" not in status(aws)

    def test_trail_without_a_topic_tells_nobody(self, aws: LocalAws) -> None:
        arn, url = topic(aws, "deliveries", TRAIL_ARN)
        trail(aws, "audit", SnsTopicName=arn)
        client(aws, "cloudtrail").update_trail(Name="audit", SnsTopicName="")
        table(aws)
        aws.deliver_now()
        assert notifications(aws, url) == []


class TestLogGroup:
    @staticmethod
    def events(aws: LocalAws, group: str = "trail-logs") -> dict[str, list[Any]]:
        logs = client(aws, "logs")
        found: dict[str, list[Any]] = {}
        for stream in logs.describe_log_streams(logGroupName=group)["logStreams"]:
            name = stream["logStreamName"]
            answer = logs.get_log_events(logGroupName=group, logStreamName=name, startFromHead=True)
            found[name] = [
                (each["timestamp"], json.loads(each["message"])) for each in answer["events"]
            ]
        return found

    def test_one_event_is_one_message_of_the_home_regions_stream(self, aws: LocalAws) -> None:
        trail(aws, "audit", IsMultiRegionTrail=True, **log_group(aws))
        table(aws)
        table(aws, region="eu-west-1")
        delivered = {each["eventID"]: each for each in records(aws, "audit-logs")}
        found = self.events(aws)
        assert list(found) == [f"{ACCOUNT}_CloudTrail_us-east-1"]
        (events,) = found.values()
        # Reading the files and the stream is recorded, too.
        events = [event for event in events if event[1]["eventName"] == "CreateTable"]
        assert [event["awsRegion"] for _, event in events] == ["us-east-1", "eu-west-1"]
        for timestamp, event in events:
            assert event == delivered[event["eventID"]]
            assert timestamp // 1000 == datetime.fromisoformat(event["eventTime"]).timestamp()

    def test_log_group_gets_only_what_the_selectors_choose(self, aws: LocalAws) -> None:
        table(aws)
        trail(aws, "audit", advanced=TABLES, **log_group(aws))
        put_item(aws, "1")
        client(aws, "dynamodb").describe_table(TableName="Users")
        aws.deliver_now()
        (events,) = self.events(aws).values()
        assert [event["eventName"] for _, event in events] == ["PutItem"]

    def test_delivery_time_shows(self, aws: LocalAws) -> None:
        trail(aws, "audit", **log_group(aws))
        table(aws)
        aws.deliver_now()
        assert status(aws)["LatestCloudWatchLogsDeliveryTime"]

    def test_role_that_does_not_trust_cloudtrail_is_refused(self, aws: LocalAws) -> None:
        settings = log_group(aws, principal="ec2")
        code, message = refused(
            client(aws, "cloudtrail").create_trail,
            Name="audit",
            S3BucketName=log_bucket(aws, "audit-logs"),
            **settings,
        )
        assert code == "InvalidCloudWatchLogsRoleArnException"
        assert message == "Access denied. Check the trust relationships for your role."

    @pytest.mark.parametrize(
        "arn",
        [
            f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:nowhere:*",
            f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:trail-logs",
            "trail-logs",
        ],
        ids=["missing", "without :*", "a name"],
    )
    def test_log_group_that_will_not_do_is_refused(self, aws: LocalAws, arn: str) -> None:
        settings = log_group(aws) | {"CloudWatchLogsLogGroupArn": arn}
        code, _ = refused(
            client(aws, "cloudtrail").create_trail,
            Name="audit",
            S3BucketName=log_bucket(aws, "audit-logs"),
            **settings,
        )
        assert code == "InvalidCloudWatchLogsLogGroupArnException"

    def test_log_group_deleted_later_shows_and_files_are_still_delivered(
        self, aws: LocalAws
    ) -> None:
        trail(aws, "audit", **log_group(aws))
        client(aws, "logs").delete_log_group(logGroupName="trail-logs")
        table(aws)
        aws.deliver_now()
        found = status(aws)["LatestCloudWatchLogsDeliveryError"]
        assert found == "ResourceNotFoundException"
        assert keys(aws, "audit-logs")

    def test_events_over_256_kb_are_not_sent(self, aws: LocalAws) -> None:
        settings = log_group(aws)
        described = Trail(
            "audit",
            "us-east-1",
            ACCOUNT,
            "audit-logs",
            log_group_arn=settings["CloudWatchLogsLogGroupArn"],
            log_role_arn=settings["CloudWatchLogsRoleArn"],
        )
        now = datetime.now(UTC)
        large = json.dumps("x" * (MAX_EVENT - 2)).encode()
        send_to_log_group(described, [(now, b"1" + large), (now, large)])
        (events,) = self.events(aws).values()
        assert [len(event) for _, event in events] == [MAX_EVENT - 2]

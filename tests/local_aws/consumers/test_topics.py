"""What subscribers of a topic get, and that a publisher waits for none of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws import LocalAws
from tests.local_aws.consumers.functions import function, received
from tests.local_aws.delivered import client, log_bucket, trail
from tests.local_aws.subscribers import messages, open_topic, queue, topic

TRAIL_ARN = "arn:aws:cloudtrail:us-east-1:123456789012:trail/audit"


def test_function_gets_the_message_as_it_was_published(patient_aws: LocalAws) -> None:
    sns = client(patient_aws, "sns")
    arn = sns.create_topic(Name="news")["TopicArn"]
    endpoint = function(patient_aws, "listener")
    subscription = sns.subscribe(TopicArn=arn, Protocol="lambda", Endpoint=endpoint)
    attributes: Any = {"kind": {"DataType": "String", "StringValue": "x"}}
    message_id = sns.publish(TopicArn=arn, Message="hello", MessageAttributes=attributes)
    patient_aws.deliver_now()
    (event,) = received(patient_aws)
    (record,) = event["Records"]
    sent = record.pop("Sns")
    assert record == {
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": subscription["SubscriptionArn"],
    }
    assert (sent["TopicArn"], sent["MessageId"]) == (arn, message_id["MessageId"])
    assert (sent["Message"], sent["Subject"], sent["Type"]) == ("hello", None, "Notification")
    assert sent["MessageAttributes"] == {"kind": {"Type": "String", "Value": "x"}}
    assert {"SigningCertUrl", "UnsubscribeUrl", "Timestamp", "Signature"} <= set(sent)


def test_queue_that_is_gone_is_no_matter_of_the_publishers(patient_aws: LocalAws) -> None:
    sns = client(patient_aws, "sns")
    arn = sns.create_topic(Name="news")["TopicArn"]
    gone, gone_arn = queue(patient_aws, "gone")
    there, there_arn = queue(patient_aws, "there")
    for endpoint in (gone_arn, there_arn):
        sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=endpoint)
    client(patient_aws, "sqs").delete_queue(QueueUrl=gone)
    sns.publish(TopicArn=arn, Message="hello")
    assert [each["Message"] for each in messages(patient_aws, there)] == ["hello"]


def test_structure_that_is_none_is(patient_aws: LocalAws) -> None:
    sns = client(patient_aws, "sns")
    arn = sns.create_topic(Name="news")["TopicArn"]
    _, endpoint = queue(patient_aws, "news")
    sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=endpoint)
    with pytest.raises(ClientError, match="InvalidParameter"):
        sns.publish(TopicArn=arn, Message="{}", MessageStructure="json")


class TestValidationMessage:
    """CloudTrail's plain text, which consumers of topics have to expect."""

    def test_comes_when_a_trail_gets_a_topic(self, patient_aws: LocalAws) -> None:
        _, url = topic(patient_aws, "one", TRAIL_ARN)
        trail(patient_aws, "audit", SnsTopicName="one", logging=False)
        assert said(patient_aws, url) == ["CloudTrail validation message."]

    def test_comes_again_with_another_topic_alone(self, patient_aws: LocalAws) -> None:
        _, first = topic(patient_aws, "one", TRAIL_ARN)
        _, second = topic(patient_aws, "two", TRAIL_ARN)
        trail(patient_aws, "audit", SnsTopicName="one", logging=False)
        trails = client(patient_aws, "cloudtrail")
        trails.update_trail(Name="audit", EnableLogFileValidation=True)
        trails.update_trail(Name="audit", SnsTopicName="one")
        trails.update_trail(Name="audit", SnsTopicName="two")
        assert len(said(patient_aws, first)) == 1
        assert len(said(patient_aws, second)) == 1

    def test_does_not_come_from_a_trail_that_was_refused(self, patient_aws: LocalAws) -> None:
        arn, url = topic(patient_aws, "one", TRAIL_ARN)
        open_topic(patient_aws, arn, TRAIL_ARN)
        with pytest.raises(ClientError):
            client(patient_aws, "cloudtrail").create_trail(
                Name="audit",
                S3BucketName=log_bucket(patient_aws, "audit-logs"),
                SnsTopicName="one",
                KmsKeyId="alias/nothing",
            )
        assert said(patient_aws, url) == []


def said(aws: LocalAws, url: str) -> list[str]:
    return [each["Message"] for each in messages(aws, url)]


def test_message_of_the_topic_is_text(patient_aws: LocalAws) -> None:
    _, url = topic(patient_aws, "one", TRAIL_ARN)
    trail(patient_aws, "audit", SnsTopicName="one", logging=False)
    (envelope,) = messages(patient_aws, url)
    with pytest.raises(json.JSONDecodeError):
        json.loads(envelope["Message"])

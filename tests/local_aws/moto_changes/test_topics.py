"""What SNS refuses of its requests, in its words."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws import LocalAws
from tests.local_aws.delivered import ACCOUNT, client

TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:topic"


def refusal(aws: LocalAws, operation: str, **given: Any) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as refused:
        getattr(client(aws, "sns"), operation)(**given)
    answer: Any = refused.value.response
    error = answer["Error"]
    return error["Code"], error["Message"], answer["ResponseMetadata"]["HTTPStatusCode"]


@pytest.mark.parametrize(("arn", "parts"), [("topic", 1), ("arn:aws:sns", 3)])
@pytest.mark.parametrize(
    ("operation", "name", "others"),
    [
        ("subscribe", "TopicArn", {"Protocol": "email", "Endpoint": "me@example.com"}),
        ("publish", "TopicArn", {"Message": "text"}),
        ("publish", "TargetArn", {"Message": "text"}),
        ("delete_topic", "TopicArn", {}),
        ("get_topic_attributes", "TopicArn", {}),
        ("unsubscribe", "SubscriptionArn", {}),
        ("get_subscription_attributes", "SubscriptionArn", {}),
    ],
)
def test_what_is_no_arn_is_refused(
    operation: str, name: str, others: dict[str, str], arn: str, parts: int, aws: LocalAws
) -> None:
    reason = f"An ARN must have at least 6 elements, not {parts}"
    assert refusal(aws, operation, **{name: arn}, **others) == (
        "InvalidParameter",
        f"Invalid parameter: {name} Reason: {reason}",
        400,
    )


def test_a_topic_that_is_not_there_is_called_a_topic(aws: LocalAws) -> None:
    expected = ("NotFound", "Topic does not exist", 404)
    assert refusal(aws, "publish", TopicArn=TOPIC, Message="text") == expected
    assert refusal(aws, "subscribe", TopicArn=TOPIC, Protocol="nope", Endpoint="x") == expected


@pytest.mark.parametrize(
    ("protocol", "endpoint", "refused"),
    [
        ("nope", "x", "Amazon SNS does not support this protocol string: nope"),
        ("lambda", "function", "Lambda endpoint ARN"),
        ("sqs", "queue", "SQS endpoint ARN"),
        ("firehose", "stream", "Firehose endpoint ARN"),
        ("email", "me", "Email address"),
        ("https", "http://example.com", "Endpoint must match the specified protocol"),
    ],
)
def test_an_endpoint_that_is_none_of_its_protocol_is_refused(
    protocol: str, endpoint: str, refused: str, aws: LocalAws
) -> None:
    client(aws, "sns").create_topic(Name="topic")
    asked = {"TopicArn": TOPIC, "Protocol": protocol, "Endpoint": endpoint}
    expected = ("InvalidParameter", f"Invalid parameter: {refused}", 400)
    assert refusal(aws, "subscribe", **asked) == expected

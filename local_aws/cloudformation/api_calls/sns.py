"""The calls that Amazon SNS gets."""

from __future__ import annotations

from collections.abc import Iterator

from local_aws.cloudformation.api_calls.plans import (
    ApiCall,
    Calls,
    Change,
    api_call,
    attributes,
    retag,
    without,
)
from local_aws.cloudformation.api_shapes import text

_NOT_TOPIC_ATTRIBUTES = ("Subscription", "Tags", "TopicName", "DataProtectionPolicy")


def _topic_created(change: Change) -> Iterator[ApiCall]:
    wanted = {
        "Name": change.name,
        "Attributes": attributes(change.properties, *_NOT_TOPIC_ATTRIBUTES) or None,
        "Tags": change.items("Tags") or None,
    }
    arn = change.arn("sns", change.name)
    yield api_call("sns", "CreateTopic", wanted, {"TopicArn": arn})
    yield from _subscribed(change, arn)


def _subscribed(change: Change, arn: str) -> Iterator[ApiCall]:
    made = change.model.sns_backend.list_subscriptions_by_topic(arn)[0] if change.model else []
    arns = {subscription.endpoint: subscription.arn for subscription in made}
    for subscription in change.new("Subscription"):
        answer = {"SubscriptionArn": arns.get(subscription["Endpoint"])}
        yield api_call("sns", "Subscribe", {"TopicArn": arn, **subscription}, answer)


def _topic_updated(change: Change) -> Iterator[ApiCall]:
    arn = change.arn("sns", change.name)
    everything = {**change.before, **change.properties}
    for name, value in change.changed(without(everything, *_NOT_TOPIC_ATTRIBUTES)).items():
        new = "" if value is None else text(value)
        yield _topic_attribute(arn, name, new)
    yield from _subscribed(change, arn)
    yield from retag(change, "sns", ("TagResource", "UntagResource"), {"ResourceArn": arn})


def _topic_attribute(arn: str, name: str, value: str | None) -> ApiCall:
    wanted = {"TopicArn": arn, "AttributeName": name, "AttributeValue": value}
    return api_call("sns", "SetTopicAttributes", wanted)


def _topic_deleted(change: Change) -> Iterator[ApiCall]:
    yield api_call("sns", "DeleteTopic", {"TopicArn": change.arn("sns", change.name)})


def _topic_policy_put(change: Change) -> Iterator[ApiCall]:
    for arn in change.items("Topics"):
        yield _topic_attribute(arn, "Policy", text(change.properties["PolicyDocument"]))


def _topic_policy_deleted(change: Change) -> Iterator[ApiCall]:
    for arn in change.items("Topics"):
        yield _topic_attribute(arn, "Policy", None)


CALLS = {
    "AWS::SNS::Topic": Calls(_topic_created, _topic_updated, _topic_deleted),
    "AWS::SNS::TopicPolicy": Calls(_topic_policy_put, _topic_policy_put, _topic_policy_deleted),
}

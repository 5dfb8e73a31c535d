"""Amazon SNS's topics, their policies and subscriptions."""

from __future__ import annotations

import json
from typing import Any

from cloudtrail.partitions import arn_parts
from local_aws.cloudformation.language.values import text
from local_aws.cloudformation.resources.failures import ResourceError
from local_aws.cloudformation.resources.resource_types import (
    Change,
    Made,
    Naming,
    Properties,
    ResourceType,
    Steps,
    as_texts,
    call,
    one,
    retag,
    without,
)

_NOT_ATTRIBUTES = ("DeliveryStatusLogging", "Subscription", "Tags", "TopicName")
_ATTRIBUTES = (
    "ArchivePolicy",
    "ContentBasedDeduplication",
    "DisplayName",
    "FifoThroughputScope",
    "FifoTopic",
    "KmsMasterKeyId",
    "MaximumMessageSize",
    "SignatureVersion",
    "TracingConfig",
)
_SUBSCRIPTION_ATTRIBUTES = (
    "DeliveryPolicy",
    "FilterPolicy",
    "FilterPolicyScope",
    "RawMessageDelivery",
    "RedrivePolicy",
    "ReplayPolicy",
    "SubscriptionRoleArn",
)
_PROTOCOLS = {
    "application": "Application",
    "firehose": "Firehose",
    "http/s": "HTTP",
    "lambda": "Lambda",
    "sqs": "SQS",
}
"""Protocols of `DeliveryStatusLogging`, and their form in names of attributes."""


def _status_logging(properties: Properties) -> dict[str, Any]:
    """The attributes that `DeliveryStatusLogging` stands for, such as `SQSSuccessFeedbackRoleArn`.

    Raises ResourceError for a protocol that SNS does not have.
    """
    found: dict[str, Any] = {}
    for entry in properties.get("DeliveryStatusLogging") or []:
        protocol = _PROTOCOLS.get(str(entry["Protocol"]).lower())
        if protocol is None:
            raise ResourceError(
                f"DeliveryStatusLogging: wanted a Protocol of {', '.join(_PROTOCOLS)}, got "
                f"{entry['Protocol']}"
            )
        settings = without(entry, "Protocol").items()
        found |= {f"{protocol}{name}": value for name, value in settings}
    return found


def _attributes(properties: Properties) -> dict[str, Any]:
    return {**without(properties, *_NOT_ATTRIBUTES), **_status_logging(properties)}


def _create(change: Change) -> Steps:
    wanted = {
        "Name": change.name,
        "Attributes": as_texts(_attributes(change.properties)) or None,
        "Tags": change.items("Tags") or None,
    }
    arn = (yield call("sns", "CreateTopic", wanted))["TopicArn"]
    yield Made(arn, {"TopicArn": arn, "TopicName": change.name})
    yield from _subscribe(change, arn)


def _subscribe(change: Change, arn: str) -> Steps:
    for subscription in change.new("Subscription"):
        yield call("sns", "Subscribe", {"TopicArn": arn, **subscription})


def _unsubscribe(change: Change, arn: str) -> Steps:
    """End subscriptions that are gone from the template.

    An update may do that, deletion not (schema).
    """
    gone = [(each["Protocol"], each["Endpoint"]) for each in change.gone("Subscription")]
    token: dict[str, str] = {}
    while gone:
        page = yield call("sns", "ListSubscriptionsByTopic", {"TopicArn": arn, **token})
        for each in page["Subscriptions"]:
            if (each["Protocol"], each["Endpoint"]) in gone:
                wanted = {"SubscriptionArn": each["SubscriptionArn"]}
                yield call("sns", "Unsubscribe", wanted)
        if "NextToken" not in page:
            return
        token = {"NextToken": page["NextToken"]}


def _update(change: Change) -> Steps:
    arn = change.physical_id
    before, now = _attributes(change.before), _attributes(change.properties)
    changed = {
        name: now.get(name) for name in {**before, **now} if before.get(name) != now.get(name)
    }
    for name, value in as_texts(changed).items():
        yield from _set(arn, name, value)
    yield from _subscribe(change, arn)
    yield from _unsubscribe(change, arn)
    yield from retag("sns", {"ResourceArn": arn}, change)


def _set(arn: str, name: str, value: str) -> Steps:
    wanted = {"TopicArn": arn, "AttributeName": name, "AttributeValue": value}
    yield call("sns", "SetTopicAttributes", wanted)


def _create_subscription(change: Change) -> Steps:
    _check_region(change)
    attributes = {
        name: value for name, value in change.properties.items() if name in _SUBSCRIPTION_ATTRIBUTES
    }
    wanted = {"Attributes": as_texts(attributes) or None, "ReturnSubscriptionArn": True}
    arn = (yield call("sns", "Subscribe", {**change.properties, **wanted}))["SubscriptionArn"]
    yield Made(arn, {"Arn": arn})


def _check_region(change: Change) -> None:
    """Raise ResourceError for a topic in another Region: calls go to the stack's Region."""
    region = change.properties.get("Region", change.region)
    if region != change.region:
        raise ResourceError(
            f"The local AWS only subscribes to topics in the stack's Region {change.region}, but "
            f"Region is {region}: put the subscription into a stack there."
        )


def _update_subscription(change: Change) -> Steps:
    _check_region(change)
    for name, value in as_texts(change.changed(_SUBSCRIPTION_ATTRIBUTES)).items():
        attribute = {"AttributeName": name, "AttributeValue": value}
        subscription = {"SubscriptionArn": change.physical_id, **attribute}
        yield call("sns", "SetSubscriptionAttributes", subscription)


def _put_policy(change: Change) -> Steps:
    """Put the policy on every topic; topics that are no longer named get their default policy
    again."""
    for arn in change.gone("Topics"):
        yield from _set(arn, "Policy", json.dumps(_default_policy(arn)))
    for arn in change.items("Topics"):
        yield from _set(arn, "Policy", text(change.properties["PolicyDocument"]))


def _delete_policy(change: Change) -> Steps:
    """Give every topic its default policy again."""
    for arn in change.items("Topics"):
        yield from _set(arn, "Policy", json.dumps(_default_policy(arn)))


def _default_policy(arn: str) -> dict[str, Any]:
    """The policy of a new topic (SNS Developer Guide, "Default topic policy")."""
    actions = [
        "GetTopicAttributes",
        "SetTopicAttributes",
        "AddPermission",
        "RemovePermission",
        "DeleteTopic",
        "Subscribe",
        "ListSubscriptionsByTopic",
        "Publish",
    ]
    statement = {
        "Effect": "Allow",
        "Sid": "__default_statement_ID",
        "Principal": {"AWS": "*"},
        "Action": [f"SNS:{action}" for action in actions],
        "Resource": arn,
        "Condition": {"StringEquals": {"AWS:SourceOwner": arn_parts(arn).account_id}},
    }
    return {"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [statement]}


TYPES = (
    ResourceType(
        name="AWS::SNS::Topic",
        create=_create,
        update=_update,
        delete=one("sns", "DeleteTopic", TopicArn="physical_id"),
        naming=Naming("TopicName"),
        properties=(*_ATTRIBUTES, *_NOT_ATTRIBUTES),
        system_tags=True,
    ),
    ResourceType(
        name="AWS::SNS::Subscription",
        properties=(*_SUBSCRIPTION_ATTRIBUTES, "Endpoint", "Protocol", "Region", "TopicArn"),
        create=_create_subscription,
        update=_update_subscription,
        delete=one("sns", "Unsubscribe", SubscriptionArn="physical_id"),
    ),
    ResourceType(
        name="AWS::SNS::TopicPolicy",
        create=_put_policy,
        update=_put_policy,
        delete=_delete_policy,
        properties=("PolicyDocument", "Topics"),
    ),
)

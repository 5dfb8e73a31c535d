"""Amazon SNS's topics and their policies."""

from __future__ import annotations

import json
from typing import Any

from local_aws.cloudformation.resources.api_shapes import text
from local_aws.cloudformation.resources.resource_types import (
    Change,
    Made,
    Naming,
    ResourceType,
    Steps,
    as_texts,
    call,
    one,
    retag,
    without,
)

_NOT_ATTRIBUTES = ("Subscription", "Tags", "TopicName", "DataProtectionPolicy")


def _create(change: Change) -> Steps:
    wanted = {
        "Name": change.name,
        "Attributes": as_texts(without(change.properties, *_NOT_ATTRIBUTES)) or None,
        "Tags": change.items("Tags") or None,
    }
    arn = (yield call("sns", "CreateTopic", wanted))["TopicArn"]
    yield Made(arn, {"TopicArn": arn, "TopicName": change.name})
    yield from _subscribe(change, arn)


def _subscribe(change: Change, arn: str) -> Steps:
    for subscription in change.new("Subscription"):
        yield call("sns", "Subscribe", {"TopicArn": arn, **subscription})


def _unsubscribe(change: Change, arn: str) -> Steps:
    """End those that are gone from the template; an update may, and deleting may not (schema)."""
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
    for name, value in as_texts(change.all_changed(*_NOT_ATTRIBUTES)).items():
        yield from _set(arn, name, value)
    yield from _subscribe(change, arn)
    yield from _unsubscribe(change, arn)
    yield from retag("sns", "TagResource", "UntagResource", {"ResourceArn": arn}, change)


def _set(arn: str, name: str, value: str) -> Steps:
    wanted = {"TopicArn": arn, "AttributeName": name, "AttributeValue": value}
    yield call("sns", "SetTopicAttributes", wanted)


def _put_policy(change: Change) -> Steps:
    for arn in change.items("Topics"):
        yield from _set(arn, "Policy", text(change.properties["PolicyDocument"]))


def _delete_policy(change: Change) -> Steps:
    """Give every topic its default policy back."""
    for arn in change.items("Topics"):
        yield from _set(arn, "Policy", json.dumps(_default_policy(arn)))


def _default_policy(arn: str) -> dict[str, Any]:
    """What SNS gives a new topic (SNS Developer Guide, "Default topic policy")."""
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
        "Condition": {"StringEquals": {"AWS:SourceOwner": arn.split(":")[4]}},
    }
    return {"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [statement]}


TYPES = (
    ResourceType(
        name="AWS::SNS::Topic",
        create=_create,
        update=_update,
        delete=one("sns", "DeleteTopic", TopicArn="physical_id"),
        naming=Naming("TopicName"),
        replaced_by=("FifoTopic",),
    ),
    ResourceType(
        name="AWS::SNS::TopicPolicy",
        create=_put_policy,
        update=_put_policy,
        delete=_delete_policy,
        replaced_by=("Topics",),
    ),
)

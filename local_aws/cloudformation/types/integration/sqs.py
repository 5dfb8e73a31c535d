"""Amazon SQS's queues and their policies."""

from __future__ import annotations

from local_aws.cloudformation.language.values import text
from local_aws.cloudformation.resources.resource_types import (
    ApiCall,
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
    tags_of,
    without,
)

_DEFAULTS: Properties = {
    "ContentBasedDeduplication": False,
    "DeduplicationScope": "queue",
    "DelaySeconds": 0,
    "FifoThroughputLimit": "perQueue",
    "KmsDataKeyReusePeriodSeconds": 300,
    "MaximumMessageSize": 262_144,
    "MessageRetentionPeriod": 345_600,
    "ReceiveMessageWaitTimeSeconds": 0,
    "SqsManagedSseEnabled": True,
    "VisibilityTimeout": 30,
}
"""The defaults of a queue's attributes (API/SetQueueAttributes)."""

_REMOVABLE = ("KmsMasterKeyId", "RedriveAllowPolicy", "RedrivePolicy")
"""Attributes that an empty string removes."""


def _create(change: Change) -> Steps:
    wanted = {
        "QueueName": change.name,
        "Attributes": as_texts(without(change.properties, "QueueName", "Tags")) or None,
        "tags": tags_of(change.properties) or None,
    }
    url = (yield call("sqs", "CreateQueue", wanted))["QueueUrl"]
    attributes = {"Arn": change.arn("sqs", change.name), "QueueName": change.name, "QueueUrl": url}
    yield Made(url, attributes)


def _update(change: Change) -> Steps:
    queue = {"QueueUrl": change.physical_id}
    changed = change.changed(change.names("QueueName", "Tags"), _DEFAULTS)
    if changed:
        yield call("sqs", "SetQueueAttributes", {**queue, "Attributes": as_texts(changed)})
    yield from retag("sqs", queue, change, "TagQueue", "UntagQueue")


def _put_policy(change: Change) -> Steps:
    """Put the policy on every queue, and remove it from those that are no longer named."""
    for url in change.items("Queues"):
        yield _set_policy(url, text(change.properties["PolicyDocument"]))
    for url in change.gone("Queues"):
        yield _set_policy(url, "")


def _delete_policy(change: Change) -> Steps:
    for url in change.items("Queues"):
        yield _set_policy(url, "")


def _set_policy(url: str, policy: str) -> ApiCall:
    wanted = {"QueueUrl": url, "Attributes": {"Policy": policy}}
    return call("sqs", "SetQueueAttributes", wanted)


TYPES = (
    ResourceType(
        name="AWS::SQS::Queue",
        properties=(*_DEFAULTS, *_REMOVABLE, "FifoQueue", "QueueName", "Tags"),
        create=_create,
        update=_update,
        delete=one("sqs", "DeleteQueue", QueueUrl="physical_id"),
        naming=Naming("QueueName", longest=80),
    ),
    ResourceType(
        name="AWS::SQS::QueuePolicy",
        properties=("PolicyDocument", "Queues"),
        create=_put_policy,
        update=_put_policy,
        delete=_delete_policy,
    ),
)

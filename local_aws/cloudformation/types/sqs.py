"""Amazon SQS's queues."""

from __future__ import annotations

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
    tags_of,
    without,
)


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
    new = as_texts(change.all_changed("QueueName", "Tags"))
    if new:
        yield call("sqs", "SetQueueAttributes", {**queue, "Attributes": new})
    yield from retag("sqs", "TagQueue", "UntagQueue", queue, change)


TYPES = (
    ResourceType(
        name="AWS::SQS::Queue",
        create=_create,
        update=_update,
        delete=one("sqs", "DeleteQueue", QueueUrl="physical_id"),
        naming=Naming("QueueName", longest=80),
        replaced_by=("FifoQueue",),
    ),
)

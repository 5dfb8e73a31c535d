"""The calls that Amazon SQS gets."""

from __future__ import annotations

from collections.abc import Iterator

from local_aws.cloudformation.api_calls.plans import (
    ApiCall,
    Calls,
    Change,
    api_call,
    attributes,
    retag,
    tags_of,
)


def _queue_created(change: Change) -> Iterator[ApiCall]:
    wanted = {
        "QueueName": change.name,
        "Attributes": attributes(change.properties, "QueueName", "Tags") or None,
        "tags": tags_of(change.properties) or None,
    }
    answer = None if change.model is None else {"QueueUrl": change.physical_id}
    yield api_call("sqs", "CreateQueue", wanted, answer)


def _queue_updated(change: Change) -> Iterator[ApiCall]:
    queue = {"QueueUrl": change.physical_id}
    changed = change.changed({**change.before, **change.properties})
    new = attributes(changed, "QueueName", "Tags")
    if new:
        yield api_call("sqs", "SetQueueAttributes", {**queue, "Attributes": new})
    yield from retag(change, "sqs", ("TagQueue", "UntagQueue"), queue)


def _queue_deleted(change: Change) -> Iterator[ApiCall]:
    yield api_call("sqs", "DeleteQueue", {"QueueUrl": change.physical_id})


CALLS = {
    "AWS::SQS::Queue": Calls(_queue_created, _queue_updated, _queue_deleted),
}

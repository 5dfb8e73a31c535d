"""Mappings of queues: messages are received, handed to a function in batches, and deleted.

Messages on which the function fails stay in the queue. They are visible again after its visibility
timeout, and go to its dead-letter queue after as many receives as the queue allows.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cloudtrail.partitions import arn_parts
from local_aws.consumers.event_sources.batches import ask, is_on, is_wanted, parsed

if TYPE_CHECKING:
    from moto.awslambda.models import EventSourceMapping, LambdaBackend
    from moto.sqs.models import Message, SQSBackend

__all__ = ["has_more", "poll", "take_over"]

_ATTRIBUTES = {
    "ApproximateReceiveCount": "approximate_receive_count",
    "SentTimestamp": "sent_timestamp",
    "SenderId": "sender_id",
    "ApproximateFirstReceiveTimestamp": "approximate_first_receive_timestamp",
}
_OF_FIFO = {
    "MessageGroupId": "group_id",
    "MessageDeduplicationId": "deduplication_id",
    "SequenceNumber": "sequence_number",
}
_LEAST_INVISIBLE = 1
"""Seconds. Without a visibility timeout, a mapping would receive a failing message without end."""


def take_over(mapping: EventSourceMapping, functions: LambdaBackend) -> None:
    """Keep moto from calling the function itself.

    Raises for a queue whose visibility timeout is shorter than the function's.
    """
    from moto.awslambda.exceptions import InvalidParameterValueException

    _, queue = _queue(mapping)
    queue.lambda_event_source_mappings.clear()
    timeout = int(functions.get_function(mapping.function_arn).timeout)
    if int(queue.visibility_timeout or 0) < timeout:
        functions.delete_event_source_mapping(mapping.uuid)
        raise InvalidParameterValueException(
            f"Invalid request provided: Queue visibility timeout: {queue.visibility_timeout} "
            f"seconds is less than Function timeout: {timeout} seconds"
        )


def has_more(mapping: EventSourceMapping) -> bool:
    """Whether a message can be received now."""
    _, queue = _queue(mapping)
    return any(each.visible and not each.delayed for each in list(queue._messages))


def poll(mapping: EventSourceMapping) -> None:
    """Hand on all messages that are visible, batch by batch."""
    queues, queue = _queue(mapping)
    while is_on(mapping) and not _waits_for_more(mapping, queue):
        seconds = max(int(queue.visibility_timeout or 0), _LEAST_INVISIBLE)
        messages = queues.receive_message(queue.name, mapping.batch_size, 0, seconds, ["All"])
        if not messages:
            return
        _hand_over(mapping, queues, queue, messages)


def _queue(mapping: EventSourceMapping) -> tuple[SQSBackend, Any]:
    from moto.sqs.models import sqs_backends

    place = arn_parts(mapping.event_source_arn)
    queues = sqs_backends[place.account_id][place.region]
    return queues, queues.get_queue(place.resource)


def _waits_for_more(mapping: EventSourceMapping, queue: Any) -> bool:
    """Whether a batching window is open: the batch is not full, and its first message not old
    enough."""
    window = int(mapping.max_batch_window or 0) * 1000
    sent = [int(each.sent_timestamp or 0) for each in queue.messages if each.visible]
    return bool(
        window
        and len(sent) < mapping.batch_size
        and sent
        and time.time() * 1000 < min(sent) + window
    )


def _hand_over(
    mapping: EventSourceMapping, queues: SQSBackend, queue: Any, messages: list[Message]
) -> None:
    records = {each.id: _record(each, queue.queue_arn) for each in messages}
    wanted = {
        each.id: records[each.id]
        for each in messages
        if is_wanted(mapping, {**records[each.id], "body": parsed(each.body)})
    }
    answer = ask(mapping, list(wanted.values()), wanted) if wanted else None
    for each in messages:
        # A message that passes no filter is deleted, like one that was processed.
        if answer is None or each.id not in answer.failed:
            queues.delete_message(queue.name, str(each.receipt_handle))


def _record(message: Message, queue_arn: str) -> dict[str, Any]:
    attributes = {name: str(getattr(message, member)) for name, member in _ATTRIBUTES.items()}
    if queue_arn.endswith(".fifo"):
        attributes |= {
            name: str(getattr(message, member) or "") for name, member in _OF_FIFO.items()
        }
    return {
        "messageId": message.id,
        "receiptHandle": message.receipt_handle,
        "body": message.body,
        "attributes": attributes,
        "messageAttributes": {
            name: _attribute(value) for name, value in message.message_attributes.items()
        },
        "md5OfBody": message.body_md5,
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": arn_parts(queue_arn).region,
    }


def _attribute(value: Mapping[str, Any]) -> dict[str, Any]:
    binary = value.get("BinaryValue")
    given = {"stringValue": value.get("StringValue"), "binaryValue": binary and str(binary)}
    return {
        **{name: text for name, text in given.items() if text is not None},
        "stringListValues": [],
        "binaryListValues": [],
        "dataType": value.get("DataType"),
    }

"""Event source mappings: functions get what comes into queues, streams and tables.

Source: AWS Lambda Developer Guide, "Using Lambda with Amazon SQS", "... Kinesis" and
"... DynamoDB". moto calls functions of streams and tables on the thread of the request that
put something in, takes a table's records out of its stream for it, and makes up what a
message came with.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from local_aws.moto_changes.first_use import on_first_use

if TYPE_CHECKING:
    from moto.awslambda.models import LambdaBackend
    from moto.sqs.models import Message

    from local_aws.cloudtrail.delivery.outbox import HandOn

_ATTRIBUTES = (
    "ApproximateReceiveCount",
    "SentTimestamp",
    "SenderId",
    "ApproximateFirstReceiveTimestamp",
)


def install(patches: ExitStack, hand_on: HandOn) -> None:
    """Have mappings do so once Lambda is first used, until `patches` is left."""
    services = frozenset({"lambda", "awslambda", "cloudformation"})
    on_first_use(patches, services, partial(_install_now, hand_on))


def _install_now(hand_on: HandOn, patches: ExitStack) -> None:
    from moto.awslambda.models import LambdaBackend

    to_stream = LambdaBackend.send_kinesis_message

    def send_dynamodb_items(
        self: LambdaBackend, function_arn: str, items: list[Any], source: str
    ) -> str:
        # The latest alone is new; what came before stays in the stream, for others to read.
        send = partial(_send_item, self, function_arn, items[-1].to_json(), source)
        hand_on(f"{source} to {function_arn}", send)
        return ""

    def send_kinesis_message(self: LambdaBackend, **record: Any) -> None:
        name = f"{record['kinesis_stream']} to {record['function_name']}"
        hand_on(name, partial(to_stream, self, **record))

    for name, new in (
        ("send_dynamodb_items", send_dynamodb_items),
        ("send_kinesis_message", send_kinesis_message),
        ("_send_sqs_message", _send_sqs_message),
    ):
        patches.enter_context(patch.object(LambdaBackend, name, new))


def _send_item(
    self: LambdaBackend, function_arn: str, item: Mapping[str, Any], source: str
) -> None:
    """Call a function with a record of a table's stream, in Lambda's own form."""
    from moto.core.utils import unix_time

    created = item["dynamodb"]["ApproximateCreationDateTime"]
    record = {
        **item,
        "dynamodb": {**item["dynamodb"], "ApproximateCreationDateTime": int(unix_time(created))},
        "eventSourceARN": source,
    }
    if by := item.get("userIdentity"):
        record["userIdentity"] = {"type": by["Type"], "principalId": by["PrincipalId"]}
    function = self._lambdas.get_arn(function_arn)
    function.invoke(json.dumps({"Records": [record]}), {}, {})  # type: ignore[union-attr]


def _send_sqs_message(
    self: LambdaBackend, function_arn: str, message: Message, queue_arn: str
) -> bool:
    """Call a function with a message as it came; whether it took it."""
    answer: dict[str, Any] = {}
    body = json.dumps({"Records": [_record(message, queue_arn)]})
    self.invoke(
        function_name=function_arn,
        qualifier=None,
        body=body,
        headers={},
        response_headers=answer,
    )
    return "x-amz-function-error" not in answer


def _attributes(message: Message, queue_arn: str) -> dict[str, Any]:
    """The attributes of a received message, which moto leaves out of what it hands over."""
    from moto.sqs.models import sqs_backends

    _, _, _, region, account, name = queue_arn.split(":")
    kept = sqs_backends[account][region].get_queue(name)._messages
    return next((each.message_attributes for each in kept if each.id == message.id), {})


def _record(message: Message, queue_arn: str) -> dict[str, Any]:
    values = (
        message.approximate_receive_count,
        message.sent_timestamp,
        message.sender_id,
        message.approximate_first_receive_timestamp,
    )
    attributes = {name: str(value) for name, value in zip(_ATTRIBUTES, values, strict=True)}
    if queue_arn.endswith(".fifo"):
        attributes["MessageGroupId"] = message.group_id or ""
        attributes["MessageDeduplicationId"] = message.deduplication_id or ""
        attributes["SequenceNumber"] = str(message.sequence_number or "")
    return {
        "messageId": message.id,
        "receiptHandle": message.receipt_handle,
        "body": message.body,
        "attributes": attributes,
        "messageAttributes": {
            name: {
                "stringValue": value.get("StringValue"),
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": value.get("DataType"),
            }
            for name, value in _attributes(message, queue_arn).items()
        },
        "md5OfBody": message.body_md5,
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": queue_arn.split(":")[3],
    }

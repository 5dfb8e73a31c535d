"""Where an event may be sent: functions, topics, queues, streams and delivery streams, by ARN.

`send` checks the sender's permission, waits for the destination and raises its errors.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, NoReturn

from msgspec import Struct

from cloudtrail.partitions import arn_parts
from local_aws.consumers import permissions
from local_aws.consumers.permissions import Sender

if TYPE_CHECKING:
    from local_aws.cloudtrail.delivery.outbox import HandOn

__all__ = [
    "SENDERS",
    "Options",
    "Sender",
    "UnknownDestination",
    "as_text",
    "at_once_or_later",
    "send",
]


class Options(Struct, frozen=True):
    """What a destination may need besides the event.

    `group_id` is for a FIFO queue, `key` a stream's partition key, `name` an execution's or log
    stream's name, `subject` a topic's subject, `attributes` a queue message's.
    """

    group_id: str | None = None
    key: str = ""
    name: str = ""
    subject: str | None = None
    attributes: Mapping[str, str] | None = None


_PLAIN = Options()


class UnknownDestination(Exception):
    """The ARN's service receives no events here."""


def send(arn: str, payload: str | bytes, sender: Sender, options: Options = _PLAIN) -> None:
    """Send an event to whatever has this ARN. Raises UnknownDestination and NotPermitted."""
    service = arn_parts(arn).service
    if service not in SENDERS:
        raise UnknownDestination(
            f"wanted a destination of {', '.join(SENDERS)}; got {arn}, which gets no events here"
        )
    permissions.judge(arn, sender)
    SENDERS[service](arn, payload, options)


def at_once_or_later(
    name: str, call: Callable[[], None], hand_on: HandOn, *, at_once: bool
) -> None:
    """Call a destination at once, or hand the call on under its `name`.

    Its errors are noted like those of calls that are handed on: the sender does not see them.
    """
    if not at_once:
        hand_on(name, call)
        return
    try:
        call()
    except Exception as error:  # noqa: BLE001
        hand_on(name, partial(_raise, error))


def _raise(error: Exception) -> NoReturn:
    raise error


def as_text(payload: str | bytes) -> str:
    """The payload for destinations that take text."""
    return payload if isinstance(payload, str) else payload.decode()


def _bytes(payload: str | bytes) -> bytes:
    return payload if isinstance(payload, bytes) else payload.encode()


def _to_topic(arn: str, payload: str | bytes, options: Options) -> None:
    from moto.sns.models import sns_backends

    place = arn_parts(arn)
    sns = sns_backends[place.account_id][place.region]
    sns.publish(as_text(payload), arn, subject=options.subject)


def _to_queue(arn: str, payload: str | bytes, options: Options) -> None:
    from moto.sqs.models import sqs_backends

    place = arn_parts(arn)
    attributes = {
        key: {"DataType": "String", "StringValue": value}
        for key, value in (options.attributes or {}).items()
    }
    sqs_backends[place.account_id][place.region].send_message(
        place.resource, as_text(payload), message_attributes=attributes, group_id=options.group_id
    )


def _to_stream(arn: str, payload: str | bytes, options: Options) -> None:
    from moto.kinesis.models import kinesis_backends

    place = arn_parts(arn)
    data = base64.b64encode(_bytes(payload)).decode()
    key = options.key or "0"
    kinesis_backends[place.account_id][place.region].put_record(arn, "", key, "", data)


def _to_delivery_stream(arn: str, payload: str | bytes, _options: Options) -> None:
    from moto.firehose.models import firehose_backends

    place = arn_parts(arn)
    firehose = firehose_backends[place.account_id][place.region]
    firehose.put_record(place.resource.rpartition("/")[2], {"Data": _bytes(payload)})


def _to_state_machine(arn: str, payload: str | bytes, options: Options) -> None:
    from moto.stepfunctions.responses import get_backend

    place = arn_parts(arn)
    machines = get_backend(place.account_id, place.region)
    machines.start_execution(arn, options.name, as_text(payload))


def _to_log_group(arn: str, payload: str | bytes, options: Options) -> None:
    from moto.core.utils import unix_time_millis
    from moto.logs.models import logs_backends

    place = arn_parts(arn)
    group = place.resource.removeprefix("log-group:").removesuffix(":*")
    logs = logs_backends[place.account_id][place.region]
    logs.create_log_stream(group, options.name)
    event = {"timestamp": int(unix_time_millis()), "message": as_text(payload)}
    logs.put_log_events(group, options.name, [event])


SENDERS: dict[str, Callable[[str, str | bytes, Options], None]] = {
    "sns": _to_topic,
    "sqs": _to_queue,
    "kinesis": _to_stream,
    "firehose": _to_delivery_stream,
    "states": _to_state_machine,
    "logs": _to_log_group,
}
"""How to send, by the service in a destination's ARN. `lambda_processes` adds functions."""

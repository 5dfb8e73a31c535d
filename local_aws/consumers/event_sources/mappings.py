"""Mappings, created and changed as Lambda does it, each polling on a thread of its own.

A mapping polls when something arrives, when it is created or changed, and each second, for messages
that are visible again and batches that are retried. moto calls functions on the thread of the
request that puts something in, has no filters, and still calls functions of deleted mappings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from cloudtrail.partitions import arn_parts, arn_parts_if_any
from local_aws.consumers import time_passing
from local_aws.consumers.event_sources import queues, streams
from local_aws.consumers.event_sources.batches import check_filters, is_on
from local_aws.moto_state import backend_of, every_backend
from local_aws.role_rights import role_allows

if TYPE_CHECKING:
    from moto.awslambda.models import EventSourceMapping, LambdaBackend

    from local_aws.cloudtrail.delivery.outbox import HandOn

_MOST_WITHOUT_WINDOW = 10


def install(hand_on: HandOn, patches: ExitStack) -> None:
    """Have mappings poll, until `patches` is closed."""
    from moto.awslambda.models import LambdaBackend
    from moto.dynamodb.models.table import StreamShard
    from moto.kinesis.models import Stream
    from moto.sqs.models import Queue

    wake = partial(_wake, hand_on)
    for owner, name, change in (
        (LambdaBackend, "create_event_source_mapping", partial(_creating, wake)),
        (LambdaBackend, "update_event_source_mapping", partial(_updating, wake)),
        (Queue, "add_message", partial(_adding, wake, lambda queue: queue.queue_arn)),
        (StreamShard, "add", partial(_adding, wake, _arn_of_shard)),
        (Stream, "put_record", partial(_adding, wake, lambda stream: stream.arn)),
    ):
        patches.enter_context(patch.object(owner, name, change(getattr(owner, name))))
    time_passing.look_each_second(patches, "event source mappings", partial(_look, wake))


def _arn_of_shard(shard: Any) -> str:
    return f"{shard.table.table_arn}/stream/{shard.table.latest_stream_label}"


def _creating(wake: Callable[[EventSourceMapping], None], ask_moto: Any) -> Any:
    def create_event_source_mapping(
        self: LambdaBackend, spec: dict[str, Any]
    ) -> EventSourceMapping:
        _check(spec, str(spec.get("EventSourceArn")))
        _check_only(self, spec)
        _check_role(self, spec)
        made: EventSourceMapping = ask_moto(self, spec)
        if ":sqs:" in made.event_source_arn:
            queues.take_over(made, self)
        else:
            streams.take_over(made)
        wake(made)
        return made

    return create_event_source_mapping


def _updating(wake: Callable[[EventSourceMapping], None], ask_moto: Any) -> Any:
    def update_event_source_mapping(
        self: LambdaBackend, uuid: str, spec: dict[str, Any]
    ) -> EventSourceMapping | None:
        before = self.get_event_source_mapping(uuid)
        if before is not None:
            _check(spec, before.event_source_arn)
        changed: EventSourceMapping | None = ask_moto(self, uuid, spec)
        if changed is not None:
            wake(changed)
        return changed

    return update_event_source_mapping


def _adding(
    wake: Callable[[EventSourceMapping], None], arn_of: Callable[[Any], str], ask_moto: Any
) -> Any:
    def add(self: Any, *arguments: Any, **named: Any) -> Any:
        answer = ask_moto(self, *arguments, **named)
        for each in _mappings_of(arn_of(self)):
            wake(each)
        return answer

    return add


def _check(spec: Mapping[str, Any], source_arn: str) -> None:
    """Raise Lambda's InvalidParameterValueException for invalid filters or an invalid batch
    size."""
    check_filters(spec.get("FilterCriteria"))
    size, window = spec.get("BatchSize"), spec.get("MaximumBatchingWindowInSeconds")
    if ":sqs:" in source_arn and int(size or 0) > _MOST_WITHOUT_WINDOW and not window:
        from moto.awslambda.exceptions import InvalidParameterValueException

        raise InvalidParameterValueException(
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is "
            "greater than 10"
        )


def _check_only(functions: LambdaBackend, spec: Mapping[str, Any]) -> None:
    """Raise Lambda's ResourceConflictException for a second mapping of a source and a function."""
    from moto.awslambda.exceptions import LambdaClientError

    arn, name = str(spec.get("EventSourceArn")), str(spec.get("FunctionName"))
    for each in _mappings_of(arn) if arn.startswith("arn:") else ():
        function = functions.get_function(name) if name else None
        if function is not None and each.function_arn == function.function_arn:
            error = LambdaClientError(
                "ResourceConflictException",
                f'The event source arn (" {arn} ") and function (" {function.function_name} ") '
                "provided mapping already exists. Please update or delete the existing mapping "
                f"with UUID {each.uuid}",
            )
            error.code = 409
            raise error


_ON_QUEUES = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
_ON_STREAMS = {
    "dynamodb": ("GetRecords", "GetShardIterator", "DescribeStream", "ListStreams"),
    "kinesis": ("GetRecords", "GetShardIterator", "DescribeStream", "ListShards", "ListStreams"),
}


def _check_role(functions: LambdaBackend, spec: Mapping[str, Any]) -> None:
    """Raise Lambda's InvalidParameterValueException if the function's role may not read the source.

    The messages are Lambda's, from public reports: "... does not have permissions to call
    ReceiveMessage on SQS", "Cannot access stream ...".
    """
    from moto.awslambda.exceptions import InvalidParameterValueException

    arn = str(spec.get("EventSourceArn"))
    function = functions.get_function(str(spec.get("FunctionName")))
    source = arn_parts_if_any(arn)
    service = source.service if source and function is not None else ""
    actions = _ON_QUEUES if service == "sqs" else _ON_STREAMS.get(service, ())
    lacking = [
        action for action in actions if not role_allows(function.role, f"{service}:{action}", arn)
    ]
    if lacking and service == "sqs":
        raise InvalidParameterValueException(
            f"The provided execution role does not have permissions to call {lacking[0]} on SQS"
        )
    if lacking:
        raise InvalidParameterValueException(
            f"Cannot access stream {arn}. Please ensure the role can perform the "
            f"{', '.join(actions[:-1])}, and {actions[-1]} Actions on your stream in IAM."
        )


def _wake(hand_on: HandOn, mapping: EventSourceMapping) -> None:
    """Have a mapping poll, unless it is disabled or deleted."""
    if is_on(mapping):
        poll = queues.poll if ":sqs:" in mapping.event_source_arn else streams.poll
        hand_on(f"event source mapping {mapping.uuid}", partial(poll, mapping))


def _look(wake: Callable[[EventSourceMapping], None]) -> None:
    """Wake the mappings whose source has something new or due."""
    for mapping in _mappings():
        source = queues if ":sqs:" in mapping.event_source_arn else streams
        if is_on(mapping) and source.has_more(mapping):
            wake(mapping)


def _mappings() -> Iterator[EventSourceMapping]:
    from moto.awslambda.models import lambda_backends

    for backend in every_backend(lambda_backends):
        yield from list(backend._event_source_mappings.values())


def _mappings_of(arn: str | None) -> list[EventSourceMapping]:
    if arn is None:
        return []
    place = arn_parts(arn)
    module = "moto.awslambda.models"
    found = backend_of(module, "lambda_backends", place.account_id, place.region)
    mappings = list(found._event_source_mappings.values()) if found else []
    return [each for each in mappings if each.event_source_arn == arn]

"""Mappings of Kinesis and DynamoDB streams: each shard's records in their order.

A failed batch is retried until it succeeds, is too old, or was tried as often as the mapping
allows. Its shard waits meanwhile. A batch that is given up goes to the on-failure destination.
Source: AWS Lambda Developer Guide, "Using Lambda to process records from Amazon Kinesis Data
Streams", "Retain discarded batch records for a DynamoDB event source".
"""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from cloudtrail.partitions import arn_parts
from local_aws.consumers import destinations
from local_aws.consumers.event_sources.batches import BatchResponse, ask, is_on, is_wanted, parsed

if TYPE_CHECKING:
    from moto.awslambda.models import EventSourceMapping
    from moto.dynamodb.models.table import Table

__all__ = ["has_more", "poll", "take_over"]

_READERS = "_local_aws_readers"
_KEPT_FOR = timedelta(hours=24)
_LONGEST_PAUSE = 60.0


class _Entry(Struct, frozen=True):
    """A record of a shard, as the function gets it (`record`) and as filters see it (`seen`)."""

    sequence: str
    created: datetime
    record: Mapping[str, Any]
    seen: Mapping[str, Any]


class _Shard(Struct, frozen=True):
    """A shard: moto's records of it, and the function that makes entries of them."""

    name: str
    held: Sequence[Any]
    make: Callable[[Any], _Entry]

    def entries(self, start: int, count: int) -> list[_Entry]:
        return [self.make(each) for each in self.held[start : start + count]]


class _Reader(Struct):
    """How far a mapping has read a shard: the place of its next record, and its failures."""

    next: int = 0
    failures: int = 0
    most: int | None = None
    """The number of records in the next batch, while a failed one is being split."""
    not_before: datetime = field(default_factory=lambda: datetime.now(UTC))

    def is_due(self) -> bool:
        return datetime.now(UTC) >= self.not_before

    def go_on(self, place: int) -> None:
        self.next, self.failures, self.most = place, 0, None
        self.not_before = datetime.now(UTC)


def take_over(mapping: EventSourceMapping) -> None:
    """Keep moto from calling the function itself, and note where the mapping starts to read."""
    source = _table(mapping) if _is_of_table(mapping) else _kinesis(mapping)
    source.lambda_event_source_mappings.clear()
    readers: dict[str, _Reader] = vars(mapping).setdefault(_READERS, {})
    for shard in _shards(mapping):
        readers[shard.name] = _Reader(_beginning(mapping, shard))


def _beginning(mapping: EventSourceMapping, shard: _Shard) -> int:
    if mapping.starting_position == "LATEST":
        return len(shard.held)
    if mapping.starting_position != "AT_TIMESTAMP":
        return 0
    since = datetime.fromtimestamp(float(mapping.starting_position_timestamp), UTC)  # type: ignore[arg-type]
    return sum(shard.make(each).created < since for each in shard.held)


def has_more(mapping: EventSourceMapping) -> bool:
    """Whether a shard has records that may be handed over now."""
    return any(
        reader.next < len(shard.held) and reader.is_due() for reader, shard in _read(mapping)
    )


def poll(mapping: EventSourceMapping) -> None:
    """Hand over each shard's records, until there are no more or a batch fails."""
    for reader, shard in _read(mapping):
        while is_on(mapping) and reader.is_due() and reader.next < len(shard.held):
            _hand_over(mapping, reader, shard)


def _read(mapping: EventSourceMapping) -> Iterator[tuple[_Reader, _Shard]]:
    readers: dict[str, _Reader] = vars(mapping)[_READERS]
    for shard in _shards(mapping):
        yield readers.setdefault(shard.name, _Reader()), shard


def _hand_over(mapping: EventSourceMapping, reader: _Reader, shard: _Shard) -> None:
    batch = shard.entries(reader.next, reader.most or mapping.batch_size)
    wanted = [each for each in batch if is_wanted(mapping, each.seen)]
    identifiers = [each.sequence for each in wanted]
    records = [each.record for each in wanted]
    answer = (
        ask(mapping, records, identifiers) if wanted else BatchResponse(frozenset(), error=False)
    )
    if not answer.failed:
        reader.go_on(reader.next + len(batch))
        return
    if not answer.error:
        # Everything before the first failed record is done.
        places = [n for n, each in enumerate(batch) if each.sequence in answer.failed]
        if places[0]:
            reader.go_on(reader.next + places[0])
            batch = batch[places[0] :]
    _try_again(mapping, reader, shard.name, batch)


def _try_again(
    mapping: EventSourceMapping, reader: _Reader, shard: str, batch: Sequence[_Entry]
) -> None:
    if mapping.bisect_on_error and len(batch) > 1:
        reader.most = len(batch) // 2
        return
    reader.failures += 1
    condition = _why_given_up(mapping, reader, batch)
    if condition is None:
        pause = min(2.0 ** (reader.failures - 1), _LONGEST_PAUSE)
        reader.not_before = datetime.now(UTC) + timedelta(seconds=pause)
        return
    failures = reader.failures
    reader.go_on(reader.next + len(batch))
    wanted = (mapping.destination_config or {}).get("OnFailure") or {}
    if arn := wanted.get("Destination"):
        told = _given_up(mapping, shard, batch, condition, failures)
        sender = destinations.Sender(
            "lambda.amazonaws.com", mapping.arn, mapping.account_id, _role(mapping)
        )
        destinations.send(arn, json.dumps(told), sender)


def _why_given_up(
    mapping: EventSourceMapping, reader: _Reader, batch: Sequence[_Entry]
) -> str | None:
    most = mapping.max_retry_attempts
    if most is not None and 0 <= int(most) < reader.failures:
        return "RetryAttemptsExhausted"
    given = int(mapping.max_record_age or -1)
    oldest = timedelta(seconds=given) if given > 0 else _KEPT_FOR
    return "MaximumRecordAgeExceeded" if datetime.now(UTC) - batch[0].created > oldest else None


def _given_up(
    mapping: EventSourceMapping,
    shard: str,
    batch: Sequence[_Entry],
    condition: str,
    failures: int,
) -> dict[str, Any]:
    about = "DDBStreamBatchInfo" if _is_of_table(mapping) else "KinesisBatchInfo"
    return {
        "requestContext": {
            "requestId": str(uuid.uuid4()),
            "functionArn": mapping.function_arn,
            "condition": condition,
            "approximateInvokeCount": failures,
        },
        "responseContext": {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": "Unhandled",
        },
        "version": "1.0",
        "timestamp": _stamp(datetime.now(UTC)),
        about: {
            "shardId": shard,
            "startSequenceNumber": batch[0].sequence,
            "endSequenceNumber": batch[-1].sequence,
            "approximateArrivalOfFirstRecord": _stamp(batch[0].created),
            "approximateArrivalOfLastRecord": _stamp(batch[-1].created),
            "batchSize": len(batch),
            "streamArn": mapping.event_source_arn,
        },
    }


def _stamp(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond // 1000:03}Z"


# What shards hold


def _is_of_table(mapping: EventSourceMapping) -> bool:
    return ":dynamodb:" in mapping.event_source_arn


def _table(mapping: EventSourceMapping) -> Table:
    from moto.dynamodb.models import dynamodb_backends

    place = arn_parts(mapping.event_source_arn)
    tables = dynamodb_backends[place.account_id][place.region]
    return tables.get_table(place.resource.split("/")[1])


def _kinesis(mapping: EventSourceMapping) -> Any:
    from moto.kinesis.models import kinesis_backends

    place = arn_parts(mapping.event_source_arn)
    return kinesis_backends[place.account_id][place.region].streams[place.resource.split("/")[1]]


def _shards(mapping: EventSourceMapping) -> Iterator[_Shard]:
    if _is_of_table(mapping):
        of_table = _table(mapping).stream_shard
        if of_table is not None:
            make = partial(_of_item, mapping.event_source_arn)
            yield _Shard(of_table.id, of_table.items, make)
        return
    for each in list(_kinesis(mapping).shards.values()):
        make = partial(_of_record, mapping, each.shard_id)
        yield _Shard(each.shard_id, list(each.records.values()), make)


def _of_item(stream_arn: str, change: Any) -> _Entry:
    """A change of an item, as Lambda gives it to functions."""
    item = change.to_json()
    created = item["dynamodb"]["ApproximateCreationDateTime"].replace(tzinfo=UTC)
    seconds = int(created.timestamp())
    record = {
        **item,
        "dynamodb": {**item["dynamodb"], "ApproximateCreationDateTime": seconds},
        "eventSourceARN": stream_arn,
    }
    if by := item.get("userIdentity"):
        record["userIdentity"] = {"type": by["Type"], "principalId": by["PrincipalId"]}
    return _Entry(item["dynamodb"]["SequenceNumber"], created, record, record)


def _role(mapping: EventSourceMapping) -> str:
    from moto.awslambda.models import lambda_backends

    backend = lambda_backends[mapping.account_id][mapping.region]
    return str(backend.get_function(mapping.function_arn).role)


def _of_record(mapping: EventSourceMapping, shard: str, record: Any) -> _Entry:
    kinesis = {
        "kinesisSchemaVersion": "1.0",
        "partitionKey": record.partition_key,
        "sequenceNumber": str(record.sequence_number),
        "data": record.data,
        "approximateArrivalTimestamp": round(record.created_at, 3),
    }
    made = {
        "kinesis": kinesis,
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{shard}:{record.sequence_number}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": _role(mapping),
        "awsRegion": mapping.region,
        "eventSourceARN": mapping.event_source_arn,
    }
    data = parsed(base64.b64decode(record.data).decode(errors="replace"))
    created = datetime.fromtimestamp(record.created_at, UTC)
    return _Entry(str(record.sequence_number), created, made, {**made, **kinesis, "data": data})

"""From a request and its answer to a call, and from a call to its record.

No record is ever missing: one that cannot be made whole is made of less, and that is noted.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from msgspec.structs import replace

from cloudtrail.compact_json import to_json
from cloudtrail.records.calls import Call, CallError, Record
from cloudtrail.records.identity import Identity
from cloudtrail.records.record import minimal_record_of, needs_output, record_of
from cloudtrail.records.service_models import error_shape
from local_aws.cloudtrail.faults import Faults
from local_aws.recording.answer import HeldAnswer
from local_aws.recording.callers import caller_in
from local_aws.recording.receive import Received
from local_aws.recording.requests import Answered, Asked, answered
from local_aws.web.http_heads import Environ

MAX_RECORD = 256 * 1024
"""Bytes of the largest event that goes to a trail (UG/WhatIsCloudTrail-Limits)."""

MAX_KEPT_TEXT = 2048
"""Characters of the longest parameter in which the call's resources are still looked for."""


def call_of(
    received: Received,
    identity: Identity,
    asked: Asked,
    answer: HeldAnswer,
    request_id: str,
    faults: Faults,
) -> Call:
    """The call, as far as request and answer could be parsed; what could not, is noted."""
    parsed = answered(
        asked,
        answer.code,
        answer.headers_by_name,
        answer.body,
        want_output=needs_output(asked.service, asked.operation),
    )
    for unread in filter(None, (asked.unread, parsed.unread)):
        faults.note(f"record of {asked.service} {asked.operation}", unread)
    return asked_call(
        received,
        identity,
        asked,
        request_id=request_id,
        output=parsed.output,
        error=_error(asked, parsed, answer.code),
        response_headers=answer.headers_by_name,
        response_size=len(answer.body),
    )


def asked_call(
    received: Received, identity: Identity, asked: Asked, *, request_id: str = "", **answer: Any
) -> Call:
    """The call as it was asked for, with its request id and `answer`: the members of `Call` about
    it."""
    environ = received.request.environ
    return Call(
        time=received.arrived,
        service=asked.service,
        operation=asked.operation,
        region=received.region,
        account_id=received.account_id,
        identity=caller_in(asked.operation, asked.parameters, identity),
        source_ip_address=environ.get("REMOTE_ADDR", ""),
        user_agent=environ.get("HTTP_USER_AGENT", ""),
        request_id=request_id,
        event_id=str(uuid.uuid4()),
        parameters=asked.parameters,
        headers=_request_headers(environ),
        query=_query(environ),
        body=received.request.body,
        table_keys=TableKeys(received.account_id, received.region),
        **answer,
    )


class TableKeys(Mapping[str, tuple[str, ...]]):
    """Key attributes of an account's DynamoDB tables in a Region, looked up when asked for."""

    def __init__(self, account_id: str, region: str) -> None:
        self._account_id = account_id
        self._region = region

    def __getitem__(self, table: str) -> tuple[str, ...]:
        found = self._tables().get(table.rpartition("/")[2])
        if found is None:
            raise KeyError(table)
        return tuple(key for key in (found.hash_key_attr, found.range_key_attr) if key)

    def __iter__(self) -> Iterator[str]:
        return iter(self._tables())

    def __len__(self) -> int:
        return len(self._tables())

    def _tables(self) -> Mapping[str, Any]:
        from moto.dynamodb.models import dynamodb_backends

        tables: Mapping[str, Any] = dynamodb_backends[self._account_id][self._region].tables
        return tables


def _error(asked: Asked, parsed: Answered, status: int) -> CallError | None:
    if parsed.error_code is None:
        return None
    return CallError(
        code=parsed.error_code,
        message=parsed.error_message,
        status=status,
        shape=error_shape(asked.service, parsed.error_code),
    )


def _request_headers(environ: Environ) -> dict[str, str]:
    return {
        name[5:].replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }


def _query(environ: Environ) -> dict[str, str]:
    return dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))


def made(call: Call, faults: Faults) -> tuple[Record, bytes]:
    """The record of a call and its JSON: whole, or else without parameters, or else minimal."""
    for make in (_whole, _without_parameters):
        record = faults.attempt(
            f"record of {call.service} {call.operation}", partial(make, call), None
        )
        if record is not None:
            return record
    return _least(call)


def _whole(call: Call) -> tuple[Record, bytes]:
    record = record_of(call)
    return record, _bounded(to_json(record))


def _without_parameters(call: Call) -> tuple[Record, bytes]:
    """Parameters are only used to find the call's resources, which selectors need."""
    names = {
        name: value
        for name, value in call.parameters.items()
        if isinstance(value, str) and len(value) <= MAX_KEPT_TEXT
    }
    bare = replace(call, parameters=names, output=None, headers={}, query={}, body=b"")
    record = record_of(bare) | {"requestParameters": None, "responseElements": None}
    return record, _bounded(to_json(record))


def _bounded(content: bytes) -> bytes:
    if len(content) > MAX_RECORD:
        raise ValueError(f"wanted a record of at most {MAX_RECORD} bytes, got {len(content)}")
    return content


def _least(call: Call) -> tuple[Record, bytes]:
    """Only what every record has, whatever the call's values are."""
    text = json.dumps(minimal_record_of(call), ensure_ascii=False, default=str)
    content = text.encode("utf-8", "replace")
    record: Record = msgspec.json.decode(content)
    return record, content

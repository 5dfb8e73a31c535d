"""The call behind a request and its answer: what CloudTrail makes a record of."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl

from cloudtrail.records.calls import Call, CallError
from cloudtrail.records.identity import Identity
from cloudtrail.records.record import needs_output
from cloudtrail.records.service_models import error_shape
from local_aws.recording.answer import HeldAnswer
from local_aws.recording.incomplete_records import IncompleteRecords
from local_aws.recording.receive import Received
from local_aws.recording.requests import Answered, Asked, answered
from local_aws.web_server import Environ


def call_of(
    received: Received,
    identity: Identity,
    asked: Asked,
    answer: HeldAnswer,
    request_id: str,
    incomplete: IncompleteRecords,
) -> Call:
    """The call, as far as request and answer could be parsed; what could not, is counted."""
    parsed = answered(
        asked,
        answer.code,
        answer.headers_by_name,
        answer.body,
        want_output=needs_output(asked.service, asked.operation),
    )
    for unread in filter(None, (asked.unread, parsed.unread)):
        incomplete.count(f"{asked.service} {asked.operation}", unread)
    request = received.request
    return Call(
        time=received.arrived,
        service=asked.service,
        operation=asked.operation,
        region=received.region,
        account_id=received.account_id,
        identity=identity,
        source_ip_address=request.environ.get("REMOTE_ADDR", ""),
        user_agent=request.environ.get("HTTP_USER_AGENT", ""),
        request_id=request_id,
        event_id=str(uuid.uuid4()),
        parameters=asked.parameters,
        output=parsed.output,
        error=_error(asked, parsed, answer.code),
        headers=_request_headers(request.environ),
        query=_query(request.environ),
        body=request.body,
        response_headers=answer.headers_by_name,
        response_size=len(answer.body),
        table_keys=TableKeys(received.account_id, received.region),
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

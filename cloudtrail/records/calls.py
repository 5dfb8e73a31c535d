"""One API call as an endpoint saw it: the value that CloudTrail turns into a record."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct, field

from cloudtrail.records.identity import Identity

Record = dict[str, Any]
"""A CloudTrail record: the JSON object of a log file, its keys in CloudTrail's own order."""


class CallError(Struct, frozen=True):
    """Why a call failed.

    `code` is the code on the wire (`NoSuchEntity`), `shape` the name of the exception's
    shape in the service model (`NoSuchEntityException`) or None where the model has none.
    """

    code: str
    message: str
    status: int
    shape: str | None = None


class Call(Struct, frozen=True):
    """One request and its answer.

    `service` and `operation` are botocore's names (`dynamodb`, `PutItem`); `parameters`
    and `output` hold botocore's member names, as the service model spells them. `output`
    is None where nothing needs it: failed calls and calls whose record has no response.
    `headers` holds the request's headers by lower-case name, `query` its query string
    and `body` its payload: S3's records are made of those, and of `response_headers`.
    `table_keys` names the key attributes of every DynamoDB table the call touches,
    partition key first; DynamoDB's records show key values and nothing else.
    """

    time: datetime
    service: str
    operation: str
    region: str
    account_id: str
    identity: Identity
    source_ip_address: str
    user_agent: str
    request_id: str
    event_id: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    output: Mapping[str, Any] | None = None
    error: CallError | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    response_headers: Mapping[str, str] = field(default_factory=dict)
    response_size: int = 0
    table_keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    shared_event_id: str | None = None

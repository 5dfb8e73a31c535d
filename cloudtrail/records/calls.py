"""One API call as an endpoint saw it: what CloudTrail makes a record of."""

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

    `code` is the code on the wire (`NoSuchEntity`), `shape` the name of the exception's shape in
    the service model (`NoSuchEntityException`), or None if the model has none.
    """

    code: str
    message: str
    status: int
    shape: str | None = None


class Call(Struct, frozen=True):
    """One request and its response.

    `service` and `operation` are botocore's names (`dynamodb`, `PutItem`); `parameters` and
    `output` have botocore's member names, as the service model spells them. `output` is None for
    failed calls and for calls whose record has no response. S3's records are made from `headers`
    (of the request, by lower-case name), `query` (its query string), `body` (its payload) and
    `response_headers`. `table_keys` names the key attributes of every DynamoDB table the call
    touches, partition key first: of items, DynamoDB's records only show key values.
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


# Parameters as a client sent them, which may not have the types of the API's model.


def text(values: Any, member: str) -> str:
    """A member that is text; empty if it is absent or something else."""
    value = values.get(member) if isinstance(values, Mapping) else None
    return value if isinstance(value, str) else ""


def mapping(value: Any) -> Mapping[str, Any]:
    """An object; empty if the value is something else."""
    return value if isinstance(value, Mapping) else {}


def mappings(value: Any) -> list[Mapping[str, Any]]:
    """A list of objects; empty if the value is not a list."""
    return [mapping(inner) for inner in value] if isinstance(value, list) else []

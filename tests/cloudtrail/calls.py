"""Calls for tests: one client, one moment, everything else as each test wants it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from cloudtrail.records.calls import Call, CallError, Record
from cloudtrail.records.identity import IamUser
from cloudtrail.records.service_models import operation_model

TIME = datetime(2026, 5, 3, 14, 5, 9, 987654, tzinfo=UTC)
ACCOUNT = "123456789012"
ALICE = IamUser(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/alice", "AIDAALICE", "alice", "AKIAALICE")
SECRET = "s3cr3t-value"
DENIED = CallError("AccessDeniedException", "not authorized", 400, "AccessDeniedException")
THROTTLED = CallError("ThrottlingException", "Rate exceeded", 400)


def call(
    service: str, operation: str, parameters: Mapping[str, Any] | None = None, **fields: Any
) -> Call:
    """Return Alice's call in eu-west-1 at 14:05:09 on 3 May 2026, changed by `fields`."""
    standard: dict[str, Any] = {
        "time": TIME,
        "region": "eu-west-1",
        "account_id": ACCOUNT,
        "identity": ALICE,
        "source_ip_address": "203.0.113.7",
        "user_agent": "aws-cli/2.31.0",
        "request_id": "R",
        "event_id": "E",
    }
    return Call(
        service=service,
        operation=operation,
        parameters=parameters or {},
        **(standard | fields),
    )


def example(shape: Shape | None, secret: bool = False, inside: tuple[str, ...] = ()) -> Any:
    """Return a value of a shape with every member set; sensitive and binary ones are secret."""
    if shape is None or shape.name in inside:
        return None
    secret = secret or bool(shape.metadata.get("sensitive"))
    deeper = (*inside, shape.name)
    if isinstance(shape, StructureShape):
        return {name: example(inner, secret, deeper) for name, inner in shape.members.items()}
    if isinstance(shape, ListShape):
        return [value for value in [example(shape.member, secret, deeper)] if value is not None]
    if isinstance(shape, MapShape):
        value = example(shape.value, secret, deeper)
        return {} if value is None else {"key": value}
    scalars = {"timestamp": TIME, "boolean": True, "blob": SECRET.encode(), "integer": 5,
               "long": 5, "float": 0.5, "double": 0.5}  # fmt: skip
    return scalars.get(shape.type_name, SECRET if secret else "text")


def full_call(service: str, operation: str, **fields: Any) -> Call:
    """A call with every parameter and every member of the output set."""
    model = operation_model(service, operation)
    assert model is not None
    parameters = example(model.input_shape) or {}
    output = None if "error" in fields else example(model.output_shape)
    return call(service, operation, parameters, output=output, **fields)


def request(record: Record) -> Any:
    """A record's requestParameters."""
    return record["requestParameters"]

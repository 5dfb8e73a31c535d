"""Real CloudTrail records, where they stand beside the checkout, turned back into calls.

A record tells what was asked and answered; the inverse of the naming rule, by botocore's
models, gives API parameters and output again. It cannot see what AWS leaves out (hidden
values, attribute values of items, the output of reads); where AWS records no response, the
output is made up from the model, to prove that ours leaves it out as well.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import xmltodict  # type: ignore[import-untyped]
from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape

from cloudtrail.calls import Call, CallError, Record
from cloudtrail.identity import (
    AssumedRole,
    AwsAccount,
    AwsService,
    IamUser,
    Identity,
    OnBehalfOf,
    Root,
    WebIdentityUser,
)
from cloudtrail.naming import key_rule
from cloudtrail.operations import operation_facts
from cloudtrail.service_models import error_shape, operation_model, service_model

FOLDER = Path(__file__).parents[3] / "shared" / "reference"

SERVICES = (
    "athena", "cloudtrail", "dynamodb", "dynamodbstreams", "events", "glue", "iam", "kms",
    "lambda", "logs", "organizations", "s3", "s3control", "sns", "ssm", "sts",
)  # fmt: skip
"""Services of which there are real records; earlier ones win where event names are shared."""

ITEM_VALUE = {"S": "value"}
NEWER = "newer.jsonl"
"""Records of 2026 and of services that no rule was learned from: measured apart from the others."""

EPOCH = datetime(2023, 7, 10, 12, 0, tzinfo=UTC)


def records() -> Iterator[Record]:
    """Yield the real records of API calls since event version 1.08, but for the newer ones."""
    for path in sorted(FOLDER.glob("*.jsonl")):
        if path.name == NEWER:
            continue
        for line in path.read_text().splitlines():
            record = json.loads(line)["record"]
            version = tuple(map(int, record.get("eventVersion", "0").split(".")))
            if record.get("eventType") == "AwsApiCall" and version >= (1, 8):
                yield record


@cache
def operations() -> dict[tuple[str, str], tuple[str, str]]:
    """Return (service, operation) by (eventSource, eventName)."""
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for service in SERVICES:
        model = service_model(service)
        assert model is not None
        for operation in model.operation_names:
            facts = operation_facts(service, operation)
            found.setdefault((facts.event_source, facts.event_name), (service, operation))
    return found


def call_of(record: Record) -> Call | None:
    """Return the call that a real record tells of, or None if no public API has its name."""
    found = operations().get((record["eventSource"], record["eventName"]))
    if found is None:
        return None
    service, operation = found
    model = operation_model(service, operation)
    assert model is not None
    return Call(
        time=datetime.fromisoformat(record["eventTime"]),
        service=service,
        operation=operation,
        region=record["awsRegion"],
        account_id=record["recipientAccountId"],
        identity=_identity(record["userIdentity"]),
        source_ip_address=record["sourceIPAddress"],
        user_agent=record["userAgent"],
        request_id=record["requestID"],
        event_id=record["eventID"],
        output=_output(record, service, model),
        error=_error(record, service),
        shared_event_id=record.get("sharedEventID"),
        **_request(record, service, model),
    )


def _request(record: Record, service: str, model: OperationModel) -> dict[str, Any]:
    parameters = record["requestParameters"] or {}
    if service in ("s3", "s3control"):
        return _s3_request(record, parameters)
    inverted = _inverse(service, model.input_shape, parameters)
    if service != "dynamodb":
        return {"parameters": inverted}
    key = {name: {"S": value} for name, value in parameters.get("key", {}).items()}
    item = dict.fromkeys(parameters.get("items", ()), ITEM_VALUE)
    inverted |= ({"Item": item | key} if item else {"Key": key}) if key else {}
    return {
        "parameters": inverted,
        "table_keys": {parameters["tableName"]: tuple(key)} if key else {},
    }


def _s3_request(record: Record, parameters: Mapping[str, Any]) -> dict[str, Any]:
    headers = {"authorization": "AWS4-HMAC-SHA256 Credential=..."}
    query = {}
    body = b""
    for name, value in parameters.items():
        if name == "bucketPolicy":
            body = json.dumps(value).encode()
        elif isinstance(value, dict):
            body = xmltodict.unparse({name: _xml(value)}).encode()
        elif name.startswith("x-amz-"):
            headers[name] = value
        elif name not in ("bucketName", "Host", "key"):
            query[name] = value
    data = record.get("additionalEventData", {})
    return {
        "parameters": {
            member: parameters[name]
            for member, name in (("Bucket", "bucketName"), ("Key", "key"))
            if name in parameters
        },
        "headers": headers,
        "query": query,
        "body": body,
        "response_headers": {"x-amz-id-2": data.get("x-amz-id-2", "")}
        | (record["responseElements"] or {}),
        "response_size": int(data.get("bytesTransferredOut", 0)),
    }


def _xml(value: Any) -> Any:
    if isinstance(value, dict):
        return {("@" if name == "xmlns" else "") + name: _xml(v) for name, v in value.items()}
    return json.dumps(value) if isinstance(value, bool) else value


def _output(record: Record, service: str, model: OperationModel) -> dict[str, Any] | None:
    if "errorCode" in record or model.output_shape is None:
        return None
    elements = record["responseElements"]
    if elements is None:
        output = _example(model.output_shape, ())
    else:
        output = _inverse(service, model.output_shape, elements)
    if service == "kms":
        output = {"KeyId": record["resources"][0]["ARN"]} if "resources" in record else {}
    return dict(output)


def _inverse(service: str, shape: Shape | None, value: Any) -> Any:
    """Return a record's value under the API's names, leaving out keys the API does not have."""
    if isinstance(shape, StructureShape):
        key = key_rule(service)
        members = ((name, key(name, inner), inner) for name, inner in shape.members.items())
        return {
            name: _inverse(service, inner, value[key])
            for name, key, inner in members
            if isinstance(value, dict) and key in value
        }
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [_inverse(service, shape.member, item) for item in value]
    if isinstance(shape, MapShape) and isinstance(value, dict):
        return {key: _inverse(service, shape.value, item) for key, item in value.items()}
    if shape is not None and shape.type_name == "timestamp":
        return EPOCH
    return value


def _example(shape: Shape, seen: tuple[str, ...]) -> Any:
    if shape.name in seen:
        return None
    inside = (*seen, shape.name)
    if isinstance(shape, StructureShape):
        return {name: _example(inner, inside) for name, inner in shape.members.items()}
    if isinstance(shape, ListShape):
        return [_example(shape.member, inside)]
    if isinstance(shape, MapShape):
        return {"key": _example(shape.value, inside)}
    return {"timestamp": EPOCH, "boolean": True, "blob": b"blob"}.get(shape.type_name, "text")


def _error(record: Record, service: str) -> CallError | None:
    if "errorCode" not in record:
        return None
    code = record["errorCode"]
    model = service_model(service)
    assert model is not None
    wires = {shape.name: shape.metadata.get("error", {}) for shape in model.error_shapes}
    wire = wires.get(code, {}).get("code", code)
    return CallError(wire, record.get("errorMessage", ""), 400, error_shape(service, wire))


def _identity(user: Mapping[str, Any]) -> Identity:
    kind = user.get("type")
    if kind == "AWSService":
        return AwsService(user["invokedBy"])
    if kind == "AWSAccount":
        return AwsAccount(user["accountId"], user["principalId"])
    if kind == "WebIdentityUser":
        return WebIdentityUser(user["principalId"], user["userName"], user["identityProvider"])
    principal = _principal(user)
    return OnBehalfOf(principal, user["invokedBy"]) if "invokedBy" in user else principal


def _principal(user: Mapping[str, Any]) -> Root | IamUser | AssumedRole:
    session = user.get("sessionContext", {})
    created = session.get("attributes", {}).get("creationDate")
    time = datetime.fromisoformat(created) if created else None
    key = user.get("accessKeyId", "")
    if user["type"] == "Root":
        return Root(user["accountId"], key)
    if user["type"] == "IAMUser":
        return IamUser(
            user["accountId"], user["arn"], user["principalId"], user["userName"], key, time
        )
    issuer = session["sessionIssuer"]
    assert time is not None
    return AssumedRole(
        user["accountId"],
        user["arn"],
        user["principalId"],
        key,
        issuer["arn"],
        issuer["principalId"],
        issuer["userName"],
        time,
    )

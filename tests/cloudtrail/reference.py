"""Real CloudTrail records, where they stand beside the checkout, turned back into calls.

A record tells what was asked and answered; the inverse of the naming rule, by botocore's
models, gives API parameters and output again. It cannot see what AWS leaves out (hidden
values, attribute values of items, the output of reads); where AWS records no response, the
output is made up from the model, to prove that ours leaves it out as well.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import xmltodict  # type: ignore[import-untyped]
from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape

from cloudtrail.records.by_service import ec2
from cloudtrail.records.calls import Call, CallError, Record
from cloudtrail.records.identity import (
    AssumedRole,
    AwsAccount,
    AwsService,
    IamUser,
    Identity,
    OnBehalfOf,
    Root,
    WebIdentityUser,
)
from cloudtrail.records.naming import key_rule
from cloudtrail.records.operations import S3_SERVICES, UNWRAPPED
from cloudtrail.records.service_models import error_shape, operation_model, service_model
from cloudtrail.records.services import event_name, event_source

FOLDER = Path(__file__).parents[3] / "shared" / "reference"

SERVICES = (
    "athena", "cloudtrail", "dynamodb", "dynamodbstreams", "events", "glue", "iam", "kms",
    "lambda", "logs", "organizations", "s3", "s3control", "sns", "ssm", "sts",
    "account", "acm-pca", "aiops", "apigateway", "apigatewayv2", "appmesh", "appsync",
    "autoscaling", "bedrock", "bedrock-agent", "bedrock-runtime", "ce", "cloudformation",
    "cloudfront", "cloudwatch", "codebuild", "cognito-identity", "compute-optimizer", "config",
    "connect", "connect-contact-lens", "devops-guru", "ec2", "ec2-instance-connect", "ecr", "ecs",
    "efs", "eks", "elasticache", "elb", "elbv2", "emr", "es", "glacier", "guardduty", "health",
    "identitystore", "kafka", "lightsail", "marketplace-agreement", "mwaa", "networkflowmonitor",
    "opensearch", "opensearchserverless", "ram", "rds", "resource-explorer-2", "resource-groups",
    "resourcegroupstaggingapi", "rolesanywhere", "route53", "route53resolver", "rum", "s3outposts",
    "sagemaker", "secretsmanager", "securityhub", "service-quotas", "servicecatalog-appregistry",
    "ses", "sesv2", "sso-admin", "transfer", "wafv2",
)  # fmt: skip
"""Services of which there are real records; earlier ones win where event names are shared."""

_DATE = re.compile(r"20\d\d_?\d\d_?\d\d(v2)?$")

ITEM_VALUE = {"S": "value"}
NEWER = "newer.jsonl"
"""Records of 2026 and of services that no rule was learned from: measured apart from the others."""

EPOCH = datetime(2023, 7, 10, 12, 0, tzinfo=UTC)


CONSOLE = "sessionCredentialFromConsole"


def records(*, newer: bool = False) -> Iterator[Record]:
    """Yield the real records of API calls since event version 1.08: the old ones or the newer."""
    for path in sorted(FOLDER.glob("*.jsonl")):
        if (path.name == NEWER) is not newer:
            continue
        for line in path.read_text().splitlines():
            record = json.loads(line)["record"]
            if CONSOLE in record:  # the string in all 455 log files; some exports make it a boolean
                record[CONSOLE] = "true"
            version = tuple(map(int, record.get("eventVersion", "0").split(".")))
            if record.get("eventType") == "AwsApiCall" and version >= (1, 8):
                yield record


@cache
def operations() -> dict[tuple[str, str], list[tuple[str, str]]]:
    """Return every (service, operation) by (eventSource, eventName without its date)."""
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for service in SERVICES:
        model = service_model(service)
        assert model is not None
        source = event_source(service)
        for operation in model.operation_names:
            name = event_name(service, operation, operation_model(service, operation))
            for each in {_DATE.sub("", name), operation}:
                found.setdefault((source, each), []).append((service, operation))
    return found


def _operation(record: Record) -> tuple[str, str] | None:
    """Return the operation of a record: of those that share its name, the one that it fits best."""
    name = _DATE.sub("", record["eventName"])
    found = operations().get((record["eventSource"], name), [])
    return max(found, key=lambda each: _fit(each, record), default=None)


def _fit(operation: tuple[str, str], record: Record) -> int:
    service, name = operation
    model = operation_model(service, name)
    assert model is not None
    shown = (
        (record["requestParameters"] or {}, model.input_shape),
        (
            record["responseElements"] or {},
            model.output_shape,
        ),
    )
    return sum(len(keys.keys() & _members(service, shape).keys()) for keys, shape in shown if shape)


def call_of(record: Record) -> Call | None:
    """Return the call that a real record tells of, or None if no public API has its name."""
    found = _operation(record)
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
        identity=_identity(
            record["userIdentity"] | {CONSOLE: CONSOLE in record and service not in S3_SERVICES}
        ),
        source_ip_address=record["sourceIPAddress"],
        user_agent=record["userAgent"],
        request_id=record.get("requestID", ""),
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
    parameters = _unwrapped(parameters, ec2.WRAPPERS.get(model.name, f"{model.name}Request"))
    if service == "ec2":
        parameters = _sent_to_ec2(parameters)
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


def _sent_to_ec2(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a client sent: no empty sets, and what RunInstances keeps with the instances."""
    (launched,) = parameters.get("instancesSet", {}).get("items", [{}])[:1] or [{}]
    of_all = {} if "instanceId" in launched else launched
    sent = {name: value for name, value in parameters.items() if value != {}}
    if of_all:
        del sent["instancesSet"]
        placed = {name: sent[name] for name in ("availabilityZone", "tenancy") if name in sent}
        sent |= {"placement": placed} if placed else {}
    return sent | of_all


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
        output = _inverse(service, model.output_shape, _wrapped(service, model, elements))
    if service == "kms":
        output = {"KeyId": record["resources"][0]["ARN"]} if "resources" in record else {}
    return dict(output)


def _unwrapped(elements: Any, name: str) -> Any:
    """Return what stands under the name of a request or response, where all stands under it."""
    return (elements.get(name) or {}) if name in elements else elements


def _wrapped(service: str, model: OperationModel, elements: Any) -> Any:
    """Return the response as the API's: under the member that a record leaves out."""
    elements = _unwrapped(elements, f"{model.name}Response")
    if service not in UNWRAPPED or model.output_shape is None:
        return elements
    member, *others = model.output_shape.members
    return elements if others else {member: elements}


def _inverse(service: str, shape: Shape | None, value: Any) -> Any:
    """Return a record's value under the API's names, leaving out keys the API does not have."""
    if isinstance(shape, StructureShape):
        return _structure(service, shape, value)
    if isinstance(shape, ListShape):
        return [_inverse(service, shape.member, item) for item in _listed(shape.member, value)]
    if isinstance(shape, MapShape) and isinstance(value, dict):
        return {key: _inverse(service, shape.value, item) for key, item in value.items()}
    if shape is not None and shape.type_name == "timestamp":
        return EPOCH
    return value


def _structure(service: str, shape: StructureShape, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        return {}
    members = _members(service, shape)
    found: dict[str, Any] = {}
    for key, inner in value.items():
        name = members.get(key) or members.get(_plain(key))
        if service == "ec2" and key == "tag":
            continue
        if service == "ec2" and key == "groupSet" and "SecurityGroupIds" in shape.members:
            name = "SecurityGroups" if "groupName" in str(inner) else "SecurityGroupIds"
        if name is not None:
            found[name] = _inverse(service, shape.members[name], inner)
    return found


@cache
def _members(service: str, shape: StructureShape) -> dict[str, str]:
    """Return a structure's members by every key that a record could have for them.

    Keys that the rule does not give are found as well, so that a wrong rule shows as a
    difference of names, and not as a parameter that nobody sent.
    """
    found: dict[str, str] = {}
    for name, inner in shape.members.items():
        wire = inner.serialization
        names = {name, wire.get("name", name), wire.get("queryName", name)}
        found |= {_plain(each): name for each in names}
        if service == "ec2" and name in ec2.REQUEST_SETS:
            found[ec2.REQUEST_SETS[name][0]] = name
    if service == "ec2":
        owns = [own for own in ec2.OWN_KEYS.values() if own.keys() <= shape.members.keys()]
        found |= {key: name for own in owns for name, key in own.items() if key not in found}
    key = key_rule(service)
    return found | {key(name, inner): name for name, inner in shape.members.items()}


def _plain(name: str) -> str:
    return re.sub(r"(set|s)$", "", re.sub(r"[^a-z0-9]", "", name.lower()))


def _listed(member: Shape, value: Any) -> list[Any]:
    """Return the items of a list, however EC2 wraps and numbers them."""
    if isinstance(value, dict):
        value = value.get("items", value.get("item", [value] if value else []))
    items = value if isinstance(value, list) else [value]
    return [_item(member, item) for item in items if item not in ("", None)]


def _item(member: Shape, item: Any) -> Any:
    if not isinstance(item, dict) or isinstance(member, MapShape | StructureShape):
        return item
    return next((inner for key, inner in item.items() if key != "tag"), item)


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
    message = record.get("errorMessage") or (record["responseElements"] or {}).get("message", "")
    return CallError(wire, message, 400, error_shape(service, wire))


def _identity(user: Mapping[str, Any]) -> Identity:
    kind = user.get("type")
    if kind == "AWSService":
        return AwsService(user["invokedBy"])
    if kind == "AWSAccount":
        return AwsAccount(user["accountId"], user["principalId"])
    if kind == "Unknown":
        return AwsAccount(user.get("accountId", ""), user.get("principalId", ""))
    if kind == "WebIdentityUser":
        return WebIdentityUser(user["principalId"], user["userName"], user["identityProvider"])
    principal = _principal(user)
    return OnBehalfOf(principal, user["invokedBy"]) if "invokedBy" in user else principal


def _principal(user: Mapping[str, Any]) -> Root | IamUser | AssumedRole:
    session = user.get("sessionContext", {})
    created = session.get("attributes", {}).get("creationDate")
    time = datetime.fromisoformat(created) if created else None
    key = user.get("accessKeyId", "")
    console = user[CONSOLE]
    if user["type"] == "Root":
        return Root(user["accountId"], key, time, console)
    if user["type"] == "IAMUser":
        return IamUser(
            user["accountId"],
            user["arn"],
            user["principalId"],
            user["userName"],
            key,
            time,
            console,
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
        session.get("webIdFederationData", {}).get("federatedProvider"),
        console,
    )

"""What all records of an operation share: computed once for each operation."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache, partial
from threading import RLock
from typing import Any

from botocore.model import OperationModel, StructureShape
from msgspec import Struct

from cloudtrail.records.additional_event_data import additional_rule
from cloudtrail.records.by_service import apigateway, dynamodb, ec2, iam, s3, saml
from cloudtrail.records.calls import Call, text
from cloudtrail.records.data_events import resource_type
from cloudtrail.records.naming import Converter, KeyRule, key_rule
from cloudtrail.records.resources import ResourceRule, resource_rule, used_key
from cloudtrail.records.service_models import operation_model
from cloudtrail.records.services import (
    API_VERSIONS,
    GATEWAY_SERVICES,
    event_name,
    event_source,
    event_version,
    is_read_only,
)

_COMPILING = RLock()

Elements = dict[str, Any] | None
Build = Callable[[Call], Elements]

KEEP_PARAMETERS_WHEN_DENIED = frozenset({"ce", "ec2", "s3", "s3control"}) | GATEWAY_SERVICES
"""Services that authorize after reading the request: its parameters stay on AccessDenied."""

S3_SERVICES = frozenset({"s3", "s3control"})

ANSWERED_READS = frozenset({"AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"})
"""Reads of STS whose responseElements are recorded nevertheless."""

UNWRAPPED = frozenset({"rds", "neptune", "docdb", "redshift", "elasticache"})
"""Services whose output is wrapped in a single member. Records leave that member out."""

ARN_ONLY = frozenset({("secretsmanager", "CreateSecret"), ("secretsmanager", "PutSecretValue")})
"""Operations of whose output only the ARN is recorded, as `arn`."""

KEY_SINCE = datetime(2022, 12, 1, tzinfo=UTC)
"""Since then, responseElements of KMS's writes have the key's ARN as `keyId`, although most of
these operations return nothing (KMS Developer Guide, "Logging KMS API calls": EnableKeyRotation,
CreateAlias ...; seen for CreateGrant and PutKeyPolicy in 2025)."""

ANSWERED_DATA = frozenset(
    {
        ("cognito-identity", "GetCredentialsForIdentity"),
        ("events", "PutEvents"),
        ("events", "PutPartnerEvents"),
        ("sns", "Publish"),
    }
)
"""Data events whose responseElements are recorded nevertheless (3 of 3; EventBridge's own page)."""

REST_RESOURCES = frozenset({"apigateway"})
"""Services whose records have a request's body under `<operation>Input`, next to `template`."""

DEFAULTS: dict[tuple[str, str], dict[str, Any]] = {
    ("ssm", "SendCommand"): {"interactive": False},
    ("kms", "Encrypt"): {"encryptionAlgorithm": "SYMMETRIC_DEFAULT"},
    ("kms", "Decrypt"): {"encryptionAlgorithm": "SYMMETRIC_DEFAULT"},
}
"""Parameters that records show even if the client left them out (all real records of these)."""

ANSWER_DEFAULTS: dict[tuple[str, str], dict[str, dict[str, Any]]] = {
    ("ssm", "SendCommand"): {
        "command": {
            "clientName": "",
            "clientSourceId": "",
            "hasCancelCommandSignature": False,
            "hasSendCommandSignature": False,
            "interactive": False,
        }
    },
}
"""What responseElements show that the API's model does not have (all real records of these)."""

RESOURCES_IN_OUTPUT = frozenset({"kms"})
"""Services whose resources are known only from the response."""


class Operation(Struct, frozen=True):
    """The facts of one operation that all its records share."""

    event_source: str
    event_name: str
    denied_event_name: str
    event_version: str
    read_only: bool
    is_s3: bool
    is_behind_gateway: bool
    resource_type: str | None
    api_version: str | None
    keeps_parameters_when_denied: bool
    records_output: bool
    needs_output: bool
    request: Build
    response: Build
    resources: ResourceRule | None
    additional: Build | None

    @property
    def is_data(self) -> bool:
        """Whether the operation's records are data events."""
        return self.resource_type is not None

    @property
    def category(self) -> str:
        """`Data` or `Management`."""
        return "Data" if self.is_data else "Management"


@cache
def operation_facts(service: str, operation: str) -> Operation:
    """What all records of an operation share."""
    # While one thread compiles a shape, no other may use it.
    with _COMPILING:
        return _operation_facts(service, operation)


def _operation_facts(service: str, operation: str) -> Operation:
    model = operation_model(service, operation)
    kind = resource_type(service, operation)
    is_data = kind is not None
    read_only = is_read_only(service, operation)
    is_s3 = service in S3_SERVICES
    records_output = _records_output(service, operation, model, read_only, is_data)
    return Operation(
        event_source=event_source(service),
        event_name=event_name(service, operation, model),
        denied_event_name=event_name(service, operation, model, denied=True),
        event_version=event_version(service),
        read_only=read_only,
        is_s3=is_s3,
        is_behind_gateway=service in GATEWAY_SERVICES,
        resource_type=kind,
        api_version=API_VERSIONS.get(service),
        keeps_parameters_when_denied=service in KEEP_PARAMETERS_WHEN_DENIED
        or (service, operation) == ("sts", "GetSessionToken"),
        records_output=records_output
        or (not read_only and (service == "ec2" or (service == "s3" and is_data))),
        needs_output=records_output or service in RESOURCES_IN_OUTPUT,
        request=_request(service, operation, model, is_data),
        response=_response(service, operation, model),
        resources=partial(s3.resources, is_data=is_data)
        if is_s3
        else resource_rule(service, operation),
        additional=additional_rule(service, operation, is_data),
    )


def _records_output(
    service: str, operation: str, model: OperationModel | None, read_only: bool, is_data: bool
) -> bool:
    """Whether the API's output appears in records: for writes that have an output.

    Not for data events, S3 (whose data events have headers instead) and restores of DynamoDB
    tables.
    """
    if service == "kms":
        return not read_only
    if model is None or model.output_shape is None or not model.output_shape.members:
        return False
    if (service == "sts" and operation in ANSWERED_READS) or (service, operation) in ANSWERED_DATA:
        return True
    if service in S3_SERVICES or (service == "dynamodb" and operation.startswith("RestoreTable")):
        return False
    return not read_only and not is_data


def _request(service: str, operation: str, model: OperationModel | None, is_data: bool) -> Build:
    if service in S3_SERVICES:
        return partial(s3.request_parameters, is_data=is_data)
    if service == "ec2" and model is not None:
        return ec2.request_builder(model)
    without = dynamodb.ATTRIBUTE_VALUES if service == "dynamodb" else frozenset()
    key = key_rule(service, operation)
    convert = _convert(service, model.input_shape if model else None, without, key)
    if service in REST_RESOURCES and model is not None and model.input_shape is not None:
        return partial(apigateway.request_parameters, model=model, convert=convert)
    if service == "dynamodb":
        return partial(dynamodb.request_parameters, base=convert)
    if (service, operation) == ("sts", "AssumeRoleWithSAML"):
        return lambda call: saml.stated(call.parameters) | convert(call.parameters)
    if (service, operation) in DEFAULTS:
        defaults = DEFAULTS[service, operation]
        return lambda call: defaults | convert(call.parameters)
    return lambda call: convert(call.parameters)


def _response(service: str, operation: str, model: OperationModel | None) -> Build:
    if service == "s3":
        return s3.response_elements
    if service == "ec2" and model is not None:
        return ec2.response_builder(model)
    convert = _convert(service, model.output_shape if model else None)
    if (service, operation) in ANSWER_DEFAULTS:
        defaults = ANSWER_DEFAULTS[service, operation]
        return lambda call: _with_defaults(convert(call.output), defaults)
    if service == "kms":
        return lambda call: _with_key(call, convert(call.output))
    if service in UNWRAPPED and model and _wrapped(model.output_shape):
        return lambda call: next(iter(convert(call.output).values()), None)
    if (service, operation) in ARN_ONLY:
        return _arn_only
    if (service, operation) == ("dynamodb", "DeleteTable"):
        return lambda call: dynamodb.deleted_table(convert(call.output))
    if service == "iam":
        return lambda call: iam.response_elements(call, convert(call.output))
    if service == "sts" and operation in ANSWERED_READS:
        return lambda call: _session(call, convert(call.output))
    return lambda call: convert(call.output)


def _session(call: Call, elements: dict[str, Any]) -> Elements:
    """STS's response. It only has a packed size if a policy or tags were passed (8 of 8)."""
    if not {"Policy", "PolicyArns", "Tags"} & call.parameters.keys():
        elements.pop("packedPolicySize", None)
    return elements


def _with_key(call: Call, elements: dict[str, Any]) -> Elements:
    """KMS's response, with the ARN of the key unless it describes a key anyway."""
    key = used_key(call)
    if key is None or call.time < KEY_SINCE or any(name.endswith("etadata") for name in elements):
        return elements
    return elements | {"keyId": key}


def _with_defaults(elements: dict[str, Any], defaults: dict[str, dict[str, Any]]) -> Elements:
    return {
        name: defaults.get(name, {}) | value if isinstance(value, dict) else value
        for name, value in elements.items()
    }


def _arn_only(call: Call) -> Elements:
    arn = text(call.output, "ARN")
    return {"arn": arn} if arn else None


def _wrapped(shape: StructureShape | None) -> bool:
    members = list(shape.members.values()) if shape is not None else []
    return len(members) == 1 and isinstance(members[0], StructureShape)


def _convert(
    service: str,
    shape: StructureShape | None,
    without: frozenset[str] = frozenset(),
    key: KeyRule | None = None,
) -> Callable[[Any], dict[str, Any]]:
    if shape is None or shape.metadata.get("sensitive"):
        return _nothing
    return _converter(service, without, key or key_rule(service)).compile(shape) or _nothing


@cache
def _converter(service: str, without: frozenset[str], key: KeyRule) -> Converter:
    """A service's converter: its operations share most of their shapes."""
    return Converter(service, without, key)


def _nothing(_value: Any) -> dict[str, Any]:
    return {}

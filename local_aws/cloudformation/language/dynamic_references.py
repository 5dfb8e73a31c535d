"""Dynamic references: `{{resolve:SERVICE:...}}` inside of a resource's properties.

Source: AWS CloudFormation User Guide, "Using dynamic references". `ssm` is read whenever the stack
is created or updated. A secret stays a reference in everything that CloudFormation keeps and shows,
and is read when its resource is created or changed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

from msgspec import Struct

from local_aws.cloudformation.exceptions import ValidationError

_REFERENCE = re.compile(r"\{\{resolve:(ssm|ssm-secure|secretsmanager):([^{}]*)\}\}")
_PARAMETER = re.compile(r"([a-zA-Z0-9_.\-/]+|arn:[^{}]+?)(?::(\d+))?")

_SECURE_PROPERTIES = frozenset(
    {
        "AWS::DirectoryService::MicrosoftAD/Properties/Password",
        "AWS::DirectoryService::SimpleAD/Properties/Password",
        "AWS::ElastiCache::ReplicationGroup/Properties/AuthToken",
        "AWS::IAM::User/Properties/LoginProfile/Password",
        "AWS::KinesisFirehose::DeliveryStream/Properties/RedshiftDestinationConfiguration/Password",
        "AWS::OpsWorks::App/Properties/AppSource/Password",
        "AWS::OpsWorks::Stack/Properties/CustomCookbooksSource/Password",
        "AWS::OpsWorks::Stack/Properties/RdsDbInstances/DbPassword",
        "AWS::RDS::DBCluster/Properties/MasterUserPassword",
        "AWS::RDS::DBInstance/Properties/MasterUserPassword",
        "AWS::Redshift::Cluster/Properties/MasterUserPassword",
    }
)
"""The only properties that may have `ssm-secure`."""


class Stores(Protocol):
    """The stores that references point to."""

    def parameter(self, name: str) -> tuple[str, str] | None:
        """Type and value of the SSM parameter `NAME` or `NAME:VERSION`, None if there is none."""

    def secret(self, secret_id: str, stage: str | None, version: str | None) -> str:
        """The SecretString of a secret. Raises ValidationError if there is none."""


class Secret(Struct, frozen=True):
    """The parts of a `secretsmanager` reference."""

    secret_id: str
    key: str | None
    stage: str | None
    version: str | None


def check_references(resource_type: str, properties: Any) -> None:
    """Raise ValidationError for references that CloudFormation refuses without reading them."""
    forbidden = []
    for path, value in _texts(properties, f"{resource_type}/Properties"):
        for service, inner in _REFERENCE.findall(value):
            if service != "secretsmanager":
                _parameter(service, inner)
            if service == "ssm-secure" and path not in _SECURE_PROPERTIES:
                forbidden.append(path)
    if forbidden:
        raise ValidationError(f"SSM Secure reference is not supported in: [{','.join(forbidden)}]")


def with_parameters(value: Any, stores: Stores) -> Any:
    """The value with `ssm` references resolved."""

    def found(service: str, inner: str) -> str | None:
        if service != "ssm":
            return None
        kind, content = _read(stores, service, inner)
        if kind == "SecureString":
            name = inner.partition(":")[0]
            raise ValidationError(f"Non-secure ssm prefix was used for secure parameter {name}")
        return content

    return _replaced(value, found)


def with_secrets(value: Any, stores: Stores) -> Any:
    """The value with `ssm-secure` and `secretsmanager` references resolved."""

    def found(service: str, inner: str) -> str | None:
        if service == "ssm-secure":
            return _read(stores, service, inner)[1]
        if service == "secretsmanager":
            secret = _secret(inner)
            return _content(stores.secret(secret.secret_id, secret.stage, secret.version), secret)
        return None

    return _replaced(value, found)


def _read(stores: Stores, service: str, inner: str) -> tuple[str, str]:
    found = stores.parameter(_parameter(service, inner))
    if found is None:
        raise ValidationError(f"Parameters: [{service}:{inner}] cannot be found.")
    return found


def _parameter(service: str, inner: str) -> str:
    if not _PARAMETER.fullmatch(inner):
        raise ValidationError(
            "Incorrect format is used in the following SSM reference: "
            f"[{{{{resolve:{service}:{inner}}}}}]"
        )
    return inner


def _secret(inner: str) -> Secret:
    """`ID[:SecretString[:KEY[:STAGE[:VERSION]]]]`, where the id may be an ARN of seven parts."""
    parts = inner.split(":")
    length = 7 if parts[0] == "arn" else 1
    rest = [part or None for part in parts[length:]]
    both = bool(rest[3:] and rest[2] and rest[3])
    if both or len(rest) > 4 or (rest and rest[0] not in {None, "SecretString"}):
        raise ValidationError(
            "Incorrect format is used in the following Secrets Manager reference: "
            f"[{{{{resolve:secretsmanager:{inner}}}}}]"
        )
    key, stage, version = [*rest[1:], None, None, None][:3]
    return Secret(":".join(parts[:length]), key, stage, version)


def _content(content: str, secret: Secret) -> str:
    if secret.key is None:
        return content
    try:
        values = json.loads(content)
    except ValueError:
        values = None
    if not isinstance(values, dict):
        raise ValidationError("Could not parse SecretString JSON")
    if secret.key not in values:
        raise ValidationError("Could not find a value associated with JSONKey in SecretString")
    found = values[secret.key]
    return found if isinstance(found, str) else json.dumps(found)


def _replaced(value: Any, found: Callable[[str, str], str | None]) -> Any:
    if isinstance(value, str):
        return _REFERENCE.sub(lambda match: _or_same(match, found(*match.groups())), value)
    if isinstance(value, list):
        return [_replaced(item, found) for item in value]
    if isinstance(value, Mapping):
        return {key: _replaced(item, found) for key, item in value.items()}
    return value


def _or_same(match: re.Match[str], found: str | None) -> str:
    return match.group() if found is None else found


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, path)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _texts(item, path if str(key).startswith("Fn::") else f"{path}/{key}")

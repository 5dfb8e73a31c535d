"""What AWS hides in records: for each member of an API shape, whether its value may appear.

The API models mark secrets as *sensitive*. Depending on the service, a record leaves the member out
or shows a placeholder. Members whose names look like secrets are hidden too, in case a model does
not mark them.
"""

from __future__ import annotations

import re
from enum import Enum

from botocore.model import ListShape, MapShape, Shape

HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
"""AWS's usual placeholder for a hidden value."""


class Drop(Enum):
    """The member does not appear at all."""

    DROP = "drop"


DROP = Drop.DROP

DROPPING = frozenset({"iam", "sts", "kms", "secretsmanager", "lambda"})
"""Services whose records leave sensitive members out; all others show a placeholder."""

PLACEHOLDERS = {
    "rds": "****",
    "neptune": "****",
    "docdb": "****",
    "redshift": "****",
    "organizations": "****",
    "ec2": "<sensitiveDataRemoved>",
    "mwaa": "***",
    "appsync": "***",
    "apigateway": "***",
    "apigatewayv2": "***",
}

DROPPED_MEMBERS = frozenset(
    {
        ("cloudformation", "TemplateBody"),
        ("cloudformation", "ParameterValue"),
        ("cloudformation", "StackPolicyBody"),
        ("cloudformation", "StackPolicyDuringUpdateBody"),
        ("cloudformation", "ResolvedValue"),
        ("iam", "AuthenticationCode1"),
        ("iam", "AuthenticationCode2"),
        ("sts", "SAMLAssertion"),
        ("sts", "TokenCode"),
    }
)

HIDDEN_MEMBERS = frozenset(
    {
        ("apigateway", "value"),
        ("cognito-sync", "Token"),
        ("iot", "token"),
        ("license-manager", "Token"),
        ("sns", "Message"),
        ("sns", "Subject"),
        ("sns", "MessageAttributes"),
        ("sns", "Token"),
        ("sqs", "MessageBody"),
        ("sqs", "MessageAttributes"),
        ("sqs", "MessageSystemAttributes"),
        ("events", "Detail"),
        ("stepfunctions", "input"),
        ("stepfunctions", "output"),
        ("stepfunctions", "cause"),
        ("stepfunctions", "error"),
    }
)

OWN_PLACEHOLDERS = {
    ("athena", "QueryString"): "***OMITTED***",
    ("apigatewayv2", "StageVariables"): "***",
    ("ec2", "UserData"): "<sensitiveDataRemoved>",
    ("ssm", "TokenValue"): "Value hidden due to security reasons.",
}
"""Members that have a placeholder of their own (Athena UG, monitor-with-cloudtrail)."""

_SECRET_NAME = re.compile(
    r"(passwords?|passphrase|secret|secret(string|key|accesskey)|clientsecret|privatekey"
    r"|auth_?token|keymaterial|(access|authorization|bearer|id|oauth|refresh)token"
    r"|api_?key(value)?|plaintext|credentials?)$",
    re.IGNORECASE,
)
_ENVIRONMENT = re.compile(r"(environment|environment_?variables|env|envvars)$", re.IGNORECASE)
_TEXT = frozenset({"string", "blob"})
_KEPT_SENSITIVE = frozenset({("sts", "SessionToken")})


def rule_for(service: str, member: str, shape: Shape) -> Drop | str | None:
    """How a member is hidden: `DROP`, a placeholder, or None if it may appear.

    Binary values never appear: records carry text and numbers only.
    """
    if (service, member) in _KEPT_SENSITIVE:
        return None
    if (service, member) in DROPPED_MEMBERS or shape.type_name == "blob":
        return DROP
    if (service, member) in HIDDEN_MEMBERS or _is_environment(member, shape):
        return HIDDEN
    if (service, member) in OWN_PLACEHOLDERS:
        return OWN_PLACEHOLDERS[service, member]
    if _is_sensitive(shape) or _is_secret_by_name(member, shape):
        return DROP if service in DROPPING else placeholder(service)
    return None


def is_secret_key(key: str) -> bool:
    """Whether a key of a map (for example of a connection's properties) names a secret."""
    return _SECRET_NAME.search(key) is not None


def placeholder(service: str) -> str:
    """What a service shows for a hidden value."""
    return PLACEHOLDERS.get(service, HIDDEN)


def _is_environment(member: str, shape: Shape) -> bool:
    """Whether a member holds the environment variables of a container or build."""
    return isinstance(shape, ListShape | MapShape) and _ENVIRONMENT.search(member) is not None


def _is_sensitive(shape: Shape) -> bool:
    return any(part.metadata.get("sensitive", False) for part in _parts(shape))


def _is_secret_by_name(member: str, shape: Shape) -> bool:
    leaf = _parts(shape)[-1]
    return leaf.type_name in _TEXT and _SECRET_NAME.search(member) is not None


def _parts(shape: Shape) -> list[Shape]:
    """A shape, and the shapes inside it if it is a list or map, the innermost last."""
    parts = [shape]
    while isinstance(parts[-1], ListShape | MapShape):
        inner = parts[-1]
        parts.append(inner.member if isinstance(inner, ListShape) else inner.value)
    return parts

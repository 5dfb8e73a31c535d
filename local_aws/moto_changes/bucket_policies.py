"""Bucket policies on this endpoint: conditions that moto's evaluation gets wrong.

moto applies a statement whatever its conditions say, or denies outright where a condition it
does know is not met; either way a bucket that only lets CloudTrail write would refuse its
owner, and the CDK's bootstrap bucket, which denies requests without TLS, everybody. Here a
statement counts only when its conditions hold for the request:

- `aws:SecureTransport` is true: the endpoint is plain http, but on loopback, where nobody
  listens in;
- any other key has a value that moto does not hand on: a statement that asks for one is
  left out, so that nobody is refused, or let in, on a guess;
- a statement for services alone does not speak of clients.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from cloudtrail.policies.resource_policy import MalformedPolicy, Request, evaluate, parse_policy
from local_aws.moto_changes.first_use import on_first_use

if TYPE_CHECKING:
    from moto.s3.models import FakeBucket

_REQUEST = {"aws:securetransport": "true"}
_ANY_REQUEST = Request("*", "s3:Any", "*", _REQUEST)


def install(patches: ExitStack) -> None:
    """Judge bucket policies so until `patches` is left."""
    on_first_use(patches, frozenset({"s3", "s3bucket_path", "cloudformation"}), _install_now)


def _install_now(patches: ExitStack) -> None:
    from moto.iam.access_control import IAMPolicy, PermissionResult
    from moto.s3.models import FakeBucket

    def get_permission(self: FakeBucket, action: str, resource: str) -> Any:
        if self.policy is None:
            return PermissionResult.NEUTRAL
        try:
            statements = applicable_statements(parse_policy(self.policy))
        except MalformedPolicy:
            statements = []
        if not statements:
            return PermissionResult.NEUTRAL
        policy = IAMPolicy(json.dumps({"Version": "2012-10-17", "Statement": statements}))
        return policy.is_action_permitted(action, resource)

    patches.enter_context(patch.object(FakeBucket, "get_permission", get_permission))


def applicable_statements(policy: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The statements of a bucket policy that speak of a client's request here, unconditioned."""
    statements = policy.get("Statement", [])
    listed = [statements] if isinstance(statements, Mapping) else statements
    return [
        {key: value for key, value in statement.items() if key != "Condition"}
        for statement in listed
        if _speaks_of_clients(statement) and _holds(statement)
    ]


def _speaks_of_clients(statement: Mapping[str, Any]) -> bool:
    principal = statement.get("Principal")
    return not (isinstance(principal, Mapping) and set(principal) == {"Service"})


def _holds(statement: Mapping[str, Any]) -> bool:
    condition = statement.get("Condition", {})
    keys = {key.lower() for tests in condition.values() for key in tests}
    return keys <= _REQUEST.keys() and evaluate(_allowing(condition), _ANY_REQUEST).permitted


def _allowing(condition: Mapping[str, Any]) -> dict[str, Any]:
    """A policy that allows everything on one condition: permitted means that it holds."""
    statement = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    return {"Statement": [{**statement, "Condition": condition}]}

"""Services refuse invalid policies, as AWS's services do.

moto keeps any text as a policy, or returns 500. Code that has to judge it later, such as a
delivery, cannot tell anyone.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from cloudtrail.policies.resource_policy import MalformedPolicy, is_public, parse_policy
from local_aws.moto_changes.changes import MotoChange, change_on_first_use
from local_aws.moto_changes.first_use import on_first_use

Refuse = Callable[[str], Exception]


@dataclass(frozen=True, slots=True)
class _PolicyTaker:
    """A method, or a property's setter, of moto's that takes a policy, and its refusal."""

    services: frozenset[str]
    module: str
    owner: str
    name: str
    refuse: Refuse
    argument: str = "policy"
    first: str = ""
    """The method that finds what the policy is of, by its first argument: a bucket that is not
    there is refused before its policy is looked at."""


def install(patches: ExitStack) -> None:
    """Check policies until `patches` is left."""
    for taker in _TAKERS:
        services = taker.services | {"cloudformation"}
        on_first_use(patches, services, functools.partial(_guard, taker))
    change_on_first_use(patches, _SECRETS, (_BLOCKED,))


def _guard(taker: _PolicyTaker, patches: ExitStack) -> None:
    owner = getattr(importlib.import_module(taker.module), taker.owner)
    put = owner.__dict__[taker.name]
    guarded: Any
    if isinstance(put, property):
        guarded = property(put.fget, _checked(put.fset, taker))
    else:
        guarded = _checked(put, taker)
    patches.enter_context(patch.object(owner, taker.name, guarded))


def _checked(put: Any, taker: _PolicyTaker) -> Any:
    signature = inspect.signature(put)

    def checked(*positional: Any, **named: Any) -> Any:
        given = signature.bind(*positional, **named)
        document = given.arguments.get(taker.argument)
        if document:
            if taker.first:
                owner, name, *_ = given.args
                getattr(owner, taker.first)(name)
            if not isinstance(document, str | bytes):  # as it stands in a template
                document = given.arguments[taker.argument] = json.dumps(document)
            try:
                parse_policy(document)
            except MalformedPolicy as error:
                raise taker.refuse(str(error)) from error
        return put(*given.args, **given.kwargs)

    return checked


def _by_s3(reason: str) -> Exception:
    from moto.s3.exceptions import S3ClientError

    return S3ClientError("MalformedPolicy", reason)


def _by_kms(reason: str) -> Exception:
    from moto.core.exceptions import JsonRESTError

    return JsonRESTError("MalformedPolicyDocumentException", reason)


def _by_sns(reason: str) -> Exception:
    from moto.sns.exceptions import SNSInvalidParameter

    return SNSInvalidParameter(f"Invalid parameter: Policy Error: {reason}")


def _by_sqs(_reason: str) -> Exception:
    from moto.sqs.exceptions import InvalidAttributeValue

    return InvalidAttributeValue("Policy")


def _by_logs(reason: str) -> Exception:
    from moto.logs.exceptions import InvalidParameterException

    return InvalidParameterException(reason)


def _by_secrets_manager(reason: str) -> Exception:
    from moto.core.exceptions import JsonRESTError

    return JsonRESTError("MalformedPolicyDocumentException", reason)


def _unless_public(ask_moto: Any) -> Any:
    """Secrets Manager's BlockPublicPolicy, which moto drops."""

    @functools.wraps(ask_moto)
    def put_resource_policy(self: Any) -> Any:
        from moto.core.exceptions import JsonRESTError

        try:
            policy = parse_policy(self._get_param("ResourcePolicy") or "")
        except MalformedPolicy:
            return ask_moto(self)
        if self._get_param("BlockPublicPolicy") and is_public(policy):
            raise JsonRESTError(
                "PublicPolicyException",
                "You can't attach a resource policy that allows broad access to the secret.",
            )
        return ask_moto(self)

    return put_resource_policy


_BLOCKED = MotoChange(
    "moto.secretsmanager.responses:SecretsManagerResponse",
    "put_resource_policy",
    _unless_public,
    "moto drops BlockPublicPolicy (Secrets Manager API Reference, PutResourcePolicy).",
)
_S3 = frozenset({"s3", "s3bucket_path"})
_KMS, _SNS = frozenset({"kms"}), frozenset({"sns"})
_SQS, _LOGS = frozenset({"sqs"}), frozenset({"logs"})
_SECRETS = frozenset({"secretsmanager"})
_TAKERS = (
    _PolicyTaker(
        _S3, "moto.s3.models", "S3Backend", "put_bucket_policy", _by_s3, first="get_bucket"
    ),
    _PolicyTaker(_KMS, "moto.kms.models", "KmsBackend", "create_key", _by_kms),
    _PolicyTaker(_KMS, "moto.kms.models", "KmsBackend", "put_key_policy", _by_kms),
    _PolicyTaker(_SNS, "moto.sns.models", "Topic", "policy", _by_sns),
    _PolicyTaker(_SQS, "moto.sqs.models", "Queue", "policy", _by_sqs),
    _PolicyTaker(
        _LOGS, "moto.logs.models", "LogsBackend", "put_resource_policy", _by_logs, "policy_doc"
    ),
    _PolicyTaker(
        _SECRETS,
        "moto.secretsmanager.models",
        "SecretsManagerBackend",
        "put_resource_policy",
        _by_secrets_manager,
        first="get_resource_policy",
    ),
)

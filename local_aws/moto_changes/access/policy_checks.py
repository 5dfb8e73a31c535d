"""Services refuse invalid policies, as AWS's services do.

moto keeps any text as a policy, or returns 500. Code that judges it later, such as a delivery,
could not report the mistake to anyone.
"""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Callable
from typing import Any

from msgspec import Struct

from cloudtrail.policies.documents import MalformedPolicy, parse_policy
from cloudtrail.policies.evaluation import is_public
from local_aws.moto_changes.patching import MotoChange


class _Checking(Struct, frozen=True):
    """The check of a method or property setter of moto's that takes a policy."""

    refuse: Callable[[str], Exception]
    argument: str = "policy"
    first: str = ""
    """The method that finds what the policy belongs to, by its first argument.

    A bucket that does not exist is refused before its policy is checked.
    """

    def __call__(self, ask_moto: Any) -> Any:
        """moto's method or property with the check before it."""
        if isinstance(ask_moto, property):
            return property(ask_moto.fget, self(ask_moto.fset))
        signature = inspect.signature(ask_moto)

        def checked(*positional: Any, **named: Any) -> Any:
            given = signature.bind(*positional, **named)
            document = given.arguments.get(self.argument)
            if document:
                if self.first:
                    owner, name, *_ = given.args
                    getattr(owner, self.first)(name)
                if not isinstance(document, str | bytes):  # as in a template
                    document = given.arguments[self.argument] = json.dumps(document)
                try:
                    parse_policy(document)
                except MalformedPolicy as error:
                    raise self.refuse(str(error)) from error
            return ask_moto(*given.args, **given.kwargs)

        return checked


def _by_s3(reason: str) -> Exception:
    from moto.s3.exceptions import S3ClientError

    return S3ClientError("MalformedPolicy", reason)


def _as_json_service(reason: str) -> Exception:
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


_WHY = "moto accepts any text as a policy."
CHANGES = (
    MotoChange(
        "moto.s3.models:S3Backend",
        "put_bucket_policy",
        _Checking(_by_s3, first="get_bucket"),
        _WHY,
    ),
    MotoChange("moto.kms.models:KmsBackend", "create_key", _Checking(_as_json_service), _WHY),
    MotoChange("moto.kms.models:KmsBackend", "put_key_policy", _Checking(_as_json_service), _WHY),
    MotoChange("moto.sns.models:Topic", "policy", _Checking(_by_sns), _WHY),
    MotoChange("moto.sqs.models:Queue", "policy", _Checking(_by_sqs), _WHY),
    MotoChange(
        "moto.logs.models:LogsBackend",
        "put_resource_policy",
        _Checking(_by_logs, "policy_doc"),
        _WHY,
    ),
    MotoChange(
        "moto.secretsmanager.models:SecretsManagerBackend",
        "put_resource_policy",
        _Checking(_as_json_service, first="get_resource_policy"),
        _WHY,
    ),
    MotoChange(
        "moto.secretsmanager.responses:SecretsManagerResponse",
        "put_resource_policy",
        _unless_public,
        "moto drops BlockPublicPolicy (Secrets Manager API Reference, PutResourcePolicy).",
    ),
)

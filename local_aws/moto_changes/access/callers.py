"""Who calls: accounts by their keys, sessions, and what IAM's wildcards match.

An access key id of 12 digits, which AWS never issues, is the root user of that account. Other local
AWSs have the same rule, so a test needs no role to act in another account. A key that was not
issued here is the root user's, as its records say.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cloudtrail.wildcards import is_like
from local_aws.moto_changes.access.iam_actions import NamedArn
from local_aws.moto_changes.patching import MotoChange

_USER_ID = "_local_aws_user_id"


def _account(_moto: Any) -> Any:
    from moto.core.models import DEFAULT_ACCOUNT_ID
    from moto.iam.models import iam_backends

    owners: dict[str, str] = {}

    def has(account_id: str, access_key: str) -> bool:
        found: Mapping[str, Any] = iam_backends.get(account_id, {})
        return any(access_key in backend.access_keys for backend in list(found.values()))

    def get_account_id_from(access_key: str) -> str:
        if len(access_key) == 12 and access_key.isascii() and access_key.isdecimal():
            return access_key
        if has(owners.get(access_key, ""), access_key):
            return owners[access_key]
        for account_id in list(iam_backends):
            if has(account_id, access_key):
                owners[access_key] = account_id
                return account_id
        return DEFAULT_ACCOUNT_ID

    return get_account_id_from


def _roles(_moto: Any) -> Any:
    def get_roles(self: Any) -> list[Any]:
        return list(self.roles.values())

    return get_roles


def _identity(ask_moto: Any) -> Any:
    def get_caller_identity(self: Any, access_key_id: str, region: str) -> tuple[str, str, str]:
        user_id, arn, account_id = ask_moto(self, access_key_id, region)
        if arn.endswith(":user/moto"):
            return account_id, f"arn:{self.partition}:iam::{account_id}:root", account_id
        return user_id, arn, account_id

    return get_caller_identity


def _session_id(ask_moto: Any) -> Any:
    def user_id(self: Any) -> str:
        state = vars(self)
        if _USER_ID not in state:
            state[_USER_ID] = ask_moto.fget(self)
        return str(state[_USER_ID])

    return property(user_id)


def _matching(_moto: Any) -> Any:
    def match(pattern: str, string: str) -> bool | None:
        found = is_like(pattern, string)
        return found or (isinstance(string, NamedArn) and is_like(string, pattern)) or None

    return staticmethod(match)


CHANGES = (
    MotoChange(
        "moto.iam.models",
        "get_account_id_from",
        _account,
        "moto looks through every account each time, and makes it a backend a partition.",
    ),
    MotoChange(
        "moto.iam.models:IAMBackend",
        "get_roles",
        _roles,
        "moto looks for a session's role at each call, which broke (500) if another made one.",
    ),
    MotoChange(
        "moto.sts.models:STSBackend",
        "get_caller_identity",
        _identity,
        "moto answers `arn:aws:sts::ACCOUNT:user/moto`, an ARN that AWS cannot have.",
    ),
    MotoChange(
        "moto.sts.models:AssumedRole",
        "user_id",
        _session_id,
        "moto draws another id at each look if the role is not in its IAM, as those of other "
        "accounts usually are not: a session has one, in every record and answer.",
    ),
    MotoChange(
        "moto.iam.access_control:IAMPolicyStatement",
        "_match",
        _matching,
        "moto takes a pattern for a regular expression: IAM's wildcards are `*` and `?`.",
    ),
)

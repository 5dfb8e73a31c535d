"""Calls that two accounts record: assuming a role from another account.

Both records have the same sharedEventID. The role's account sees the caller as a principal of the
other account. Source: UG/cloudtrail-event-reference-user-identity, -record-contents.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from cloudtrail.partitions import arn_parts_if_any
from cloudtrail.records.calls import Call
from cloudtrail.records.identity import (
    AssumedRole,
    AwsAccount,
    IamUser,
    Identity,
    OnBehalfOf,
    Root,
)

BY_TOKEN = frozenset({"AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"})
"""Operations whose callers have no AWS account: only the role's account has a record."""


def recipients(call: Call, new_id: Callable[[], str]) -> tuple[Call, ...]:
    """The call as each account records it, the caller's account first.

    `new_id` makes the UUIDs of eventID and sharedEventID.
    """
    role_account = _role_account(call)
    if role_account and call.operation in BY_TOKEN:
        return (replace(call, account_id=role_account),)
    if role_account in (None, call.account_id) or call.error is not None:
        return (call,)
    caller = _seen_elsewhere(call.identity, call.account_id)
    if caller is None:
        return (call,)
    shared = new_id()
    elsewhere = replace(
        call,
        account_id=role_account,
        identity=caller,
        event_id=new_id(),
        shared_event_id=shared,
    )
    return replace(call, shared_event_id=shared), elsewhere


def _seen_elsewhere(identity: Identity, account_id: str) -> AwsAccount | OnBehalfOf | None:
    """The caller as the role's account sees it; None if the caller has no account."""
    match identity:
        case OnBehalfOf(principal, invoked_by):
            seen = _seen_elsewhere(principal, account_id)
            return OnBehalfOf(seen, invoked_by) if isinstance(seen, AwsAccount) else None
        case IamUser(user_id=principal_id) | AssumedRole(principal_id=principal_id):
            return AwsAccount(account_id, principal_id)
        case Root(account_id=principal_id):
            return AwsAccount(account_id, principal_id)
    return None


def _role_account(call: Call) -> str | None:
    if call.service != "sts" or call.operation not in {"AssumeRole", *BY_TOKEN}:
        return None
    role = arn_parts_if_any(str(call.parameters.get("RoleArn", "")))
    return (role and role.account_id) or None

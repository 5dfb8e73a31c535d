"""Callers as policies know them: their names, and the condition keys of who they are."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from cloudtrail.partitions import arn_parts, root_arn
from cloudtrail.policies.evaluation import AccessRequest
from cloudtrail.records.identity import (
    AssumedRole,
    FederatedUser,
    IamUser,
    Identity,
    OnBehalfOf,
    Root,
)
from local_aws.cloudtrail.membership import membership_of


class Client(Struct, frozen=True):
    """Who makes a request: the account, "" if unknown, and what policies know about it."""

    account_id: str
    arn: str
    names: frozenset[str]
    context: Mapping[str, str]
    is_root: bool = False

    def asks(self, action: str, resource: str, about: Mapping[str, str]) -> AccessRequest:
        """The request, as policies see it."""
        return AccessRequest("", action, resource, {**self.context, **about}, self.names)


def client_of(identity: Identity) -> Client:
    """What policies know of who makes a call (IAM User Guide, AWS global condition keys)."""
    if isinstance(identity, OnBehalfOf):
        return client_of(identity.principal)
    match identity:
        case Root(account_id=account, arn=arn):
            return _client(account, arn, arn, "Account", account, is_root=True)
        case IamUser(account_id=account, arn=arn, user_id=user_id, user_name=name):
            return _client(account, arn, arn, "User", user_id, {"aws:username": name})
        case AssumedRole(account_id=account, arn=arn, principal_id=user_id, role_arn=role):
            return _client(account, arn, role, "AssumedRole", user_id)
        case FederatedUser(account_id=account, arn=arn, principal_id=user_id):
            return _client(account, arn, arn, "FederatedUser", user_id)
    return Client("", "", frozenset(), {"aws:principaltype": "Anonymous"})


def _client(
    account: str,
    arn: str,
    principal_arn: str,
    kind: str,
    user_id: str,
    others: Mapping[str, str] | None = None,
    *,
    is_root: bool = False,
) -> Client:
    membership = membership_of(account)
    organization = {"aws:principalorgid": membership.organization_id} if membership else {}
    context = {
        "aws:principalarn": principal_arn,
        "aws:principalaccount": account,
        "aws:principaltype": kind,
        "aws:userid": user_id,
        **organization,
        **(others or {}),
    }
    names = frozenset({arn, principal_arn, account, root_arn(arn_parts(arn).partition, account)})
    return Client(account, arn, names, context, is_root)

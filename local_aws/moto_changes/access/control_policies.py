"""Control policies of an organization, which moto stores but never applies.

They limit what members may do (service control policies) and what may be done with members'
resources (resource control policies), when policies are enforced (`/moto-api/reset-auth`).

The root, each organizational unit on the way and the account itself must each have a policy that
allows a request, and none that denies it. The management account is not limited.
Source: Organizations User Guide, "SCP evaluation", "RCP evaluation".
"""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cloudtrail.policies.evaluation import AccessRequest, Effect, effect
from local_aws.moto_changes.control_policy_types import RESOURCE_CONTROL, SERVICE_CONTROL

_OF_RESOURCES = frozenset({"s3", "sts", "kms", "sqs", "secretsmanager"})
"""The services here to which resource control policies apply."""


def of_caller(account_id: str, request: AccessRequest, *, conditions: bool = True) -> Effect | None:
    """What the service control policies of the caller's account say.

    Without `conditions`, statements that have one are left out, as IAM's simulation does.
    """
    return _said(account_id, SERVICE_CONTROL, request, conditions)


def of_resource(account_id: str, request: AccessRequest) -> Effect | None:
    """What the resource control policies of the resource's account say."""
    if request.action.partition(":")[0] not in _OF_RESOURCES:
        return Effect.ALLOW
    return _said(account_id, RESOURCE_CONTROL, request, conditions=True)


def _said(
    account_id: str, policy_type: str, request: AccessRequest, conditions: bool
) -> Effect | None:
    """DENY: a policy denies the request.

    None: at some level no policy allows it. ALLOW: neither.
    """
    levels = [
        {effect(_for_all(each.content, conditions), request) for each in policies}
        for policies in _levels(account_id, policy_type)
    ]
    if any(Effect.DENY in each for each in levels):
        return Effect.DENY
    return Effect.ALLOW if all(Effect.ALLOW in each for each in levels) else None


def is_limited(account_id: str) -> bool:
    """Whether there is any service control policy for the account."""
    return any(True for _ in _levels(account_id, SERVICE_CONTROL))


def is_closed(account_id: str) -> bool:
    """Whether the account is a closed member of an organization: nobody can enter it."""
    _, account = _membership(account_id)
    return account is not None and account.status == "SUSPENDED"


def _membership(account_id: str) -> tuple[Any, Any]:
    """The account's organization and its account there; (None, None) if it is in none."""
    models = sys.modules.get("moto.organizations.models")
    backends: Any = models.organizations_backends if models else None
    management = backends and backends.master_accounts.get(account_id)
    if not management:
        return None, None
    organization = backends[management[0]][management[1]]
    return organization, next((e for e in organization.accounts if e.id == account_id), None)


def _levels(account_id: str, policy_type: str) -> Iterator[Iterable[Any]]:
    """The policies of the account, of each organizational unit above it, and of the root."""
    organization, level = _membership(account_id)
    above = {each.id: each for each in organization.ou} if organization else {}
    while level is not None:
        policies = [each for each in level.attached_policies if each.type == policy_type]
        if policies:  # there are none if the type is not enabled
            yield policies
        level = above.get(getattr(level, "parent_id", ""))


@functools.lru_cache(maxsize=256)
def _for_all(document: str, conditions: bool) -> Mapping[str, Any]:
    """The policy with a principal, everybody: it is for everybody in the account."""
    policy = json.loads(document)
    statements = policy["Statement"]
    listed = statements if isinstance(statements, list) else [statements]
    kept = [each for each in listed if conditions or "Condition" not in each]
    return {**policy, "Statement": [{**each, "Principal": "*"} for each in kept]}

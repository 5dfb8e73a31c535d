"""Service control policies, which moto keeps and never asks: what members of an organization may do
at most, where requests are judged (`/moto-api/reset-auth`).

The root, each organizational unit on the way and the account itself must each have a policy that
allows a request, and none that denies it. From the start FullAWSAccess, which allows everything, is
attached to each of them. The management account is not limited.
Source: Organizations User Guide, "SCP evaluation".
"""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cloudtrail.policies.resource_policy import AccessRequest, Effect, effect

_TYPE = "SERVICE_CONTROL_POLICY"


def said(account_id: str, request: AccessRequest, *, conditions: bool = True) -> Effect | None:
    """DENY: a policy denies the request. None: at some level no policy allows it. ALLOW: neither.

    Without `conditions`, statements that have one are left out, as IAM's simulation does.
    """
    levels = [
        {effect(_for_all(each.content, conditions), request) for each in policies}
        for policies in _levels(account_id)
    ]
    if any(Effect.DENY in each for each in levels):
        return Effect.DENY
    return Effect.ALLOW if all(Effect.ALLOW in each for each in levels) else None


def is_limited(account_id: str) -> bool:
    """Whether there is any policy for the account."""
    return any(True for _ in _levels(account_id))


def _levels(account_id: str) -> Iterator[Iterable[Any]]:
    """The policies of the account, of each organizational unit above it, and of the root."""
    models = sys.modules.get("moto.organizations.models")
    backends: Any = models.organizations_backends if models else None
    management = backends and backends.master_accounts.get(account_id)
    if not management:
        return
    organization = backends[management[0]][management[1]]
    above = {each.id: each for each in organization.ou}
    level = next((each for each in organization.accounts if each.id == account_id), None)
    while level is not None:
        policies = [each for each in level.attached_policies if each.type == _TYPE]
        if policies:  # AWS keeps one at each; moto lets the last one be detached
            yield policies
        level = above.get(getattr(level, "parent_id", ""))


@functools.lru_cache(maxsize=256)
def _for_all(document: str, conditions: bool) -> Mapping[str, Any]:
    """The policy as one that names its principal: it is for everybody in the account."""
    policy = json.loads(document)
    statements = policy["Statement"]
    listed = statements if isinstance(statements, list) else [statements]
    kept = [each for each in listed if conditions or "Condition" not in each]
    return {**policy, "Statement": [{**each, "Principal": "*"} for each in kept]}

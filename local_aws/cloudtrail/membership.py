"""Which organization an account of the local AWS belongs to."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

CLOUDTRAIL = "cloudtrail.amazonaws.com"


class Membership(Struct, frozen=True):
    """The organization an account belongs to."""

    organization_id: str
    management_account: str
    all_features: bool
    trusts_cloudtrail: bool


def membership_of(account_id: str) -> Membership | None:
    """The organization of the account, None if it is in none."""
    for backend, account in _accounts():
        if account.id == account_id:
            organization = backend.org
            return Membership(
                organization.id,
                organization.master_account_id,
                organization.feature_set == "ALL",
                any(each["ServicePrincipal"] == CLOUDTRAIL for each in backend.services),
            )
    return None


def is_suspended(account_id: str) -> bool:
    """Whether the account was closed."""
    return any(each.id == account_id and each.status == "SUSPENDED" for _, each in _accounts())


def _accounts() -> Iterator[tuple[Any, Any]]:
    """Every account that is in an organization, after moto's backend of the organization."""
    models = sys.modules.get("moto.organizations.models")
    for backends in list(models.organizations_backends.values()) if models else ():
        for backend in list(backends.values()):
            if backend.org:
                yield from ((backend, account) for account in backend.accounts)

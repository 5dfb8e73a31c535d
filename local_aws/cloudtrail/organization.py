"""Which organization an account of the local AWS belongs to."""

from __future__ import annotations

import sys
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Membership:
    """The organization an account belongs to."""

    organization_id: str
    management_account: str
    all_features: bool


def membership_of(account_id: str) -> Membership | None:
    """The organization of the account, None where it is in none."""
    models = sys.modules.get("moto.organizations.models")
    if models is None:
        return None
    for backends in list(models.organizations_backends.values()):
        for backend in list(backends.values()):
            organization = backend.org
            if organization and any(account.id == account_id for account in backend.accounts):
                return Membership(
                    organization.id,
                    organization.master_account_id,
                    organization.feature_set == "ALL",
                )
    return None

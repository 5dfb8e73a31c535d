"""Which organization an account of the local AWS belongs to."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

CLOUDTRAIL = "cloudtrail.amazonaws.com"
_DISTRUSTED = "_local_aws_distrusted"


@dataclass(frozen=True, slots=True)
class Membership:
    """The organization an account belongs to."""

    organization_id: str
    management_account: str
    all_features: bool
    trusts_cloudtrail: bool = True


def membership_of(account_id: str) -> Membership | None:
    """The organization of the account, None where it is in none."""
    for backend, account in _accounts():
        if account.id == account_id:
            organization = backend.org
            return Membership(
                organization.id,
                organization.master_account_id,
                organization.feature_set == "ALL",
                CLOUDTRAIL not in vars(backend).get(_DISTRUSTED, ()),
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


def remember_distrust(patches: ExitStack) -> None:
    """Keep which services an organization no longer trusts: moto knows those it was told of alone.

    An organization trusts CloudTrail until DisableAWSServiceAccess.
    """
    from moto.organizations.models import OrganizationsBackend

    for name, change in (
        ("disable_aws_service_access", set.add),
        ("enable_aws_service_access", set.discard),
    ):
        changed = _changing(getattr(OrganizationsBackend, name), change)
        patches.enter_context(patch.object(OrganizationsBackend, name, changed))


def _changing(ask_moto: Any, change: Any) -> Any:
    def ask(self: Any, **asked: str) -> None:
        ask_moto(self, **asked)
        change(vars(self).setdefault(_DISTRUSTED, set()), asked["ServicePrincipal"])

    return ask

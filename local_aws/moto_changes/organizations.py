"""Accounts of an organization, made as in AWS: it takes time, and administrators can enter them.

moto's exist at once, and their role OrganizationAccountAccessRole may do nothing. Source:
API/CreateAccount; Organizations User Guide, "Accessing member accounts".
"""

from __future__ import annotations

import functools
import json
import sys
from contextlib import ExitStack
from typing import Any

from local_aws.first_use import on_first_use
from local_aws.moto_changes import control_policy_types
from local_aws.moto_changes.patching import MotoChange, make
from local_aws.role_rights import EVERYTHING

_STACK_SETS, _MOST = "member.org.stacksets.cloudformation.amazonaws.com", 5
"""StackSets' name as a service with delegated administrators, and how many it may have
(CloudFormation User Guide, "Register a delegated administrator member account")."""


def install(patches: ExitStack) -> None:
    """Make accounts this way until `patches` is closed."""
    services = frozenset({"organizations", "cloudformation"})
    on_first_use(patches, services, functools.partial(make, CHANGES))
    patches.callback(forget_members)


def forget_members() -> None:
    """Let no account be a member of an organization: moto's own reset keeps them."""
    models = sys.modules.get("moto.organizations.models")
    if models:
        models.organizations_backends.master_accounts.clear()


def _registered(ask_moto: Any) -> Any:
    """Have RegisterDelegatedAdministrator refuse more than the service may have."""

    @functools.wraps(ask_moto)
    def register_delegated_administrator(self: Any, **asked: Any) -> None:
        from moto.organizations.exceptions import ConstraintViolationException

        account, service = asked["AccountId"], asked["ServicePrincipal"]
        others = [each for each in self.admins if service in each.services]
        is_new = all(each.account.id != account for each in others)
        if service == _STACK_SETS and is_new and len(others) >= _MOST:
            raise ConstraintViolationException(
                "You have exceeded the maximum number of delegated administrators for the service "
                "principal."
            )
        ask_moto(self, **asked)

    return register_delegated_administrator


def _made(ask_moto: Any) -> Any:
    """Have CreateAccount answer that it has begun; DescribeCreateAccountStatus gives the
    account."""

    @functools.wraps(ask_moto)
    def create_account(self: Any, **asked: Any) -> dict[str, Any]:
        from moto.iam.models import iam_backends

        status = ask_moto(self, **asked)["CreateAccountStatus"]
        role = asked.get("RoleName") or "OrganizationAccountAccessRole"
        iam = iam_backends[status["AccountId"]][self.partition]
        iam.put_role_policy(role, "AdministratorAccess", json.dumps(EVERYTHING))
        begun = {name: status[name] for name in ("Id", "AccountName", "RequestedTimestamp")}
        return {"CreateAccountStatus": {**begun, "State": "IN_PROGRESS"}}

    return create_account


_MODELS = "moto.organizations.models"
CHANGES = (
    MotoChange(
        f"{_MODELS}:OrganizationsBackend",
        "create_account",
        _made,
        "moto's accounts exist at once, and their role may do nothing.",
    ),
    MotoChange(
        f"{_MODELS}:OrganizationsBackend",
        "register_delegated_administrator",
        _registered,
        "moto accepts any number.",
    ),
    MotoChange(
        f"{_MODELS}:FakeDelegatedAdministrator",
        "SUPPORTED_SERVICES",
        lambda known: [*known, _STACK_SETS],
        "moto's list does not have all services.",
    ),
    *control_policy_types.CHANGES,
)

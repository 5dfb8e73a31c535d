"""Accounts of an organization as AWS makes them: in their time, and for its administrators.

moto's are there at once, and their role OrganizationAccountAccessRole may do nothing.
Source: API/CreateAccount; Organizations User Guide, "Accessing member accounts".
"""

from __future__ import annotations

import functools
import json
import sys
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

from local_aws.moto_changes.first_use import on_first_use
from local_aws.role_rights import EVERYTHING

_STACK_SETS = "member.org.stacksets.cloudformation.amazonaws.com"
"""Who has delegated administrators, too (CloudFormation User Guide, "Register a delegated
administrator member account")."""


def install(patches: ExitStack) -> None:
    """Make accounts this way until `patches` is left."""
    on_first_use(patches, frozenset({"organizations", "cloudformation"}), _install_now)
    patches.callback(forget_members)


def forget_members() -> None:
    """Let no account be a member of an organization: moto's own reset keeps them."""
    models = sys.modules.get("moto.organizations.models")
    if models:
        models.organizations_backends.master_accounts.clear()


def _install_now(patches: ExitStack) -> None:
    from moto.organizations.models import FakeDelegatedAdministrator, OrganizationsBackend

    made = _made(OrganizationsBackend.create_account)
    patches.enter_context(patch.object(OrganizationsBackend, "create_account", made))
    delegated = [*FakeDelegatedAdministrator.SUPPORTED_SERVICES, _STACK_SETS]
    patches.enter_context(patch.object(FakeDelegatedAdministrator, "SUPPORTED_SERVICES", delegated))


def _made(ask_moto: Any) -> Any:
    """CreateAccount answers that it has begun; DescribeCreateAccountStatus tells the account."""

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

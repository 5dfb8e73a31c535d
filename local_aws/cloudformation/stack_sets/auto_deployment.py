"""Stacks follow accounts that join, change or leave an organizational unit.

Source: CloudFormation User Guide, "Enable or disable automatic deployments for StackSets".
"""

from __future__ import annotations

import functools
import uuid
from collections.abc import Iterable
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

from moto.cloudformation.models import cloudformation_backends
from moto.organizations.models import OrganizationsBackend

from local_aws.cloudformation.resources.calls import Services
from local_aws.cloudformation.stack_sets import running
from local_aws.cloudformation.stack_sets.organizations import Organization
from local_aws.cloudformation.stack_sets.sets import (
    InstanceResult,
    OperationPreferences,
    Place,
    StackInstance,
    StackSet,
    StackSetOperation,
)


def install(patches: ExitStack, services: Services) -> None:
    """Have stacks follow accounts until `patches` is closed."""
    for name in ("create_account", "move_account", "remove_account_from_organization"):
        followed = _followed(getattr(OrganizationsBackend, name), services)
        patches.enter_context(patch.object(OrganizationsBackend, name, followed))


def _followed(ask_moto: Any, services: Services) -> Any:
    @functools.wraps(ask_moto)
    def change(self: OrganizationsBackend, **asked: Any) -> Any:
        answer = ask_moto(self, **asked)
        account = asked.get("AccountId") or self.accounts[-1].id
        for backend in list(cloudformation_backends[self.account_id].values()):
            for stack_set in list(vars(backend)["stack_sets"].values()):
                if stack_set.auto_deployment and stack_set.auto_deployment.enabled:
                    _follow(stack_set, account, services)
        return answer

    return change


def _follow(stack_set: StackSet, account: str, services: Services) -> None:
    organization = Organization(stack_set.account_id, stack_set.region)
    wanted: dict[Place, str] = {
        (account, region): unit
        for unit, regions in stack_set.units.items()
        if account in organization.members(unit)
        for region in regions
    }
    held = [place for place in stack_set.instances if place[0] == account]
    gone = [place for place in held if place not in wanted]
    new = [place for place in wanted if place not in held]
    for place in new:
        stack_set.instances[place] = StackInstance(*place, overrides={}, unit=wanted[place])
    if gone:
        assert stack_set.auto_deployment is not None
        retains = stack_set.auto_deployment.retains_stacks
        _start(stack_set, "DELETE", gone, services, retains=retains)
    if new:
        _start(stack_set, "CREATE", new, services)


def _start(
    stack_set: StackSet,
    action: str,
    places: Iterable[Place],
    services: Services,
    *,
    retains: bool | None = None,
) -> None:
    operation = StackSetOperation(
        operation_id=str(uuid.uuid4()),
        action=action,
        definition=stack_set.definition,
        preferences=OperationPreferences(),
        results={place: InstanceResult() for place in places},
        retains_stacks=retains,
    )
    running.start(stack_set, operation, services)

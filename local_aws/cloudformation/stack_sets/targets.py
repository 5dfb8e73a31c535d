"""The accounts that a request names, each with the organizational unit that names it.

Source: API/DeploymentTargets.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from local_aws.cloudformation.exceptions import ValidationError
from local_aws.cloudformation.stack_sets.organizations import Organization
from local_aws.cloudformation.stack_sets.sets import StackSet
from local_aws.cloudformation.template_urls import read_template

_ACCOUNT = re.compile(r"\d{12}")

Meant = dict[str, str | None]
"""Accounts, each with the organizational unit that has it; None if the account itself was named."""


def meant(stack_set: StackSet, request: Mapping[str, Any], partition: str) -> Meant:
    """The accounts of `Accounts` and `DeploymentTargets` of a request.

    Raises ValidationError if there are none, or if they do not fit the set's permission model.
    """
    targets: Mapping[str, Any] = request.get("DeploymentTargets") or {}
    if request.get("Accounts") and targets:
        raise ValidationError("You can specify Accounts or DeploymentTargets, but not both.")
    named = [*(request.get("Accounts") or []), *(targets.get("Accounts") or [])]
    if targets.get("AccountsUrl"):
        named += _listed(targets["AccountsUrl"], stack_set, partition)
    for account in named:
        if not _ACCOUNT.fullmatch(str(account)):
            raise ValidationError(f"Accounts: wanted account ids of 12 digits, got {account}")
    units = targets.get("OrganizationalUnitIds") or []
    if stack_set.is_service_managed:
        return _of_units(stack_set, named, units, targets.get("AccountFilterType") or "NONE")
    if units:
        raise ValidationError(
            "OrganizationalUnitIds are for stack sets with service-managed permissions"
        )
    return dict.fromkeys(named)


def _of_units(stack_set: StackSet, named: list[str], units: list[str], chosen: str) -> Meant:
    if not units:
        raise ValidationError(
            "StackSets with SERVICE_MANAGED permission model can only have OrganizationalUnit "
            "as target"
        )
    organization = Organization(stack_set.account_id, stack_set.region)
    organization.check_trusting()
    if bool(named) == (chosen == "NONE"):
        raise ValidationError(
            "AccountFilterType: wanted INTERSECTION, DIFFERENCE or UNION with Accounts, and NONE "
            f"without, got {chosen} with {len(named)} accounts"
        )
    within: Meant = {account: unit for unit in units for account in organization.members(unit)}
    if chosen == "UNION":
        return {**dict.fromkeys(named), **within}
    if chosen == "NONE":
        return within
    inside = chosen == "INTERSECTION"
    return {account: unit for account, unit in within.items() if (account in named) is inside}


def _listed(url: str, stack_set: StackSet, partition: str) -> list[str]:
    """The accounts of a file in S3: a JSON list, or text separated by commas or lines."""
    body = read_template(url, stack_set.account_id, partition, "AccountsUrl")
    try:
        listed = json.loads(body)
    except ValueError:
        listed = re.split(r"[\s,]+", body.strip())
    return [str(each) for each in listed] if isinstance(listed, list) else [str(listed)]

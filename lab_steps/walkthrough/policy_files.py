"""IAM policies of verbs, with the lab's names: the actions of `ACCESS` on what the lab makes.

They are files in `policies/`. `python -m lab_steps policy VERB` prints them and `make schema`
renews them. Account and Region are left open.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from cloudtrail.policies.actions import reference
from cloudtrail.policies.policy_from_records import ANY, ActionNeed, policy_of
from lab_steps.targets.consent import GROUP
from lab_steps.walkthrough.iam_actions import (
    ACCESS,
    BY_CLOUDFORMATION,
    BY_ORGANIZATION_LOGS,
    DEPLOYING,
    DOING_ALL,
    FOR_ATHENA_BY_CLOUDFORMATION,
    FOR_BUDGET_BY_CLOUDFORMATION,
    OF_ORGANIZATION,
    REMOVING,
    UNRECORDED,
)
from stacks.settings import (
    ATHENA_DATABASE,
    ATHENA_STACK,
    ATHENA_WORKGROUP,
    BUDGET_STACK,
    GRADER_ROLE,
    TABLE_NAME,
    LabSettings,
    bucket_name,
)

FOLDER = Path(__file__).with_name("policies")
_LAB = LabSettings()
_STACKS = (_LAB.management_trail, _LAB.data_trail, ATHENA_STACK, BUDGET_STACK)
_BUCKETS = (
    bucket_name(_LAB.management_purpose, ANY, ANY),
    bucket_name(_LAB.data_purpose, ANY, ANY),
    f"{ATHENA_STACK}-*",
)
_RESOURCES: Mapping[str, tuple[str, ...]] = {
    "athena:workgroup": (f"arn:aws:athena:*:*:workgroup/{ATHENA_WORKGROUP}",),
    "budgets:budget": (f"arn:aws:budgets::*:budget/{ANY}",),
    "cloudformation:stack": tuple(f"arn:aws:cloudformation:*:*:stack/{each}/*" for each in _STACKS),
    "cloudtrail:trail": tuple(
        f"arn:aws:cloudtrail:*:*:trail/{each}" for each in (_LAB.management_trail, _LAB.data_trail)
    ),
    "dynamodb:table": (f"arn:aws:dynamodb:*:*:table/{TABLE_NAME}",),
    "glue:catalog": ("arn:aws:glue:*:*:catalog",),
    "glue:database": (f"arn:aws:glue:*:*:database/{ATHENA_DATABASE}",),
    "glue:table": (f"arn:aws:glue:*:*:table/{ATHENA_DATABASE}/*",),
    "iam:role": tuple(f"arn:aws:iam::*:role/{each}-*" for each in _STACKS),
    "lambda:function": tuple(f"arn:aws:lambda:*:*:function:{each}-*" for each in _STACKS),
    "logs:log-group": (f"arn:aws:logs:*:*:log-group:{GROUP}",),
    "sts:role": (f"arn:aws:iam::*:role/{GRADER_ROLE}",),
    "s3:bucket": tuple(f"arn:aws:s3:::{each}" for each in _BUCKETS),
    "s3:object": tuple(f"arn:aws:s3:::{each}/*" for each in _BUCKETS),
}
"""What the lab makes, by the kinds of the Service Authorization Reference."""

ORGANIZATION_BUCKETS = "aws-cloudtrail-logs-organization-*"
"""The bucket of the organization's trail, as docs/organization-trail.md names it."""

_OF_ORGANIZATION: Mapping[str, tuple[str, ...]] = {
    "cloudtrail:trail": ("arn:aws:cloudtrail:*:*:trail/*",),
    "s3:bucket": (f"arn:aws:s3:::{ORGANIZATION_BUCKETS}",),
    "s3:object": (f"arn:aws:s3:::{ORGANIZATION_BUCKETS}/*AWSLogs/*",),
}
"""Resources of an organization, in which the lab makes nothing."""

_OF_STACKS = (*BY_CLOUDFORMATION, *UNRECORDED)
_OF_ATHENA = (*_OF_STACKS, *FOR_ATHENA_BY_CLOUDFORMATION)
POLICIES: Mapping[str, tuple[str, ...]] = {
    **{name: access.actions for name, access in ACCESS.items()},
    OF_ORGANIZATION: BY_ORGANIZATION_LOGS.always,
    "up": (*DEPLOYING.actions, *_OF_STACKS),
    "up-athena": (*DEPLOYING.actions, *_OF_ATHENA),
    "up-budget": (*DEPLOYING.actions, *_OF_STACKS, *FOR_BUDGET_BY_CLOUDFORMATION),
    "run": (*DOING_ALL.actions, *_OF_STACKS),
    "down": (*REMOVING.actions, *_OF_ATHENA, *FOR_BUDGET_BY_CLOUDFORMATION),
}
"""The actions of each policy."""

_OF_THE_CALLER = {"iam:GetRole", "iam:SimulatePrincipalPolicy"}
"""Actions on the caller, who is not part of the lab."""


def policy(
    actions: Iterable[str], resources: Mapping[str, tuple[str, ...]] = _RESOURCES
) -> dict[str, Any]:
    """The policy that allows these actions on `resources`, by default what the lab makes."""
    return policy_of({each: ActionNeed(set(_resources(each, resources))) for each in actions})


def _resources(action: str, known: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    prefix = action.partition(":")[0]
    kinds = reference().kinds(action)
    if action in _OF_THE_CALLER:
        return (ANY,)
    found = (known.get(f"{prefix}:{kind}", ()) for kind in kinds)
    return tuple(arn for arns in found for arn in arns) or (ANY,)


def text(name: str) -> str:
    """The file of a policy."""
    resources = _OF_ORGANIZATION if name == OF_ORGANIZATION else _RESOURCES
    return json.dumps(policy(POLICIES[name], resources), indent=2) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name in POLICIES:
        FOLDER.joinpath(f"{name}.json").write_text(text(name), encoding="utf-8")

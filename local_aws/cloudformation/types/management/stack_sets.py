"""CloudFormation's stack sets as resources: a set, and its instances by groups of targets.

An update compares accounts, or organizational units, one by one: if one is added to a group or
removed from it, nothing changes for the others.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from local_aws.cloudformation import background
from local_aws.cloudformation.resources.failures import ResourceError
from local_aws.cloudformation.resources.resource_types import (
    Change,
    Made,
    Naming,
    ResourceType,
    Steps,
    call,
    read,
    without,
)

_OF_THE_SET = (
    *("AdministrationRoleARN", "AutoDeployment", "CallAs", "Capabilities", "Description"),
    *("ExecutionRoleName", "ManagedExecution", "Parameters", "PermissionModel", "StackSetName"),
    *("Tags", "TemplateBody", "TemplateURL"),
)
_GROUPS, _PREFERENCES = "StackInstancesGroup", "OperationPreferences"

_Key = tuple[str, str]
"""A target as JSON, such as `{"Accounts": ["111122223333"]}`, and a Region."""


def _create(change: Change) -> Steps:
    named = {**without(change.properties, _GROUPS, _PREFERENCES), "StackSetName": change.name}
    answer = yield call("cloudformation", "CreateStackSet", named)
    set_id = str(answer["StackSetId"])
    yield Made(set_id, {"StackSetId": set_id})
    yield from _instances("CreateStackInstances", set_id, change, _targets(change.properties))


def _update(change: Change) -> Steps:
    set_id = change.physical_id
    if change.changed(_OF_THE_SET):
        yield from _done("UpdateStackSet", set_id, change, without(change.properties, _GROUPS))
    now, before = _targets(change.properties), _targets(change.before)
    gone = {key: before[key] for key in before if key not in now}
    new = {key: now[key] for key in now if key not in before}
    other = {key: now[key] for key in now if key in before and now[key] != before[key]}
    yield from _instances("DeleteStackInstances", set_id, change, gone)
    yield from _instances("CreateStackInstances", set_id, change, new)
    yield from _instances("UpdateStackInstances", set_id, change, other)


def _delete(change: Change) -> Steps:
    set_id = change.physical_id
    yield from _instances("DeleteStackInstances", set_id, change, _targets(change.properties))
    yield call("cloudformation", "DeleteStackSet", _called(set_id, change))


def _instances(operation: str, set_id: str, change: Change, targets: Mapping[_Key, str]) -> Steps:
    """One operation for all targets with the same Region and values."""
    preferences = change.properties.get(_PREFERENCES)
    for region, values, meant in _together(targets):
        asked: dict[str, Any] = {
            "DeploymentTargets": meant,
            "Regions": [region],
            "ParameterOverrides": json.loads(values),
            "OperationPreferences": preferences,
            "RetainStacks": False,
        }
        yield from _done(operation, set_id, change, asked)


def _called(set_id: str, change: Change) -> dict[str, Any]:
    """Parameters of every call about the set: its name, and `CallAs` if it is given."""
    caller = {"CallAs": change.properties["CallAs"]} if "CallAs" in change.properties else {}
    return {"StackSetName": set_id, **caller}


def _done(operation: str, set_id: str, change: Change, settings: Mapping[str, Any]) -> Steps:
    """Start the operation and wait for it. Raises ResourceError if it does not succeed."""
    called = _called(set_id, change)
    answer = yield call("cloudformation", operation, {**settings, **called})
    operation_id = str(answer["OperationId"])
    background.wait_for(operation_id)
    asked = {**called, "OperationId": operation_id}
    told = yield read("cloudformation", "DescribeStackSetOperation", asked)
    if told["StackSetOperation"]["Status"] != "SUCCEEDED":
        results = yield read("cloudformation", "ListStackSetOperationResults", asked)
        reasons = [each["StatusReason"] for each in results["Summaries"] if "StatusReason" in each]
        # aws-samples/aws-well-architected-labs#973
        raise ResourceError(
            f"Resource of type 'Stack set operation [{operation_id}] was unexpectedly stopped or "
            f"failed. status reason(s): [{', '.join(dict.fromkeys(reasons))}]' with identifier "
            f"'{set_id}' did not stabilize.",
            code="NotStabilized",
        )


def _targets(properties: Mapping[str, Any]) -> dict[_Key, str]:
    """Parameter values as JSON, by target and Region."""
    return {
        (json.dumps(target, sort_keys=True), region): json.dumps(
            group.get("ParameterOverrides") or [], sort_keys=True
        )
        for group in properties.get(_GROUPS) or []
        for target in _apart(group["DeploymentTargets"])
        for region in group["Regions"]
    }


def _apart(targets: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Each account or unit by itself, if the targets name nothing else."""
    for name in ("Accounts", "OrganizationalUnitIds"):
        if set(targets) == {name}:
            yield from ({name: [each]} for each in targets[name])
            return
    yield targets


def _together(targets: Mapping[_Key, str]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Region, values and targets of each operation."""
    found: dict[tuple[str, str, str], list[Any]] = defaultdict(list)
    wholes = []
    for (target, region), values in targets.items():
        meant = json.loads(target)
        if len(meant) == 1:
            [(name, listed)] = meant.items()
            found[region, values, name] += listed
        else:
            wholes.append((region, values, meant))
    for (region, values, name), listed in found.items():
        yield region, values, {name: listed}
    yield from wholes


TYPES = (
    ResourceType(
        name="AWS::CloudFormation::StackSet",
        properties=(*_OF_THE_SET, _GROUPS, _PREFERENCES),
        create=_create,
        update=_update,
        delete=_delete,
        naming=Naming("StackSetName", longest=128),
    ),
)

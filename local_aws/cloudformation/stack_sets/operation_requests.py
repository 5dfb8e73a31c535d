"""What requests say about an operation: its preferences, and its places."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from local_aws.cloudformation.exceptions import (
    OperationIdAlreadyExistsException,
    OperationInProgressException,
    ValidationError,
)
from local_aws.cloudformation.stack_sets.sets import (
    InstanceResult,
    OperationPreferences,
    Place,
    StackSet,
    StackSetOperation,
)

_COUNTS = {
    "FailureToleranceCount": (0, None),
    "FailureTolerancePercentage": (0, 100),
    "MaxConcurrentCount": (1, None),
    "MaxConcurrentPercentage": (1, 100),
}


def preferences(given: Mapping[str, Any]) -> OperationPreferences:
    """`OperationPreferences` as a value. Raises ValidationError for invalid ones."""
    for kind in ("FailureTolerance", "MaxConcurrent"):
        if f"{kind}Count" in given and f"{kind}Percentage" in given:
            raise ValidationError(
                f"You can specify either {kind}Count or {kind}Percentage, but not both"
            )
    for name, (least, most) in _COUNTS.items():
        value = given.get(name)
        if value is not None and (value < least or (most is not None and value > most)):
            until = f" to {most}" if most else " or more"
            raise ValidationError(f"{name}: wanted {least}{until}, got {value}")
    return OperationPreferences(
        failures=given.get("FailureToleranceCount"),
        failures_percentage=given.get("FailureTolerancePercentage"),
        concurrent=given.get("MaxConcurrentCount"),
        concurrent_percentage=given.get("MaxConcurrentPercentage"),
        region_order=tuple(given.get("RegionOrder") or ()),
        regions_parallel=given.get("RegionConcurrencyType") == "PARALLEL",
        softly=given.get("ConcurrencyMode") == "SOFT_FAILURE_TOLERANCE",
    )


def new_operation(
    stack_set: StackSet,
    action: str,
    places: Iterable[Place],
    request: Mapping[str, Any],
) -> StackSetOperation:
    """The operation that a request asks for.

    Raises OperationInProgressException, OperationIdAlreadyExistsException and ValidationError.
    """
    asked_id = request.get("OperationId")
    if asked_id in stack_set.operations:
        raise OperationIdAlreadyExistsException(
            f"Operation Id {asked_id} already exists in {stack_set.arn}"
        )
    check_idle(stack_set)
    return StackSetOperation(
        operation_id=str(asked_id or uuid.uuid4()),
        action=action,
        definition=stack_set.definition,
        preferences=preferences(request.get("OperationPreferences") or {}),
        results={place: InstanceResult() for place in places},
        targets=request.get("DeploymentTargets") or {},
        retains_stacks=request.get("RetainStacks"),
    )


def check_idle(stack_set: StackSet) -> None:
    """Raise OperationInProgressException if one runs and operations of the set may not queue."""
    if stack_set.unfinished() is not None and not stack_set.managed_execution:
        raise OperationInProgressException(
            f"Another Operation on StackSet {stack_set.arn} is in progress"
        )


def overrides(
    stack_set: StackSet, given: Iterable[Mapping[str, Any]], previous: Mapping[str, str]
) -> dict[str, str]:
    """`ParameterOverrides` as values. Raises ValidationError for unknown parameters."""
    slots = stack_set.definition.template.get("Parameters") or {}
    values: dict[str, str] = {}
    for each in given:
        name = each["ParameterKey"]
        if name not in slots:
            raise ValidationError(f"Parameters: [{name}] do not exist in the template")
        if each.get("UsePreviousValue"):
            values |= {name: previous[name]} if name in previous else {}
        else:
            values[name] = each.get("ParameterValue", "")
    return values

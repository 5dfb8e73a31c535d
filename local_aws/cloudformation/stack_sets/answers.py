"""Stack sets, instances and operations in the shapes of the API's answers."""

from __future__ import annotations

from typing import Any

from local_aws.cloudformation.language.values import parameter_list, tag_list
from local_aws.cloudformation.stack_sets.sets import (
    InstanceResult,
    OperationPreferences,
    Place,
    StackInstance,
    StackSet,
    StackSetOperation,
)

_NOT_CHECKED = {"DriftStatus": "NOT_CHECKED"}


def _auto_deployment(stack_set: StackSet) -> dict[str, bool] | None:
    auto = stack_set.auto_deployment
    if auto is None:
        return None
    if not auto.enabled:
        return {"Enabled": False}
    return {"Enabled": True, "RetainStacksOnAccountRemoval": auto.retains_stacks}


def summary_json(stack_set: StackSet) -> dict[str, Any]:
    return {
        "StackSetName": stack_set.name,
        "StackSetId": stack_set.stack_set_id,
        "Description": stack_set.definition.description,
        "Status": stack_set.status,
        "PermissionModel": stack_set.permission_model,
        "AutoDeployment": _auto_deployment(stack_set),
        "ManagedExecution": {"Active": stack_set.managed_execution},
        **_NOT_CHECKED,
    }


def stack_set_json(stack_set: StackSet) -> dict[str, Any]:
    definition = stack_set.definition
    summary = {key: each for key, each in summary_json(stack_set).items() if key != "DriftStatus"}
    return {
        **summary,
        "StackSetARN": stack_set.arn,
        "TemplateBody": definition.body,
        "Parameters": parameter_list(definition.parameters),
        "Capabilities": list(definition.capabilities),
        "Tags": tag_list(definition.tags),
        "AdministrationRoleARN": definition.administration_role_arn,
        "ExecutionRoleName": definition.execution_role_name,
        "OrganizationalUnitIds": list(stack_set.units) or None,
        "Regions": sorted({region for _, region in stack_set.instances}),
        "StackSetDriftDetectionDetails": {**_NOT_CHECKED, "TotalStackInstancesCount": 0},
    }


def instance_json(stack_set: StackSet, instance: StackInstance) -> dict[str, Any]:
    return {
        "StackSetId": stack_set.stack_set_id,
        "Account": instance.account,
        "Region": instance.region,
        "StackId": instance.stack_id,
        "Status": instance.status,
        "StackInstanceStatus": {"DetailedStatus": instance.detail},
        "StatusReason": instance.reason,
        "OrganizationalUnitId": instance.unit or "",
        "LastOperationId": instance.last_operation_id,
        **_NOT_CHECKED,
    }


def whole_instance_json(stack_set: StackSet, instance: StackInstance) -> dict[str, Any]:
    overrides = parameter_list(instance.overrides)
    return {**instance_json(stack_set, instance), "ParameterOverrides": overrides}


def _preferences_json(given: OperationPreferences) -> dict[str, Any]:
    return {
        "RegionConcurrencyType": "PARALLEL" if given.regions_parallel else "SEQUENTIAL",
        "RegionOrder": list(given.region_order),
        "FailureToleranceCount": given.failures,
        "FailureTolerancePercentage": given.failures_percentage,
        "MaxConcurrentCount": given.concurrent,
        "MaxConcurrentPercentage": given.concurrent_percentage,
        "ConcurrencyMode": "SOFT_FAILURE_TOLERANCE" if given.softly else "STRICT_FAILURE_TOLERANCE",
    }


def operation_summary_json(operation: StackSetOperation) -> dict[str, Any]:
    return {
        "OperationId": operation.operation_id,
        "Action": operation.action,
        "Status": operation.status,
        "CreationTimestamp": operation.created,
        "EndTimestamp": operation.ended,
        "StatusReason": operation.status_reason,
        "StatusDetails": {"FailedStackInstancesCount": operation.failed},
        "OperationPreferences": _preferences_json(operation.preferences),
    }


def operation_json(stack_set: StackSet, operation: StackSetOperation) -> dict[str, Any]:
    definition = operation.definition
    return {
        **operation_summary_json(operation),
        "StackSetId": stack_set.stack_set_id,
        "RetainStacks": operation.retains_stacks,
        "AdministrationRoleARN": definition.administration_role_arn,
        "ExecutionRoleName": definition.execution_role_name,
        "DeploymentTargets": dict(operation.targets) or None,
    }


def result_json(place: Place, result: InstanceResult, unit: str | None) -> dict[str, Any]:
    """A result. No account gate runs, as in an account without the gate's function."""
    account, region = place
    gate = f"arn:aws:lambda:{region}:{account}:function:AWSCloudFormationStackSetAccountGate"
    return {
        "Account": account,
        "Region": region,
        "Status": result.status,
        "StatusReason": result.reason,
        "AccountGateResult": {"Status": "SKIPPED", "StatusReason": f"Function not found: {gate}"},
        "OrganizationalUnitId": unit or "",
    }

"""One instance of a stack set: calls in its account create, update and delete its stack."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from moto.cloudformation.models import cloudformation_backends

from local_aws.cloudformation import background
from local_aws.cloudformation.language.values import parameter_list, tag_list
from local_aws.cloudformation.resources.calls import OnBehalf
from local_aws.cloudformation.resources.failures import CallFailed
from local_aws.cloudformation.resources.resource_types import ApiCall
from local_aws.cloudformation.stack_sets.sets import StackInstance, StackSetDefinition
from local_aws.cloudformation.stacks import STACK_TYPE, Stack

_NO_UPDATES = "No updates are to be performed."


class NotDeployed(Exception):
    """The stack was not deployed or deleted as wanted. The text is the instance's reason."""


def deploy(
    name: str, definition: StackSetDefinition, instance: StackInstance, there: OnBehalf
) -> None:
    """Create the instance's stack by the definition, or update it. Raises NotDeployed."""
    asked = _asked(definition, instance)
    stack = _stack(instance)
    if stack is not None and stack.status != "DELETE_COMPLETE":
        _update(stack, asked, there)
    else:
        named = {"StackName": f"StackSet-{name}-{uuid.uuid4()}", "OnFailure": "DELETE"}
        answer = _send(there, "CreateStack", {**asked, **named})
        instance.stack_id = str(answer["StackId"])
        background.wait_for(instance.stack_id)
        _check(instance, "CREATE_COMPLETE")


def delete(instance: StackInstance, there: OnBehalf) -> None:
    """Delete the instance's stack. Raises NotDeployed if that fails."""
    if instance.stack_id is not None:
        _send(there, "DeleteStack", {"StackName": instance.stack_id})
        background.wait_for(instance.stack_id)
        _check(instance, "DELETE_COMPLETE")


def _update(stack: Stack, asked: Mapping[str, Any], there: OnBehalf) -> None:
    try:
        _send(there, "UpdateStack", {**asked, "StackName": stack.stack_id})
    except NotDeployed as refused:
        if str(refused) != _NO_UPDATES:
            raise
        return
    background.wait_for(stack.stack_id)
    if stack.status != "UPDATE_COMPLETE":
        raise NotDeployed(_reason(stack))


def _asked(definition: StackSetDefinition, instance: StackInstance) -> dict[str, Any]:
    asked = {
        "TemplateBody": definition.body,
        "Parameters": parameter_list({**definition.parameters, **instance.overrides}),
        "Capabilities": list(definition.capabilities),
        "Tags": tag_list(definition.tags),
    }
    return {name: value for name, value in asked.items() if value}


def _send(there: OnBehalf, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        return there.send(ApiCall("cloudformation", operation, parameters))
    except CallFailed as error:
        raise NotDeployed(error.message) from error


def _stack(instance: StackInstance) -> Stack | None:
    if instance.stack_id is None:
        return None
    backend: Any = cloudformation_backends[instance.account][instance.region]
    found: Stack | None = backend.find(instance.stack_id)
    return found


def _check(instance: StackInstance, wanted: str) -> None:
    stack = _stack(instance)
    if stack is None:
        raise NotDeployed(f"Stack {instance.stack_id} is gone")
    if stack.status != wanted:
        raise NotDeployed(_reason(stack))


def _reason(stack: Stack) -> str:
    """The first failure of a resource, as ListStackInstances shows it, or the stack's own."""
    for event in stack.events:
        if event.resource_type != STACK_TYPE and event.resource_status.endswith("_FAILED"):
            return (
                f"ResourceLogicalId:{event.logical_resource_id}, "
                f"ResourceType:{event.resource_type}, "
                f"ResourceStatusReason:{event.resource_status_reason}."
            )
    return stack.status_reason or f"The stack is in {stack.status}"

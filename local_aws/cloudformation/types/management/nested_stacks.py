"""`AWS::CloudFormation::Stack`: a stack as a resource of another stack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.cloudformation.models import cloudformation_backends
from moto.core.exceptions import ServiceException

from cloudtrail.partitions import partition_of
from local_aws.cloudformation.backend import LocalCloudFormationBackend
from local_aws.cloudformation.language.checks import check_template
from local_aws.cloudformation.language.parameters import check_parameters
from local_aws.cloudformation.language.templates import parse_template
from local_aws.cloudformation.language.values import parameter_list, text
from local_aws.cloudformation.resources.failures import ResourceError, call_failed
from local_aws.cloudformation.resources.handlers import Handler, StackContext
from local_aws.cloudformation.resources.resource_types import ApiCall, call, tags_of
from local_aws.cloudformation.stacks import Resource, Stack, StackInput
from local_aws.cloudformation.template_urls import read_template

Properties = Mapping[str, Any]


class NestedStack(Handler):
    """A stack inside another. `Ref` is its ARN, `Outputs.NAME` an attribute.

    The operation on it is part of its parent's, so its calls are announced, not sent. It has its
    parent's tags, and so do its resources.
    """

    @property
    def takes_tags(self) -> bool:
        """Yes: it passes them on to its resources."""
        return True

    def create(self, work: StackContext, resource: Resource) -> None:
        """Create the stack and everything in it. Raises ResourceError with its reason."""
        backend = _backend(work)
        work.on_behalf.require(_asked("CreateStack", resource))
        wanted = _input(work, resource, "CreateStack")
        stack = backend.new_stack(resource.name, wanted)
        stack.parent = work.stack
        resource.physical_id = stack.stack_id
        work.on_behalf.announce(_asked("CreateStack", resource), {"StackId": stack.stack_id})
        stack.report("CREATE_IN_PROGRESS", "User Initiated")
        backend.deployment(stack).create()
        _check(stack, "CREATE_COMPLETE", "created")
        resource.attributes = _outputs(stack)

    def update(self, work: StackContext, current: Resource, wanted: Resource) -> None:
        backend = _backend(work)
        stack = backend.get_stack(current.physical_id)
        work.on_behalf.require(_asked("UpdateStack", wanted))
        template = _input(work, wanted, "UpdateStack")
        work.on_behalf.announce(_asked("UpdateStack", wanted), {"StackId": stack.stack_id})
        stack.report("UPDATE_IN_PROGRESS", "User Initiated")
        backend.deployment(stack).update(template)
        _check(stack, "UPDATE_COMPLETE", "updated")
        wanted.attributes = _outputs(stack)

    def delete(self, work: StackContext, resource: Resource) -> None:
        backend = _backend(work)
        stack = backend.get_stack(resource.physical_id)
        named = {"StackName": resource.physical_id}
        deletion = call("cloudformation", "DeleteStack", named)
        work.on_behalf.require(deletion)
        work.on_behalf.announce(deletion)
        stack.report("DELETE_IN_PROGRESS", "User Initiated")
        backend.deployment(stack).delete()
        _check(stack, "DELETE_COMPLETE", "deleted")
        backend.forget(stack)


def _backend(work: StackContext) -> LocalCloudFormationBackend:
    backend: Any = cloudformation_backends[work.stack.account_id][work.stack.region_name]
    found: LocalCloudFormationBackend = backend
    return found


def _outputs(stack: Stack) -> dict[str, str]:
    return {f"Outputs.{output.key}": output.value for output in stack.outputs}


def _asked(operation: str, resource: Resource) -> ApiCall:
    parameters = parameter_list(resource.properties.get("Parameters") or {})
    named = {"StackName": resource.name, "Parameters": parameters or None}
    return call("cloudformation", operation, {**resource.properties, **named})


def _input(work: StackContext, resource: Resource, operation: str) -> StackInput:
    """The wanted stack. If the template is refused, the call is recorded as failed."""
    try:
        return _checked_input(work.stack, resource.properties)
    except ServiceException as error:
        work.on_behalf.announce(_asked(operation, resource), error=call_failed(error))
        raise


def _checked_input(parent: Stack, properties: Properties) -> StackInput:
    partition = partition_of(parent.region_name)
    body = read_template(properties["TemplateURL"], parent.account_id, partition)
    template = parse_template(body)
    check_template(template)
    parameters = {
        name: ",".join(map(text, value)) if isinstance(value, list) else text(value)
        for name, value in properties.get("Parameters", {}).items()
    }
    check_parameters(template.get("Parameters") or {}, parameters)
    return StackInput(body, template, parameters, {**parent.tags, **tags_of(properties)})


def _check(stack: Stack, wanted: str, done: str) -> None:
    if stack.status != wanted:
        reason = next(
            (
                event.resource_status_reason
                for event in stack.events[::-1]
                if event.resource_status.endswith("_FAILED") and event.resource_status_reason
            ),
            stack.status_reason,
        )
        raise ResourceError(
            f"Embedded stack {stack.stack_id} was not successfully {done}: {reason}"
        )

"""`AWS::CloudFormation::Stack`: a stack as a resource of another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.cloudformation.exceptions import UnformattedGetAttTemplateException
from moto.cloudformation.models import cloudformation_backends
from moto.utilities.utils import get_partition

from local_aws.cloudformation.backend import LocalCloudFormationBackend
from local_aws.cloudformation.handlers import ResourceError
from local_aws.cloudformation.local_models import LocalModel
from local_aws.cloudformation.stacks import Stack, StackInput
from local_aws.cloudformation.template_urls import read_template
from local_aws.cloudformation.templates import check_parameters, check_template, parse_template

Properties = Mapping[str, Any]


class NestedStack(LocalModel):
    """A stack inside another. `Ref` is its ARN, `Outputs.NAME` an attribute."""

    def __init__(self, stack: Stack) -> None:
        super().__init__(stack.stack_id)
        self.stack = stack

    @staticmethod
    def cloudformation_type() -> str:
        """AWS::CloudFormation::Stack."""
        return "AWS::CloudFormation::Stack"

    def get_cfn_attribute(self, attribute_name: str) -> Any:
        """`Outputs.NAME`."""
        values = {f"Outputs.{output.key}": output.value for output in self.stack.outputs}
        if attribute_name not in values:
            raise UnformattedGetAttTemplateException
        return values[attribute_name]

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
        **kwargs: Any,
    ) -> NestedStack:
        """Create the stack and everything in it, or fail with its reason."""
        backend = _backend(account_id, region_name)
        wanted = _input(cloudformation_json["Properties"], account_id, region_name)
        stack = backend.new_stack(resource_name, wanted)
        stack.parent = backend.find(kwargs["StackId"])
        stack.report("CREATE_IN_PROGRESS", "User Initiated")
        backend.deployment(stack).create()
        nested = cls(stack)
        _check(stack, "CREATE_COMPLETE", "created", nested)
        return nested

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: NestedStack,
        new_resource_name: str,  # noqa: ARG003 - moto's interface
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
    ) -> NestedStack:
        """Update the stack in place."""
        stack = original_resource.stack
        wanted = _input(cloudformation_json["Properties"], account_id, region_name)
        stack.report("UPDATE_IN_PROGRESS", "User Initiated")
        _backend(account_id, region_name).deployment(stack).update(wanted)
        _check(stack, "UPDATE_COMPLETE", "updated", None)
        return original_resource

    def delete(self, account_id: str, region_name: str) -> None:
        """Delete the stack and everything in it."""
        backend = _backend(account_id, region_name)
        self.stack.report("DELETE_IN_PROGRESS", "User Initiated")
        backend.deployment(self.stack).delete()
        _check(self.stack, "DELETE_COMPLETE", "deleted", None)
        backend.forget(self.stack)


def _backend(account_id: str, region_name: str) -> LocalCloudFormationBackend:
    backend = cloudformation_backends[account_id][region_name]
    assert isinstance(backend, LocalCloudFormationBackend)
    return backend


def _input(properties: Properties, account_id: str, region_name: str) -> StackInput:
    text = read_template(properties["TemplateURL"], account_id, get_partition(region_name))
    template = parse_template(text)
    check_template(template)
    parameters = {
        name: ",".join(map(str, value)) if isinstance(value, list) else str(value)
        for name, value in properties.get("Parameters", {}).items()
    }
    check_parameters(template, parameters)
    tags = {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}
    return StackInput(text, template, parameters, tags)


def _check(stack: Stack, wanted: str, done: str, created: NestedStack | None) -> None:
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
            f"Embedded stack {stack.stack_id} was not successfully {done}: {reason}", created
        )


HANDLERS = (NestedStack,)

"""What creates, updates and deletes a resource of each type.

Most types are described by their API calls (`types`); CloudFormation's own are functions and
stacks; any other that moto has a model of stays moto's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from local_aws.cloudformation.calls import OnBehalf
from local_aws.cloudformation.moto_models import moto_handler
from local_aws.cloudformation.resource_types import (
    Answer,
    Call,
    Change,
    Made,
    Naming,
    ResourceType,
    perform,
)
from local_aws.cloudformation.stacks import Resource, Stack


@dataclass(frozen=True, slots=True)
class Work:
    """What a handler works for: a stack, on somebody's behalf."""

    stack: Stack
    on_behalf: OnBehalf


class Handler(Protocol):
    """What the engine asks of a resource type.

    Handlers enter into the resource what it became: physical id and attributes, as soon as
    there are any, so that what fails half-way can be deleted again. They raise what
    `failures.reason_of` knows.
    """

    @property
    def naming(self) -> Naming:
        """How resources are named."""
        ...

    def replaces(self, current: Resource, wanted: Resource) -> bool:
        """Whether the change takes a new resource beside the old one."""
        ...

    def can_delete(self, resource: Resource) -> bool:
        """Whether there is any way to delete the resource."""
        ...

    def create(self, work: Work, resource: Resource) -> None:
        """Create it."""
        ...

    def update(self, work: Work, current: Resource, wanted: Resource) -> None:
        """Bring it to the wanted properties; another physical id leaves the old one to delete."""
        ...

    def delete(self, work: Work, resource: Resource) -> None:
        """Delete it."""
        ...


@dataclass(frozen=True, slots=True)
class Described:
    """The handler of a described type: it sends the calls of the type's plans."""

    type: ResourceType

    @property
    def naming(self) -> Naming:
        """The type's."""
        return self.type.naming

    def replaces(self, current: Resource, wanted: Resource) -> bool:
        """Whether one of the properties changes that cannot."""
        return self.type.replaces(current.properties, wanted.properties)

    def can_delete(self, resource: Resource) -> bool:  # noqa: ARG002 - a handler's method
        """Every described type can be deleted."""
        return True

    def create(self, work: Work, resource: Resource) -> None:
        """Send the calls; the resource exists from the first one that succeeds."""

        def send(call: Call) -> Answer:
            answer = work.on_behalf.send(call)
            if call.recorded and not resource.physical_id:
                resource.physical_id = resource.name
            return answer

        perform(self.type.create(_change(work, resource)), send, _enter(resource))

    def update(self, work: Work, current: Resource, wanted: Resource) -> None:
        """Send the calls that make the difference."""
        assert self.type.update is not None
        steps = self.type.update(_change(work, wanted, current))
        perform(steps, work.on_behalf.send, _enter(wanted))

    def delete(self, work: Work, resource: Resource) -> None:
        """Send the calls; what is gone already is deleted."""
        steps = self.type.delete(_change(work, resource))
        perform(steps, work.on_behalf.send, _enter(resource), gone=True)


def _enter(resource: Resource) -> Callable[[Made], None]:
    def enter(made: Made) -> None:
        resource.physical_id, resource.attributes = made.physical_id, made.attributes

    return enter


def _change(work: Work, resource: Resource, current: Resource | None = None) -> Change:
    return Change(
        name=resource.name,
        physical_id=resource.physical_id,
        properties=resource.properties,
        before=current.properties if current is not None else {},
        account_id=work.stack.account_id,
        region=work.stack.region_name,
    )


def handler_of(resource_type: str) -> Handler | None:
    """The handler of a resource type, None where the local AWS has none."""
    if resource_type.startswith("Custom::"):
        resource_type = "AWS::CloudFormation::CustomResource"
    return _handlers().get(resource_type) or moto_handler(resource_type)


@cache
def _handlers() -> dict[str, Handler]:
    from local_aws.cloudformation.custom_resources import CustomResource
    from local_aws.cloudformation.nested_stacks import NestedStack
    from local_aws.cloudformation.types import TYPES

    return {
        **{described.name: Described(described) for described in TYPES},
        "AWS::CloudFormation::CustomResource": CustomResource(),
        "AWS::CloudFormation::Stack": NestedStack(),
    }


def unsupported(logical_id: str, resource_type: str) -> str:
    """Why a resource of an unknown type fails its stack."""
    return (
        "Template contains a resource type the local AWS does not support: "
        f"{resource_type} (logical id {logical_id}). Remove it, or deploy to an account."
    )

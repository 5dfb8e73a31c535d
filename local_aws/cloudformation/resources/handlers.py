"""Handlers, which create, update and delete resources: their interface, and described types'."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from msgspec import Struct

from local_aws.cloudformation.language.schemas import create_only
from local_aws.cloudformation.language.values import tag_list, value_at
from local_aws.cloudformation.resources.calls import OnBehalf
from local_aws.cloudformation.resources.failures import NotUpdatable
from local_aws.cloudformation.resources.resource_types import (
    Answer,
    ApiCall,
    Change,
    Made,
    Naming,
    ResourceType,
    perform,
    tags_of,
)
from local_aws.cloudformation.stacks import Resource, Stack


class StackContext(Struct, frozen=True):
    """What a handler works for: a stack, on somebody's behalf.

    `undoing` means that an update undoes another one, which may have failed half-way.
    """

    stack: Stack
    on_behalf: OnBehalf
    undoing: bool = False


class Handler:
    """Creates, updates and deletes resources for the engine.

    Handlers set the resource's physical id and attributes as soon as there are any, so that one
    that fails half-way can be deleted. They raise errors that `failures.reason_of` knows.
    """

    remark: str | None = None
    """A remark for the events of its resources."""

    @property
    def naming(self) -> Naming:
        return Naming()

    def replaces(self, current: Resource, wanted: Resource) -> bool:  # noqa: ARG002 - for subclasses
        """Whether the change needs a new resource."""
        return False

    @property
    def takes_tags(self) -> bool:
        return False

    def lacks(self, names: Iterable[str]) -> list[str]:  # noqa: ARG002 - for subclasses
        """The properties of a resource that would be lost."""
        return []

    def can_delete(self, resource: Resource) -> bool:  # noqa: ARG002 - for subclasses
        """Whether there is any way to delete the resource."""
        return True

    @abstractmethod
    def create(self, work: StackContext, resource: Resource) -> None:
        """Create the resource."""

    @abstractmethod
    def update(self, work: StackContext, current: Resource, wanted: Resource) -> None:
        """Update the resource. If it gets another physical id, the old one will be deleted."""

    @abstractmethod
    def delete(self, work: StackContext, resource: Resource) -> None:
        """Delete the resource."""


HandlerOf = Callable[[str], Handler | None]
"""Gives the handler of a resource type, None if the local AWS has none."""


class Described(Struct, Handler, frozen=True):
    """The handler of a described type: it sends the calls of the type's plans."""

    type: ResourceType

    @property
    def naming(self) -> Naming:
        return self.type.naming

    @property
    def takes_tags(self) -> bool:
        return self.type.takes_tags

    def replaces(self, current: Resource, wanted: Resource) -> bool:
        """Whether a property changes that no call of the type can change."""
        return self.type.update is None or any(
            value_at(path, current.properties) != value_at(path, wanted.properties)
            for path in (*create_only(self.type.name), *self.type.replaced_by)
            if path != self.naming.by
        )

    def lacks(self, names: Iterable[str]) -> list[str]:
        """The properties that the type's plans do not send."""
        return [name for name in names if name not in self.type.properties]

    def create(self, work: StackContext, resource: Resource) -> None:
        """Send the calls. The resource exists once the first one has succeeded."""

        def send(call: ApiCall) -> Answer:
            answer = work.on_behalf.send(call)
            if call.recorded and not resource.physical_id:
                resource.physical_id = resource.name
            return answer

        perform(self.type.create(self._change(work, resource)), send, _enter(resource))
        resource.physical_id = resource.physical_id or resource.name

    def update(self, work: StackContext, current: Resource, wanted: Resource) -> None:
        """Send the calls for what differs. When undoing, what was not yet made is skipped."""
        assert self.type.update is not None
        change = self._change(work, wanted, current)
        for name in change.changed(self.type.fixed):
            raise NotUpdatable(f"{name} of {self.type.name} cannot be changed.")
        steps = self.type.update(change)
        gone = _removes if work.undoing else (lambda _: False)
        perform(steps, work.on_behalf.send, _enter(wanted), gone=gone)

    def delete(self, work: StackContext, resource: Resource) -> None:
        """Send the calls. What does not exist any more counts as deleted."""
        steps = self.type.delete(self._change(work, resource))
        perform(steps, work.on_behalf.send, _enter(resource), gone=lambda _: True)

    def _change(
        self, work: StackContext, resource: Resource, current: Resource | None = None
    ) -> Change:
        return Change(
            name=resource.name,
            physical_id=resource.physical_id,
            properties=self._tagged(work.stack, resource),
            before=self._tagged(work.stack, current) if current is not None else {},
            account_id=work.stack.account_id,
            region=work.stack.region_name,
        )

    def _tagged(self, stack: Stack, resource: Resource) -> Mapping[str, Any]:
        """The properties with the tags of the stack, which the resource's own override."""
        if not self.takes_tags:
            return resource.properties
        system = system_tags(stack, resource) if self.type.system_tags else {}
        tags = {**system, **resource.stack_tags, **tags_of(resource.properties)}
        return {**resource.properties, "Tags": tag_list(tags)} if tags else resource.properties


_REMOVING = (
    *("Cancel", "Delete", "Deregister", "Detach", "Disable", "Disassociate", "Release"),
    *("Remove", "Revoke", "Stop", "Unassign", "Unsubscribe", "Untag"),
)


def _removes(call: ApiCall) -> bool:
    """Whether a call removes something, which may never have existed."""
    return call.operation.startswith(_REMOVING)


def _enter(resource: Resource) -> Callable[[Made], None]:
    def enter(made: Made) -> None:
        resource.physical_id, resource.attributes = made.physical_id, made.attributes

    return enter


def system_tags(stack: Stack, resource: Resource) -> dict[str, str]:
    """The tags that CloudFormation itself adds (User Guide, "Resource tag")."""
    return {
        "aws:cloudformation:stack-name": stack.name,
        "aws:cloudformation:stack-id": stack.stack_id,
        "aws:cloudformation:logical-id": resource.logical_id,
    }

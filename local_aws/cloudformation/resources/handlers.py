"""What creates, updates and deletes a resource: the engine's side, and that of described types."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from local_aws.cloudformation.resources.calls import OnBehalf
from local_aws.cloudformation.resources.resource_types import (
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
    """What a handler works for: a stack, on somebody's behalf.

    `undoing`: an update takes back one that may have failed half-way.
    """

    stack: Stack
    on_behalf: OnBehalf
    undoing: bool = False


class Handler:
    """What creates, updates and deletes resources, as the engine asks for it.

    Handlers enter into the resource what it became: physical id and attributes, as soon as
    there are any, so that what fails half-way can be deleted again. They raise what
    `failures.reason_of` knows.
    """

    remark: str | None = None
    """What the events of its resources say, if anything is to be said."""

    @property
    def naming(self) -> Naming:
        """How resources are named."""
        return Naming()

    def replaces(self, current: Resource, wanted: Resource) -> bool:  # noqa: ARG002 - for subclasses
        """Whether the change takes a new resource beside the old one."""
        return False

    def can_delete(self, resource: Resource) -> bool:  # noqa: ARG002 - for subclasses
        """Whether there is any way to delete the resource."""
        return True

    @abstractmethod
    def create(self, work: Work, resource: Resource) -> None:
        """Create it."""

    @abstractmethod
    def update(self, work: Work, current: Resource, wanted: Resource) -> None:
        """Bring it to the wanted properties; another physical id leaves the old one to delete."""

    @abstractmethod
    def delete(self, work: Work, resource: Resource) -> None:
        """Delete it."""


@dataclass(frozen=True, slots=True)
class Described(Handler):
    """The handler of a described type: it sends the calls of the type's plans."""

    type: ResourceType

    @property
    def naming(self) -> Naming:
        """The type's."""
        return self.type.naming

    def replaces(self, current: Resource, wanted: Resource) -> bool:
        """Whether one of the properties changes that cannot."""
        return self.type.update is None or any(
            _at(path, current.properties) != _at(path, wanted.properties)
            for path in self.type.replaced_by
        )

    def create(self, work: Work, resource: Resource) -> None:
        """Send the calls; the resource exists from the first one that succeeds."""

        def send(call: Call) -> Answer:
            answer = work.on_behalf.send(call)
            if call.recorded and not resource.physical_id:
                resource.physical_id = resource.name
            return answer

        perform(self.type.create(_change(work, resource)), send, _enter(resource))
        resource.physical_id = resource.physical_id or resource.name

    def update(self, work: Work, current: Resource, wanted: Resource) -> None:
        """Send the calls that make the difference; what was not yet made needs no undoing."""
        assert self.type.update is not None
        steps = self.type.update(_change(work, wanted, current))
        perform(steps, work.on_behalf.send, _enter(wanted), gone=work.undoing)

    def delete(self, work: Work, resource: Resource) -> None:
        """Send the calls; what is gone already is deleted."""
        steps = self.type.delete(_change(work, resource))
        perform(steps, work.on_behalf.send, _enter(resource), gone=True)


def _at(path: str, properties: Any) -> Any:
    """The value at a path such as `TableInput.Name`."""
    for name in path.split("."):
        properties = properties.get(name) if isinstance(properties, Mapping) else None
    return properties


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

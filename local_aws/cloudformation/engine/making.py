"""One resource: its properties, its name, and its handler's operations."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from local_aws.cloudformation.engine.resolving import Resolver
from local_aws.cloudformation.engine.stores import CalledStores
from local_aws.cloudformation.language import schemas
from local_aws.cloudformation.language.dynamic_references import with_secrets
from local_aws.cloudformation.resources.attributes import attribute_of
from local_aws.cloudformation.resources.failures import NotUpdatable, ResourceError
from local_aws.cloudformation.resources.handlers import Handler, HandlerOf, StackContext
from local_aws.cloudformation.stacks import Resource


class Making(Struct, frozen=True):
    """What an operation on a stack does to one of its resources. `work` is its context."""

    work: StackContext
    stores: CalledStores
    handler_of: HandlerOf

    def handler(self, resource_type: str) -> Handler:
        """The handler of a type; raises ResourceError if there is none."""
        handler = self.handler_of(resource_type)
        if handler is None:
            raise ResourceError(f"The local AWS does not support {resource_type}")
        return handler

    def lacking(self, resolver: Resolver, resource: Resource) -> str:
        """A sentence that says what the local AWS does not have of a resource; empty if it has
        all."""
        handler = self.handler_of(resource.type)
        if handler is None:
            return (
                "Template contains a resource type the local AWS does not support: "
                f"{resource.type} (logical id {resource.logical_id}). Remove it, deploy to an "
                "account, or start the local AWS with --unknown-types ignore to continue without "
                "it."
            )
        given = resolver.given(resource.definition)
        names = handler.lacks(name for name in given if schemas.has_property(resource.type, name))
        if not names:
            return ""
        return (
            f"The local AWS does not have {', '.join(names)} of {resource.type}: remove it, or "
            "deploy to an account."
        )

    def enter_properties(self, resolver: Resolver, resource: Resource) -> None:
        """Set a resource's properties from its definition.

        Raises ResourceError for invalid ones.
        """
        given = resolver.resolve(copy.deepcopy(resource.definition.get("Properties", {})))
        problems = schemas.problems(resource.type, given)
        if not isinstance(given, dict):  # only possible for types without a schema
            problems = problems or ["#: expected type: JSONObject"]
        if problems:
            found = "\n".join(problems)
            raise ResourceError(
                f"Properties validation failed for resource {resource.logical_id} with message:\n"
                f"{found}"
            )
        resource.properties = schemas.typed(resource.type, given)

    def name(self, resource: Resource) -> str:
        """The name with which the resource will be created."""
        naming = self.handler(resource.type).naming
        with self._opened(resource):
            return naming.name(self.work.stack.name, resource.logical_id, resource.properties)

    def changes_tags(self, current: Resource, wanted: Resource) -> bool:
        """Whether the stack's tags on a resource change."""
        return wanted.stack_tags != current.stack_tags and self.handler(wanted.type).takes_tags

    def needs_replacement(self, current: Resource, wanted: Resource) -> bool:
        """Whether the update needs a new resource. If so, `wanted` becomes that one."""
        handler = self.handler(wanted.type)
        with self._opened(wanted):
            given = handler.naming.given(wanted.properties)
        renamed = given is not None and given != current.name
        replaced = handler.replaces(current, wanted)
        if replaced and given == current.name:
            raise NotUpdatable(
                "CloudFormation cannot update a stack when a custom-named resource requires "
                f"replacing. Rename {given} and update the stack again."
            )
        if renamed or replaced:
            wanted.name = self.name(wanted)
            wanted.physical_id, wanted.attributes, wanted.model = "", {}, None
        return renamed or replaced

    def create(self, resource: Resource) -> None:
        with self._opened(resource):
            self.handler(resource.type).create(self.work, resource)

    def update(self, current: Resource, wanted: Resource, *, undoing: bool = False) -> None:
        """Have the handler update the resource to the wanted properties, or undo an update."""
        with self._opened(current, wanted):
            work = replace(self.work, undoing=undoing)
            self.handler(wanted.type).update(work, current, wanted)

    def delete(self, resource: Resource) -> None:
        with self._opened(resource):
            self.handler(resource.type).delete(self.work, resource)

    def look(self, resource: Resource, name: str) -> Any:
        """The value that `Fn::GetAtt` gives for the attribute `name`."""
        return attribute_of(resource, name, self.work.on_behalf)

    @contextmanager
    def _opened(self, *resources: Resource) -> Iterator[None]:
        """Within the block, handlers see the secrets that properties refer to.

        New ones are read now.
        """
        kept = [resource.properties for resource in resources]
        for resource in resources:
            if resource.opened is None:
                opened = with_secrets(resource.properties, self.stores)
                resource.opened = schemas.typed(resource.type, opened)
            resource.properties = resource.opened
        try:
            yield
        finally:
            for resource, properties in zip(resources, kept, strict=True):
                resource.properties = properties

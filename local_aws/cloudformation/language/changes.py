"""What an update would do to a stack's resources, as far as the templates show.

Source: CloudFormation API Reference, ResourceChange, ResourceChangeDetail and
ResourceTargetDefinition. AWS's schemas say which properties require a new resource.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from local_aws.cloudformation.language import schemas
from local_aws.cloudformation.language.references import (
    Reference,
    conditions,
    creation_order,
    references,
)

Definitions = Mapping[str, Mapping[str, Any]]


class Detail(Struct, frozen=True):
    """Why a resource changes: where, by what, and whether that needs a new resource.

    A `dynamic` detail depends on another resource's new value, so it may be no change at all.
    """

    attribute: str
    source: str
    name: str | None = None
    recreation: str = "Never"
    cause: str | None = None

    @property
    def dynamic(self) -> bool:
        """Whether the value is only known once another resource exists."""
        return self.source.startswith("Resource")


class ResourceChange(Struct, frozen=True):
    """What an update would do to one resource: `Add`, `Modify` or `Remove`."""

    action: str
    logical_id: str
    type: str
    details: tuple[Detail, ...] = ()

    @property
    def scope(self) -> list[str]:
        """The attributes that change."""
        return list(dict.fromkeys(detail.attribute for detail in self.details))

    @property
    def replacement(self) -> str | None:
        """Whether a new resource is created; None if the resource is not modified."""
        if self.action != "Modify":
            return None
        certain = [each for each in self.details if each.recreation == "Always"]
        if any(not detail.dynamic for detail in certain):
            return "True"
        perhaps = any(detail.recreation == "Conditionally" for detail in self.details)
        return "Conditional" if certain or perhaps else "False"


def changes(
    old: Definitions,
    new: Definitions,
    changed_parameters: Iterable[str] = (),
    declared: Mapping[str, Any] | None = None,
) -> list[ResourceChange]:
    """Changes from one set of resources to another, additions first, removals last.

    A resource is also modified if a parameter that it refers to has changed, directly or through
    one of the `declared` conditions, or if it depends on a resource that is modified.
    """
    causes = _Causes(frozenset(changed_parameters), declared or {}, {})
    for logical_id in creation_order(new):
        if logical_id in old:
            details = tuple(_details(old[logical_id], new[logical_id], causes))
            if details:
                change = ResourceChange("Modify", logical_id, new[logical_id]["Type"], details)
                causes.modified[logical_id] = change
    added = [ResourceChange("Add", name, new[name]["Type"]) for name in new if name not in old]
    removed = [ResourceChange("Remove", name, old[name]["Type"]) for name in old if name not in new]
    return [*added, *causes.modified.values(), *removed]


class _Causes(Struct, frozen=True):
    """Which of a template's names have changed."""

    parameters: frozenset[str]
    declared: Mapping[str, Any]
    modified: dict[str, ResourceChange]

    def of(self, value: Any) -> Iterator[tuple[str, str]]:
        """Why a value changes although both templates have it: the source, and the cause's name."""
        for name in conditions(value):
            yield from self._of_condition(name)
        for reference in references(value):
            yield from self._of_reference(reference)

    def _of_reference(self, reference: Reference) -> Iterator[tuple[str, str]]:
        if reference.name in self.parameters:
            yield "ParameterReference", reference.name
        change = self.modified.get(reference.name)
        if change is None:
            return
        if reference.attribute is not None:
            yield "ResourceAttribute", f"{reference.name}.{reference.attribute}"
        elif change.replacement != "False":
            yield "ResourceReference", reference.name

    def _of_condition(self, name: str) -> Iterator[tuple[str, str]]:
        definition = self.declared.get(name, {})
        for reference in references(definition):
            if reference.name in self.parameters:
                yield "ParameterReference", reference.name
        for inner in conditions(definition):
            if inner != name:
                yield from self._of_condition(inner)


def _details(old: Mapping[str, Any], new: Mapping[str, Any], causes: _Causes) -> Iterator[Detail]:
    before, now = old.get("Properties", {}), new.get("Properties", {})
    for name in {**before, **now}:
        attribute = "Tags" if name == "Tags" else "Properties"
        recreation = schemas.recreation(new["Type"], name)
        if before.get(name) != now.get(name):
            yield Detail(attribute, "DirectModification", name, recreation)
        for source, cause in dict.fromkeys(causes.of(now.get(name))):
            yield Detail(attribute, source, name, recreation, cause)
    for part in ("Metadata", "DeletionPolicy", "UpdateReplacePolicy", "CreationPolicy"):
        if old.get(part) != new.get(part):
            yield Detail(part, "DirectModification")

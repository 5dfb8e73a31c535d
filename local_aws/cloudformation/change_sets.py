"""Change sets: an update that waits to be looked at and executed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from local_aws.cloudformation.language.references import creation_order, references
from local_aws.cloudformation.stacks import Stack, StackInput, now

NO_CHANGES = (
    "The submitted information didn't contain changes. "
    "Submit different information to create a change set."
)
EXECUTED = "EXECUTE_COMPLETE"


@dataclass(frozen=True, slots=True)
class Change:
    """What an update would do to one resource: `Add`, `Modify` or `Remove`."""

    action: str
    logical_id: str
    type: str
    scope: tuple[str, ...] = ()


def changes(
    old: Mapping[str, Mapping[str, Any]],
    new: Mapping[str, Mapping[str, Any]],
    changed_parameters: Iterable[str] = (),
) -> list[Change]:
    """Changes from one `Resources` section to another, additions first, removals last.

    A resource is modified too where a parameter it refers to has changed, or where it
    refers to a resource that is modified.
    """
    touched = set(changed_parameters)
    modified = []
    for logical_id in creation_order(new):
        if logical_id not in old:
            continue
        scope = _scope(old[logical_id], new[logical_id], touched)
        if scope:
            touched.add(logical_id)
            modified.append(Change("Modify", logical_id, new[logical_id]["Type"], scope))
    added = [Change("Add", name, new[name]["Type"]) for name in new if name not in old]
    removed = [Change("Remove", name, old[name]["Type"]) for name in old if name not in new]
    return [*added, *modified, *removed]


def _scope(old: Mapping[str, Any], new: Mapping[str, Any], touched: set[str]) -> tuple[str, ...]:
    scope = [
        part
        for part in ("Properties", "Metadata", "DeletionPolicy", "UpdateReplacePolicy")
        if old.get(part) != new.get(part)
    ]
    if "Properties" not in scope:
        used = {reference.name for reference in references(new.get("Properties", {}))}
        if used & touched:
            scope.insert(0, "Properties")
    if old["Type"] != new["Type"] and "Properties" not in scope:
        scope.insert(0, "Properties")
    return tuple(scope)


@dataclass(slots=True)
class ChangeSet:
    """A change set of a stack; `type` is CREATE or UPDATE."""

    change_set_id: str
    name: str
    type: str
    stack: Stack
    wanted: StackInput
    changes: list[Change]
    description: str | None = None
    on_failure: str | None = None
    status: str = "CREATE_COMPLETE"
    status_reason: str | None = None
    execution_status: str = "AVAILABLE"
    creation_time: datetime = field(default_factory=now)


def change_set(
    change_set_id: str,
    name: str,
    kind: str,
    stack: Stack,
    wanted: StackInput,
    description: str | None,
) -> ChangeSet:
    """A change set with its changes worked out; FAILED where there are none."""
    current = stack.input if kind == "UPDATE" else None
    changed = [
        key
        for key in {**wanted.parameters, **(current.parameters if current else {})}
        if current and current.parameters.get(key) != wanted.parameters.get(key)
    ]
    found = changes(current.resources if current else {}, wanted.resources, changed)
    created = ChangeSet(change_set_id, name, kind, stack, wanted, found, description)
    if current is not None and wanted.same_as(current) and stack.status != "UPDATE_FAILED":
        created.status, created.status_reason = "FAILED", NO_CHANGES
        created.execution_status = "UNAVAILABLE"
    return created

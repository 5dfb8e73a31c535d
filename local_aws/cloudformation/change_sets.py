"""Change sets: an update that waits to be reviewed and executed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from local_aws.cloudformation.language.changes import ResourceChange, changes
from local_aws.cloudformation.stacks import Stack, StackInput, now

NO_CHANGES = (
    "The submitted information didn't contain changes. "
    "Submit different information to create a change set."
)
EXECUTED = "EXECUTE_COMPLETE"


@dataclass(slots=True)
class ChangeSet:
    """A change set of a stack; `type` is CREATE or UPDATE."""

    change_set_id: str
    name: str
    type: str
    stack: Stack
    wanted: StackInput
    changes: list[ResourceChange]
    description: str | None = None
    on_failure: str | None = None
    status: str = "CREATE_COMPLETE"
    status_reason: str | None = None
    execution_status: str = "AVAILABLE"
    creation_time: datetime = field(default_factory=now)

    def fail(self, reason: str) -> None:
        """Set the status FAILED: the change set cannot be executed."""
        self.status, self.status_reason = "FAILED", reason
        self.execution_status = "UNAVAILABLE"


def change_set(
    change_set_id: str,
    name: str,
    kind: str,
    stack: Stack,
    wanted: StackInput,
    description: str | None,
) -> ChangeSet:
    """A change set with its changes; FAILED if there are none."""
    current = stack.input if kind == "UPDATE" else None
    changed = [
        key
        for key in {**wanted.parameters, **(current.parameters if current else {})}
        if current and current.parameters.get(key) != wanted.parameters.get(key)
    ]
    found = changes(
        current.held if current else {},
        wanted.held,
        changed,
        wanted.template.get("Conditions"),
    )
    created = ChangeSet(change_set_id, name, kind, stack, wanted, found, description)
    if current is not None and wanted.same_as(current) and stack.status != "UPDATE_FAILED":
        created.fail(NO_CHANGES)
    return created

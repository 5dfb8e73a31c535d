"""CloudFormation's stacks and change sets of one account and Region."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from moto.cloudformation.models import CloudFormationBackend
from moto.cloudformation.utils import generate_changeset_id, generate_stack_id

from local_aws.cloudformation import background
from local_aws.cloudformation.change_sets import EXECUTED, ChangeSet, change_set
from local_aws.cloudformation.engine.operation import StackOperation
from local_aws.cloudformation.engine.resolving import Resolver
from local_aws.cloudformation.engine.stores import CalledStores
from local_aws.cloudformation.exceptions import (
    AlreadyExistsException,
    ChangeSetNotFoundException,
    InvalidChangeSetStatusException,
    ValidationError,
)
from local_aws.cloudformation.language.parameters import missing
from local_aws.cloudformation.resources.calls import Services, on_behalf_of
from local_aws.cloudformation.resources.handlers import HandlerOf
from local_aws.cloudformation.stack_sets.sets import StackSet
from local_aws.cloudformation.stacks import (
    Resource,
    Stack,
    StackInput,
    exports_of,
    importers_of,
)
from local_aws.recording.callers import Credential

logger = logging.getLogger(__name__)

_UPDATABLE = frozenset(
    {
        "CREATE_COMPLETE",
        "IMPORT_COMPLETE",
        "UPDATE_COMPLETE",
        "UPDATE_FAILED",
        "UPDATE_ROLLBACK_COMPLETE",
    }
)
_STACK_NAME = re.compile(r"[a-zA-Z][-a-zA-Z0-9]*")


class LocalCloudFormationBackend(CloudFormationBackend):
    """moto's backend with real operations on stacks and stack sets."""

    stacks: dict[str, Stack]  # type: ignore[assignment]
    deleted_stacks: dict[str, Stack]  # type: ignore[assignment]
    change_sets: dict[str, ChangeSet]  # type: ignore[assignment]

    services: Services
    handler_of: HandlerOf
    """Take the API calls of stack operations, and know which. `backend_with` makes a class with
    them."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self._lock = threading.RLock()
        self.stack_sets: dict[str, StackSet] = {}
        self.deleted_stack_sets: list[StackSet] = []

    @property
    def _url_module(self) -> Any:
        from moto.cloudformation import urls

        return urls

    # --- stacks --------------------------------------------------------------------------

    def find(self, name_or_id: str) -> Stack | None:
        """The stack with a name or id; deleted stacks are only found by their id."""
        for stack in list(self.stacks.values()):
            if name_or_id in {stack.name, stack.stack_id}:
                return stack
        return self.deleted_stacks.get(name_or_id)

    def get_stack(  # type: ignore[override]
        self, name_or_stack_id: str, called: str = "Stack with id {}"
    ) -> Stack:
        """The stack. Raises ValidationError if there is none.

        `called` is how the operation's error names the stack.
        """
        stack = self.find(name_or_stack_id)
        if stack is None:
            raise ValidationError(f"{called.format(name_or_stack_id)} does not exist")
        return stack

    # Source of "Stack: {}" in the errors of these two: moto's tests.

    def get_stack_policy(self, stack_name: str) -> str:
        """The stack's policy, empty if it has none."""
        return self.get_stack(stack_name, "Stack: {}").policy

    def set_stack_policy(self, stack_name: str, policy_body: str) -> None:
        """Set the stack's policy, which nothing here enforces."""
        self.get_stack(stack_name, "Stack: {}").policy = policy_body

    def new_stack(self, name: str, wanted: StackInput) -> Stack:
        """Register a new stack. Raises AlreadyExistsException if the name is taken."""
        with self._lock:
            if self.find(name) is not None:
                raise AlreadyExistsException(f"Stack [{name}] already exists")
            stack_id = generate_stack_id(name, self.region_name, self.account_id)
            stack = Stack(stack_id, name, self.account_id, self.region_name, wanted)
            self.stacks[stack_id] = stack
        return stack

    def start_create(self, stack: Stack, caller: Credential | None) -> None:
        """Create a stack's resources in the background, on the caller's behalf."""
        stack.report("CREATE_IN_PROGRESS", "User Initiated")
        self._start(stack, caller, stack.input.role_arn, StackOperation.create)

    def start_update(self, stack: Stack, wanted: StackInput, caller: Credential | None) -> None:
        """Update a stack in the background. Raises ValidationError if its state forbids that."""
        with self._lock:
            check_updatable(stack)
            check_types(stack.input, wanted)
            stack.is_cancelled = False
            stack.report("UPDATE_IN_PROGRESS", "User Initiated")
        self._start(stack, caller, wanted.role_arn, lambda work: work.update(wanted))

    def start_rollback(
        self,
        stack: Stack,
        caller: Credential | None,
        role_arn: str | None,
        skipped: frozenset[str] = frozenset(),
    ) -> None:
        """Undo the rest of a stack's failed operation in the background."""
        with self._lock:
            kind = "" if stack.status == "CREATE_FAILED" else "UPDATE_"
            stack.report(f"{kind}ROLLBACK_IN_PROGRESS", "User Initiated")
        role = role_arn or stack.input.role_arn
        self._start(stack, caller, role, lambda work: work.go_back(skipped))

    def start_delete(
        self,
        stack: Stack,
        retained: Iterable[str],
        caller: Credential | None,
        role_arn: str | None,
    ) -> None:
        """Delete a stack in the background. Raises ValidationError if that is not allowed now.

        `role_arn` replaces the stack's own role.
        """
        with self._lock:
            if stack.status in {"DELETE_COMPLETE", "DELETE_IN_PROGRESS"}:
                return
            self._check_deletable(stack)
            stack.report("DELETE_IN_PROGRESS", "User Initiated")
        role, kept = role_arn or stack.input.role_arn, list(retained)
        self._start(stack, caller, role, lambda work: work.delete(kept))

    def checked(self, stack: Stack, wanted: StackInput, caller: Credential | None) -> StackInput:
        """The input with what it reads from Parameter Store.

        Raises ValidationError for values that CloudFormation refuses before it starts.
        """
        stores = self._stores(caller)
        exports = exports_of(self.stacks)
        resolver = Resolver(stack, wanted, {}, exports, stores, Resource.attribute)
        resolver.check()
        left_out = frozenset(
            logical_id
            for logical_id, definition in wanted.resources.items()
            if not resolver.holds(definition)
        )
        return replace(wanted, read=stores.read, left_out=left_out)

    def _stores(self, caller: Credential | None) -> CalledStores:
        """The stores for a check before the operation."""
        on_behalf = on_behalf_of(caller, self.account_id, self.region_name, self.services)
        return CalledStores(on_behalf, recorded=False)

    def deployment(self, stack: Stack) -> StackOperation:
        """An operation on a stack of this backend."""
        on_behalf = stack.root.on_behalf
        assert on_behalf is not None
        return StackOperation(stack, self.stacks, on_behalf, self.handler_of)

    def _start(
        self,
        stack: Stack,
        caller: Credential | None,
        role_arn: str | None,
        work: Callable[[StackOperation], None],
    ) -> None:
        """Start an operation for the caller, or in the role if there is one, including nested
        stacks."""
        on_behalf = on_behalf_of(caller, self.account_id, self.region_name, self.services)
        stack.on_behalf = on_behalf.as_role(role_arn) if role_arn else on_behalf
        operation = self.deployment(stack)
        background.start(lambda: self._finish(stack, lambda: work(operation)), stack.stack_id)

    def _finish(self, stack: Stack, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:
            logger.exception("an operation on stack %s broke", stack.name)
            stack.report(_broken(stack.status), f"Internal failure of the local AWS: {error!r}")
        if stack.status == "DELETE_COMPLETE":
            self.forget(stack)

    def forget(self, stack: Stack) -> None:
        """Move a stack to the deleted ones, which are only found by their id."""
        with self._lock:
            self.stacks.pop(stack.stack_id, None)
            self.deleted_stacks[stack.stack_id] = stack
            for change_set_id, found in list(self.change_sets.items()):
                if found.stack is stack:
                    del self.change_sets[change_set_id]

    def _check_deletable(self, stack: Stack) -> None:
        if stack.enable_termination_protection:
            raise ValidationError(
                f"Stack [{stack.stack_id}] cannot be deleted while TerminationProtection is enabled"
            )
        if stack.status.endswith("_IN_PROGRESS") and stack.status != "REVIEW_IN_PROGRESS":
            raise ValidationError(
                f"Stack [{stack.name}] cannot be deleted while in status {stack.status}"
            )
        for export in stack.exports:
            importers = importers_of(export.name, self.stacks)
            if importers:
                raise ValidationError(
                    f"Cannot delete export {export.name} as it is in use by {', '.join(importers)}"
                )

    # --- change sets ---------------------------------------------------------------------

    def new_change_set(
        self,
        name: str,
        kind: str,
        stack: Stack,
        wanted: StackInput,
        description: str | None,
        caller: Credential | None,
    ) -> ChangeSet:
        """Register a change set.

        Raises AlreadyExistsException if the stack has an open one of its name.
        """
        slots = wanted.template.get("Parameters") or {}
        refused = missing(slots, wanted.values, self._stores(caller).exists)
        with self._lock:
            if any(each.execution_status != EXECUTED for each in self._change_sets(name, stack)):
                raise AlreadyExistsException(f"ChangeSet {name} already exists")
            if kind == "UPDATE":
                check_types(stack.input, wanted)
            change_set_id = generate_changeset_id(name, self.region_name, self.account_id)
            created = change_set(change_set_id, name, kind, stack, wanted, description)
            if refused:
                created.fail(refused)
            self.change_sets[change_set_id] = created
        return created

    def find_change_set(self, name_or_id: str, stack_name: str | None) -> ChangeSet | None:
        """The change set with an id, or the latest with a name and stack; None if there is none."""
        if name_or_id.startswith("arn:"):
            return self.change_sets.get(name_or_id)
        if not stack_name:
            raise ValidationError(
                "StackName must be specified if ChangeSetName is not specified as an ARN."
            )
        matching = self._change_sets(name_or_id, self.get_stack(stack_name))
        return matching[-1] if matching else None

    def _change_sets(self, name: str, stack: Stack) -> list[ChangeSet]:
        """A stack's change sets with a name: an executed one frees its name
        (elias5000/clouds-aws#9)."""
        return [
            each
            for each in list(self.change_sets.values())
            if each.name == name and each.stack is stack
        ]

    def get_change_set(self, name_or_id: str, stack_name: str | None) -> ChangeSet:
        """The change set. Raises ChangeSetNotFoundException if there is none."""
        found = self.find_change_set(name_or_id, stack_name)
        if found is None:
            raise ChangeSetNotFoundException(f"ChangeSet [{name_or_id}] does not exist")
        return found

    def start_change_set(self, found: ChangeSet, caller: Credential | None) -> None:
        """Execute a change set in the background, on the caller's behalf.

        This deletes the stack's other change sets: they do not fit the changed stack
        (API/ExecuteChangeSet).
        """
        with self._lock:
            if found.status != "CREATE_COMPLETE" or found.execution_status != "AVAILABLE":
                status = "FAILED" if found.status == "FAILED" else found.execution_status
                raise InvalidChangeSetStatusException(
                    f"ChangeSet [{found.change_set_id}] cannot be executed in its current status "
                    f"of [{status}]"
                )
            found.execution_status = EXECUTED
            for each in list(self.change_sets.values()):
                if each.stack is found.stack and each.execution_status != EXECUTED:
                    del self.change_sets[each.change_set_id]
        found.stack.change_set_id = found.change_set_id
        if found.type == "CREATE":
            found.stack.input = found.wanted
            self.start_create(found.stack, caller)
        else:
            self.start_update(found.stack, found.wanted, caller)


def backend_with(services: Services, handler_of: HandlerOf) -> type[LocalCloudFormationBackend]:
    """A class of the backend with these two. moto creates the instances itself."""
    return type(
        LocalCloudFormationBackend.__name__,
        (LocalCloudFormationBackend,),
        {"services": services, "handler_of": staticmethod(handler_of)},
    )


def _broken(status: str) -> str:
    """The final status for an operation that failed because of a bug here."""
    kinds = ("UPDATE_ROLLBACK", "ROLLBACK", "UPDATE", "DELETE")
    kind = next((kind for kind in kinds if status.startswith(kind)), "CREATE")
    return f"{kind}_FAILED"


def check_name(member: str, name: str) -> None:
    """Raise ValidationError for a name that no stack, change set or stack set can have.

    `member` is its name in the error, such as `stackName`.
    """
    broken = None
    if not _STACK_NAME.fullmatch(name):
        broken = "satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"
    elif len(name) > 128:
        broken = "have length less than or equal to 128"
    if broken:
        raise ValidationError(
            f"1 validation error detected: Value '{name}' at '{member}' failed to satisfy "
            f"constraint: Member must {broken}"
        )


def check_updatable(stack: Stack) -> None:
    """Raise ValidationError for a stack in a state that forbids updates."""
    if stack.status not in _UPDATABLE:
        raise ValidationError(
            f"Stack:{stack.stack_id} is in {stack.status} state and can not be updated."
        )


def check_types(current: StackInput, wanted: StackInput) -> None:
    """Raise ValidationError if a logical id would change its type."""
    changed = [
        logical_id
        for logical_id, definition in wanted.resources.items()
        if logical_id in current.resources
        and current.resources[logical_id]["Type"] != definition["Type"]
    ]
    if changed:
        raise ValidationError(
            "Update of resource type is not permitted. The new template modifies resource type "
            f"of the following resources: [{', '.join(changed)}]"
        )

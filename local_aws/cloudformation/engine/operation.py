"""What CloudFormation does to a stack: create, update, delete, roll back.

Resources are created and changed one after another in dependency order and deleted in
reverse. Each operation ends in one of CloudFormation's final statuses and never raises:
a failure is an event with its reason, and a status.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from local_aws.cloudformation.engine.deleting import Deleting, log_internal
from local_aws.cloudformation.engine.making import Making
from local_aws.cloudformation.engine.resolving import Resolver
from local_aws.cloudformation.engine.stores import CalledStores
from local_aws.cloudformation.language.parameters import missing
from local_aws.cloudformation.language.references import creation_order
from local_aws.cloudformation.resources.calls import OnBehalf
from local_aws.cloudformation.resources.failures import (
    NotUpdatable,
    reason_of,
)
from local_aws.cloudformation.resources.handlers import HandlerOf, StackContext
from local_aws.cloudformation.stacks import (
    STACK_TYPE,
    Output,
    Resource,
    Stack,
    StackInput,
    StackStep,
    WayBack,
    exports_of,
    importers_of,
)

_REPLACING = (
    "Requested update requires the creation of a new physical resource; hence creating one."
)


class _Failure(Exception):
    """The operation cannot go on; the text is the stack's reason."""


class StackOperation:
    """One operation on one stack.

    `stacks` are those of the account and Region, by their ids; `on_behalf` makes the API calls,
    and `handler_of` knows which.
    """

    def __init__(
        self,
        stack: Stack,
        stacks: Mapping[str, Stack],
        on_behalf: OnBehalf,
        handler_of: HandlerOf,
    ) -> None:
        self._stack = stack
        self._stacks = stacks
        self._stores = CalledStores(on_behalf)
        self._making = Making(StackContext(stack, on_behalf), self._stores, handler_of)
        self._deleting = Deleting(stack, self._making)
        self._steps: list[StackStep] = []
        self._replaced: list[Resource] = []

    def create(self) -> None:
        """Create every resource; on failure do what `on_failure` says."""
        stack = self._stack
        try:
            resolver = self._resolver()
            for logical_id in creation_order(stack.input.resources):
                self._create_if_wanted(resolver, logical_id)
            stack.outputs = self._outputs(resolver)
        except _Failure as failure:
            self._after_failed_create(str(failure))
        else:
            stack.report("CREATE_COMPLETE")

    def update(self, wanted: StackInput) -> None:
        """Change the stack to what is wanted; on failure do what `on_failure` says."""
        stack = self._stack
        if stack.way_back is None:
            stack.way_back = WayBack(stack.input, self._steps, self._replaced)
        else:  # continues an update that failed and was not rolled back
            self._steps, self._replaced = stack.way_back.steps, stack.way_back.replaced
        stack.input = wanted
        try:
            resolver = self._resolver()
            removed = self._apply(resolver)
            stack.outputs = self._outputs(resolver)
        except _Failure as failure:
            self._after_failed_update(str(failure))
            return
        stack.way_back = None
        stack.report("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
        self._deleting.clean_up(removed, "DeletionPolicy")
        self._deleting.clean_up(self._replaced, "UpdateReplacePolicy")
        stack.report("UPDATE_COMPLETE")

    def delete(self, retained: Iterable[str] = ()) -> None:
        """Delete every resource, dependants first; `retained` logical ids are kept."""
        stack = self._stack
        failed = self._deleting.delete_all(set(retained))
        if failed:
            stack.report("DELETE_FAILED", _failed_to("delete", failed))
        else:
            stack.report("DELETE_COMPLETE")

    # --- creating and changing -----------------------------------------------------------

    def _resolver(self) -> Resolver:
        stack = self._stack
        slots = stack.input.template.get("Parameters") or {}
        refused = missing(slots, stack.input.values, self._stores.exists)
        if refused:
            raise _Failure(refused)
        with self._stack_failures():
            resolver = Resolver(
                stack,
                stack.input,
                stack.resources,
                exports_of(self._stacks),
                self._stores,
                self._making.look,
            )
            unknown_exports = resolver.missing_exports()
        if unknown_exports:
            raise _Failure(f"No export named {unknown_exports[0]} found.")
        self._refuse_what_is_lacking(resolver)
        return resolver

    def _refuse_what_is_lacking(self, resolver: Resolver) -> None:
        """Fail before anything is created, and name everything that the local AWS does not have."""
        stack = self._stack
        failed = []
        for logical_id, definition in stack.input.resources.items():
            resource = Resource(logical_id, definition["Type"], definition)
            reason = self._making.lacking(resolver, resource) if resolver.holds(definition) else ""
            if reason:
                verb = "UPDATE" if logical_id in stack.resources else "CREATE"
                stack.report_resource(
                    stack.resources.get(logical_id, resource), f"{verb}_FAILED", reason
                )
                failed.append(logical_id)
        if failed:
            raise _Failure(_failed_to("create", failed))

    def _create_if_wanted(self, resolver: Resolver, logical_id: str) -> None:
        definition = self._stack.input.resources[logical_id]
        if resolver.holds(definition):
            resource = self._new_resource(resolver, logical_id, definition)
            self._create(resource)
            resolver.add(logical_id, resource)

    def _new_resource(
        self, resolver: Resolver, logical_id: str, definition: Mapping[str, Any]
    ) -> Resource:
        tags = self._stack.tags
        resource = Resource(logical_id, definition["Type"], definition, stack_tags=tags)
        with self._resource_failures(resource, "CREATE"):
            self._making.enter_properties(resolver, resource)
            resource.name = self._making.name(resource)
        return resource

    def _create(self, resource: Resource) -> None:
        self._stack.report_resource(resource, "CREATE_IN_PROGRESS")
        try:
            with self._resource_failures(resource, "CREATE"):
                self._make(resource)
        finally:
            if resource.physical_id:  # a resource that failed half-way also belongs to the stack
                self._stack.resources[resource.logical_id] = resource
                self._steps.append(StackStep(None, resource))
        remark = self._making.handler(resource.type).remark
        self._stack.report_resource(resource, "CREATE_COMPLETE", remark)

    def _make(self, resource: Resource) -> None:
        self._making.create(resource)
        self._stack.report_resource(resource, resource.status, "Resource creation Initiated")

    def _apply(self, resolver: Resolver) -> list[Resource]:
        """Create and update in dependency order; return the resources that are no longer wanted."""
        stack = self._stack
        wanted = stack.input.resources
        order = creation_order(wanted)
        for logical_id in order:
            if stack.is_cancelled:
                raise _Failure("Stack update cancelled by user.")
            if logical_id not in stack.resources:
                self._create_if_wanted(resolver, logical_id)
            elif resolver.holds(wanted[logical_id]):
                self._modify(resolver, stack.resources[logical_id], wanted[logical_id])
        kept = {logical_id for logical_id in order if resolver.holds(wanted[logical_id])}
        return [stack.resources[name] for name in stack.resources if name not in kept]

    def _modify(self, resolver: Resolver, current: Resource, definition: Mapping[str, Any]) -> None:
        tags = self._stack.tags
        wanted = replace(current, definition=definition, opened=None, stack_tags=tags)
        with self._resource_failures(wanted, "UPDATE"):
            self._making.enter_properties(resolver, wanted)
        if wanted.properties != current.properties or self._making.changes_tags(current, wanted):
            self._change(current, wanted)
            self._steps.append(StackStep(current, wanted))
        self._stack.resources[current.logical_id] = wanted
        resolver.add(current.logical_id, wanted)

    def _change(self, current: Resource, wanted: Resource) -> None:
        """Update a resource in place, or replace it if its type demands that."""
        stack = self._stack
        stack.report_resource(wanted, "UPDATE_IN_PROGRESS")
        with self._resource_failures(wanted, "UPDATE", current):
            if self._making.needs_replacement(current, wanted):
                stack.report_resource(wanted, "UPDATE_IN_PROGRESS", _REPLACING)
                self._replaced.append(current)
                self._make(wanted)
            else:
                self._making.update(current, wanted)
                # moto's models themselves delete what they replace.
                if wanted.physical_id != current.physical_id and wanted.model is None:
                    self._replaced.append(current)
        remark = self._making.handler(wanted.type).remark
        stack.report_resource(wanted, "UPDATE_COMPLETE", remark)

    def _outputs(self, resolver: Resolver) -> list[Output]:
        with self._stack_failures():
            outputs = resolver.outputs()
            self._stack.imports = resolver.imports()
        self._check_exports(outputs)
        return outputs

    def _check_exports(self, outputs: list[Output]) -> None:
        """Fail if another stack exports a name, or if an export in use would change or be
        deleted."""
        taken = exports_of(self._stacks)
        wanted = {output.export: output.value for output in outputs}
        for export in self._stack.exports:
            importers = importers_of(export.name, self._stacks)
            if importers and wanted.get(export.name) != export.value:
                verb = "updated" if export.name in wanted else "deleted"
                raise _Failure(
                    f"Export {export.name} cannot be {verb} as it is in use by "
                    f"{', '.join(importers)}"
                )
        for output in outputs:
            owner = taken.get(output.export) if output.export else None
            if owner is not None and owner.exporting_stack_id != self._stack.stack_id:
                raise _Failure(
                    f"Export with name {output.export} is already exported by stack "
                    f"{owner.exporting_stack_id.split('/')[1]}."
                )

    # --- failing and going back ----------------------------------------------------------

    @contextmanager
    def _resource_failures(
        self, resource: Resource, verb: str, current: Resource | None = None
    ) -> Iterator[None]:
        """Turn an error into the resource's *_FAILED event and the end of the operation."""
        try:
            yield
        except Exception as error:
            log_internal(error)
            reason = reason_of(error, resource.type)
            self._stack.report_resource(resource, f"{verb}_FAILED", reason)
            if current is not None and not isinstance(error, NotUpdatable):
                self._steps.append(StackStep(current, resource))
            raise _Failure(_failed_to(verb.lower(), [resource.logical_id])) from error

    @contextmanager
    def _stack_failures(self) -> Iterator[None]:
        """Turn an error in the template's own values into the end of the operation."""
        try:
            yield
        except Exception as error:
            log_internal(error)
            raise _Failure(reason_of(error, STACK_TYPE)) from error

    def _after_failed_create(self, reason: str) -> None:
        stack = self._stack
        if stack.on_failure == "DO_NOTHING":
            stack.report("CREATE_FAILED", reason)
        elif stack.on_failure == "DELETE":
            stack.report("DELETE_IN_PROGRESS", f"{_sentence(reason)} Delete requested by user.")
            self.delete()
        else:
            stack.report("ROLLBACK_IN_PROGRESS", f"{_sentence(reason)} Rollback requested by user.")
            self._roll_back_create()

    def _roll_back_create(self) -> None:
        stack = self._stack
        failed = self._deleting.delete_all(set(), initially=True)
        stack.outputs = []
        if failed:
            stack.report("ROLLBACK_FAILED", _failed_to("delete", failed))
        else:
            stack.report("ROLLBACK_COMPLETE")

    def _after_failed_update(self, reason: str) -> None:
        stack = self._stack
        if stack.on_failure == "DO_NOTHING":
            stack.report("UPDATE_FAILED", reason)
            return
        stack.report("UPDATE_ROLLBACK_IN_PROGRESS", reason)
        self.go_back()

    def go_back(self, skipped: frozenset[str] = frozenset()) -> None:
        """Undo the rest of a failed operation; `skipped` resources stay as they are."""
        stack, way = self._stack, self._stack.way_back
        if way is None:
            self._roll_back_create()
            return
        stack.input, self._replaced = way.previous, way.replaced
        try:
            while way.steps:
                leftover = self._undo(way.steps[-1], skipped)
                way.steps.pop()
                way.leftovers += [leftover] if leftover else []
        except _Failure as failure:
            stack.report("UPDATE_ROLLBACK_FAILED", str(failure))
            return
        stack.way_back = None
        stack.report("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
        self._deleting.clean_up(way.leftovers, "DeletionPolicy", initially=True)
        stack.report("UPDATE_ROLLBACK_COMPLETE")

    def _undo(self, step: StackStep, skipped: frozenset[str]) -> Resource | None:
        """Undo one step; return the resource to delete afterwards, if any."""
        stack = self._stack
        before, after = step.before, step.after
        if after is None or before is None:
            return after
        if after.logical_id in skipped:
            stack.report_resource(stack.resources[after.logical_id], "UPDATE_COMPLETE")
            return None
        replaced = before in self._replaced
        stack.resources[before.logical_id] = before
        if not replaced:
            stack.report_resource(before, "UPDATE_IN_PROGRESS")
            with self._resource_failures(before, "UPDATE"):
                self._making.update(after, before, undoing=True)
            stack.report_resource(before, "UPDATE_COMPLETE")
        return after if replaced and after.physical_id else None


def _failed_to(verb: str, logical_ids: Iterable[str]) -> str:
    return f"The following resource(s) failed to {verb}: [{', '.join(logical_ids)}]. "


def _sentence(reason: str) -> str:
    return f"{reason.rstrip(' .')}."

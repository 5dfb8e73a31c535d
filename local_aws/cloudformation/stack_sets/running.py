"""An operation over all its targets: Region by Region, several accounts at once, until it stops.

An account that cannot be reached, or whose stack fails, is a failed result. If a Region has more of
them than are tolerated, the operation stops there and before the next Regions. Source:
CloudFormation User Guide, "StackSet operation options".
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby

from local_aws.cloudformation import background
from local_aws.cloudformation.exceptions import InvalidOperationException
from local_aws.cloudformation.resources.calls import Services
from local_aws.cloudformation.resources.failures import CallFailed, ResourceError
from local_aws.cloudformation.stack_sets import deploying
from local_aws.cloudformation.stack_sets.access import AccountAccess, Unreachable
from local_aws.cloudformation.stack_sets.organizations import Organization
from local_aws.cloudformation.stack_sets.sets import (
    Place,
    StackInstance,
    StackSet,
    StackSetOperation,
)

logger = logging.getLogger(__name__)

_WORKERS = 8
"""The most threads of an operation, whatever concurrency it asks for: the work is this
process's."""

_TOLERANCE_EXCEEDED = "Cancelled since failure tolerance has exceeded"
_STOPPED = "Cancelled since the operation was stopped"
_SUSPENDED = "ACCOUNT_SUSPENDED"

_under_way: set[StackSetOperation] = set()
_lock = threading.Lock()


def start(stack_set: StackSet, operation: StackSetOperation, services: Services) -> None:
    """Start the operation in the background, after one that is still running."""
    with stack_set.lock:
        before = stack_set.unfinished()
        stack_set.operations[operation.operation_id] = operation
        if before is not None:
            operation.status = "QUEUED"

    def work() -> None:
        if before is not None:
            background.wait_for(before.operation_id)
        if not operation.is_over:
            _Run(stack_set, operation, services).run()

    background.start(work, operation.operation_id, answer_at_once=True)


def stop(operation: StackSetOperation) -> None:
    """Let the operation start nothing more. One that waits for another stops at once.

    Raises InvalidOperationException if it is over.
    """
    if operation.is_over:
        raise InvalidOperationException(
            f"Operation {operation.operation_id} is in {operation.status} state and cannot be "
            "stopped"
        )
    if operation.status == "QUEUED":
        for result in operation.results.values():
            result.status, result.reason = "CANCELLED", _STOPPED
        operation.end("STOPPED")
    else:
        operation.status = "STOPPING"


def stop_all() -> None:
    """Stop all running operations, before the server ends."""
    with _lock:
        for operation in _under_way:
            operation.status = "STOPPING"


class _Run:
    """One running operation."""

    def __init__(
        self, stack_set: StackSet, operation: StackSetOperation, services: Services
    ) -> None:
        self._set = stack_set
        self._operation = operation
        self._preferences = operation.preferences
        self._services = services
        self._access: AccountAccess | None = None
        self._failed: dict[str, int] = {}
        self._accounts = {
            region: len(list(places)) for region, places in self._by_region(operation.results)
        }
        self._exceeded = False

    def run(self) -> None:
        """Work on every target, and end the operation."""
        operation = self._operation
        with _lock:
            _under_way.add(operation)
        operation.status = "RUNNING"
        try:
            self._access = AccountAccess(self._set, operation.definition, self._services)
            self._work_on(operation.results)
        except Exception as error:
            logger.exception("operation %s broke", operation.operation_id)
            operation.status_reason = f"Internal failure of the local AWS: {error!r}"
            self._exceeded = True
        finally:
            with _lock:
                _under_way.discard(operation)
        stopped = operation.status == "STOPPING"
        operation.end("STOPPED" if stopped else "FAILED" if self._exceeded else "SUCCEEDED")

    def _work_on(self, places: Iterable[Place]) -> None:
        regions = [(region, list(found)) for region, found in self._by_region(places)]
        if self._preferences.regions_parallel:
            regions = [("", [place for _, found in regions for place in found])] if regions else []
        for _, found in regions:
            most = sum(
                self._preferences.at_once(self._accounts[region])
                for region in {region for _, region in found}
            )
            with ThreadPoolExecutor(min(most, _WORKERS), "stack-set") as pool:
                for _ in pool.map(self._work_at, found):
                    pass

    def _by_region(self, places: Iterable[Place]) -> Iterable[tuple[str, Iterable[Place]]]:
        """Targets by Region, in the requested order."""
        order = {region: at for at, region in enumerate(self._preferences.region_order)}
        return groupby(
            sorted(places, key=lambda place: (order.get(place[1], len(order)), place[1])),
            key=lambda place: place[1],
        )

    def _work_at(self, place: Place) -> None:
        """Work on one target, unless the operation must stop."""
        result, instance = self._operation.results[place], self._set.instances[place]
        reason, detail = self._stops(place[1]), "CANCELLED"
        if reason is None and self._is_suspended(instance):
            reason, detail = _SUSPENDED, "SKIPPED_SUSPENDED_ACCOUNT"
        if reason is not None:
            result.status, result.reason = "CANCELLED", reason
            instance.detail, instance.reason = detail, reason
            return
        result.status = instance.detail = "RUNNING"
        failure = self._failure(instance)
        result.status, result.reason = ("FAILED" if failure else "SUCCEEDED"), failure
        self._enter(instance, failure)
        if failure:
            with self._set.lock:
                self._failed[place[1]] = self._failed.get(place[1], 0) + 1
                tolerated = self._preferences.tolerated(self._accounts[place[1]])
                self._exceeded |= self._failed[place[1]] > tolerated

    def _stops(self, region: str) -> str | None:
        if self._operation.status == "STOPPING":
            return _STOPPED
        parallel = self._preferences.regions_parallel
        tolerated = self._preferences.tolerated(self._accounts[region])
        here = self._failed.get(region, 0) > tolerated
        return _TOLERANCE_EXCEEDED if here or (self._exceeded and not parallel) else None

    def _is_suspended(self, instance: StackInstance) -> bool:
        """Whether the organization has closed the account."""
        organization = Organization(self._set.account_id, self._set.region)
        return self._set.is_service_managed and organization.is_suspended(instance.account)

    def _failure(self, instance: StackInstance) -> str | None:
        """Change the instance; return why that failed, None if it did not."""
        try:
            self._change_stack(instance)
        except (Unreachable, deploying.NotDeployed, ResourceError) as error:
            return str(error)
        except CallFailed as error:
            return error.message
        except Exception as error:
            logger.exception("stack instance in %s broke", instance.account)
            return f"Internal failure of the local AWS: {error!r}"
        return None

    def _change_stack(self, instance: StackInstance) -> None:
        assert self._access is not None
        operation, account = self._operation, instance.account
        if operation.action != "DELETE":
            there = self._access.into(account, instance.region)
            deploying.deploy(self._set.name, operation.definition, instance, there)
        elif not operation.retains_stacks and instance.stack_id is not None:
            deploying.delete(instance, self._access.into(account, instance.region))

    def _enter(self, instance: StackInstance, failure: str | None) -> None:
        """Set an instance's state after its change; a deleted one is removed."""
        deletes = self._operation.action == "DELETE"
        instance.reason = failure
        if failure is None and deletes:
            self._set.instances.pop((instance.account, instance.region), None)
        elif failure is None:
            is_last = self._operation.definition is self._set.definition
            instance.status, instance.detail = ("CURRENT" if is_last else "OUTDATED"), "SUCCEEDED"
        else:
            instance.status = "INOPERABLE" if deletes else "OUTDATED"
            instance.detail = "INOPERABLE" if deletes else "FAILED"

"""Deleting a stack's resources, in the reverse of the order in which they were created."""

from __future__ import annotations

import logging

from moto.core.exceptions import ServiceException

from local_aws.cloudformation.engine.making import Making
from local_aws.cloudformation.language.references import creation_order, dependencies
from local_aws.cloudformation.resources.failures import (
    CallFailed,
    ResourceError,
    call_failed,
    reason_of,
)
from local_aws.cloudformation.stacks import Resource, Stack

logger = logging.getLogger(__name__)


class Deleting:
    """Deletes the resources of one stack, and reports each."""

    def __init__(self, stack: Stack, making: Making) -> None:
        self._stack = stack
        self._making = making

    def clean_up(self, leftovers: list[Resource], policy: str, *, initially: bool = False) -> None:
        """Delete what an operation left behind, the last first. What cannot be deleted stays."""
        stack = self._stack
        for resource in reversed(_in_creation_order(leftovers)):
            if stack.resources.get(resource.logical_id) is resource:
                del stack.resources[resource.logical_id]
            if _retains(resource, policy, initially=initially):
                stack.report_resource(resource, "DELETE_SKIPPED")
            else:
                self._delete(resource)

    def delete_all(self, retained: set[str], *, initially: bool = False) -> list[str]:
        """Delete the stack's resources, dependants first; return the ids that failed."""
        stack = self._stack
        failed: list[str] = []
        needed: set[str] = set()
        for resource in reversed(_in_creation_order(list(stack.resources.values()))):
            logical_id = resource.logical_id
            keeps = logical_id in retained or _retains(
                resource, "DeletionPolicy", initially=initially or stack.retain_except_on_create
            )
            if keeps:
                stack.report_resource(resource, "DELETE_SKIPPED")
                del stack.resources[logical_id]
            elif logical_id in needed or not self._delete(resource):
                needed |= dependencies(resource.definition)
                failed += [] if logical_id in needed else [logical_id]
            else:
                del stack.resources[logical_id]
        return failed

    def _delete(self, resource: Resource) -> bool:
        stack = self._stack
        handler = self._making.handler(resource.type)
        if not handler.can_delete(resource):
            reason = f"The local AWS cannot delete a resource of type {resource.type}"
            stack.report_resource(resource, "DELETE_SKIPPED", reason)
            return True
        stack.report_resource(resource, "DELETE_IN_PROGRESS")
        try:
            self._making.delete(resource)
        except Exception as error:  # noqa: BLE001 - whatever a handler raises fails its resource
            failed = call_failed(error)
            if failed is None or not failed.is_not_found:
                log_internal(error)
                stack.report_resource(resource, "DELETE_FAILED", reason_of(error, resource.type))
                return False
        stack.report_resource(resource, "DELETE_COMPLETE", handler.remark)
        return True


def _retains(resource: Resource, attribute: str, *, initially: bool) -> bool:
    policy = resource.policy(attribute)
    return policy == "Retain" or (policy == "RetainExceptOnCreate" and not initially)


def _in_creation_order(resources: list[Resource]) -> list[Resource]:
    definitions = {resource.logical_id: resource.definition for resource in resources}
    order = {logical_id: place for place, logical_id in enumerate(creation_order(definitions))}
    return sorted(resources, key=lambda resource: order[resource.logical_id])


def log_internal(error: Exception) -> None:
    """Log an error that is not a failed call, resource or moto operation: it is a bug here."""
    if not isinstance(error, CallFailed | ResourceError | ServiceException):
        logger.debug("a resource failed", exc_info=error)

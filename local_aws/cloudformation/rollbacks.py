"""Operations that roll back a failed or running update on request. Drift detection is refused.

Sources: CloudFormation API Reference, ContinueUpdateRollback, RollbackStack, CancelUpdateStack.
"""

from __future__ import annotations

from moto.core.responses import ActionResult, EmptyResult

from local_aws.cloudformation.exceptions import ValidationError
from local_aws.cloudformation.requests import CloudFormationRequest
from local_aws.cloudformation.stacks import Stack

UNCOMPARED = (
    "The local AWS does not have {}: it does not compare what exists with the template. Check "
    "the resources with their own APIs, or detect drift in an account."
)


class RollbackOperations(CloudFormationRequest):
    """ContinueUpdateRollback, RollbackStack, CancelUpdateStack, and what is refused."""

    def continue_update_rollback(self) -> ActionResult:
        """ContinueUpdateRollback retries what failed, without `ResourcesToSkip`."""
        stack = self._backend.get_stack(self._get_param("StackName"))
        _check(stack, "ContinueUpdateRollback", "UPDATE_ROLLBACK_FAILED")
        skipped = frozenset(self._get_param("ResourcesToSkip") or ())
        held = {name for name in skipped if name in stack.resources}
        others = skipped - {name for name in held if _has_failed(stack, name)}
        if others:
            raise ValidationError(
                "Resources that are skipped must be UPDATE_FAILED, and in this stack itself: "
                f"[{', '.join(sorted(others))}] are not."
            )
        stack.client_request_token = self._get_param("ClientRequestToken")
        self._backend.start_rollback(stack, self._caller(), self._get_param("RoleARN"), skipped)
        return EmptyResult()

    def rollback_stack(self) -> ActionResult:
        """RollbackStack brings the stack back to its last stable state."""
        stack = self._backend.get_stack(self._get_param("StackName"))
        _check(stack, "RollbackStack", "CREATE_FAILED", "UPDATE_FAILED")
        stack.client_request_token = self._get_param("ClientRequestToken")
        stack.retain_except_on_create = bool(self._get_param("RetainExceptOnCreate", False))
        self._backend.start_rollback(stack, self._caller(), self._get_param("RoleARN"))
        return ActionResult({"StackId": stack.stack_id})

    def cancel_update_stack(self) -> ActionResult:
        """CancelUpdateStack: a running update finishes its current resource, and is then rolled
        back."""
        stack = self._backend.get_stack(self._get_param("StackName"))
        if stack.status != "UPDATE_IN_PROGRESS":
            raise ValidationError("CancelUpdateStack cannot be called from current stack status")
        stack.is_cancelled = True
        return EmptyResult()

    def detect_stack_drift(self) -> ActionResult:
        raise ValidationError(UNCOMPARED.format("DetectStackDrift"))

    def detect_stack_resource_drift(self) -> ActionResult:
        raise ValidationError(UNCOMPARED.format("DetectStackResourceDrift"))

    def describe_stack_drift_detection_status(self) -> ActionResult:
        raise ValidationError(UNCOMPARED.format("DescribeStackDriftDetectionStatus"))

    def describe_stack_resource_drifts(self) -> ActionResult:
        raise ValidationError(UNCOMPARED.format("DescribeStackResourceDrifts"))


def _has_failed(stack: Stack, logical_id: str) -> bool:
    return stack.resources[logical_id].status == "UPDATE_FAILED"


def _check(stack: Stack, operation: str, *wanted: str) -> None:
    if stack.status not in wanted:
        raise ValidationError(
            f"Stack:{stack.stack_id} is in {stack.status} state: {operation} wants "
            f"{' or '.join(wanted)}."
        )

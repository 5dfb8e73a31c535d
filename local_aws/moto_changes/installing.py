"""Every change to moto, made at the start or at a service's first request."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from local_aws.first_use import ANY_SERVICE, on_first_use, uses_of

if TYPE_CHECKING:
    from cloudtrail.policies.policy_from_records import Denial
    from local_aws.cloudtrail.service import CloudTrailService


def install(
    stack: contextlib.ExitStack,
    *,
    endpoint_url: str,
    service: CloudTrailService,
    on_reset: Callable[[], None],
) -> None:
    """Apply every change until `stack` is closed."""
    from local_aws import first_use
    from local_aws.moto_changes import (
        account_regions,
        answers,
        flow_logs,
        log_group_tags,
        organizations,
        patching,
        quick,
        quotas,
        requests,
        stack_resources,
        state_machines,
        tagged_resources,
        topics,
    )
    from local_aws.moto_changes.access import (
        inline_policies,
        managed_policies,
        policy_checks,
        simulations,
    )
    from local_aws.moto_changes.dynamodb import partiql, streams
    from local_aws.moto_changes.s3 import bucket_access, buckets, missing_operations

    first_use.install(stack)
    quick.install(stack)
    patching.make(requests.CHANGES, stack)
    on_first_use(stack, frozenset({"cloudtrail"}), functools.partial(_serve_cloudtrail, service))
    note = service.denials.append
    on_first_use(stack, ANY_SERVICE, functools.partial(_judge_callers, note))
    on_first_use(stack, uses_of("s3"), _list_objects_by_page)
    _reset_with_moto(stack, on_reset)
    account_regions.install(stack)
    answers.install(stack)
    for module in (
        missing_operations,
        bucket_access,
        buckets,
        flow_logs,
        inline_policies,
        log_group_tags,
        managed_policies,
        partiql,
        policy_checks,
        quotas,
        simulations,
        stack_resources,
        streams,
        topics,
    ):
        patching.change_on_first_use(stack, module.CHANGES)
    tagged_resources.install(stack, service)
    organizations.install(stack)
    state_machines.install(stack, endpoint_url)


def _judge_callers(note: Callable[[Denial], None], stack: contextlib.ExitStack) -> None:
    """Changes of IAM and STS, which every call uses. Importing them is a third of a start."""
    from local_aws.moto_changes import patching
    from local_aws.moto_changes.access import callers, iam_actions, refusals, role_trust, sessions

    patching.make(callers.CHANGES, stack)
    iam_actions.install(stack, note)
    refusals.install(stack)
    sessions.install(stack)
    role_trust.install(stack)


def _serve_cloudtrail(service: CloudTrailService, stack: contextlib.ExitStack) -> None:
    """Have our CloudTrail answer instead of moto's, which records and delivers nothing."""
    import moto.cloudtrail.urls

    from local_aws.cloudtrail.responses import routes_to

    stack.enter_context(patch.object(moto.cloudtrail.urls, "url_paths", routes_to(service)))


def _list_objects_by_page(stack: contextlib.ExitStack) -> None:
    from local_aws.moto_changes.s3 import object_lists

    object_lists.install(stack)


def _reset_with_moto(stack: contextlib.ExitStack, on_reset: Callable[[], None]) -> None:
    """Have POST /moto-api/reset also forget what CloudTrail recorded."""
    from moto.moto_api._internal.models import MotoAPIBackend

    reset_moto: Any = MotoAPIBackend.reset

    def reset(self: MotoAPIBackend) -> None:
        reset_moto(self)
        on_reset()

    stack.enter_context(patch.object(MotoAPIBackend, "reset", reset))

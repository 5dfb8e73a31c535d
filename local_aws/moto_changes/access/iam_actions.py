"""The IAM actions behind a request, when moto enforces policies (`/moto-api/reset-auth`).

moto takes the operation's name as the only action, and only knows S3's resources. Here a request is
judged by what its record needs according to `cloudtrail.policies`, from which `local-aws policy`
also makes policies. Source: Service Authorization Reference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

from cloudtrail.partitions import arn_parts_if_any
from cloudtrail.policies.actions import reference, s3_action
from cloudtrail.policies.policy_from_records import (
    ANY,
    Denial,
    Requirement,
    principal_of,
    requirements,
)
from cloudtrail.records.calls import Call, Record
from cloudtrail.records.record import record_of
from local_aws.cloudtrail.faults import Faults
from local_aws.recording.callers import ANONYMOUS
from local_aws.recording.receive import ON_BEHALF_OF, RECEIVED, Received
from local_aws.recording.record import asked_call, made
from local_aws.recording.requests import ASKED, Asked


class NamedArn(str):
    """An ARN made from a name. What the name does not tell, such as a stack's id, is `*` or `?`."""

    __slots__ = ()


def is_judging() -> bool:
    """Whether requests are judged by policies now."""
    from moto import settings
    from moto.core.authorization import ActionAuthenticatorMixin

    return ActionAuthenticatorMixin.request_count >= settings.INITIAL_NO_AUTH_ACTION_COUNT


def install(patches: ExitStack, note: Callable[[Denial], None]) -> None:
    """Judge requests by these actions until `patches` is closed; `note` gets each denial."""
    from moto.core.authorization import ActionAuthenticatorMixin
    from moto.iam.access_control import IAMPolicyStatement

    ask_moto = ActionAuthenticatorMixin._authenticate_and_authorize_action

    def authorize(self: Any, iam_request: Callable[..., Any], resource: str = ANY) -> None:
        if not is_judging():
            ask_moto(self, iam_request, resource)  # type: ignore[arg-type]  # moto only calls it
            return
        record, needed = _needed(self, resource)
        for each in needed:

            def judge(arn: str, action: str = each.action) -> None:
                def with_action(**given: Any) -> Any:
                    return iam_request(**{**given, "action": action})

                ask_moto(self, with_action, arn)  # type: ignore[arg-type]  # moto only calls it

            for names in each.resources:
                if not _is_any_allowed(names, judge):
                    note(_denial(record, each.action, names))
                    judge(as_named(names[-1]))

    allows = IAMPolicyStatement.is_action_permitted
    patches.enter_context(
        patch.object(IAMPolicyStatement, "is_action_permitted", _is_action_permitted(allows))
    )
    patches.enter_context(
        patch.object(ActionAuthenticatorMixin, "_authenticate_and_authorize_action", authorize)
    )


def _is_any_allowed(names: Sequence[str], judge: Callable[[str], None]) -> bool:
    """Whether one of the ARNs that a resource may have is allowed.

    Raises other errors than denials.
    """
    from moto.core.exceptions import AccessDeniedError
    from moto.s3.exceptions import S3AccessDeniedError

    for arn in names:
        try:
            judge(as_named(arn))
        except (AccessDeniedError, S3AccessDeniedError):
            continue
        return True
    return False


def _denial(record: Record, action: str, resources: Sequence[str]) -> Denial:
    return Denial(principal_of(record), action, tuple(resources), str(record.get("eventName")))


def as_named(arn: str) -> str:
    """An ARN as it is to be judged. S3's keys may have a `*` of their own."""
    parts = arn_parts_if_any(arn)
    return arn if parts is None or parts.service == "s3" else NamedArn(arn)


def _needed(request: Any, resource: str) -> tuple[Record, Sequence[Requirement]]:
    """The record of `request`, one of moto's, and what it needs.

    `resource` is the ARN that moto knows, if any. What CloudFormation looks up by itself needs
    nothing, and has no record.
    """
    environ: Mapping[str, Any] = request.normalized_request.environ
    if environ.get(ON_BEHALF_OF, "") is None:
        return {}, ()
    called = request._get_action()  # It also sets ASKED if the recorder found no operation.
    asked: Asked | None = environ.get(ASKED)
    received: Received | None = environ.get(RECEIVED)
    if asked is None or received is None:
        return {}, (Requirement(f"{request.boto3_service_name}:{called}", ((resource,),)),)
    record, _ = made(asked_call(received, received.identity or ANONYMOUS, asked), Faults())
    if (asked.service, asked.operation) == ("s3", "DeleteObjects"):
        return record, [*_deletions(asked, resource)]
    found = [_placed(each, resource) for each in requirements(record)]
    return record, found or [Requirement(f"{asked.service}:{asked.operation}", ((resource,),))]


def lacking(call: Call, allowed: Callable[[str, str], bool]) -> Denial | None:
    """What a call that the local AWS carries out itself lacks.

    `allowed` judges an action on an ARN.
    """
    record = record_of(call)
    for each in requirements(record):
        for names in each.resources:
            if not any(allowed(each.action, as_named(arn)) for arn in names):
                return _denial(record, each.action, names)
    return None


def _placed(required: Requirement, resource: str) -> Requirement:
    """The requirement with the ARN that moto knows, if the record names none."""
    is_open = required.resources == ((ANY,),) and reference().kinds(required.action)
    if is_open and resource.startswith("arn:"):
        return Requirement(required.action, ((resource,),))
    return required


def _is_action_permitted(ask_moto: Any) -> Any:
    """Whether a statement allows an action, on any resource if moto knows none."""

    def is_action_permitted(
        self: Any, action: str, resource: str = ANY, *positional: Any, **named: Any
    ) -> Any:
        from moto.iam.access_control import IAMPolicyStatement

        statement = self._statement
        allows_some = statement.get("Resource") and statement["Effect"] == "Allow"
        if resource == ANY and allows_some and reference().kinds(action):
            self = IAMPolicyStatement({**statement, "Resource": ANY})
        return ask_moto(self, action, resource, *positional, **named)

    return is_action_permitted


def _deletions(asked: Asked, bucket: str) -> Iterator[Requirement]:
    """What DeleteObjects needs for each object, or for the version that it names."""
    objects = (asked.parameters.get("Delete") or {}).get("Objects") or [{"Key": ANY}]
    for each in objects:
        action = s3_action("DeleteObject", each.get("VersionId"))
        yield Requirement(action, ((f"{bucket}/{each.get('Key')}",),))

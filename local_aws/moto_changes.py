"""What the local AWS changes in moto, all in one place; leaving the stack restores moto.

Each change mends something that moto gets wrong on the way of a CloudTrail user. Everything
else of moto stays as it is.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

if TYPE_CHECKING:
    from local_aws.cloudformation.on_behalf import Record

_USER_ID = "_local_aws_user_id"


def install(
    stack: contextlib.ExitStack,
    *,
    endpoint_url: str,
    record: Record,
    on_reset: Callable[[], None],
) -> None:
    """Apply every change until `stack` is left."""
    from local_aws import cloudformation, event_rules

    _look_up_once(stack)
    _serve_cloudtrail(stack)
    _tell_callers_who_they_are(stack)
    _keep_session_ids(stack)
    _know_who_presigned(stack)
    _reset_with_moto(stack, on_reset)
    event_rules.install(stack)
    cloudformation.install(stack, endpoint_url, record)


def _look_up_once(stack: contextlib.ExitStack) -> None:
    """moto lists its own folder, and the methods of a class, at every request; once will do."""
    import moto.backends
    import moto.core.responses

    for module, name in (
        (moto.backends, "list_of_moto_modules"),
        (moto.core.responses, "method_names_from_class"),
    ):
        stack.enter_context(patch.object(module, name, functools.cache(_as_list(module, name))))


def _as_list(module: ModuleType, name: str) -> Callable[..., list[str]]:
    names: Callable[..., Iterable[str]] = getattr(module, name)
    return lambda *arguments: list(names(*arguments))


def _serve_cloudtrail(stack: contextlib.ExitStack) -> None:
    """Our CloudTrail answers in place of moto's, which records and delivers nothing."""
    import moto.cloudtrail.models
    import moto.cloudtrail.urls

    from local_aws.responses import CloudTrailResponse
    from local_aws.trails import cloudtrail_backends

    routes = {"{0}/$": CloudTrailResponse.dispatch}
    stack.enter_context(patch.object(moto.cloudtrail.urls, "url_paths", routes))
    stack.enter_context(
        patch.object(moto.cloudtrail.models, "cloudtrail_backends", cloudtrail_backends)
    )


def _tell_callers_who_they_are(stack: contextlib.ExitStack) -> None:
    """A key nobody handed out is the root user's, as its records say.

    moto answers GetCallerIdentity with `arn:aws:sts::ACCOUNT:user/moto`, an ARN that AWS
    cannot have.
    """
    from moto.sts.models import STSBackend

    ask_moto = STSBackend.get_caller_identity

    def get_caller_identity(
        self: STSBackend, access_key_id: str, region: str
    ) -> tuple[str, str, str]:
        user_id, arn, account_id = ask_moto(self, access_key_id, region)
        if arn.endswith(":user/moto"):
            return account_id, f"arn:{self.partition}:iam::{account_id}:root", account_id
        return user_id, arn, account_id

    stack.enter_context(patch.object(STSBackend, "get_caller_identity", get_caller_identity))


def _keep_session_ids(stack: contextlib.ExitStack) -> None:
    """A role's session has one principal id, in every record and answer.

    moto draws another at each look where the role is not in its IAM, as those of other
    accounts usually are not.
    """
    from moto.sts.models import AssumedRole

    moto_property: Any = AssumedRole.user_id
    ask_moto = moto_property.fget

    def user_id(self: AssumedRole) -> str:
        state = vars(self)
        if _USER_ID not in state:
            state[_USER_ID] = ask_moto(self)
        return str(state[_USER_ID])

    stack.enter_context(patch.object(AssumedRole, "user_id", property(user_id)))


def _know_who_presigned(stack: contextlib.ExitStack) -> None:
    """A presigned request is its signer's; moto reads the key of Signature Version 2 alone."""
    from moto.core.responses import BaseResponse

    ask_moto = BaseResponse.get_access_key

    def get_access_key(self: BaseResponse) -> str:
        scope = self.querystring.get("X-Amz-Credential")
        if scope and "Authorization" not in self.headers:
            return str(scope[0]).partition("/")[0]
        return ask_moto(self)

    stack.enter_context(patch.object(BaseResponse, "get_access_key", get_access_key))


def _reset_with_moto(stack: contextlib.ExitStack, on_reset: Callable[[], None]) -> None:
    """POST /moto-api/reset also forgets what CloudTrail recorded."""
    from moto.moto_api._internal.models import MotoAPIBackend

    reset_moto: Any = MotoAPIBackend.reset

    def reset(self: MotoAPIBackend) -> None:
        reset_moto(self)
        on_reset()

    stack.enter_context(patch.object(MotoAPIBackend, "reset", reset))

"""The IAM actions behind a request, where moto judges requests (`/moto-api/reset-auth`).

moto takes an operation's name for the action, and judges a deletion of several objects by their
bucket alone. Which resource a request is for it knows of S3's alone: of others it is `*`, so that
a policy for some resources would allow nothing. Source: Service Authorization Reference.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch
from xml.parsers.expat import ExpatError

import xmltodict  # type: ignore[import-untyped]

from cloudtrail.policies.actions import IN_TRANSACTIONS, actions_named, reference

RENAMED = {("s3", "HeadBucket"): "ListBucket"}
"""Operations whose action has another name."""


def install(patches: ExitStack) -> None:
    """Judge requests by these actions until `patches` is left."""
    from moto import settings
    from moto.core.authorization import ActionAuthenticatorMixin
    from moto.iam.access_control import IAMPolicyStatement

    ask_moto = ActionAuthenticatorMixin._authenticate_and_authorize_action

    def authorize(self: Any, iam_request: Callable[..., Any], resource: str = "*") -> None:
        if ActionAuthenticatorMixin.request_count < settings.INITIAL_NO_AUTH_ACTION_COUNT:
            ask_moto(self, iam_request, resource)  # type: ignore[arg-type]  # moto only calls it
            return
        for action, of in needed(self, resource):

            def with_action(_action: str = action, **given: Any) -> Any:
                return iam_request(**{**given, "action": _action})

            ask_moto(self, with_action, of)  # type: ignore[arg-type]  # moto only calls it

    allows = IAMPolicyStatement.is_action_permitted
    patches.enter_context(
        patch.object(IAMPolicyStatement, "is_action_permitted", _is_action_permitted(allows))
    )
    patches.enter_context(
        patch.object(ActionAuthenticatorMixin, "_authenticate_and_authorize_action", authorize)
    )


def needed(request: Any, resource: str) -> Iterator[tuple[str, str]]:
    """The actions that `request`, one of moto's, needs, each with the ARN it is needed on."""
    service, action = str(request.boto3_service_name), _action(request)
    if service == "s3" and action == "DeleteObject" and "delete" in request.querystring:
        yield from _deletions(request, resource)
        return
    if (service, action) == ("dynamodb", "TransactWriteItems"):
        yield from ((each, resource) for each in _transaction(request))
        return
    if service == "s3":
        yield RENAMED.get((service, action), action), resource
        return
    for each in actions_named(f"{service}:{action}"):
        yield each.partition(":")[2], resource
    if (service, action) == ("dynamodb", "CreateTable") and b'"Tags"' in request.raw_body:
        yield "TagResource", resource


def _transaction(request: Any) -> Iterator[str]:
    """What each item of TransactWriteItems needs."""
    items = json.loads(request.raw_body).get("TransactItems") or []
    kinds = {kind.removeprefix("Condition") for item in items for kind in item}
    for kind in sorted(kinds & IN_TRANSACTIONS.keys()):
        yield IN_TRANSACTIONS[kind].partition(":")[2]


def _is_action_permitted(ask_moto: Any) -> Any:
    """Whether a statement allows an action; where moto knows no resource, on any."""

    def is_action_permitted(
        self: Any, action: str, resource: str = "*", *positional: Any, **named: Any
    ) -> Any:
        from moto.iam.access_control import IAMPolicyStatement

        statement = self._statement
        allows_some = statement.get("Resource") and statement["Effect"] == "Allow"
        if resource == "*" and allows_some and reference().kinds(action):
            self = IAMPolicyStatement({**statement, "Resource": "*"})
        return ask_moto(self, action, resource, *positional, **named)

    return is_action_permitted


def _action(request: Any) -> str:
    """What moto judges by: for S3 the action that it has found by method and query, which is not
    always the operation's name (ListObjectsV2 is `ListBucket`)."""
    named = request.data.get("Action") if request.boto3_service_name == "s3" else None
    action = named or request._get_action()
    return str(action[0] if isinstance(action, list) else action)


def _deletions(request: Any, bucket: str) -> Iterator[tuple[str, str]]:
    """DeleteObjects: what deleting each object, or the version that is named, needs."""
    try:
        parsed = xmltodict.parse(request.raw_body, force_list=("Object",))
        objects = parsed["Delete"]["Object"]
    except (ExpatError, KeyError, TypeError):
        yield "DeleteObject", f"{bucket}/*"  # No list of objects: refused by S3 itself.
        return
    for each in objects:
        action = "DeleteObjectVersion" if "VersionId" in each else "DeleteObject"
        yield action, f"{bucket}/{each.get('Key')}"

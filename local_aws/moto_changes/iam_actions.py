"""The IAM actions behind a request, where moto judges requests (`/moto-api/reset-auth`).

moto takes an operation's name for the action, and judges a deletion of several objects by their
bucket alone. Source: Service Authorization Reference, "Actions, resources, and condition keys
for Amazon S3" and "... for Amazon DynamoDB".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch
from xml.parsers.expat import ExpatError

import xmltodict  # type: ignore[import-untyped]

RENAMED = {("s3", "HeadBucket"): "ListBucket"}
"""Operations whose action has another name."""


def install(patches: ExitStack) -> None:
    """Judge requests by these actions until `patches` is left."""
    from moto import settings
    from moto.core.authorization import ActionAuthenticatorMixin

    ask_moto = ActionAuthenticatorMixin._authenticate_and_authorize_action

    def authorize(self: Any, iam_request: Callable[..., Any], resource: str = "*") -> None:
        if ActionAuthenticatorMixin.request_count < settings.INITIAL_NO_AUTH_ACTION_COUNT:
            ask_moto(self, iam_request, resource)  # type: ignore[arg-type]  # moto only calls it
            return
        for action, of in needed(self, resource):

            def with_action(_action: str = action, **given: Any) -> Any:
                return iam_request(**{**given, "action": _action})

            ask_moto(self, with_action, of)  # type: ignore[arg-type]  # moto only calls it

    patches.enter_context(
        patch.object(ActionAuthenticatorMixin, "_authenticate_and_authorize_action", authorize)
    )


def needed(request: Any, resource: str) -> Iterator[tuple[str, str]]:
    """The actions that `request`, one of moto's, needs, each with the ARN it is needed on."""
    service, action = str(request.boto3_service_name), str(request._get_action())
    if (service, action) == ("s3", "DeleteObjects"):
        yield from _deletions(request, resource)
        return
    yield RENAMED.get((service, action), action), resource
    if (service, action) == ("dynamodb", "CreateTable") and b'"Tags"' in request.raw_body:
        yield "TagResource", resource


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

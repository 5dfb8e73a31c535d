"""Functions called by events, without a waiting caller: retried, and given up in the end.

Source: AWS Lambda Developer Guide, "How Lambda handles errors and retries with asynchronous
invocation": twice more, after one and two minutes, unless the function says otherwise; then the
on-failure destination and the dead-letter queue get the event.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from msgspec import Struct, field
from msgspec.structs import replace

from cloudtrail.partitions import arn_parts
from local_aws.consumers import destinations
from local_aws.moto_changes.patching import MotoChange, change_on_first_use

if TYPE_CHECKING:
    from moto.awslambda.models import LambdaFunction

    from local_aws.cloudtrail.delivery.outbox import HandOn

__all__ = ["attempt", "call_later", "install"]

_RETRIES = 2
_LONGEST = 6 * 60 * 60
_MINUTE = timedelta(minutes=1)
_DEAD_LETTERS = "_local_aws_dead_letter_config"
_hand_on: HandOn | None = None


class Invocation(Struct, frozen=True):
    """An event for a function, and which attempt this is."""

    function: LambdaFunction
    payload: str
    attempts: int = 1
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    began: datetime = field(default_factory=lambda: datetime.now(UTC))


def install(patches: ExitStack, hand_on: HandOn) -> None:
    """Send events to functions, retry with `hand_on`, and keep dead-letter queues' settings.

    Until `patches` is closed.
    """
    patches.enter_context(patch(f"{__name__}._hand_on", hand_on))
    patches.enter_context(patch.dict(destinations.SENDERS, {"lambda": _send}))
    change_on_first_use(patches, _CHANGES)


def _send(arn: str, payload: str | bytes, _options: destinations.Options) -> None:
    """Call a function with an event, on this thread, and again later if it fails."""
    from moto.awslambda.utils import get_backend

    place = arn_parts(arn)
    function = get_backend(place.account_id, place.region).get_function(arn)
    attempt(Invocation(function, destinations.as_text(payload)))


def call_later(function: LambdaFunction, payload: str) -> None:
    """Have a function called with an event in the background: Invoke's type `Event`."""
    _later(Invocation(function, payload), None)


def attempt(one: Invocation) -> None:
    """Call the function. A failure is retried, or reported to the function's destinations."""
    from moto.awslambda.exceptions import LambdaClientError

    headers: dict[str, Any] = {}
    try:
        answer = one.function.invoke(one.payload, {}, headers)
    except LambdaClientError as error:
        if error.error_type != "TooManyRequestsException" or _is_too_old(one):
            raise
        _later(one, _MINUTE)
        return
    failed = "x-amz-function-error" in headers
    most = int(_settings(one.function).get("MaximumRetryAttempts", _RETRIES))
    if failed and one.attempts <= most and not _is_too_old(one):
        _later(replace(one, attempts=one.attempts + 1), one.attempts * _MINUTE)
        return
    _tell(one, answer, failed=failed)


def _later(one: Invocation, pause: timedelta | None) -> None:
    assert _hand_on
    at = datetime.now(UTC) + pause if pause else None
    _hand_on(f"invocation {one.request_id}", partial(attempt, one), at=at)


def _settings(function: LambdaFunction) -> Mapping[str, Any]:
    """The latest settings of PutFunctionEventInvokeConfig."""
    given = function.event_invoke_config
    return given[-1].config if given else {}


def _is_too_old(one: Invocation) -> bool:
    seconds = int(_settings(one.function).get("MaximumEventAgeInSeconds", _LONGEST))
    return datetime.now(UTC) - one.began > timedelta(seconds=seconds)


def _tell(one: Invocation, answer: Any, *, failed: bool) -> None:
    """Send the outcome of an event to its destination, and a failed event to the dead-letter
    queue."""
    function = one.function
    sender = destinations.Sender(
        "lambda.amazonaws.com", function.function_arn, function.account_id, function.role
    )
    wanted = _settings(function).get("DestinationConfig") or {}
    arn = (wanted.get("OnFailure" if failed else "OnSuccess") or {}).get("Destination")
    if arn:
        destinations.send(arn, json.dumps(_record(one, answer, failed=failed)), sender)
    dead = (vars(function).get(_DEAD_LETTERS) or {}).get("TargetArn")
    if failed and dead:
        error = _parsed(answer)
        attributes = {
            "RequestID": one.request_id,
            "ErrorCode": "200",
            "ErrorMessage": str(error.get("errorMessage", "") if isinstance(error, dict) else ""),
        }
        options = destinations.Options(attributes=attributes)
        destinations.send(dead, one.payload, sender, options)


def _record(one: Invocation, answer: Any, *, failed: bool) -> dict[str, Any]:
    now = datetime.now(UTC)
    version = str(one.function.version)
    response = {"statusCode": 200, "executedVersion": version}
    return {
        "version": "1.0",
        "timestamp": f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03}Z",
        "requestContext": {
            "requestId": one.request_id,
            "functionArn": f"{one.function.function_arn}:{version}",
            "condition": "RetriesExhausted" if failed else "Success",
            "approximateInvokeCount": one.attempts,
        },
        "requestPayload": json.loads(one.payload or "{}"),
        "responseContext": response | ({"functionError": "Unhandled"} if failed else {}),
        "responsePayload": _parsed(answer),
    }


def _parsed(answer: Any) -> Any:
    try:
        return json.loads(answer or b"null")
    except ValueError:
        return None


# What moto forgets


def _beginning(ask_moto: Any) -> Any:
    def begin(self: LambdaFunction, *positional: Any, **named: Any) -> None:
        ask_moto(self, *positional, **named)
        spec = named.get("spec") or next(
            (each for each in positional if isinstance(each, dict)), {}
        )
        vars(self)[_DEAD_LETTERS] = spec.get("DeadLetterConfig")

    return begin


def _updating(ask_moto: Any) -> Any:
    def update(self: LambdaFunction, config_updates: dict[str, Any]) -> Any:
        if "DeadLetterConfig" in config_updates:
            vars(self)[_DEAD_LETTERS] = config_updates["DeadLetterConfig"]
        return ask_moto(self, config_updates)

    return update


def _describing(ask_moto: Any) -> Any:
    def describe(self: LambdaFunction, *positional: Any, **named: Any) -> dict[str, Any]:
        found: dict[str, Any] = ask_moto(self, *positional, **named)
        dead = vars(self).get(_DEAD_LETTERS)
        return found | ({"DeadLetterConfig": dead} if (dead or {}).get("TargetArn") else {})

    return describe


_OWNER = "moto.awslambda.models:LambdaFunction"
_WHY = "moto forgets a function's dead-letter queue."
_CHANGES = (
    MotoChange(_OWNER, "__init__", _beginning, _WHY),
    MotoChange(_OWNER, "update_configuration", _updating, _WHY),
    MotoChange(_OWNER, "get_configuration", _describing, _WHY),
)

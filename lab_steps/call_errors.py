"""What to do about a call that failed, or log files that cannot be read.

If AWS denied the call, the caller needs an IAM action, which is named as policies name it.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from lab_steps.errors import CannotLookError
from lab_steps.process import COMMAND
from trail_logs.endpoints import is_loopback

READ_SECONDS, TRIES = 30, 2
"""How long an answer is waited for, and how often a call that nothing answers is made."""

_OTHER_NAMES = {"DeleteObjects": "s3:DeleteObjectVersion"}
"""The lab deletes versions, too."""

_DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403", "Forbidden"}
_NAMED = re.compile(r"is not authorized to perform: ([a-z0-9-]+:\w+)")
"""A call may lack another action than its own, such as the one for adding tags."""

_BY = re.compile(r"(with an explicit deny in an?|because no) ([a-z -]+? (?:policy|boundary))")
"""Which kind of policy refused (IAM User Guide, "Troubleshoot access denied error messages")."""

_BY_ORGANIZATION = (
    "A {kind} of the organization does not let anybody in this account {action}, whatever the "
    "account's own policies say. Ask whoever manages the organization, or use another account or "
    "Region."
)
_WHERE_OTHERS_REFUSE = {
    "service control policy": _BY_ORGANIZATION,
    "resource control policy": _BY_ORGANIZATION,
    "permissions boundary": "The caller's permissions boundary must allow {action} as well.",
    "session policy": "The policy of the caller's session must allow {action} as well.",
}
_DENIES = (
    "Of policies of the kind {kind}, one denies the caller {action}. Take that Deny out of it."
)

_SERVICE = "Service"
"""Where `note_service` puts the service in an error's `Error`: botocore's errors do not have it."""


def action_of(service: str, operation: str) -> str:
    """The action needed to call `operation`: `HeadBucket` needs `s3:ListBucket`."""
    from cloudtrail.policies.actions import PREFIXES, s3_action

    if service == "s3":
        return _OTHER_NAMES.get(operation) or s3_action(operation)
    return f"{PREFIXES.get(service, service)}:{operation}"


def note_service(*, parsed: dict[str, Any], model: Any, **_: Any) -> None:
    """A handler of botocore's event `after-call`: notes in an error which service it is from."""
    if "Error" in parsed:
        parsed["Error"][_SERVICE] = model.service_model.signing_name


def where_nobody_listens(url: str) -> str:
    """What to do if nobody listens at `url`: on this machine, start a local AWS there."""
    found = urlsplit(url)
    if not is_loopback(f"{found.scheme}://{found.netloc}"):
        return "Check the network and the Region, then repeat the command."
    return f"Is it running? Start one there with: {COMMAND} local --port {found.port or 80}"


def is_unreached(error: BaseException) -> bool:
    """Whether no answer came, because nothing listens or time ran out."""
    from botocore import exceptions

    return isinstance(error, (exceptions.ConnectionError, exceptions.HTTPClientError))


def explained(error: Exception) -> CannotLookError | None:
    """Log files that cannot be read, or an AWS error that no other rule covers; None for any other
    error."""
    from botocore.exceptions import (
        BotoCoreError,
        ClientError,
        ConnectTimeoutError,
        ReadTimeoutError,
    )

    from trail_logs.sources.log_source import LogSourceError

    if isinstance(error, LogSourceError):
        return CannotLookError(str(error), error.advice)
    if not isinstance(error, ClientError | BotoCoreError):
        return None
    hangs = isinstance(error, ConnectTimeoutError | ReadTimeoutError)
    waited = f" (gave up after {TRIES} tries of {READ_SECONDS} seconds)" if hangs else ""
    return CannotLookError(
        f"AWS refused or did not answer: {error}{waited}",
        advice(error) or "Nothing is lost: fix that, then repeat the command.",
    )


def advice(error: BaseException) -> str | None:
    """What to do about a call that AWS denied, or that did not reach anything; None for others."""
    from botocore.exceptions import EndpointConnectionError

    if isinstance(error, EndpointConnectionError):
        return where_nobody_listens(error.kwargs["endpoint_url"])
    response = getattr(error, "response", None) or {}
    told = response.get("Error", {})
    if str(told.get("Code")) not in _DENIED:
        return None
    operation = str(getattr(error, "operation_name", ""))
    message = str(told.get("Message") or "")
    known = action_of(told[_SERVICE], operation) if _SERVICE in told else operation
    return advice_on(message) or allow(known)


def advice_on(message: str) -> str | None:
    """What to do about a refusal in AWS's words, also in a longer text; None if there is none.

    It depends on the kind of policy that refuses: nothing in the account helps against the
    organization's.
    """
    named = _NAMED.search(message)
    if named is None:
        return None
    action, by = named[1], _BY.search(message, named.end())
    if by and by[2] in _WHERE_OTHERS_REFUSE:
        return _WHERE_OTHERS_REFUSE[by[2]].format(kind=by[2], action=action)
    if by and by[1] != "because no":
        return _DENIES.format(kind=by[2], action=action)
    return allow(action)


def allow(action: str) -> str:
    """What to do if the caller lacks `action`."""
    return f"Allow the caller {action}. docs/permissions.md lists what each verb needs."

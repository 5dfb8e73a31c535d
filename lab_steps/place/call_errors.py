"""AWS's error responses, and log files that cannot be read, explained with what to do."""

from __future__ import annotations

from lab_steps.denied_calls import advice
from lab_steps.errors import CannotLookError
from lab_steps.targets.target import READ_SECONDS, TRIES
from trail_logs.sources import LogSourceError


def explained(error: Exception) -> CannotLookError | None:
    """Log files that cannot be read, or an AWS error that no other rule covers; None for any other
    error."""
    from botocore.exceptions import (
        BotoCoreError,
        ClientError,
        ConnectTimeoutError,
        ReadTimeoutError,
    )

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

"""A read-only look at the lab: what checks see, and all they can do.

One View is one look: each call is made once and its response kept, so that all checks of the look
judge the same state.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from lab_steps.call_errors import is_unreached
from lab_steps.checking.commands import CommandContext
from lab_steps.checking.finding import ApiAnswer
from lab_steps.checking.first_seen import Memory
from lab_steps.checking.known_events import KnownEvents
from lab_steps.checking.patience import Patience
from lab_steps.errors import CannotLookError

if TYPE_CHECKING:
    from trail_logs.cache import TallyCache
    from trail_logs.reader import Reading
    from trail_logs.sources.log_source import LogSource

__all__ = [
    "READING",
    "LogEngine",
    "Readable",
    "View",
    "WritingCallError",
    "answered",
    "error_code",
    "plain",
]

READING = ("Describe", "Get", "Head", "List", "Lookup", "Scan", "Simulate")
"""How the names of read-only operations start, among those that checks use."""


class Readable(Protocol):
    """What a look needs of the place it looks at: a target gives it, and so does a bundle."""

    @property
    def region(self) -> str:
        """The region the lab is in."""

    @property
    def patience(self) -> Patience:
        """How long a delivery may take there."""

    def ask(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """The answer to `service:Operation`. Raises what botocore raises."""

    def log_source(self, bucket: str, prefix: str) -> LogSource:
        """The log files of a trail that delivers to `bucket` under `prefix`."""


class LogEngine(Protocol):
    """What answers for all trails of a look at once, instead of reading their log files."""

    @property
    def patience(self) -> Patience:
        """The target's, with rarer looks."""

    def readings(self, view: View) -> dict[str, Reading | Exception]:
        """A reading, or why there is none, by the trail's name."""


class WritingCallError(AssertionError):
    """A check asked for an operation that is not known to be read-only: a defect of the check."""


@dataclass
class View:
    """What checks look at: a target that can only be read, and the time there. `place` is what
    commands are filled in with, `settings` what the lab was started with. With `athena`, log files
    are queried through it and never fetched. Files that `tallies` knows from an earlier look are
    not fetched again. `known_events` has what Event history had in an earlier look, and only
    what may be new is requested.
    """

    target: Readable
    account: str
    now: datetime
    memory: Memory
    place: CommandContext
    settings: Mapping[str, str] = field(default_factory=dict)
    expected_account: str | None = None
    last_action: datetime | None = None
    athena: LogEngine | None = None
    tallies: TallyCache | None = None
    known_events: KnownEvents = field(default_factory=KnownEvents)
    _answers: dict[str, Any] = field(default_factory=dict)
    _silent: dict[str, Exception] = field(default_factory=dict)

    @property
    def region(self) -> str:
        """The Region the lab is in."""
        return self.target.region

    @property
    def patience(self) -> Patience:
        """How long a delivery may take at this target."""
        return self.athena.patience if self.athena else self.target.patience

    def ask(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """The response to `service:Operation`, called once per look.

        Raises what botocore raises, and raises it again if called again; CannotLookError if there
        is no response. After that, or if nothing listens there, no other call is made.
        """
        key = operation + json.dumps(parameters, sort_keys=True, default=str)
        if key not in self._answers:
            self._answers[key] = self._try(operation, parameters)
        answer = self._answers[key]
        if isinstance(answer, Exception):
            raise answer
        return dict(answer)

    def remember(self, key: str, compute: Any) -> Any:
        """What `compute()` gives, computed once per look."""
        if key not in self._answers:
            self._answers[key] = compute()
        return self._answers[key]

    def known(self, key: str) -> Any:
        """What this look remembers under `key`; None for nothing."""
        return self._answers.get(key)

    def _try(self, operation: str, parameters: dict[str, Any]) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError

        if not operation.partition(":")[2].startswith(READING):
            raise WritingCallError(f"{operation} is not known to be read-only.")
        where = self.place.endpoint_url or operation.partition(":")[0]
        if where in self._silent:
            return self._silent[where]
        try:
            return self.target.ask(operation, parameters)
        except (ClientError, BotoCoreError, CannotLookError) as error:
            if isinstance(error, CannotLookError) or is_unreached(error):
                self._silent[where] = error
            return error


def answered(operation: str, **answer: Any) -> ApiAnswer:
    """Evidence: the part that matters of what `operation` answered."""
    return ApiAnswer(operation=operation, answer=answer)


def plain(answer: dict[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    """The part of `answer` under `keys`, with times as text."""
    return {
        key: f"{answer[key]:%FT%TZ}" if hasattr(answer[key], "tzinfo") else answer[key]
        for key in keys
        if answer.get(key) is not None
    }


def error_code(error: BaseException) -> str:
    """AWS's code of a failed call (`ResourceNotFoundException`), or the exception's name."""
    response = getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Code") or type(error).__name__)

"""Errors that no caller sees, such as those in the background: counted and shown."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

from msgspec import Struct

KEPT = 20
"""How many different faults are shown."""

_LONGEST_REASON = 300
_Made = TypeVar("_Made")
_LOG = logging.getLogger("local_aws")


class _Fault(Struct, frozen=True):
    reason: str
    count: int
    last: datetime


class Faults:
    """Faults by place and type of exception, the latest last.

    Without `with_traceback` each is logged in one line: for faults in what a user set up.
    """

    def __init__(self, *, with_traceback: bool = True) -> None:
        self._with_traceback = with_traceback
        self._found: dict[tuple[str, type[BaseException]], _Fault] = {}
        self._lock = threading.Lock()

    @contextmanager
    def kept_from(self, where: str) -> Iterator[None]:
        """Note whatever the block raises, and go on after it."""
        try:
            yield
        except Exception as error:  # noqa: BLE001
            self.note(where, error)

    def attempt(self, where: str, make: Callable[[], _Made], otherwise: _Made) -> _Made:
        """The result of `make`. If it raises, note that and return `otherwise`."""
        try:
            return make()
        except Exception as error:  # noqa: BLE001
            self.note(where, error)
            return otherwise

    def note(self, where: str, error: BaseException) -> None:
        """Count a fault. It is logged, with its traceback, when it is first seen."""
        reason = f"{type(error).__name__}: {error}"[:_LONGEST_REASON]
        with self._lock:
            before = self._found.pop((where, type(error)), None)
            if before is None:
                shown = error if self._with_traceback else None
                _LOG.warning("%s: %s", where, reason, exc_info=shown)
            count = before.count + 1 if before else 1
            self._found[where, type(error)] = _Fault(reason, count, datetime.now(UTC))
            if len(self._found) > KEPT:
                del self._found[next(iter(self._found))]

    def clear(self) -> None:
        with self._lock:
            self._found.clear()

    def to_json(self) -> list[dict[str, Any]]:
        """An object for each fault: `where`, `reason`, `count` and time of the `last` one."""
        with self._lock:
            return [
                {
                    "where": where,
                    "reason": fault.reason,
                    "count": fault.count,
                    "last": f"{fault.last:%Y-%m-%dT%H:%M:%SZ}",
                }
                for (where, _), fault in self._found.items()
            ]

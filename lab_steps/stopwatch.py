"""Where the time goes: seconds by named part of a verb, and by numbered step."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated

import msgspec
from msgspec import Meta


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """Where the time went. Parts may run at the same time."""

    what: Annotated[str, Meta(description="the part")]
    seconds: Annotated[float, Meta(description="how long it took")]


@dataclass
class Stopwatch:
    """Adds up the seconds of each part of a verb, in the order in which they first began."""

    _spans: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def measure(self, what: str) -> Iterator[None]:
        """Add the block's time to `what`."""
        begun = time.monotonic()
        self._spans.setdefault(what, 0.0)
        try:
            yield
        finally:
            self._spans[what] += time.monotonic() - begun

    def timings(self) -> tuple[Timing, ...]:
        """The spans so far."""
        return tuple(
            Timing(what=what, seconds=round(seconds, 3)) for what, seconds in self._spans.items()
        )


@dataclass
class Laps:
    """How long each step took, by its number: until the next one began, or `end` was called."""

    _seconds: dict[int, float] = field(default_factory=dict)
    _running: tuple[int, float] | None = None

    def begin(self, number: int) -> None:
        """The step with this number starts now; the one before it ends."""
        self.end()
        self._running = (number, time.monotonic())

    def end(self) -> None:
        if self._running:
            number, begun = self._running
            self._seconds[number] = self._seconds.get(number, 0.0) + time.monotonic() - begun
        self._running = None

    def seconds(self) -> dict[str, float]:
        """The seconds of all that has ended; numbers are texts, as in JSON's keys."""
        return {str(number): round(seconds, 3) for number, seconds in self._seconds.items()}

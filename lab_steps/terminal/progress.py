"""What happens now, told on stderr: lines that stay, and one that changes on a terminal."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lab_steps.checking.finding import Finding, Outcome
from lab_steps.redaction import redacted
from lab_steps.terminal.legible import one_line, unguarded

if TYPE_CHECKING:
    from lab_steps.checking.step import Step

TELL_EVERY = 5.0
"""Seconds between lines about the same wait where lines cannot be overwritten."""


@dataclass
class Progress:
    """Tells people what goes on; nothing of it is part of the result."""

    begun: float = field(default_factory=time.monotonic)
    _told: float = 0.0
    _open_line: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def say(self, text: str) -> None:
        """A line that stays, with the seconds since the start."""
        with self._lock:
            self._close_line()
            print(f"{self._seconds():6.1f} s  {text}", file=sys.stderr, flush=True)

    def now(self, text: str) -> None:
        """What is done now; only on a terminal, where the next line takes its place."""
        if sys.stderr.isatty():
            self.update(text)

    def looking(self, step: Step) -> None:
        """The step that is looked at."""
        self.now(f"looking at step {step.number}, {step.title}")

    def waiting(self, findings: Mapping[int, Finding]) -> None:
        """What is waited for, and until when."""
        pending = {n: each for n, each in findings.items() if each.outcome is Outcome.PENDING}
        until = max((each.until for each in pending.values() if each.until), default=None)
        left = f", at most {_left(until)} more" if until else ""
        steps = ", ".join(map(str, pending))
        self.update(f"waiting for CloudTrail's delivery: step {steps}{left}")

    def update(self, text: str) -> None:
        """A line that changes; where lines cannot, one every few seconds."""
        with self._lock:
            now = time.monotonic()
            if sys.stderr.isatty():
                _overwrite(f"{self._seconds():6.1f} s  {one_line(redacted(text))}")
                self._open_line = True
            elif not self._told or now - self._told >= TELL_EVERY:
                print(f"{self._seconds():6.1f} s  {text}", file=sys.stderr, flush=True)
                self._told = now

    def end(self) -> None:
        """Leave the line that changes."""
        with self._lock:
            self._close_line()

    def _close_line(self) -> None:
        if self._open_line:
            _overwrite("")
            self._open_line = False

    def _seconds(self) -> float:
        return time.monotonic() - self.begun


def _overwrite(text: str) -> None:
    """Put legible `text` in the place of the line that changes."""
    print(f"\r\x1b[K{text}", end="", file=unguarded(sys.stderr), flush=True)


def _left(until: datetime) -> str:
    seconds = max(0, round((until - datetime.now(UTC)).total_seconds()))
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min"

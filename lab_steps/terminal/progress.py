"""What is happening now, on stderr: lines that stay, and one that changes on a terminal."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from lab_steps.checking.finding import Finding, Outcome
from lab_steps.credential_redaction import redacted
from lab_steps.process import signals_later
from lab_steps.terminal.legible import one_line, unguarded
from trail_logs.counting import counted

if TYPE_CHECKING:
    from rich.live import Live
    from rich.text import Text

    from lab_steps.checking.step import Step

_USUAL_COLUMNS = 80

Pause = Callable[[float], None]
"""Waits so many seconds."""


@dataclass(frozen=True, slots=True)
class DeliveryProgress:
    """What was seen at `now`: the log files, and how many (`matched`) of the `wanted` events.

    `usual` is how long a delivery usually takes.
    """

    now: datetime
    usual: timedelta = timedelta()
    files: int = 0
    matched: int = 0
    wanted: int = 0


@dataclass
class Progress:
    """Tells people what is going on; none of it is part of the result. Only terminals that can
    erase a line get one that changes. Pipes, files and dumb terminals only get the lines that stay.
    """

    begun: float = field(default_factory=time.monotonic)
    _live: Live | None = None
    _waits_for: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def say(self, text: str) -> None:
        """A line that stays, with the seconds since the start."""
        with self._whole():
            self._close_line()
            print(self._with_seconds(text), file=sys.stderr, flush=True)

    def looking(self, step: Step) -> None:
        """The step being checked."""
        self.now(f"checking step {step.number}, {step.title}")

    def waiting(self, findings: Mapping[int, Finding], seen: DeliveryProgress) -> None:
        """What is waited for, for how long, and until when; only once if no line can change."""
        pending = {n: each for n, each in findings.items() if each.outcome is Outcome.PENDING}
        until = max((each.until for each in pending.values() if each.until), default=None)
        since = min((each.since for each in pending.values() if each.since), default=None)
        waited = f", for {_length(seen.now - since)}" if since else ""
        usual = f", usually {_length(seen.usual)}" if seen.usual else ""
        left = f", at most {_length(until - seen.now)} more" if until else ""
        found = f"; {counted(seen.files, 'log file')}, {seen.matched} of {seen.wanted} events"
        what = f"waiting for CloudTrail's delivery: step {', '.join(map(str, pending))}"
        told = f"{what}{found}{waited}{usual}{left}"
        if not self.now(told) and what != self._waits_for:
            self._waits_for = what
            self.say(told)

    def until(
        self, is_done: Callable[[], bool], what: str, patience: timedelta, pause: Pause
    ) -> bool:
        """Say `what` is needed and wait until it `is_done`; False if that takes longer than
        `patience`. `pause` waits between questions."""
        self.say(f"{what} Waiting for it up to {_length(patience)}; Ctrl-C keeps what is done")
        deadline = time.monotonic() + patience.total_seconds()
        while not is_done():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            self.now(f"waiting, {_length(timedelta(seconds=left))} more")
            pause(min(2.0, left))
        self.say("signed in again: continuing")
        return True

    def now(self, text: str) -> bool:
        """What is being done now; the next line replaces it. False if no line can change."""
        with self._whole():
            if self._live is None:
                self._live = _changing_line()
            if self._live:
                self._live.console.width = _columns()
                self._live.update(_cut(self._with_seconds(text)), refresh=True)
            return self._live is not None

    def end(self) -> None:
        """Leave the line that changes."""
        with self._whole():
            self._close_line()

    @contextmanager
    def _whole(self) -> Iterator[None]:
        """Signals and other threads wait until the line is whole: half a line cannot be erased."""
        with self._lock, signals_later(signal.SIGINT, signal.SIGTERM):
            yield

    def _close_line(self) -> None:
        if self._live:
            self._live.stop()
            self._live = None

    def _with_seconds(self, text: str) -> str:
        return f"{time.monotonic() - self.begun:6.1f} s  {text}"


class Silent(Progress):
    """Says nothing: for a lab that is one of many at once, which others report on."""

    def say(self, text: str) -> None:
        """Say nothing."""

    def now(self, text: str) -> bool:
        """Say nothing; False, as if no line could change."""
        del text
        return False

    def waiting(self, findings: Mapping[int, Finding], seen: DeliveryProgress) -> None:
        """Say nothing."""


def _changing_line() -> Live | None:
    """A line on stderr's terminal that is erased when it is stopped; None if there is no such
    terminal."""
    if not sys.stderr.isatty():
        return None
    from rich.console import Console
    from rich.live import Live

    console = Console(file=unguarded(sys.stderr), highlight=False, markup=False, emoji=False)
    if not console.is_interactive or console.is_dumb_terminal:
        return None
    live = Live(
        console=console,
        auto_refresh=False,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
    live.start()
    return live


def _cut(text: str) -> Text:
    """One line, cut at the terminal's width: a line that wraps could not be erased whole."""
    from rich.text import Text

    encoding = sys.stderr.encoding or "ascii"
    fitting = one_line(redacted(text)).encode(encoding, "backslashreplace").decode(encoding)
    return Text(fitting, no_wrap=True, overflow="crop")


def _columns() -> int:
    """The terminal's own width at this moment, whatever COLUMNS says: a window can be resized."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or _USUAL_COLUMNS
    except (OSError, ValueError):
        return _USUAL_COLUMNS


def _length(span: timedelta) -> str:
    seconds = max(0, round(span.total_seconds()))
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min"

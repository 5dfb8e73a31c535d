"""Looks at the lab while any page is open. All open pages share each look."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import msgspec

from lab_steps.checking.watching import LONGER, LONGEST, Findings, Watch, changed, interval
from lab_steps.errors import LabError
from lab_steps.guide.page import Pages, Revisions, Shown
from lab_steps.results.delivered import Deliveries
from lab_steps.results.result import Result, without_secrets
from lab_steps.session import LabSession
from lab_steps.targets.control import OthersCalls

GLANCE = 0.25
"""Seconds between questions whether anyone made a call, at a place that can tell (a local AWS)."""

AFTER_DELIVERY = 0.3
"""On a local AWS: seconds to wait, after a call's log file is delivered, before the next look."""

RARER, RAREST = 3.0, 30.0
"""On a local AWS: how the time between looks grows.

Each look causes a log file, and new calls end the wait.
"""


class _Over(Exception):
    """The guide ends."""


@dataclass
class Looks:
    """Looks at a lab in a thread of its own, and keeps what the page shows of the last look."""

    session: LabSession
    pages: Pages
    calls: OthersCalls
    revisions: Revisions = field(default_factory=Revisions)
    count: int = 0
    _readers: int = 0
    _over: bool = False
    _shown: Shown | None = None
    _found: Findings = field(default_factory=dict)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _deliveries: Deliveries = field(default_factory=Deliveries)

    def __post_init__(self) -> None:
        target = self.session.target
        tells = self.calls.came() is not None
        soon = target.patience.usual.total_seconds() + AFTER_DELIVERY
        self._watch = Watch(
            self.session.lab,
            self.session.lab.steps,
            self.session.look,
            soon if tells else interval((self.session.athena or target).patience, None),
            self._wait,
            RARER if tells else LONGER,
            RAREST if tells else LONGEST,
        )
        self._thread = threading.Thread(target=self._look_on, name="guide-looks", daemon=True)

    def start(self) -> None:
        """Look once, then whenever something may have changed. Raises LabError if the first look
        fails."""
        self._publish(self._watch.one_round())
        self._thread.start()

    def stop(self) -> None:
        """Stop looking, and end every wait in `since`."""
        with self._changed:
            self._over = True
            self._changed.notify_all()
        self._thread.join()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Count one reader of a page more: looks are only made while there are readers."""
        self._count_readers(1)
        try:
            yield
        finally:
            self._count_readers(-1)

    def page(self) -> str:
        """The page as it is now."""
        with self._changed:
            shown = self._now
            return self.pages.page(shown, self.revisions.all(), self.revisions.number)

    @property
    def result(self) -> Result:
        """What the last look found."""
        return self._now.result

    def since(self, number: int, seconds: float) -> dict[str, tuple[int, str]] | None:
        """The parts that changed after revision `number`, after at most `seconds` of waiting for a
        change; None when the guide ends."""
        with self._changed:
            self._changed.wait_for(lambda: self._over or self.revisions.number > number, seconds)
            return None if self._over else self.revisions.since(number)

    @property
    def _now(self) -> Shown:
        assert self._shown is not None, "the first look is missing"
        return self._shown

    def _count_readers(self, more: int) -> None:
        with self._changed:
            self._readers += more
            self._changed.notify_all()

    def _look_on(self) -> None:
        try:
            self._wait_for_readers()
            while True:
                self._watch_on()
        except _Over:
            return
        except Exception as error:
            self._tell(f"This is a bug. Start the guide again: {type(error).__name__}: {error}")
            raise

    def _watch_on(self) -> None:
        """Look until all steps pass, and wait until that may have changed."""
        try:
            for findings in self._watch.rounds(None):
                self._publish(findings)
            self._wait(self._watch.seconds * self._watch.longest)
        except LabError as error:
            self._tell(f"{error} {error.advice or ''}".strip())
            self._wait(self._watch.seconds * LONGEST)

    def _publish(self, findings: Findings) -> None:
        before, view = self._shown, self._watch.view
        assert view is not None, "findings are of a look"
        observed = self._deliveries.observed(view, self.session.lab.trails)
        found = msgspec.structs.replace(self.session.result("watch", findings), observed=observed)
        self.count += 1
        others = changed(self._found, findings) or (before.changed if before else ())
        self._found = findings
        self._show(Shown(without_secrets(found), tuple(others)))

    def _tell(self, trouble: str) -> None:
        now = self._now
        self._show(Shown(now.result, now.changed, trouble))

    def _show(self, shown: Shown) -> None:
        parts = self.pages.parts(shown)
        with self._changed:
            self._shown = shown
            self.revisions.take(parts)
            self._changed.notify_all()

    def _wait(self, seconds: float) -> bool:
        """Wait for `seconds`, or until someone makes a call; while no one reads, wait for a reader.
        True if a call or a reader ended the wait."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if self._wait_for_readers() or self.calls.came():
                return True
            self._pause(min(GLANCE, left))
        return False

    def _wait_for_readers(self) -> bool:
        """Wait until someone reads; return whether no one did at first."""
        with self._changed:
            had_none = self._readers == 0
            self._changed.wait_for(lambda: self._over or self._readers > 0)
        self._pause(0)
        return had_none

    def _pause(self, seconds: float) -> None:
        with self._changed:
            if self._changed.wait_for(lambda: self._over, seconds):
                raise _Over

"""Calls to subscribers: one that does not answer does not delay the others.

A subscriber belongs to the user: it may hang, fail, or call the local AWS. So each has its own
queue and its own thread, and files are delivered meanwhile.
"""

from __future__ import annotations

import heapq
import importlib
import ipaddress
import itertools
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from types import SimpleNamespace
from typing import Any, Protocol
from unittest.mock import patch
from urllib.parse import urlsplit

from msgspec import Struct, field

from local_aws.cloudtrail.faults import Faults
from local_aws.first_use import on_first_use, uses_of

PATIENCE = 5.0
"""Seconds after which a subscriber is late: nobody waits for a late one."""

HTTP_TIMEOUT = 15.0
"""Seconds that an HTTP endpoint has to answer: as many as real SNS gives it."""

CONSEQUENCES = 8
"""Calls of a chain, each made by the one before it, that are waited for together."""

MOST_WAITING = 10_000
"""Calls that are kept for a subscriber that is late."""

Send = Callable[[], object]


class HandOn(Protocol):
    """Makes a call to a destination, after the earlier calls to it.

    With `at`, not before that time of the server's clock.
    """

    def __call__(self, destination: str, send: Send, /, *, at: datetime | None = None) -> None: ...


_HTTP_CALLERS = ("sns", "events", "firehose")


class TooManyWaiting(Exception):
    """The oldest call to a late subscriber was dropped."""


class _Line(Struct):
    """A destination's calls: `handed` and `done` count them, `since` is when the latest began."""

    destination: str
    waiting: deque[Send] = field(default_factory=deque)
    handed: int = 0
    done: int = 0
    since: float | None = None
    late: bool = False

    def is_late(self) -> bool:
        return self.late or (self.since is not None and time.monotonic() - self.since > PATIENCE)


def _are_done(wanted: Iterable[tuple[_Line, int]]) -> bool:
    return all(line.done >= handed or line.is_late() for line, handed in wanted)


class Outbox:
    """Makes calls in the background, in order for each destination."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._lines: dict[str, _Line] = {}
        self._later: list[tuple[datetime, int, str, Send]] = []
        self._count = itertools.count()
        self._changed = threading.Condition()

    def hand_on(self, destination: str, send: Send, *, at: datetime | None = None) -> None:
        """Have `send` called soon, and return at once. What it raises is noted as a fault.

        With `at`, it waits until `hand_on_what_is_due` is called at that time or later.
        """
        with self._faults.kept_from(destination), self._changed:
            if at is not None and at > datetime.now(UTC):
                heapq.heappush(self._later, (at, next(self._count), destination, send))
                return
            line = self._lines.get(destination) or self._new_line(destination)
            if line.is_late() and len(line.waiting) >= MOST_WAITING:
                line.waiting.popleft()
                line.done += 1
                self._faults.note(destination, TooManyWaiting(f"more than {MOST_WAITING} wait"))
            line.waiting.append(send)
            line.handed += 1

    def hand_on_what_is_due(self) -> None:
        """Hand on the calls whose time has come."""
        now, due = datetime.now(UTC), []
        with self._changed:
            while self._later and self._later[0][0] <= now:
                due.append(heapq.heappop(self._later))
        for _, _, destination, send in due:
            self.hand_on(destination, send)

    def _new_line(self, destination: str) -> _Line:
        line = _Line(destination)
        name = "local-aws-subscriber"
        threading.Thread(target=self._work, args=(line,), name=name, daemon=True).start()
        self._lines[destination] = line
        return line

    def wait(self) -> None:
        """Wait for the calls handed on so far, and for those that they hand on in turn.

        At most for PATIENCE and along CONSEQUENCES calls, and for no late destination. An event can
        go from a log group through a metric, an alarm and a topic to a function.
        """
        until = time.monotonic() + PATIENCE
        with self._changed:
            for _ in range(CONSEQUENCES):
                wanted = [(line, line.handed) for line in self._lines.values()]
                self._changed.wait_for(
                    partial(_are_done, wanted), max(0.0, until - time.monotonic())
                )

    def clear(self) -> None:
        """Forget what waits. A call that has begun is not interrupted."""
        with self._changed:
            for line in self._lines.values():
                line.done += len(line.waiting)
                line.waiting.clear()
            self._lines.clear()
            self._later.clear()
            self._changed.notify_all()

    @property
    def waiting(self) -> int:
        """Calls that are not done."""
        with self._changed:
            return sum(line.handed - line.done for line in self._lines.values())

    def _work(self, line: _Line) -> None:
        while send := self._next(line):
            try:
                send()
            except Exception as error:  # noqa: BLE001
                # A reset has forgotten this call meanwhile: its failure does not matter any more.
                if self._lines.get(line.destination) is line:
                    self._faults.note(line.destination, error)
            with self._changed:
                line.late = time.monotonic() - (line.since or 0) > PATIENCE
                line.since = None
                line.done += 1
                self._changed.notify_all()

    def _next(self, line: _Line) -> Send | None:
        with self._changed:
            if line.waiting:
                line.since = time.monotonic()
                return line.waiting.popleft()
            if self._lines.get(line.destination) is line:
                del self._lines[line.destination]
            return None


class NotCalled(Exception):
    """An HTTP endpoint is on another machine, and those are only called on request (`call_out`)."""


class NotAnswered(Exception):
    """An HTTP endpoint could not be reached, or was `late`."""

    def __init__(self, url: str, *, late: bool) -> None:
        said = f"did not answer within {HTTP_TIMEOUT:.0f} seconds" if late else "cannot be reached"
        super().__init__(f"{url} {said}")
        self.late = late


def install(patches: ExitStack, *, call_out: bool) -> None:
    """Limit moto's calls to HTTP endpoints until `patches` is closed.

    Each has a timeout, which moto lacks, and only reaches this machine unless `call_out`.
    """
    for service in _HTTP_CALLERS:
        bound = partial(_bound, service, call_out)
        on_first_use(patches, uses_of(service), bound)


def _bound(service: str, call_out: bool, patches: ExitStack) -> None:
    module = importlib.import_module(f"moto.{service}.models")
    bounded = bounded_requests(module.requests, call_out=call_out)
    patches.enter_context(patch.object(module, "requests", bounded))


def bounded_requests(requests: Any, *, call_out: bool) -> SimpleNamespace:
    """The functions of the library `requests` that moto calls, with these limits."""

    def request(method: str, url: str, **named: Any) -> Any:
        host = urlsplit(url).hostname or ""
        if not call_out and not _is_here(host):
            raise NotCalled(
                f"wanted an endpoint on this machine, got {url}: to call others, start the local "
                "AWS with --call-out (or LocalAws(call_out=True))"
            )
        try:
            return requests.request(method, url, timeout=HTTP_TIMEOUT, **named)
        except requests.Timeout as error:
            raise NotAnswered(url, late=True) from error
        except requests.ConnectionError as error:
            raise NotAnswered(url, late=False) from error

    return SimpleNamespace(post=partial(request, "POST"), request=request)


def _is_here(host: str) -> bool:
    """Whether a host is loopback. Names are not resolved: that would itself be a call."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

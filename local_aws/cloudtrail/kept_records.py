"""Every record of the server, of any category, whether a trail selects it or not, in order.

AWS has no such store: Event history has no data events and is sorted by time, and a trail has what
it selects. The latest records are kept as the JSON that trails deliver, up to a number of bytes. Of
older ones, only the number is known.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice

from msgspec import Struct

MOST_BYTES = 64 * 1024**2
"""Bytes of the records that are kept: some 50,000 of the usual size."""

MOST_FOLLOWERS = 4
"""Requests that may wait for records at a time: each takes one of the server's 16 threads."""

_PAGE_BYTES = 8 * 1024**2


class TooManyFollowers(Exception):
    """As many requests as allowed are already waiting for records."""


class RecordPage(Struct, frozen=True):
    """Some records, in order. `next` is where the following ones begin.

    `dropped` counts the records from the page's start on that are no longer kept.
    """

    records: list[bytes]
    next: int
    dropped: int


class KeptRecords:
    """The latest records. Safe for several threads at once.

    Each record has a position, which is never used again, not even after `clear`.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._records: deque[bytes] = deque()
        self._bytes = 0
        self._first = self._cleared = 0
        self.followers = 0
        """How many requests are waiting for records."""
        self._ended = False
        self._changed = threading.Condition()

    def append(self, record_json: bytes) -> None:
        """Keep a record, and drop the oldest ones if there is no room."""
        with self._changed:
            self._records.append(record_json)
            self._bytes += len(record_json)
            while self._bytes > self._most_bytes:
                self._bytes -= len(self._records.popleft())
                self._first += 1
            if self.followers:
                self._changed.notify_all()

    def clear(self) -> None:
        """Forget all records; they do not count as dropped."""
        with self._changed:
            self._cleared = self._first = self._end
            self._records.clear()
            self._bytes = 0

    def end(self) -> None:
        """End all waiting: the server stops."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    @property
    def _end(self) -> int:
        return self._first + len(self._records)

    def page(self, wanted: Callable[[bytes], bool], after: int, limit: int) -> RecordPage:
        """At most `limit` wanted records from position `after` on.

        Raises ValueError for a position that no record has had yet.
        """
        with self._changed:
            if after > self._end:
                raise ValueError(f"wanted after from 0 to {self._end}, got {after}")
            position = max(after, self._first)
            dropped = max(0, self._first - max(after, self._cleared))
            records = list(islice(self._records, position - self._first, None))
        found: list[bytes] = []
        size = 0
        for record in records:
            if len(found) == limit or size > _PAGE_BYTES:
                break
            position += 1
            if wanted(record):
                found.append(record)
                size += len(record)
        return RecordPage(found, position, dropped)

    def all(self) -> RecordPage:
        """All records that are kept, whatever their size."""
        with self._changed:
            return RecordPage(list(self._records), self._end, self._first - self._cleared)

    def follow(
        self, wanted: Callable[[bytes], bool], after: int, limit: int, seconds: float
    ) -> RecordPage:
        """Like `page`, but wait until there is a wanted record, for `seconds` at most.

        Raises TooManyFollowers.
        """
        until = time.monotonic() + seconds
        dropped = 0
        with self._place():
            while True:
                page = self.page(wanted, after, limit)
                dropped += page.dropped
                left = until - time.monotonic()
                if page.records or left <= 0 or not self._wait(page.next, left):
                    return RecordPage(page.records, page.next, dropped)
                after = page.next

    @contextmanager
    def _place(self) -> Iterator[None]:
        with self._changed:
            if self.followers == MOST_FOLLOWERS:
                raise TooManyFollowers(
                    f"{MOST_FOLLOWERS} requests are already waiting for records, which is the "
                    "limit: try again when one has ended, or without follow"
                )
            self.followers += 1
        try:
            yield
        finally:
            with self._changed:
                self.followers -= 1

    def _wait(self, position: int, seconds: float) -> bool:
        """Whether a record came to the position before the time was over."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended or self._end > position, seconds)
            return self._end > position and not self._ended

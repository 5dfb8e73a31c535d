"""Where Event history keeps its events: the latest unpacked, the older ones compressed.

A history is written at every request but rarely read. So most of it is compressed, in packs of some
hundred events, each with the values that its events have. A lookup only opens the packs that can
have what it searches for. Late events wait until there are enough of them to be worth opening
packs.
"""

from __future__ import annotations

import zlib
from bisect import bisect_left, bisect_right, insort_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from heapq import merge
from itertools import groupby

import msgspec
from msgspec import Struct

from cloudtrail.event_history import (
    ATTRIBUTES,
    RETENTION,
    HistoryEvent,
    LookupPage,
    LookupQuery,
    lookup,
)

PACK = 256
"""How many events a pack has: opening one takes about a millisecond."""

_FASTEST = 1
_events = msgspec.msgpack.Decoder(list[HistoryEvent])
_encoder = msgspec.msgpack.Encoder()


class _Pack(msgspec.Struct, frozen=True, gc=False):
    """Events in the order of their times, compressed, and what is known without opening them."""

    first: datetime
    last: datetime
    size: int
    categories: frozenset[str]
    values: Mapping[str, frozenset[str | None]]
    content: bytes

    def events(self) -> list[HistoryEvent]:
        return _events.decode(zlib.decompress(self.content))

    def may_hold(self, query: LookupQuery) -> bool:
        return query.wanted_category in self.categories and (
            query.attribute is None or query.attribute[1] in self.values[query.attribute[0]]
        )


def _packed(events: list[HistoryEvent]) -> _Pack:
    return _Pack(
        first=events[0].event_time,
        last=events[-1].event_time,
        size=len(events),
        categories=frozenset(event.category for event in events),
        values={name: _values(events, of) for name, of in ATTRIBUTES.items()},
        content=zlib.compress(_encoder.encode(events), _FASTEST),
    )


def _values(
    events: list[HistoryEvent], of: Callable[[HistoryEvent], Iterable[str | None]]
) -> frozenset[str | None]:
    return frozenset(value for event in events for value in of(event))


class Events(Struct, frozen=True):
    """The events of a history at one moment; any thread may look at them."""

    packs: tuple[_Pack, ...]
    late: tuple[HistoryEvent, ...]
    latest: tuple[HistoryEvent, ...]

    def newest_first(self, query: LookupQuery | None = None) -> Iterator[HistoryEvent]:
        """All events, or without most of those that `query` cannot find.

        Raises InvalidNextToken for a token that another query was given.
        """
        until = query.latest if query else None
        yield from _newest_first(self.latest, until)
        packed = self._packed(query, until)
        late = _newest_first(self.late, until)
        yield from merge(late, packed, key=_event_time, reverse=True) if self.late else packed

    def _packed(self, query: LookupQuery | None, until: datetime | None) -> Iterator[HistoryEvent]:
        for pack in reversed(self.packs):
            if (until is None or pack.first <= until) and (not query or pack.may_hold(query)):
                yield from _newest_first(pack.events(), until)

    def lookup(self, query: LookupQuery, *, now: datetime) -> LookupPage:
        """The page that `query` asks for (see `cloudtrail.event_history.lookup`)."""
        return lookup(self.newest_first(query), query, now=now)


def _newest_first(events: Sequence[HistoryEvent], until: datetime | None) -> Iterator[HistoryEvent]:
    stop = len(events) if until is None else bisect_right(events, until, key=_event_time)
    return (events[index] for index in range(stop - 1, -1, -1))


class EventHistory:
    """The events of one account and Region, in the order of their times.

    Not thread-safe: share it with a lock; what `events()` returned needs none. Data events are
    ignored.
    """

    __slots__ = ("_late", "_latest", "_packs")

    def __init__(self) -> None:
        self._packs: tuple[_Pack, ...] = ()
        self._late: list[HistoryEvent] = []
        self._latest: list[HistoryEvent] = []

    def __len__(self) -> int:
        return sum(pack.size for pack in self._packs) + len(self._late) + len(self._latest)

    def append(self, event: HistoryEvent) -> None:
        """Add a management or Insight event; one that comes late is sorted in by its time."""
        if event.category not in ("Management", "Insight"):
            return
        if self._packs and event.event_time < self._packs[-1].last:
            insort_right(self._late, event, key=_event_time)
            if len(self._late) == PACK:
                self._pack_late()
        else:
            insort_right(self._latest, event, key=_event_time)
            self._pack()

    def _pack(self) -> None:
        if len(self._latest) == 2 * PACK:
            self._packs += (_packed(self._latest[:PACK]),)
            del self._latest[:PACK]

    def _pack_late(self) -> None:
        """Pack the late events where their times belong: many as a pack between others, few into
        one."""
        packs = list(self._packs)
        places = [
            (place, list(events)) for place, events in groupby(self._late, key=self._place_of)
        ]
        for place, events in reversed(places):
            many = len(events) >= PACK // 2 and events[-1].event_time < packs[place].first
            if many:
                packs.insert(place, _packed(events))
                continue
            whole = sorted([*packs[place].events(), *events], key=_event_time)
            middle = len(whole) // 2 if len(whole) >= 2 * PACK else len(whole)
            packs[place : place + 1] = [
                _packed(part) for part in (whole[:middle], whole[middle:]) if part
            ]
        self._packs = tuple(packs)
        self._late.clear()

    def _place_of(self, event: HistoryEvent) -> int:
        """The index of the first pack that ends later."""
        return bisect_right(self._packs, event.event_time, key=_last)

    def prune(self, now: datetime) -> None:
        """Drop what is older than 90 days, which no lookup finds."""
        oldest = now - RETENTION
        if self._packs and self._packs[0].last < oldest:
            self._packs = self._packs[bisect_left(self._packs, oldest, key=_last) :]
            del self._late[: bisect_left(self._late, oldest, key=_event_time)]
        if not self._packs:
            del self._latest[: bisect_left(self._latest, oldest, key=_event_time)]

    def events(self) -> Events:
        """The events in it now."""
        return Events(self._packs, tuple(self._late), tuple(self._latest))


def _event_time(event: HistoryEvent) -> datetime:
    return event.event_time


def _last(pack: _Pack) -> datetime:
    return pack.last

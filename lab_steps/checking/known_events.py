"""What was read of Event history so far. Its events do not change, so none is read twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from lab_steps.checking import user_agents

EventOfHistory = dict[str, Any]
"""An event as LookupEvents gives it."""

_EVER = datetime.min.replace(tzinfo=UTC)
_SECOND = timedelta(seconds=1)


def record(event: EventOfHistory) -> dict[str, Any]:
    """The CloudTrail record inside an event of LookupEvents."""
    return msgspec.json.decode(event["CloudTrailEvent"], type=dict[str, Any])


def is_nobodys(event: EventOfHistory) -> bool:
    """Whether a check made the call, or CloudTrail did in order to deliver."""
    return user_agents.is_nobodys(record(event).get("userAgent"))


@dataclass(frozen=True, slots=True)
class Search:
    """A search for events that people caused, not checks or CloudTrail's deliveries.

    `attribute` and `value` are a lookup attribute of LookupEvents; empty for all events. The other
    fields narrow it down: calls to the service `source`, on the resource named `resource`, that
    `succeeded`.
    """

    attribute: str = ""
    value: str = ""
    source: str | None = None
    resource: str | None = None
    succeeded: bool = True

    def finds(self, event: EventOfHistory) -> bool:
        """Whether the event meets the search."""
        named = [each.get("ResourceName") for each in event.get("Resources", [])]
        return (
            (not self.attribute or event.get(self.attribute) == self.value)
            and self.source in (None, event["EventSource"])
            and (self.resource is None or self.resource in named)
            and not (self.succeeded and record(event).get("errorCode"))
            and not is_nobodys(event)
        )


@dataclass(frozen=True, slots=True)
class Known:
    """What was found for a Search among the events that had come until `looked`."""

    looked: datetime
    event: EventOfHistory | None

    def is_kept(self, now: datetime) -> bool:
        """Whether Event history still has the event."""
        return self.event is not None and self.event["EventTime"] > oldest(now)


def oldest(now: datetime) -> datetime:
    """How far back Event history goes."""
    from cloudtrail.event_history import RETENTION

    return now - RETENTION


@dataclass(frozen=True, slots=True)
class HistoryReading:
    """The events, latest first, that a look at `now` read: those from `since` on (None: of all 90
    days).

    They are all of these (`to_the_end`), or only the latest. `joins`: none is missing between them
    and what was known before.
    """

    events: Sequence[EventOfHistory]
    since: datetime | None
    now: datetime
    to_the_end: bool
    joins: bool

    @property
    def reaches(self) -> datetime:
        """The time since which it has all events; their times are whole seconds."""
        if self.to_the_end:
            return self.since or _EVER
        last: datetime = self.events[-1]["EventTime"]
        return last + _SECOND


MOST_EVENTS = 1000
"""At most this many events of people are kept: `watch` may run for days."""


@dataclass
class KnownEvents:
    """What the looks of a session have read of Event history.

    `events` are all events of people since `reaches`, latest first. `times` has the times of the
    latest events of all callers, by EventId. `read_through` is the time of the latest look that did
    not stop at known events. `searches` has what a Search found further back. `filters` has the
    events that a lookup attribute found: attribute, value, EventId.
    """

    events: tuple[EventOfHistory, ...] = ()
    reaches: datetime | None = None
    read_through: datetime | None = None
    times: dict[str, datetime] = field(default_factory=dict)
    searches: dict[Search, Known] = field(default_factory=dict)
    filters: set[tuple[str, str, str]] = field(default_factory=set)

    def covers(self, since: datetime | None) -> bool:
        """Whether `events` has all events since then (None: of all 90 days)."""
        return self.reaches is not None and self.reaches <= (since or _EVER)

    def knows(self, page: Sequence[EventOfHistory]) -> bool:
        """Whether all events of the page are known."""
        return all(each["EventId"] in self.times for each in page)

    def agrees(self, reading: HistoryReading) -> bool:
        """Whether all known events are still there. If not, this is another Event history."""
        there = {each["EventId"] for each in reading.events}
        since = max(reading.reaches, oldest(reading.now) + _SECOND)
        return all(each in there for each, time in self.times.items() if time >= since)

    def add(self, reading: HistoryReading) -> None:
        """Add what was read, and forget what is older than 90 days."""
        reaches, kept = reading.reaches, oldest(reading.now)
        goes_on = self.reaches is not None and reading.joins
        older = [each for each in self.events if each["EventTime"] < reaches] if goes_on else []
        people = (each for each in reading.events if not is_nobodys(each))
        known = [each for each in (*people, *older) if each["EventTime"] > kept]
        self.events = tuple(known[:MOST_EVENTS])
        self.reaches = min(self.reaches, reaches) if self.reaches and goes_on else reaches
        if len(known) > MOST_EVENTS:
            self.reaches = self.events[-1]["EventTime"] + _SECOND
        self._note(reading)

    def _note(self, reading: HistoryReading) -> None:
        times = {each["EventId"]: each["EventTime"] for each in reading.events}
        if reading.to_the_end or not reading.joins:
            self.read_through, self.times = reading.now, times
        else:
            self.times |= times

    def forget(self) -> None:
        """Forget everything."""
        vars(self).update(vars(KnownEvents()))

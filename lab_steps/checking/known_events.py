"""What is known of Event history. Its events do not change, so none is read twice."""

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
    """Whether a check made the call, or CloudTrail to deliver."""
    return user_agents.is_nobodys(record(event).get("userAgent"))


@dataclass(frozen=True, slots=True)
class Search:
    """A search for people's events by one lookup `attribute` of LookupEvents, or by none. Among
    those with its `value`: calls to the service `source`, on the resource of this name, that
    `succeeded`, if these are given. Checks and deliveries are nobody's work.
    """

    attribute: str = ""
    value: str = ""
    source: str | None = None
    resource: str | None = None
    succeeded: bool = True

    def finds(self, event: EventOfHistory) -> bool:
        """Whether it is such an event."""
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
    """What a look at `looked` found for a Search."""

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
    """The events, latest first, that a look at `now` read: of those from `since` on, or of all.

    They are all of them, or the latest. `joins` says that none is missing between them and what
    was known before.
    """

    events: Sequence[EventOfHistory]
    since: datetime | None
    now: datetime
    to_the_end: bool
    joins: bool

    @property
    def reaches(self) -> datetime:
        """Since when it has all events; their times are whole seconds."""
        if self.to_the_end:
            return self.since or _EVER
        last: datetime = self.events[-1]["EventTime"]
        return last + _SECOND


MOST_EVENTS = 1000
"""Events of people that are kept: more would fill the memory of a watch of days."""


@dataclass
class KnownEvents:
    """What the looks of a session have read of Event history. `events` are all of people since
    `reaches`, latest first. `times` says when the latest of all callers' were, by EventId.
    `read_through` is the latest look that did not stop at what was known. `searches` has what a
    Search found that had to go further back; `filters` the events that a lookup attribute found:
    attribute, value, EventId.
    """

    events: tuple[EventOfHistory, ...] = ()
    reaches: datetime | None = None
    read_through: datetime | None = None
    times: dict[str, datetime] = field(default_factory=dict)
    searches: dict[Search, Known] = field(default_factory=dict)
    filters: set[tuple[str, str, str]] = field(default_factory=set)

    def covers(self, since: datetime | None) -> bool:
        """Whether `events` has all since then; None: of all the 90 days."""
        return self.reaches is not None and self.reaches <= (since or _EVER)

    def knows(self, page: Sequence[EventOfHistory]) -> bool:
        """Whether nothing in it is new."""
        return all(each["EventId"] in self.times for each in page)

    def agrees(self, reading: HistoryReading) -> bool:
        """Whether everything known is still there: if not, this is another Event history."""
        there = {each["EventId"] for each in reading.events}
        since = max(reading.reaches, oldest(reading.now) + _SECOND)
        return all(each in there for each, time in self.times.items() if time >= since)

    def add(self, reading: HistoryReading) -> None:
        """Know what was read, and forget what is older than 90 days."""
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
        """Know nothing."""
        vars(self).update(vars(KnownEvents()))

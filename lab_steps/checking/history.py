"""Event history as checks use it: LookupEvents, without the checks' own calls."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from lab_steps.checking.finding import ApiAnswer
from lab_steps.checking.known_events import HistoryReading, Known, KnownEvents, Search
from lab_steps.checking.step import Need
from lab_steps.checking.view import View, answered

NEVER_CALLED = "No such call was made in this Region in the last 90 days, or it was refused."


PAGE = 50
MOST_PAGES = 5
"""At most this many pages with new events are read for all searches together. Each Search reads
what is further back by itself."""

READ_THROUGH = 4
"""Events may arrive late, so a look sometimes reads past the known events: this many times in
`patience.due`. All other looks stop at a page of known events, so that a watch does not read the
records of its own looks again and again."""


def latest(view: View, search: Search) -> dict[str, Any] | None:
    """The latest event of a search in the last 90 days; None if there is none.

    It is found however many calls of checks come after it: how often you check changes no result.
    """
    found: dict[str, Any] | None = view.remember(str(search), lambda: _latest(view, search))
    return found


def _latest(view: View, search: Search) -> dict[str, Any] | None:
    known_events = _known_events(view)
    known = known_events.searches.get(search)
    event = next(filter(search.finds, known_events.events), None)
    if event is None:
        since = _overlap(view, known.looked) if known else None
        before = known.event if known and known.is_kept(view.now) else None
        event = next(_before(view, search, since), before)
    known_events.searches[search] = Known(known_events.read_through or view.now, event)
    return event


def found(view: View, search: Search, since: datetime | None = None) -> Iterator[dict[str, Any]]:
    """A search's events since then (None: of 90 days), latest first, read only as far as needed."""
    for event in filter(search.finds, _known_events(view).events):
        if since is None or event["EventTime"] >= since:
            yield event
    yield from _before(view, search, since)


def _before(view: View, search: Search, since: datetime | None) -> Iterator[dict[str, Any]]:
    """A search's events since then that are older than all known ones."""
    known_events = _known_events(view)
    if known_events.reaches and not known_events.covers(since):
        end = known_events.reaches - timedelta(seconds=1)
        for page in pages(view, search.attribute, search.value, since, end):
            yield from filter(search.finds, page["Events"])


def _known_events(view: View) -> KnownEvents:
    """What is known of Event history, including what came since the latest look."""
    known_events: KnownEvents = view.remember("Event history", lambda: _with_news(view))
    return known_events


def _with_news(view: View) -> KnownEvents:
    known_events = view.known_events
    reading = _read(view)
    if not known_events.agrees(reading):
        known_events.forget()
        reading = _read(view)
    known_events.add(reading)
    return known_events


def _overlap(view: View, looked: datetime) -> datetime:
    """The time since which events may have arrived after a look: up to `patience.due` before it."""
    return (looked - view.patience.due).replace(microsecond=0)


def _read(view: View) -> HistoryReading:
    """What is new, as far as it has to be read."""
    known_events, due = view.known_events, view.patience.due
    before = known_events.read_through
    since = _overlap(view, before) if before else None
    through = before is None or view.now - before >= due / READ_THROUGH
    read: list[dict[str, Any]] = []
    with_news = 0
    for page in pages(view, start=since):
        read += page["Events"]
        known = known_events.knows(page["Events"])
        with_news += not known
        joins = known and not through
        if page.get("NextToken") and read and (joins or with_news >= MOST_PAGES):
            return HistoryReading(read, since, view.now, to_the_end=False, joins=joins)
    return HistoryReading(read, since, view.now, to_the_end=True, joins=True)


def pages(
    view: View,
    attribute: str = "",
    value: str = "",
    start: datetime | None = None,
    end: datetime | None = None,
) -> Iterator[dict[str, Any]]:
    """LookupEvents' responses, page by page as far as needed: latest events first.

    Only events whose `attribute` is `value`, if given, from `start` to `end`, both included.
    """
    asked: dict[str, Any] = {"MaxResults": PAGE}
    if attribute:
        asked["LookupAttributes"] = [{"AttributeKey": attribute, "AttributeValue": value}]
    asked |= {"StartTime": start} if start else {}
    asked |= {"EndTime": end} if end else {}
    while True:
        page = view.ask("cloudtrail:LookupEvents", **asked)
        yield page
        if not page.get("NextToken"):
            return
        asked["NextToken"] = page["NextToken"]


def recent(view: View) -> dict[str, Any] | None:
    """The latest event of people: the latest change, which no check makes, or else any."""
    return latest(view, Search("ReadOnly", "false", succeeded=False)) or latest(
        view, Search(succeeded=False)
    )


EVENTS = Need("events in Event history", lambda view: recent(view) is not None)
"""Event history has events of people."""


def evidence(event: dict[str, Any]) -> ApiAnswer:
    """An event of LookupEvents as evidence."""
    return answered(
        "cloudtrail:LookupEvents",
        EventId=event["EventId"],
        EventName=event["EventName"],
        EventTime=f"{event['EventTime']:%FT%TZ}",
        Username=event.get("Username"),
        Resources=event.get("Resources", []),
    )

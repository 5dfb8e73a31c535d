"""Event history as checks use it: LookupEvents, without the checks' own calls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from lab_steps.checking.finding import ApiAnswer
from lab_steps.checking.step import Need
from lab_steps.checking.view import NOBODYS, View, answered

NEVER_CALLED = "No such call was made in this region in the last 90 days, or it was refused."


@dataclass(frozen=True, slots=True)
class Search:
    """Events that are looked for by one lookup `attribute` of LookupEvents, or by none.

    Of those that have its `value`: calls to the service `source`, on the resource of this name,
    of `people` (not of checks and deliveries, which are nobody's work) and `succeeded`, as far as
    that is given.
    """

    attribute: str = ""
    value: str = ""
    source: str | None = None
    resource: str | None = None
    people: bool = True
    succeeded: bool = True

    def finds(self, event: dict[str, Any]) -> bool:
        """Whether it is such an event."""
        named = [each.get("ResourceName") for each in event.get("Resources", [])]
        return (
            self.source in (None, event["EventSource"])
            and (self.resource is None or self.resource in named)
            and not (self.people and is_nobodys(event))
            and not (self.succeeded and record(event).get("errorCode"))
        )


def latest(view: View, search: Search) -> dict[str, Any] | None:
    """The latest such event of the last 90 days; None when there is none.

    However many calls of checks lie before it, they are paged through: what is found does not
    depend on how often a check has looked. What the latest look found is not searched again:
    events do not change, and all that come later than `patience.due` after the call are known.
    """
    found: dict[str, Any] | None = view.remember(str(search), lambda: _latest(view, search))
    return found


def _latest(view: View, search: Search) -> dict[str, Any] | None:
    known = view.past.searches.get(search)
    start = known.looked - view.patience.due if known else None
    listed = events(view, search.attribute, search.value, start)
    found = next(
        (each for each in listed if search.finds(each)),
        known.event if known and known.is_kept(view.now) else None,
    )
    view.past.searches[search] = Known(view.now, found)
    return found


@dataclass(frozen=True, slots=True)
class Known:
    """What a look at `looked` found for a Search."""

    looked: datetime
    event: dict[str, Any] | None

    def is_kept(self, now: datetime) -> bool:
        """Whether Event history still has the event."""
        from cloudtrail.event_history import RETENTION

        return self.event is not None and self.event["EventTime"] > now - RETENTION


def events(
    view: View,
    attribute: str = "",
    value: str = "",
    start: datetime | None = None,
    end: datetime | None = None,
) -> Iterator[dict[str, Any]]:
    """Events, latest first, page by page as far as they are asked for.

    Those whose `attribute` is `value`, from `start` to `end`, both included; else all.
    """
    asked: dict[str, Any] = {"MaxResults": 50}
    if attribute:
        asked["LookupAttributes"] = [{"AttributeKey": attribute, "AttributeValue": value}]
    asked |= {"StartTime": start} if start else {}
    asked |= {"EndTime": end} if end else {}
    while True:
        page = view.ask("cloudtrail:LookupEvents", **asked)
        yield from page["Events"]
        if not page.get("NextToken"):
            return
        asked["NextToken"] = page["NextToken"]


def recent(view: View) -> dict[str, Any] | None:
    """The latest thing that people did: a change, which no check makes, before anything else."""
    return latest(view, Search("ReadOnly", "false", succeeded=False)) or latest(
        view, Search(succeeded=False)
    )


EVENTS = Need("events in Event history", lambda view: recent(view) is not None)
"""Event history has events of people."""


def is_nobodys(event: dict[str, Any]) -> bool:
    """Whether a check made the call, or CloudTrail to deliver."""
    agent = str(record(event).get("userAgent"))
    return any(each in agent for each in NOBODYS)


def record(event: dict[str, Any]) -> dict[str, Any]:
    """The CloudTrail record inside an event of LookupEvents."""
    return msgspec.json.decode(event["CloudTrailEvent"], type=dict[str, Any])


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

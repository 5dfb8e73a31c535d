"""Event history as checks use it: LookupEvents, without the checks' own calls."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from lab_steps.checking.finding import ApiAnswer
from lab_steps.checking.step import Need
from lab_steps.checking.view import OWN_CALLS, View, answered

PAGES = 4
"""How many pages of 50 a search follows: LookupEvents takes two requests a second."""

NEVER_CALLED = "No such call was made in this region in the last 90 days."


def recent(view: View) -> list[dict[str, Any]]:
    """What people did lately, latest first: of the latest page, else of the latest changes.

    Checks only read, but often enough to fill the latest page alone.
    """
    latest = view.ask("cloudtrail:LookupEvents", MaxResults=50)["Events"]
    return by_people(latest) or by_people(lookup(view, "ReadOnly", "false"))


def lookup(
    view: View, attribute: str, value: str, window: tuple[datetime, datetime] | None = None
) -> list[dict[str, Any]]:
    """Events whose `attribute` is `value`, latest first, at most four pages of 50.

    `window` bounds their time, both ends included.
    """
    times = {"StartTime": window[0], "EndTime": window[1]} if window else {}
    events: list[dict[str, Any]] = []
    token: dict[str, str] = {}
    for _ in range(PAGES):
        page = view.ask(
            "cloudtrail:LookupEvents",
            LookupAttributes=[{"AttributeKey": attribute, "AttributeValue": value}],
            MaxResults=50,
            **times,
            **token,
        )
        events += page["Events"]
        if not page.get("NextToken"):
            break
        token = {"NextToken": page["NextToken"]}
    return events


def listed(view: View, source: str, name: str) -> list[dict[str, Any]]:
    """All calls of `name` to the service `source`, anybody's and refused ones, latest first."""
    found = lookup(view, "EventName", name)
    return [each for each in found if each["EventSource"] == source]


def calls(view: View, source: str, name: str) -> list[dict[str, Any]]:
    """As `listed`, but people's successful calls alone."""
    return succeeded(by_people(listed(view, source, name)))


def succeeded(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """`events` without the calls that were refused."""
    return [event for event in events if not record(event).get("errorCode")]


EVENTS = Need("events in Event history", lambda view: bool(recent(view)))
"""Event history has events of people."""


def by_people(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """`events` without the calls that checks made: those are not the student's work."""
    return [event for event in events if OWN_CALLS not in str(record(event).get("userAgent"))]


def record(event: dict[str, Any]) -> dict[str, Any]:
    """The CloudTrail record inside an event of LookupEvents."""
    content: dict[str, Any] = json.loads(event["CloudTrailEvent"])
    return content


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

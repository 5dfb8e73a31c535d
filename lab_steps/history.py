"""Event history as checks use it: LookupEvents, without the checks' own calls."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from lab_steps import activity
from lab_steps.outcomes import ApiAnswer, Finding, failed, pending
from lab_steps.view import CHECK, View, answered

PAGES = 4
"""How many pages of 50 a search follows: LookupEvents takes two requests a second."""

OWN_CALLS = f"cloudtrail-lab/{CHECK}"


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


def not_listed_yet(view: View, expected: str, actual: str, rationale: str = "") -> Finding:
    """PENDING while what was done last may still be on its way to Event history, then FAIL."""
    window = activity.delivery_window(view)
    if window:
        return pending(expected, actual, since=window[0], until=window[1])
    why = rationale or "No such call was made in this region in the last 90 days."
    return failed(expected, actual, rationale=why)

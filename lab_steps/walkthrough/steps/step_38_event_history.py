"""Step 38: Event history, filtered."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from lab_steps.checking import history
from lab_steps.checking.finding import Finding, NextAction, failed, passed
from lab_steps.checking.known_events import Search
from lab_steps.checking.step import Need, step
from lab_steps.checking.view import View
from lab_steps.walkthrough import by_records, table
from lab_steps.walkthrough.checks import activity
from lab_steps.walkthrough.expected_records import DYNAMODB
from stacks.settings import TABLE_NAME

_CREATE_AGAIN = NextAction(
    console=(
        f"Event history only goes back 90 days. Delete the table {TABLE_NAME}, then repeat steps "
        "19 to 28."
    ),
    command=f"aws dynamodb delete-table --table-name {TABLE_NAME}",
)


_CREATED = Search("EventName", "CreateTable", DYNAMODB, resource=TABLE_NAME)


def _created(view: View) -> dict[str, Any] | None:
    return history.latest(view, _CREATED)


@step(
    38,
    "Filter Event history",
    console="Event history: filter by resource name Users, resource type, event name, read-only.",
    command="aws cloudtrail lookup-events "
    f"--lookup-attributes AttributeKey=ResourceName,AttributeValue={TABLE_NAME}",
    api=("cloudtrail:LookupEvents",),
    needs=(
        history.EVENTS.unless(lambda view: _created(view) is not None),
        Need(
            "CreateTable in Event history, or the table itself",
            lambda view: _created(view) is not None or table.described(view) is not None,
            of=table.THERE,
        ),
    ),
    by_records=by_records.EVER_CREATED,
    hints=(
        "LookupEvents takes only one filter at a time.",
        "PutItem and GetItem are data events: they are not in Event history.",
    ),
)
def filters(view: View) -> Finding:
    """The CreateTable event of Users is found by each lookup attribute: event name, event id, event
    source, read-only, resource type, resource name, user name and access key. PutItem and GetItem
    of DynamoDB are not found. Checked with LookupEvents."""
    expected = "CreateTable found by every filter, PutItem and GetItem by none"
    event = _created(view)
    if event is None:
        why = "LookupEvents finds no CreateTable of Users in the last 90 days."
        return activity.not_there_yet(
            view, expected, "CreateTable is not listed", why, next_action=_CREATE_AGAIN
        )
    unfound = [key for key, value in _attributes(event) if not _finds(view, event, key, value)]
    if unfound:
        return failed(
            expected,
            f"not found by {', '.join(unfound)}",
            history.evidence(event),
            rationale="The filter does not return an event that Event history has.",
        )
    for name in ("PutItem", "GetItem"):
        intruder = history.latest(view, _any_call(name))
        if intruder:
            return failed(
                expected,
                f"{name} is in Event history",
                history.evidence(intruder),
                rationale="Event history keeps management events only.",
            )
    names = ", ".join(key for key, _ in _attributes(event))
    return passed(expected, f"found by {names}; no data event", history.evidence(event))


def _attributes(event: dict[str, Any]) -> list[tuple[str, str]]:
    """The lookup attributes that the event has, with their values."""
    pairs = [
        ("EventName", event["EventName"]),
        ("EventId", event["EventId"]),
        ("EventSource", event["EventSource"]),
        ("ReadOnly", event.get("ReadOnly")),
        ("ResourceType", "AWS::DynamoDB::Table"),
        ("ResourceName", TABLE_NAME),
        ("Username", event.get("Username")),
        ("AccessKeyId", event.get("AccessKeyId")),
    ]
    return [(key, value) for key, value in pairs if value]


def _finds(view: View, event: dict[str, Any], attribute: str, value: str) -> bool:
    """Whether the filter finds the event among those of its second."""
    time, found = event["EventTime"], (attribute, value, event["EventId"])
    if found not in view.known_events.filters:
        window = history.pages(view, attribute, value, time, time + timedelta(seconds=1))
        if all(each["EventId"] != event["EventId"] for page in window for each in page["Events"]):
            return False
        view.known_events.filters.add(found)
    return True


def _any_call(name: str) -> Search:
    return Search("EventName", name, DYNAMODB, succeeded=False)


STEPS = (filters,)

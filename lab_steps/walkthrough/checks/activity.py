"""When the lab was last worked on: the time from which to wait for a delivery."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lab_steps.checking import history
from lab_steps.checking.finding import NOT_DUE, Finding, NextAction, failed, pending
from lab_steps.checking.known_events import Search, record
from lab_steps.checking.trails import lab_trails, log_files
from lab_steps.checking.trails.lab_trails import LabTrail
from lab_steps.checking.view import View
from lab_steps.walkthrough import table
from lab_steps.walkthrough.expected_records import GET_ITEM, PUT_ITEM
from lab_steps.walkthrough.trails import DATA, MANAGEMENT

SOURCES = tuple(f"{service}.amazonaws.com" for service in ("cloudtrail", "dynamodb", "s3"))
"""The services that the lab is worked on with."""


@dataclass(frozen=True, slots=True)
class Work:
    """Something that was done at `time` (UTC), or first seen then; `wait` says what may come."""

    time: datetime
    wait: str = NOT_DUE


def not_there_yet(
    view: View,
    expected: str,
    actual: str,
    rationale: str,
    trail: LabTrail | None = None,
    *,
    names: Collection[str] | None = None,
    next_action: NextAction | None = None,
    meanwhile: NextAction | None = None,
) -> Finding:
    """PENDING while the latest work may still be on its way to the log files of `trail` (None: to
    Event history), then FAIL.

    `names` are the missing calls: other calls in Event history do not start a wait for them.
    `next_action` goes with FAIL; `meanwhile` with PENDING, for people who have not done it yet.
    """
    work = last_work(view, trail, names)
    if work is None:
        return failed(expected, actual, rationale=rationale, next_action=next_action)
    return pending(
        expected,
        actual,
        since=work.time,
        until=work.time + view.patience.due,
        rationale=work.wait,
        next_action=meanwhile,
    )


def last_work(view: View, trail: LabTrail | None, names: Collection[str] | None) -> Work | None:
    """The latest work whose records may be on their way; None when all are due.

    CloudTrail gives no sign that everything up to a time is delivered. So the wait starts with the
    latest work that is known: from the times that APIs show, from Event history, from the trail's
    own log files, and from items that were not there before. What checks do is not counted.
    """
    last = max(_works(view, trail, names), key=lambda work: work.time, default=None)
    if last is None or last.time + view.patience.due <= view.now:
        return None
    return last


def _works(view: View, trail: LabTrail | None, names: Collection[str] | None) -> Iterator[Work]:
    for time in _shown(view):
        yield Work(time)
    yield from _in_event_history(view, names)
    logs = log_files.logs_if_any(view, trail) if trail is DATA else None
    for each in logs.work if logs else ():
        if each.last:
            yield Work(each.last.event_time)
    if trail is DATA:
        yield from _new_items(view)


def _shown(view: View) -> Iterator[datetime]:
    """The times that the APIs show of the trails and of the table, and the runner's own."""
    for each in (MANAGEMENT, DATA):
        if lab_trails.find(view, each):
            yield from _present(lab_trails.status(view, each), "StartLoggingTime")
    description = table.described(view)
    if description:
        yield from _table_times(description)
    if view.last_action:
        yield view.last_action


_WORK = (
    Search("ReadOnly", "false", succeeded=False),
    Search("EventName", "ListTables", succeeded=False),
)


def _in_event_history(view: View, names: Collection[str] | None) -> Iterator[Work]:
    """What people did with the lab's services: their changes and ListTables, or calls of `names`.

    No check makes these calls, and no AWS service makes them by itself.
    """
    start = view.now - view.patience.due
    for search in _WORK:
        for event in history.found(view, search, start):
            name, time = event["EventName"], event["EventTime"]
            by_itself = "invokedBy" in record(event)["userIdentity"]
            if event["EventSource"] not in SOURCES or by_itself:
                continue
            if names is None or name in names:
                told = f"{name} was called at {time:%FT%TZ}; its log file may be on its way."
                yield Work(time, told if names else NOT_DUE)
                break


def _new_items(view: View) -> Iterator[Work]:
    """The table's items, as work of the time they were first seen: no API says when they were put.

    They are older if a record shows that they were read before.
    """
    items = table.items(view)
    logs = log_files.logs_if_any(view, DATA)
    if not items or (logs and logs.answer(PUT_ITEM).count):
        return
    seen = view.memory.first_seen(table.digest(items), view.now)
    if logs and not seen.changed and _were_read(logs, items):
        return
    yield Work(
        seen.since,
        f"The item was first seen at {seen.since:%FT%TZ}; its PutItem may be on its way.",
    )


def _were_read(logs: log_files.Logs, items: list[dict[str, Any]]) -> bool:
    """Whether the first and the last GetItem in the log files are of all `items`."""
    answer = logs.answer(GET_ITEM)
    found = [log_files.record(each).record for each in (answer.first, answer.last) if each]
    read = [(each.get("requestParameters") or {}).get("key") for each in found]
    return all({table.KEY: table.key_of(item)} in read for item in items)


def _table_times(description: dict[str, Any]) -> Iterator[datetime]:
    yield from _present(description, "CreationDateTime")
    throughput = description.get("ProvisionedThroughput", {})
    yield from _present(throughput, "LastIncreaseDateTime", "LastDecreaseDateTime")
    yield from _present(
        description.get("BillingModeSummary", {}), "LastUpdateToPayPerRequestDateTime"
    )


def _present(answer: dict[str, Any], *keys: str) -> Iterator[datetime]:
    """The times under `keys`; moto says 0 for a throughput that was never changed."""
    for key in keys:
        if isinstance(answer.get(key), datetime) and answer[key].year > 1970:
            yield answer[key]

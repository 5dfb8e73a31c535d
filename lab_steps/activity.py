"""When the lab was last worked on: what a delivery is waited for from."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from lab_steps import table, trails
from lab_steps.view import View


def delivery_window(view: View) -> tuple[datetime, datetime] | None:
    """Since when and until when a record may be on its way; None when all are due.

    CloudTrail gives no sign that everything made up to a time is delivered, so the window
    opens anew with every change the APIs show a time for.
    """
    last = max(_times(view), default=None)
    if last is None or last + view.patience.due <= view.now:
        return None
    return last, last + view.patience.due


def _times(view: View) -> Iterator[datetime]:
    for trail in (trails.MANAGEMENT, trails.DATA):
        if trails.find(view, trail):
            yield from _present(trails.status(view, trail), "StartLoggingTime")
    description = table.described(view)
    if description:
        yield from _table_times(description)
    if view.last_action:
        yield view.last_action


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

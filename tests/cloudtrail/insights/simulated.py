"""Minutes in which so many calls are made, and the Insights found in them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from cloudtrail.insights.counts import Activity
from cloudtrail.insights.detection import Insight, InsightsState

ACCOUNT = "111122223333"
BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = 60
DAY = 24 * HOUR
WEEK = 7 * DAY
ROLE = "arn:aws:sts::111122223333:assumed-role/Deployer"


def activity(**changes: Any) -> Activity:
    delete_bucket = Activity(
        event_source="s3.amazonaws.com",
        event_name="DeleteBucket",
        error_code=None,
        user_identity_arn=f"{ROLE}/session",
        user_agent="aws-cli/2.33.0",
        read_only=False,
        event_category="Management",
    )
    return delete_bucket._replace(**changes)


def new_state(warm_up: timedelta = timedelta(hours=36)) -> InsightsState:
    ids = (f"id-{number}" for number in itertools.count())
    return InsightsState(ACCOUNT, "us-east-1", BEGIN, lambda: next(ids), warm_up)


class Clock:
    """A state with its time: `run` lets minutes pass with so many calls in each."""

    def __init__(self, state: InsightsState | None = None) -> None:
        self.state = state or new_state()
        self.now = BEGIN
        self.insights: list[Insight] = []

    def run(self, counts: Iterable[int], *activities: Activity) -> list[Insight]:
        found = []
        kinds = itertools.cycle(activities or [activity()])
        for count in counts:
            for call in itertools.islice(kinds, count):
                self.state.add(self.now, call)
            self.now += MINUTE
            found += self.state.advance(self.now)
        self.insights += found
        return found


def steady(count: int, minutes: int) -> Sequence[int]:
    return [count] * minutes


def details(insight: Insight) -> dict[str, Any]:
    found: dict[str, Any] = insight.record["insightDetails"]
    return found


def statistics(insight: Insight) -> dict[str, Any]:
    found: dict[str, Any] = details(insight)["insightContext"]["statistics"]
    return found


def attribution(insight: Insight, attribute: str) -> dict[str, Any]:
    listed = details(insight)["insightContext"]["attributions"]
    (found,) = [entry for entry in listed if entry["attribute"] == attribute]
    return dict(found)


def states(insights: Iterable[Insight]) -> list[str]:
    return [details(insight)["state"] for insight in insights]

"""The Insights of one account and Region, found as time passes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import Struct, field

from cloudtrail.insights.counts import (
    CALL_RATE,
    HOUR,
    Activity,
    EventCounts,
    HourlyCounts,
    InsightSubject,
    most_frequent,
    tallies_of,
)
from cloudtrail.insights.unusual_rates import LEAST_SURPRISE, Baseline, Direction, unusual
from cloudtrail.records.calls import Record

WARM_UP = timedelta(hours=36)
"""How long AWS may take until the first Insights event after Insights are switched on."""

USUAL_MINUTES_TO_END = 5
LONGEST_INSIGHT = timedelta(days=1)
MOST_ATTRIBUTED = 5
EVENT_VERSION = "1.09"

_LONGEST_MINUTES = LONGEST_INSIGHT // timedelta(minutes=1)


class Insight(Struct, frozen=True):
    """One Insights event: its record, and what a trail's Insight selectors ask for."""

    insight_type: str
    event_category: str
    record: Record


class _OpenInsight(Struct):
    """An Insight that has started. `usual` has the usual minutes since the last unusual one."""

    subject: InsightSubject
    shared_event_id: str
    start: int
    direction: Direction
    baseline: Baseline
    baseline_tally: EventCounts
    tally: EventCounts = field(default_factory=EventCounts)
    duration: int = 0
    usual: list[EventCounts] = field(default_factory=list)

    def observe(self, tally: EventCounts) -> bool:
        """Take one more minute; return whether the Insight has ended."""
        self.usual.append(tally)
        if unusual(tally.total, self.baseline) == self.direction:
            for minute in self.usual:
                self.tally.merge(minute)
            self.tally.forget_rare_values()
            self.duration += len(self.usual)
            self.usual.clear()
        return len(self.usual) >= USUAL_MINUTES_TO_END or self.duration >= _LONGEST_MINUTES


class InsightsState:
    """Counts one account's events in one Region and finds its Insights.

    Feed it events with `add`, of both categories; `advance` closes the minutes that are over and
    returns the Insights events they brought, minute by minute. A trail gets those that its
    Insight selectors ask for by `Insight.insight_type` and `.event_category`. One state serves
    all trails that record the same events; a state for data events is fed what its trail records.

    Args:
        account_id: the `recipientAccountId` of the Insights events.
        region: their `awsRegion`.
        since: when counting begins; minutes before it are in no baseline.
        new_id: returns a new UUID, as text, for each `eventID` and `sharedEventID`.
        warm_up: how long no Insight starts, from `since`.
        source: the ARN of the trail whose data events are counted, their `insightSource`.

    Not safe to use from several threads at once.
    """

    def __init__(
        self,
        account_id: str,
        region: str,
        since: datetime,
        new_id: Callable[[], str],
        warm_up: timedelta = WARM_UP,
        source: str | None = None,
    ) -> None:
        self._account_id = account_id
        self._source = source
        self._region = region
        self._new_id = new_id
        self._since = _minute(since)
        self._ready = _minute(since + warm_up)
        self._next = self._since
        self._pending: dict[int, dict[Activity, int]] = {}
        self._series: dict[InsightSubject, HourlyCounts] = {}
        self._open: dict[InsightSubject, _OpenInsight] = {}
        self._established: dict[InsightSubject, None] = {}
        self._hour = self._since // HOUR

    def add(self, time: datetime, activity: Activity) -> None:
        """Count an event. One that is late for its minute counts in the first open one."""
        minute = int(time.timestamp()) // 60
        if minute < self._next:
            minute = self._next
        counts = self._pending.get(minute)
        if counts is None:
            counts = self._pending[minute] = {}
        counts[activity] = counts.get(activity, 0) + 1

    def advance(self, now: datetime) -> list[Insight]:
        """Close every minute that ended by `now`; return the Insights events found."""
        end = _minute(now)
        insights: list[Insight] = []
        while (minute := self._next_busy_minute(end)) < end:
            insights += self._close(minute)
            self._next = minute + 1
        self._next = max(self._next, end)
        return insights

    def _next_busy_minute(self, end: int) -> int:
        """The next minute in which anything can happen, or `end`."""
        if self._open or self._established:
            return self._next
        return min(self._pending, default=end)

    def _close(self, minute: int) -> list[Insight]:
        self._forget_old_hours(minute)
        tallies = tallies_of(self._pending.pop(minute, {}))
        insights = []
        for subject in dict.fromkeys([*tallies, *self._open, *self._established]):
            tally = tallies.get(subject) or EventCounts()
            series = self._series.setdefault(subject, HourlyCounts(self._since))
            insights += self._judge(subject, series, minute, tally)
            self._record(subject, series, minute, tally)
        return insights

    def _forget_old_hours(self, minute: int) -> None:
        hour = minute // HOUR
        if hour == self._hour:
            return
        self._hour = hour
        for subject, series in list(self._series.items()):
            series.forget_before(minute)
            if not series.hours and subject not in self._open:
                del self._series[subject]
                self._established.pop(subject, None)

    def _judge(
        self, subject: InsightSubject, series: HourlyCounts, minute: int, tally: EventCounts
    ) -> list[Insight]:
        insight = self._open.get(subject)
        if insight:
            if not insight.observe(tally):
                return []
            del self._open[subject]
            return [self._event(insight, "End", insight.start + insight.duration)]
        direction = series.unusual(tally.total, minute) if minute >= self._ready else None
        if direction is None:
            return []
        insight = _OpenInsight(
            subject, self._new_id(), minute, direction, series.baseline(minute), series.tally()
        )
        insight.observe(tally)
        self._open[subject] = insight
        return [self._event(insight, "Start", minute)]

    def _record(
        self, subject: InsightSubject, series: HourlyCounts, minute: int, tally: EventCounts
    ) -> None:
        if tally.total:
            series.record(minute, tally)
        # Only a rate so high that even no call at all is unusual needs a look every minute.
        if series.total / series.minutes(minute + 1) >= LEAST_SURPRISE:
            self._established[subject] = None
        else:
            self._established.pop(subject, None)

    def _event(self, insight: _OpenInsight, state: str, minute: int) -> Insight:
        subject = insight.subject
        record = {
            "eventVersion": EVENT_VERSION,
            "eventTime": f"{datetime.fromtimestamp(minute * 60, UTC):%Y-%m-%dT%H:%M:%SZ}",
            "awsRegion": self._region,
            "eventID": self._new_id(),
            "eventType": "AwsCloudTrailInsight",
            "recipientAccountId": self._account_id,
            "sharedEventID": insight.shared_event_id,
            "insightDetails": _details(insight, state, self._source),
            "eventCategory": "Insight",
        }
        return Insight(subject.insight_type, subject.event_category, record)


def _minute(time: datetime) -> int:
    return int(time.timestamp()) // 60


def _details(insight: _OpenInsight, state: str, source: str | None) -> dict[str, Any]:
    subject = insight.subject
    of_data = {"insightSource": source} if source and subject.event_category == "Data" else {}
    error = {"errorCode": subject.error_code} if subject.error_code else {}
    return {
        "state": state,
        "eventSource": subject.event_source,
        "eventName": subject.event_name,
        "insightType": subject.insight_type,
        **error,
        "sourceEventCategory": subject.event_category,
        **of_data,
        "insightContext": {
            "statistics": {
                "baseline": {"average": _average(insight.baseline.total, insight.baseline.minutes)},
                "insight": {"average": _average(insight.tally.total, insight.duration)},
                "insightDuration": insight.duration,
                "baselineDuration": insight.baseline.minutes,
            },
            "attributions": _attributions(insight),
        },
    }


def _attributions(insight: _OpenInsight) -> list[dict[str, Any]]:
    return [
        {
            "attribute": attribute,
            "insight": _top_values(insight.tally, attribute, insight.duration),
            "baseline": _top_values(insight.baseline_tally, attribute, insight.baseline.minutes),
        }
        for attribute in insight.tally.values
        if attribute != "errorCode" or insight.subject.insight_type == CALL_RATE
    ]


def _top_values(tally: EventCounts, attribute: str, minutes: int) -> list[dict[str, Any]]:
    return [
        {"value": value, "average": _average(number, minutes)}
        for value, number in most_frequent(tally.values[attribute], MOST_ATTRIBUTED)
    ]


def _average(number: int, minutes: int) -> float:
    """Events a minute, to ten decimals as in AWS's events (0.0000882145 for 1 in 11,336)."""
    return round(number / minutes, 10)

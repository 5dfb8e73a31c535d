"""Counts of events by minute, and summaries of the last seven days by hour."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from datetime import timedelta
from heapq import nlargest, nsmallest
from typing import NamedTuple

from msgspec import Struct, field

from cloudtrail.insights.unusual_rates import (
    RECURRENT_HOURS,
    Baseline,
    Direction,
    surprising,
    unusual,
)
from cloudtrail.records.calls import Record

BASELINE = timedelta(days=7)
MOST_VALUES = 64

CALL_RATE = "ApiCallRateInsight"
ERROR_RATE = "ApiErrorRateInsight"
NO_ERROR = "null"
"""How the `errorCode` attribution spells the absence of an error."""

HOUR = 60
"""In minutes."""

_BASELINE_MINUTES = BASELINE // timedelta(minutes=1)


class Activity(NamedTuple):
    """The fields of an event that Insights use; equal activities are counted together."""

    event_source: str
    event_name: str
    error_code: str | None
    user_identity_arn: str | None
    user_agent: str | None
    read_only: bool
    event_category: str


class InsightSubject(NamedTuple):
    """What an Insight is about. `error_code` is set for `ApiErrorRateInsight` only."""

    event_category: str
    insight_type: str
    event_source: str
    event_name: str
    error_code: str | None


def activity_of(record: Record) -> Activity:
    """The activity in a CloudTrail record."""
    return Activity(
        record["eventSource"],
        record["eventName"],
        record.get("errorCode"),
        record["userIdentity"].get("arn"),
        record.get("userAgent"),
        record["readOnly"],
        record["eventCategory"],
    )


class EventCounts:
    """Numbers of events by caller, user agent and error code."""

    __slots__ = ("total", "values")

    def __init__(self) -> None:
        self.total = 0
        self.values: dict[str, dict[str, int]] = {
            "userIdentityArn": {},
            "userAgent": {},
            "errorCode": {},
        }

    def count(self, activity: Activity, number: int) -> None:
        self.total += number
        self._add("errorCode", activity.error_code or NO_ERROR, number)
        if activity.user_identity_arn:
            self._add("userIdentityArn", _without_session(activity.user_identity_arn), number)
        if activity.user_agent:
            self._add("userAgent", activity.user_agent, number)

    def merge(self, other: EventCounts) -> None:
        self.total += other.total
        for attribute, numbers in other.values.items():
            for value, number in numbers.items():
                self._add(attribute, value, number)

    def forget_rare_values(self) -> None:
        for attribute, numbers in self.values.items():
            if len(numbers) > MOST_VALUES:
                self.values[attribute] = dict(most_frequent(numbers, MOST_VALUES))

    def _add(self, attribute: str, value: str, number: int) -> None:
        numbers = self.values[attribute]
        numbers[value] = numbers.get(value, 0) + number


def most_frequent(numbers: Mapping[str, int], most: int) -> list[tuple[str, int]]:
    return nsmallest(most, numbers.items(), key=lambda item: (-item[1], item[0]))


def _without_session(arn: str) -> str:
    """The role's part of an assumed role's ARN: attributions in AWS's samples end there."""
    head, slash, session = arn.partition(":assumed-role/")
    return head + slash + session.partition("/")[0] if slash else arn


class _Hour(Struct):
    """The minutes of one hour that had events: how many, the extremes among them, who called."""

    number: int
    active: int = 0
    most: int = 0
    fewest: int = 0
    tally: EventCounts = field(default_factory=EventCounts)

    def record(self, tally: EventCounts) -> None:
        self.fewest = min(self.fewest, tally.total) if self.active else tally.total
        self.most = max(self.most, tally.total)
        self.active += 1
        self.tally.merge(tally)
        self.tally.forget_rare_values()

    def trough(self, since: int, until: int) -> int:
        """The fewest events in a minute, of those from `since` to before `until`."""
        first, last = max(self.number * HOUR, since), min((self.number + 1) * HOUR, until)
        return self.fewest if self.active >= last - first else 0


class HourlyCounts:
    """A subject's events of the last seven days, hour by hour."""

    __slots__ = ("hours", "since", "total")

    def __init__(self, since: int) -> None:
        self.since = since
        self.total = 0
        self.hours: deque[_Hour] = deque()

    def record(self, minute: int, tally: EventCounts) -> None:
        if not self.hours or self.hours[-1].number != minute // HOUR:
            self.hours.append(_Hour(minute // HOUR))
        self.hours[-1].record(tally)
        self.total += tally.total

    def forget_before(self, minute: int) -> None:
        """Drop the hours that ended before the baseline of `minute`."""
        oldest = (minute - _BASELINE_MINUTES) // HOUR
        while self.hours and self.hours[0].number < oldest:
            self.total -= self.hours.popleft().tally.total

    def minutes(self, minute: int) -> int:
        """The length of the baseline of `minute`."""
        return minute - self._start(minute)

    def unusual(self, count: int, minute: int) -> Direction | None:
        minutes = self.minutes(minute)
        if not minutes or not surprising(count, self.total, minutes):
            return None
        return unusual(count, self.baseline(minute))

    def baseline(self, minute: int) -> Baseline:
        start = self._start(minute)
        known = (minute - 1) // HOUR - start // HOUR + 1
        if known < RECURRENT_HOURS:
            return Baseline(self.total, minute - start)
        silent = [0] * min(known - len(self.hours), RECURRENT_HOURS)
        peaks = silent + [hour.most for hour in self.hours]
        troughs = silent + [hour.trough(start, minute) for hour in self.hours]
        return Baseline(
            self.total,
            minute - start,
            recurrent_peak=nlargest(RECURRENT_HOURS, peaks)[-1],
            recurrent_trough=nsmallest(RECURRENT_HOURS, troughs)[-1],
        )

    def tally(self) -> EventCounts:
        whole = EventCounts()
        for hour in self.hours:
            whole.merge(hour.tally)
        whole.forget_rare_values()
        return whole

    def _start(self, minute: int) -> int:
        return max(self.since, (minute - _BASELINE_MINUTES) // HOUR * HOUR)


def tallies_of(counts: Mapping[Activity, int]) -> dict[InsightSubject, EventCounts]:
    tallies: dict[InsightSubject, EventCounts] = {}
    for activity, number in counts.items():
        for subject in _subjects(activity):
            tallies.setdefault(subject, EventCounts()).count(activity, number)
    return tallies


def _subjects(activity: Activity) -> Iterator[InsightSubject]:
    category = activity.event_category
    api = (activity.event_source, activity.event_name)
    if category == "Data" or (category == "Management" and not activity.read_only):
        yield InsightSubject(category, CALL_RATE, *api, None)
    if activity.error_code and category in ("Management", "Data"):
        yield InsightSubject(category, ERROR_RATE, *api, activity.error_code)

"""CloudTrail Insights: unusual rates of calls and of errors, found by counting.

AWS documents what an Insights event says, and that each API's per-minute rate is compared with its
baseline. It does not publish how unusual a rate must be, so the rule below is ours. It finds the
three examples of the user guide (20 to 100 calls a minute, 20 to 0, under one error in seven days
to 12 a minute) and AWS's sample events (4 calls in a minute against 18 in a week).

**The rule.** Calls are counted per minute, API and, for the error rate, error code.

1. The *baseline* is the mean per minute over the seven days before, from the whole hour that
   holds their beginning; less, where counting began later. No Insight starts during `warm_up`.
2. A minute is *unusual* when its count is at least `LEAST_UNUSUAL_COUNT` and above the baseline,
   or below it, and all of this holds:
   - Poisson arrivals at the baseline's rate would give such a count at most once in
     `UNUSUAL_ONCE_IN` minutes (the Chernoff bound; an API never seen is taken as seen once);
   - it goes beyond what recurs: fewer than `RECURRENT_HOURS` hours of the baseline have had a
     minute as extreme. So an hourly batch job, or calls only in working hours, are usual.
3. An Insight starts with the first unusual minute and ends with the last one that is followed
   by `USUAL_MINUTES_TO_END` usual ones, or after `LONGEST_INSIGHT`: then the new rate is the
   norm. Its baseline stays what it was at the start.

`ApiCallRateInsight` counts management events that write and all data events. `ApiErrorRateInsight`
counts all management and data events with an error code (see
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_InsightSelector.html).

Memory is limited: for each API at most 169 hourly summaries are kept, each with at most
`MOST_VALUES` attribution values of a kind.

Sources of the events' shape: UG/logging-insights-events-with-cloudtrail,
UG/cloudtrail-event-reference-insight-details, and real events.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from heapq import nlargest, nsmallest
from typing import Any, Literal, NamedTuple

from cloudtrail.records.calls import Record

BASELINE = timedelta(days=7)
WARM_UP = timedelta(hours=36)
"""How long AWS may take until the first Insights event after Insights are switched on."""

LEAST_UNUSUAL_COUNT = 4
"""Calls in the quietest single minute of AWS's sample events."""

UNUSUAL_ONCE_IN = 1e8
RECURRENT_HOURS = 3
USUAL_MINUTES_TO_END = 5
LONGEST_INSIGHT = timedelta(days=1)
MOST_VALUES = 64
MOST_ATTRIBUTED = 5
EVENT_VERSION = "1.09"

CALL_RATE = "ApiCallRateInsight"
ERROR_RATE = "ApiErrorRateInsight"
NO_ERROR = "null"
"""How the `errorCode` attribution spells the absence of an error."""

_BASELINE_MINUTES = BASELINE // timedelta(minutes=1)
_LONGEST_MINUTES = LONGEST_INSIGHT // timedelta(minutes=1)
_LEAST_SURPRISE = math.log(UNUSUAL_ONCE_IN)
_HOUR = 60


class Activity(NamedTuple):
    """What Insights count of an event; equal activities are counted together."""

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


@dataclass(frozen=True, slots=True)
class Insight:
    """One Insights event: its record, and what a trail's Insight selectors ask for."""

    insight_type: str
    event_category: str
    record: Record


@dataclass(frozen=True, slots=True)
class Baseline:
    """The usual activity of a subject: `total` events in `minutes`, and the recurring extremes.

    `RECURRENT_HOURS` hours had a minute with `recurrent_peak` events or more, and as many a
    minute with `recurrent_trough` or fewer; where fewer hours are known, 0 and infinity.
    """

    total: int
    minutes: int
    recurrent_peak: float = 0
    recurrent_trough: float = math.inf


Direction = Literal["above", "below"]


def unusual(count: int, baseline: Baseline) -> Direction | None:
    """On which side of `baseline` a minute with `count` events is unusual: the rule's part 2."""
    direction = _surprising(count, baseline.total, baseline.minutes)
    if direction == "above" and count <= baseline.recurrent_peak:
        return None
    if direction == "below" and count >= baseline.recurrent_trough:
        return None
    return direction


def _surprising(count: int, total: int, minutes: int) -> Direction | None:
    rate = max(total, 1) / minutes
    if count < rate:
        return "below" if _surprise(count, rate) >= _LEAST_SURPRISE else None
    if count < LEAST_UNUSUAL_COUNT or _surprise(count, rate) < _LEAST_SURPRISE:
        return None
    return "above"


def _surprise(count: int, rate: float) -> float:
    """-ln of Chernoff's bound on the chance that a Poisson count is as far from `rate`."""
    return rate - count + (count * math.log(count / rate) if count else 0)


def activity_of(record: Record) -> Activity:
    """Return what Insights count of a CloudTrail record."""
    return Activity(
        record["eventSource"],
        record["eventName"],
        record.get("errorCode"),
        record["userIdentity"].get("arn"),
        record.get("userAgent"),
        record["readOnly"],
        record["eventCategory"],
    )


class _Tally:
    """Events by who made them, with what, and how they ended."""

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

    def merge(self, other: _Tally) -> None:
        self.total += other.total
        for attribute, numbers in other.values.items():
            for value, number in numbers.items():
                self._add(attribute, value, number)

    def forget_rare_values(self) -> None:
        for attribute, numbers in self.values.items():
            if len(numbers) > MOST_VALUES:
                self.values[attribute] = dict(_most_frequent(numbers, MOST_VALUES))

    def _add(self, attribute: str, value: str, number: int) -> None:
        numbers = self.values[attribute]
        numbers[value] = numbers.get(value, 0) + number


def _most_frequent(numbers: Mapping[str, int], most: int) -> list[tuple[str, int]]:
    return nsmallest(most, numbers.items(), key=lambda item: (-item[1], item[0]))


def _without_session(arn: str) -> str:
    """Return the role's part of an assumed role's ARN: attributions in AWS's samples end there."""
    head, slash, session = arn.partition(":assumed-role/")
    return head + slash + session.partition("/")[0] if slash else arn


@dataclass(slots=True)
class _Hour:
    """The minutes of one hour that had events: how many, the extremes among them, who called."""

    number: int
    active: int = 0
    most: int = 0
    fewest: int = 0
    tally: _Tally = field(default_factory=_Tally)

    def record(self, tally: _Tally) -> None:
        self.fewest = min(self.fewest, tally.total) if self.active else tally.total
        self.most = max(self.most, tally.total)
        self.active += 1
        self.tally.merge(tally)
        self.tally.forget_rare_values()

    def trough(self, since: int, until: int) -> int:
        """Return the fewest events in a minute, of those from `since` to before `until`."""
        first, last = max(self.number * _HOUR, since), min((self.number + 1) * _HOUR, until)
        return self.fewest if self.active >= last - first else 0


class _Series:
    """A subject's events of the last seven days, hour by hour."""

    __slots__ = ("hours", "since", "total")

    def __init__(self, since: int) -> None:
        self.since = since
        self.total = 0
        self.hours: deque[_Hour] = deque()

    def record(self, minute: int, tally: _Tally) -> None:
        if not self.hours or self.hours[-1].number != minute // _HOUR:
            self.hours.append(_Hour(minute // _HOUR))
        self.hours[-1].record(tally)
        self.total += tally.total

    def forget_before(self, minute: int) -> None:
        """Drop the hours that ended before the baseline of `minute`."""
        oldest = (minute - _BASELINE_MINUTES) // _HOUR
        while self.hours and self.hours[0].number < oldest:
            self.total -= self.hours.popleft().tally.total

    def minutes(self, minute: int) -> int:
        """Return the length of the baseline of `minute`."""
        return minute - self._start(minute)

    def unusual(self, count: int, minute: int) -> Direction | None:
        minutes = self.minutes(minute)
        if not minutes or not _surprising(count, self.total, minutes):
            return None
        return unusual(count, self.baseline(minute))

    def baseline(self, minute: int) -> Baseline:
        start = self._start(minute)
        known = (minute - 1) // _HOUR - start // _HOUR + 1
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

    def tally(self) -> _Tally:
        whole = _Tally()
        for hour in self.hours:
            whole.merge(hour.tally)
        whole.forget_rare_values()
        return whole

    def _start(self, minute: int) -> int:
        return max(self.since, (minute - _BASELINE_MINUTES) // _HOUR * _HOUR)


@dataclass(slots=True)
class _OpenInsight:
    """An Insight that has started. `usual` has the usual minutes since the last unusual one."""

    subject: InsightSubject
    shared_event_id: str
    start: int
    direction: Direction
    baseline: Baseline
    baseline_tally: _Tally
    tally: _Tally = field(default_factory=_Tally)
    duration: int = 0
    usual: list[_Tally] = field(default_factory=list)

    def observe(self, tally: _Tally) -> bool:
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
        self._series: dict[InsightSubject, _Series] = {}
        self._open: dict[InsightSubject, _OpenInsight] = {}
        self._established: dict[InsightSubject, None] = {}
        self._hour = self._since // _HOUR

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
        """Return the next minute in which anything can happen, or `end`."""
        if self._open or self._established:
            return self._next
        return min(self._pending, default=end)

    def _close(self, minute: int) -> list[Insight]:
        self._forget_old_hours(minute)
        tallies = _tallies(self._pending.pop(minute, {}))
        insights = []
        for subject in dict.fromkeys([*tallies, *self._open, *self._established]):
            tally = tallies.get(subject) or _Tally()
            series = self._series.setdefault(subject, _Series(self._since))
            insights += self._judge(subject, series, minute, tally)
            self._record(subject, series, minute, tally)
        return insights

    def _forget_old_hours(self, minute: int) -> None:
        hour = minute // _HOUR
        if hour == self._hour:
            return
        self._hour = hour
        for subject, series in list(self._series.items()):
            series.forget_before(minute)
            if not series.hours and subject not in self._open:
                del self._series[subject]
                self._established.pop(subject, None)

    def _judge(
        self, subject: InsightSubject, series: _Series, minute: int, tally: _Tally
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

    def _record(self, subject: InsightSubject, series: _Series, minute: int, tally: _Tally) -> None:
        if tally.total:
            series.record(minute, tally)
        # Only a rate so high that even no call at all is unusual needs a look every minute.
        if series.total / series.minutes(minute + 1) >= _LEAST_SURPRISE:
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


def _tallies(counts: Mapping[Activity, int]) -> dict[InsightSubject, _Tally]:
    tallies: dict[InsightSubject, _Tally] = {}
    for activity, number in counts.items():
        for subject in _subjects(activity):
            tallies.setdefault(subject, _Tally()).count(activity, number)
    return tallies


def _subjects(activity: Activity) -> Iterator[InsightSubject]:
    category = activity.event_category
    api = (activity.event_source, activity.event_name)
    if category == "Data" or (category == "Management" and not activity.read_only):
        yield InsightSubject(category, CALL_RATE, *api, None)
    if activity.error_code and category in ("Management", "Data"):
        yield InsightSubject(category, ERROR_RATE, *api, activity.error_code)


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


def _top_values(tally: _Tally, attribute: str, minutes: int) -> list[dict[str, Any]]:
    return [
        {"value": value, "average": _average(number, minutes)}
        for value, number in _most_frequent(tally.values[attribute], MOST_ATTRIBUTED)
    ]


def _average(number: int, minutes: int) -> float:
    """Return events a minute, to ten decimals as in AWS's events (0.0000882145 for 1 in 11,336)."""
    return round(number / minutes, 10)

"""The state of an alarm, computed from its metrics.

Source: CloudWatch User Guide, "Alarm evaluation", "Configuring how CloudWatch alarms treat missing
data" (its two tables are tests) and "Percentile-based alarms and low data samples".
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from cloudtrail.partitions import arn_parts
from local_aws.consumers.alarms.composite_rules import compile_rule
from local_aws.consumers.alarms.metric_math import compile_expression

if TYPE_CHECKING:
    from moto.cloudwatch.models import Alarm, CloudWatchBackend

__all__ = [
    "COMPARE",
    "AlarmState",
    "Series",
    "account_of",
    "decide",
    "is_statistic",
    "period_of",
    "series_of",
    "standing",
]

_EXTRA = 2
"""How many periods CloudWatch looks back beyond the evaluation periods if data are missing."""

COMPARE: dict[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}
_PLAIN = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")
_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d{1,10})?|100)")

Points = Sequence[tuple[datetime, float | None]]
"""The latest periods with their values, None without data, the newest first."""


class Series(Struct, frozen=True):
    """A metric of an alarm with its statistic, or an expression over others."""

    id: str
    namespace: str = ""
    name: str = ""
    dimensions: tuple[tuple[str, str], ...] = ()
    statistic: str = ""
    unit: str | None = None
    expression: str | None = None
    is_watched: bool = True
    """Whether the alarm is about this series."""


class AlarmState(Struct, frozen=True):
    """A state, and why."""

    state: str
    reason: str
    data: Mapping[str, Any]


def is_statistic(text: str) -> bool:
    """Whether a statistic is computed here: one of the five, or a percentile."""
    return text in _PLAIN or _PERCENTILE.fullmatch(text) is not None


def series_of(alarm: Alarm) -> list[Series]:
    """The metrics and expressions that an alarm looks at."""
    if not alarm.metric_data_queries:
        dimensions = tuple((str(each.name), str(each.value)) for each in alarm.dimensions)
        statistic = alarm.statistic or alarm.extended_statistic or ""
        plain = Series("m1", alarm.namespace, alarm.metric_name, dimensions, statistic, alarm.unit)
        return [plain]
    return [_series(each) for each in alarm.metric_data_queries]


def _series(query: Any) -> Series:
    watched = query.return_data is None or str(query.return_data).lower() == "true"
    stat = query.metric_stat
    if stat is None:
        return Series(query.id, expression=query.expression, is_watched=watched)
    dimensions = tuple((each.name, each.value) for each in stat.metric.dimensions)
    metric = stat.metric
    return Series(
        query.id,
        metric.namespace,
        metric.metric_name,
        dimensions,
        stat.stat,
        stat.unit,
        is_watched=watched,
    )


def account_of(alarm: Alarm) -> str:
    return arn_parts(alarm.alarm_arn).account_id


def seconds_of(alarm: Alarm) -> int:
    """The length of an alarm's period, in seconds."""
    if alarm.period:
        return int(alarm.period)
    queries = alarm.metric_data_queries or ()
    given = [each.period or (each.metric_stat and each.metric_stat.period) for each in queries]
    return min((int(each) for each in given if each), default=60)


def period_of(alarm: Alarm) -> int:
    """The number of the alarm's current period, counted from 1970."""
    return int(datetime.now(UTC).timestamp() // seconds_of(alarm))


def standing(backend: CloudWatchBackend, alarm: Alarm) -> AlarmState | None:
    """The state of an alarm by its metrics, or by other alarms; None to keep the current one."""
    if alarm.rule is not None:
        return _of_others(backend, alarm)
    points = _points(backend, alarm)
    state = decide(
        [None if value is None else _breaches(alarm, value) for _, value in points],
        int(alarm.evaluation_periods),
        int(alarm.datapoints_to_alarm or alarm.evaluation_periods),
        _treat(alarm),
    )
    return AlarmState(state, _reason(alarm, state, points), _data(alarm, points)) if state else None


def _treat(alarm: Alarm) -> str:
    """How missing data count.

    For DynamoDB's metrics they change nothing, whatever the alarm says.
    """
    if "AWS/DynamoDB" in {each.namespace for each in series_of(alarm)}:
        return "ignore"
    return alarm.treat_missing_data or "missing"


def decide(points: Sequence[bool | None], periods: int, wanted: int, treat: str) -> str | None:
    """The state that the latest points, newest first, lead to; None to keep the current one.

    Of `periods` points, `wanted` must breach. None is a point without data.
    """
    known = [each for each in points if each is not None]
    if len(known) >= periods:
        return _alarm_if(sum(known[:periods]) >= wanted)
    missing = periods - len(known)
    if treat in ("breaching", "notBreaching"):
        return _alarm_if(sum(known) + (missing if treat == "breaching" else 0) >= wanted)
    if not known:
        return None if treat == "ignore" else "INSUFFICIENT_DATA"
    if sum(known) >= wanted:
        return "ALARM"
    if not all(known):
        return "OK"
    if treat == "ignore":
        return None
    # All known points breach: count from the oldest one, so the alarm is rather early than missing.
    oldest = (
        max(place for place, each in enumerate(points[:periods]) if each)
        if any(points[:periods])
        else -1
    )
    return _alarm_if(oldest + 1 >= wanted)


def _alarm_if(is_alarm: bool) -> str:
    return "ALARM" if is_alarm else "OK"


def _breaches(alarm: Alarm, value: float) -> bool:
    compare, _ = COMPARE[alarm.comparison_operator]
    return compare(value, float(alarm.threshold))


def _points(backend: CloudWatchBackend, alarm: Alarm) -> Points:
    """The latest periods with their values. The current one only counts once it has data."""
    seconds = seconds_of(alarm)
    period = timedelta(seconds=seconds)
    current = datetime.fromtimestamp(period_of(alarm) * seconds, UTC).replace(tzinfo=None)
    looked_at = int(alarm.evaluation_periods) + _EXTRA
    series = series_of(alarm)
    oldest = current - period * looked_at
    data = {each.id: _data_of(backend, each, oldest) for each in series if each.expression is None}
    every = [datum for found in data.values() for datum in found]
    first = 0 if any(datum.timestamp >= current for datum in every) else 1
    return [
        (begin, _value(series, data, begin, period))
        for begin in (current - period * back for back in range(first, first + looked_at))
    ]


def _data_of(backend: CloudWatchBackend, series: Series, oldest: datetime) -> list[Any]:
    return [
        datum
        for datum in list(backend.metric_data)
        if (datum.namespace, datum.name) == (series.namespace, series.name)
        and datum.timestamp >= oldest
        and {(each.name, each.value) for each in datum.dimensions} == set(series.dimensions)
        and (not series.unit or datum.unit == series.unit)
    ]


def _value(
    series: Sequence[Series],
    data: Mapping[str, Sequence[Any]],
    begin: datetime,
    period: timedelta,
) -> float | None:
    """The value of the watched series in a period."""
    values: dict[str, float | None] = {}
    for each in series:
        if each.expression is None:
            inside = [d for d in data[each.id] if begin <= d.timestamp < begin + period]
            values[each.id] = _statistic(each.statistic, inside, begin)
    for each in _in_order(series):
        others = frozenset(one.id for one in series) - {each.id}
        values[each.id] = compile_expression(str(each.expression), others)(values)
    return values[next(each.id for each in series if each.is_watched)]


def _in_order(series: Sequence[Series]) -> Iterator[Series]:
    """The expressions in an order in which each comes after those that it uses."""
    left = [each for each in series if each.expression is not None]
    while left:
        names = {each.id for each in left}
        free = [
            each
            for each in left
            if not names - {each.id} & set(re.findall(r"\w+", str(each.expression)))
        ]
        yield from free or left
        left = [each for each in left if each not in free] if free else []


def _statistic(statistic: str, data: Sequence[Any], begin: datetime) -> float | None:
    from moto.cloudwatch.models import MetricDatum, Statistics

    if not data:
        return None
    if percentile := _PERCENTILE.fullmatch(statistic):
        # CloudWatch has no percentiles of statistic sets.
        values = sorted(datum.value for datum in data if isinstance(datum, MetricDatum))
        return _percentile(values, float(percentile[1])) if values else None
    statistics = Statistics([statistic], begin)
    statistics.metric_data = list(data)
    value = statistics.get_statistics_for_type(statistic)
    return None if value is None else float(value)


def _percentile(values: Sequence[float], percent: float) -> float:
    place = (len(values) - 1) * percent / 100
    low, high = values[math.floor(place)], values[math.ceil(place)]
    return low + (high - low) * (place - math.floor(place))


# Why


def _reason(alarm: Alarm, state: str, points: Points) -> str:
    known = [(time, value) for time, value in points if value is not None]
    known = known[: int(alarm.evaluation_periods)]
    missing = int(alarm.evaluation_periods) - len(known)
    if state == "INSUFFICIENT_DATA":
        return f"Insufficient Data: {_counted(missing)} was unknown."
    if not known:
        kind = "Breaching" if state == "ALARM" else "NonBreaching"
        reason = f"no datapoints were received for {missing} periods and {_counted(missing)} "
        return f"Threshold Crossed: {reason}was treated as [{kind}]."
    words = COMPARE[alarm.comparison_operator][1]
    shown = ", ".join(f"{value} ({time:%d/%m/%y %H:%M:%S})" for time, value in known)
    was = f"was {words}" if state == "ALARM" else f"was not {words}"
    threshold = float(alarm.threshold)
    return f"Threshold Crossed: {_counted(len(known))} [{shown}] {was} the threshold ({threshold})."


def _counted(number: int) -> str:
    return f"{number} datapoint{'' if number == 1 else 's'}"


def _data(alarm: Alarm, points: Points) -> dict[str, Any]:
    (watched,) = [each for each in series_of(alarm) if each.is_watched][:1]
    return {
        "version": "1.0",
        "queryDate": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}.000+0000",
        **({"statistic": watched.statistic} if watched.statistic else {}),
        "period": seconds_of(alarm),
        "recentDatapoints": [value for _, value in reversed(points) if value is not None],
        "threshold": float(alarm.threshold),
    }


def _of_others(backend: CloudWatchBackend, alarm: Alarm) -> AlarmState:
    rule = compile_rule(str(alarm.rule))
    others = [backend.alarms[name] for name in sorted(rule.names) if name in backend.alarms]
    state = _alarm_if(rule.holds({each.name: each.state_value for each in others}))
    triggering = [
        {
            "arn": each.alarm_arn,
            "state": {
                "value": each.state_value,
                "timestamp": f"{each.state_updated_timestamp:%Y-%m-%dT%H:%M:%S}.000+0000",
            },
        }
        for each in others
        if each.state_value == "ALARM"
    ]
    known = {"triggeringAlarms": triggering}
    if not others:
        return AlarmState(state, f"AlarmRule was evaluated to {state}", known)
    latest = max(others, key=lambda each: each.state_updated_timestamp)
    time = f"{latest.state_updated_timestamp:%A %d %B, %Y %H:%M:%S} UTC"
    reason = f"{latest.alarm_arn} transitioned to {latest.state_value} at {time}"
    return AlarmState(state, reason, known)

"""Alarms that watch their metric: new data and passing time change their state, which is told.

Source: CloudWatch User Guide, "Using Amazon CloudWatch alarms" (evaluation, missing data) and
"Alarm events and EventBridge". Alarms on metric math keep the state that SetAlarmState gives.
"""

from __future__ import annotations

import functools
import json
import operator
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from local_aws.consumers import destinations
from local_aws.moto_changes.first_use import on_first_use

if TYPE_CHECKING:
    from moto.cloudwatch.models import Alarm, CloudWatchBackend

    from local_aws.cloudtrail.delivery.outbox import HandOn

_LOOK_EVERY = 1.0
_LOOKED = "_local_aws_looked_at_period"
_MOST_HISTORY = 100
_COMPARE: dict[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}
_ACTIONS = {
    "ALARM": "alarm_actions",
    "OK": "ok_actions",
    "INSUFFICIENT_DATA": "insufficient_data_actions",
}
_ACTED_ON = ("sns", "lambda")


def install(patches: ExitStack, hand_on: HandOn) -> None:
    """Let alarms watch once CloudWatch is first used, until `patches` is left."""
    services = frozenset({"cloudwatch", "cloudformation"})
    on_first_use(patches, services, partial(_install_now, hand_on))


def _install_now(hand_on: HandOn, patches: ExitStack) -> None:
    from moto.cloudwatch.models import Alarm, CloudWatchBackend
    from moto.cloudwatch.responses import CloudWatchResponse

    put_alarm, put_data = CloudWatchBackend.put_metric_alarm, CloudWatchBackend.put_metric_data
    ask_describe = CloudWatchResponse.describe_alarms
    ended = threading.Event()
    patches.callback(ended.set)

    def put_metric_alarm(self: CloudWatchBackend, *arguments: Any, **named: Any) -> Alarm:
        before = self.alarms.get(named.get("name") or arguments[0])
        alarm = put_alarm(self, *arguments, **named)
        _take_over(alarm, before)
        hand_on(f"alarm {alarm.alarm_arn}", partial(_look, self, alarm))
        return alarm

    def put_metric_data(self: CloudWatchBackend, namespace: str, metric_data: Any) -> None:
        put_data(self, namespace, metric_data)
        names = {datum["MetricName"] for datum in metric_data}
        for alarm in list(self.alarms.values()):
            if alarm.namespace == namespace and alarm.metric_name in names:
                hand_on(f"alarm {alarm.alarm_arn}", partial(_look, self, alarm))

    def update_state(self: Alarm, reason: str, reason_data: str, state_value: str) -> None:
        _change_state(self, state_value, reason, reason_data, hand_on)

    def describe_alarms(self: Any) -> Any:
        _look_where_time_passed([self.cloudwatch_backend])
        return ask_describe(self)

    for owner, name, new in (
        (CloudWatchBackend, "put_metric_alarm", put_metric_alarm),
        (CloudWatchBackend, "put_metric_data", put_metric_data),
        (Alarm, "update_state", update_state),
        (CloudWatchResponse, "describe_alarms", describe_alarms),
    ):
        patches.enter_context(patch.object(owner, name, new))
    history = patch.object(
        CloudWatchResponse, "describe_alarm_history", _describe_alarm_history, create=True
    )
    patches.enter_context(history)
    threading.Thread(target=_watch, args=(ended,), name="local-aws-alarms", daemon=True).start()


def _take_over(alarm: Alarm, before: Alarm | None) -> None:
    """A new alarm knows nothing yet; one that is put again keeps its state and history."""
    if before is None:
        alarm.state_value = "INSUFFICIENT_DATA"
    else:
        for name in ("state_value", "state_reason", "state_reason_data", "history"):
            setattr(alarm, name, getattr(before, name))
        alarm.state_updated_timestamp = before.state_updated_timestamp
    done = "updated" if before else "created"
    _note(alarm, "ConfigurationUpdate", f'Alarm "{alarm.name}" {done}', {})


# Evaluation


def _watch(ended: threading.Event) -> None:
    """Look at alarms whose period has passed, until the server ends."""
    from moto.cloudwatch.models import cloudwatch_backends

    while not ended.wait(_LOOK_EVERY):
        accounts = list(cloudwatch_backends.values())
        _look_where_time_passed(backend for each in accounts for backend in list(each.values()))


def _look_where_time_passed(backends: Any) -> None:
    for backend in backends:
        for alarm in list(backend.alarms.values()):
            if vars(alarm).get(_LOOKED, _period_of(alarm)) != _period_of(alarm):
                _look(backend, alarm)


def _period_of(alarm: Alarm) -> int:
    """The number of the period that it is now, as an alarm counts."""
    return int(datetime.now(UTC).timestamp() // (alarm.period or 60))


_looking = threading.Lock()


def _look(backend: CloudWatchBackend, alarm: Alarm) -> None:
    """Give an alarm the state that its metric is in."""
    if not alarm.metric_name or alarm.comparison_operator not in _COMPARE:
        return
    with _looking:
        vars(alarm)[_LOOKED] = _period_of(alarm)
        points = list(_points(backend, alarm))
        state, reason = _state(alarm, points)
        if state != alarm.state_value:
            alarm.update_state(reason, json.dumps(_reason_data(alarm, points)), state)


def _points(backend: CloudWatchBackend, alarm: Alarm) -> Iterator[tuple[datetime, float | None]]:
    """The latest periods with their statistic, None without data, the newest first.

    The period that is not over yet counts once it has data.
    """
    period = timedelta(seconds=int(alarm.period))
    start = datetime.fromtimestamp(_period_of(alarm) * period.total_seconds(), UTC)
    current = start.replace(tzinfo=None)
    dimensions = {(each.name, each.value) for each in alarm.dimensions}
    oldest = current - period * int(alarm.evaluation_periods)
    data = [
        datum
        for datum in list(backend.metric_data)
        if (datum.namespace, datum.name) == (alarm.namespace, alarm.metric_name)
        and datum.timestamp >= oldest
        and {(each.name, each.value) for each in datum.dimensions} == dimensions
        and (not alarm.unit or datum.unit == alarm.unit)
    ]
    first = 0 if any(datum.timestamp >= current for datum in data) else 1
    for back in range(first, first + int(alarm.evaluation_periods)):
        begin = current - period * back
        inside = [datum for datum in data if begin <= datum.timestamp < begin + period]
        yield begin, _statistic(alarm, inside, begin)


def _statistic(alarm: Alarm, data: Sequence[Any], begin: datetime) -> float | None:
    from moto.cloudwatch.models import Statistics

    statistics = Statistics([alarm.statistic], begin)
    statistics.metric_data = list(data)
    value = statistics.get_statistics_for_type(alarm.statistic) if data else None
    return None if value is None else float(value)


def _state(alarm: Alarm, points: Sequence[tuple[datetime, float | None]]) -> tuple[str, str]:
    compare, words = _COMPARE[alarm.comparison_operator]
    threshold = float(alarm.threshold)
    known = [(time, value) for time, value in points if value is not None]
    missing = len(points) - len(known)
    treat = alarm.treat_missing_data or "missing"
    breaching = [value for _, value in known if compare(value, threshold)]
    wanted = int(alarm.datapoints_to_alarm or alarm.evaluation_periods)
    if not known and treat == "missing":
        return "INSUFFICIENT_DATA", f"Insufficient Data: {_counted(missing)} was unknown."
    if not known and treat == "ignore":
        return alarm.state_value, alarm.state_reason
    is_alarm = len(breaching) + (missing if treat == "breaching" else 0) >= wanted
    if not known:
        kind = "Breaching" if is_alarm else "NonBreaching"
        reason = f"no datapoints were received for {missing} periods and {_counted(missing)} "
        return "ALARM" if is_alarm else "OK", f"Threshold Crossed: {reason}was treated as [{kind}]."
    shown = ", ".join(f"{value} ({time:%d/%m/%y %H:%M:%S})" for time, value in known)
    count = _counted(len(known))
    was = f"was {words}" if is_alarm else f"was not {words}"
    reason = f"Threshold Crossed: {count} [{shown}] {was} the threshold ({threshold})."
    return "ALARM" if is_alarm else "OK", reason


def _counted(number: int) -> str:
    return f"{number} datapoint{'' if number == 1 else 's'}"


def _reason_data(alarm: Alarm, points: Sequence[tuple[datetime, float | None]]) -> dict[str, Any]:
    return {
        "version": "1.0",
        "queryDate": _stamp(datetime.now(UTC)),
        "statistic": alarm.statistic,
        "period": int(alarm.period),
        "recentDatapoints": [value for _, value in reversed(points) if value is not None],
        "threshold": float(alarm.threshold),
    }


# What follows a change


def _change_state(
    alarm: Alarm, state: str, reason: str, reason_data: str | None, hand_on: HandOn
) -> None:
    before = {"stateValue": alarm.state_value, "stateReason": alarm.state_reason}
    time = datetime.now(UTC)
    alarm.state_value, alarm.state_reason = state, reason
    alarm.state_reason_data = reason_data or "{}"
    alarm.state_updated_timestamp = time.replace(tzinfo=None)
    after = {"stateValue": state, "stateReason": reason}
    if before["stateValue"] == state:
        return
    summary = f"Alarm updated from {before['stateValue']} to {state}"
    _note(alarm, "StateUpdate", summary, {"oldState": before, "newState": after})
    if not alarm.actions_enabled:
        return
    for arn in getattr(alarm, _ACTIONS[state]) or ():
        if arn.split(":")[2] in _ACTED_ON:
            act = partial(_act, alarm, arn, before["stateValue"], time)
            hand_on(f"action {arn} of {alarm.alarm_arn}", act)


def _act(alarm: Alarm, arn: str, before: str, time: datetime) -> None:
    if arn.split(":")[2] == "lambda":
        destinations.send(arn, json.dumps(_lambda_event(alarm, before, time)))
    else:
        subject = f'{alarm.state_value}: "{alarm.name}" in {_region_name(alarm.region_name)}'
        options = destinations.Options(subject=subject[:100])
        destinations.send(arn, json.dumps(_message(alarm, before, time)), options)
    _note(alarm, "Action", f"Successfully executed action {arn}", {"actionState": "Succeeded"})


@functools.cache
def _region_name(region: str) -> str:
    """What a Region is called: `US East (N. Virginia)`."""
    from botocore.loaders import Loader

    for partition in Loader().load_data("endpoints")["partitions"]:
        if region in partition["regions"]:
            return str(partition["regions"][region]["description"])
    return region


def _message(alarm: Alarm, before: str, time: datetime) -> dict[str, Any]:
    """What a topic gets: CloudWatch User Guide, "Notifying users on alarm changes"."""
    account = alarm.alarm_arn.split(":")[4]
    return {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description or None,
        "AWSAccountId": account,
        "AlarmConfigurationUpdatedTimestamp": _stamp(alarm.configuration_updated_timestamp),
        "NewStateValue": alarm.state_value,
        "NewStateReason": alarm.state_reason,
        "StateChangeTime": _stamp(time),
        "Region": _region_name(alarm.region_name),
        "AlarmArn": alarm.alarm_arn,
        "OldStateValue": before,
        "OKActions": alarm.ok_actions or [],
        "AlarmActions": alarm.alarm_actions or [],
        "InsufficientDataActions": alarm.insufficient_data_actions or [],
        "Trigger": {
            "MetricName": alarm.metric_name,
            "Namespace": alarm.namespace,
            "StatisticType": "Statistic",
            "Statistic": _upper(alarm.statistic),
            "Unit": alarm.unit,
            "Dimensions": [{"value": each.value, "name": each.name} for each in alarm.dimensions],
            "Period": alarm.period,
            "EvaluationPeriods": alarm.evaluation_periods,
            "ComparisonOperator": alarm.comparison_operator,
            "Threshold": alarm.threshold,
            "TreatMissingData": alarm.treat_missing_data or "missing",
            "EvaluateLowSampleCountPercentile": alarm.evaluate_low_sample_count_percentile or "",
        },
    }


def _upper(statistic: str | None) -> str | None:
    return {"SampleCount": "SAMPLE_COUNT"}.get(statistic or "", (statistic or "").upper()) or None


def _lambda_event(alarm: Alarm, before: str, time: datetime) -> dict[str, Any]:
    state = {
        "value": alarm.state_value,
        "reason": alarm.state_reason,
        "reasonData": alarm.state_reason_data,
        "timestamp": _stamp(time),
    }
    return {
        "source": "aws.cloudwatch",
        "alarmArn": alarm.alarm_arn,
        "accountId": alarm.alarm_arn.split(":")[4],
        "time": _stamp(time),
        "region": alarm.region_name,
        "alarmData": {
            "alarmName": alarm.name,
            "state": state,
            "previousState": {"value": before},
            "configuration": {"description": alarm.description or ""},
        },
    }


def _stamp(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond // 1000:03}+0000"


# History


def _note(alarm: Alarm, kind: str, summary: str, data: dict[str, Any]) -> None:
    item = {
        "AlarmName": alarm.name,
        "AlarmType": "CompositeAlarm" if alarm.rule else "MetricAlarm",
        "Timestamp": datetime.now(UTC).replace(tzinfo=None),
        "HistoryItemType": kind,
        "HistorySummary": summary,
        "HistoryData": json.dumps({"version": "1.0", **data}),
    }
    alarm.history.append(item)
    del alarm.history[:-_MOST_HISTORY]


def _describe_alarm_history(self: Any) -> Any:
    """DescribeAlarmHistory, which moto lacks; the newest first unless asked otherwise."""
    from moto.core.responses import ActionResult

    name, kind = self._get_param("AlarmName"), self._get_param("HistoryItemType")
    start, end = self._get_param("StartDate"), self._get_param("EndDate")
    alarms = list(self.cloudwatch_backend.alarms.values())
    items = [
        item
        for alarm in alarms
        if name in (None, alarm.name)
        for item in alarm.history
        if kind in (None, item["HistoryItemType"])
        and (start is None or item["Timestamp"] >= _naive(start))
        and (end is None or item["Timestamp"] <= _naive(end))
    ]
    oldest_first = self._get_param("ScanBy") == "TimestampAscending"
    items.sort(key=lambda item: item["Timestamp"], reverse=not oldest_first)
    most = int(self._get_param("MaxRecords") or _MOST_HISTORY)
    return ActionResult({"AlarmHistoryItems": items[:most]})


def _naive(time: datetime) -> datetime:
    return time.astimezone(UTC).replace(tzinfo=None) if time.tzinfo else time

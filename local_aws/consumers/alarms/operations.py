"""The operations on alarms, and when each alarm is evaluated: on new data, and as time passes.

PutMetricAlarm refuses by name what an alarm cannot watch here, such as an anomaly detection band.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from local_aws.consumers import time_passing
from local_aws.consumers.alarms.actions import (
    MOST_HISTORY,
    change_state,
    note,
    report_configuration,
)
from local_aws.consumers.alarms.composite_rules import InvalidRule, compile_rule
from local_aws.consumers.alarms.evaluation import (
    COMPARE,
    AlarmState,
    account_of,
    is_statistic,
    period_of,
    series_of,
    standing,
)
from local_aws.consumers.alarms.metric_math import InvalidExpression, compile_expression
from local_aws.moto_state import every_backend

if TYPE_CHECKING:
    from moto.cloudwatch.models import Alarm, CloudWatchBackend

    from local_aws.cloudtrail.delivery.outbox import HandOn

_LOOKED = "_local_aws_looked_at_period"
_NOT_COMPUTED = "The local AWS does not compute {}: the alarm would never change its state."


def install(hand_on: HandOn, patches: ExitStack) -> None:
    """Have alarms evaluated, until `patches` is closed."""
    from moto.cloudwatch.models import Alarm, CloudWatchBackend
    from moto.cloudwatch.responses import CloudWatchResponse

    def update_state(self: Alarm, reason: str, reason_data: str, state_value: str) -> None:
        _change(self, AlarmState(state_value, reason, {}), reason_data or "{}", hand_on)

    for owner, name, new in (
        (CloudWatchBackend, "put_metric_alarm", _putting_alarm),
        (CloudWatchBackend, "put_metric_data", _putting_data),
        (CloudWatchBackend, "delete_alarms", _deleting),
        (CloudWatchResponse, "describe_alarms", _describing),
    ):
        changed = new(getattr(owner, name), hand_on)
        patches.enter_context(patch.object(owner, name, changed))
    patches.enter_context(patch.object(Alarm, "update_state", update_state))
    for name, added in (
        ("describe_alarm_history", _describe_alarm_history),
        ("put_composite_alarm", _put_composite_alarm),
    ):
        patches.enter_context(patch.object(CloudWatchResponse, name, added, create=True))
    time_passing.look_each_second(patches, "alarms", partial(_look_everywhere, hand_on))


def _putting_alarm(ask_moto: Any, hand_on: HandOn) -> Any:
    def put_metric_alarm(self: CloudWatchBackend, **named: Any) -> Alarm:
        before = self.alarms.get(named["name"])
        alarm: Alarm = ask_moto(self, **named)
        try:
            _check(self, alarm)
        except Exception:
            self.alarms.pop(alarm.name)
            self.alarms.update({alarm.name: before} if before else {})
            raise
        _take_over(alarm, before)
        report_configuration(alarm, "update" if before else "create", hand_on)
        _look_later(self, alarm, hand_on)
        return alarm

    return put_metric_alarm


def _putting_data(ask_moto: Any, hand_on: HandOn) -> Any:
    def put_metric_data(self: CloudWatchBackend, namespace: str, metric_data: Any) -> None:
        ask_moto(self, namespace, metric_data)
        told = {(namespace, datum["MetricName"]) for datum in metric_data}
        for alarm in list(self.alarms.values()):
            watched = {(each.namespace, each.name) for each in series_of(alarm)}
            if alarm.rule is None and told & watched:
                _look_later(self, alarm, hand_on)

    return put_metric_data


def _deleting(ask_moto: Any, hand_on: HandOn) -> Any:
    def delete_alarms(self: CloudWatchBackend, alarm_names: list[str]) -> None:
        for alarm in [self.alarms[name] for name in alarm_names if name in self.alarms]:
            report_configuration(alarm, "delete", hand_on)
        ask_moto(self, alarm_names)

    return delete_alarms


def _describing(ask_moto: Any, hand_on: HandOn) -> Any:
    def describe_alarms(self: Any) -> Any:
        _look_where_time_passed([self.cloudwatch_backend], hand_on)
        answer = ask_moto(self)
        # Composite alarms are only listed on request.
        kinds = self._get_param("AlarmTypes") or ["MetricAlarm"]
        every = ("MetricAlarm", "CompositeAlarm")
        return type(answer)(
            {f"{each}s": answer.result[f"{each}s"] for each in every if each in kinds}
        )

    return describe_alarms


def _take_over(alarm: Alarm, before: Alarm | None) -> None:
    """A new alarm has no data yet; one that is put again keeps its state and history."""
    if before is None:
        alarm.state_value = "INSUFFICIENT_DATA"
    else:
        for name in ("state_value", "state_reason", "state_reason_data", "history"):
            setattr(alarm, name, getattr(before, name))
        alarm.state_updated_timestamp = before.state_updated_timestamp
    done = "updated" if before else "created"
    note(alarm, "ConfigurationUpdate", f'Alarm "{alarm.name}" {done}', {})


# What is refused


def _check(backend: CloudWatchBackend, alarm: Alarm) -> None:
    """Raise CloudWatch's ValidationError for an alarm that cannot be evaluated."""
    from moto.cloudwatch.exceptions import ValidationError

    try:
        wrong = _wrong_rule(backend, alarm) if alarm.rule is not None else _wrong_metric(alarm)
    except (InvalidExpression, InvalidRule) as error:
        raise ValidationError(str(error)) from error
    if wrong:
        raise ValidationError(wrong)


def _wrong_rule(backend: CloudWatchBackend, alarm: Alarm) -> str | None:
    missing = sorted(compile_rule(str(alarm.rule)).names - set(backend.alarms))
    if not missing:
        return None
    return (
        f"Could not save the composite alarm as alarms [{', '.join(missing)}] in the alarm rule "
        "do not exist"
    )


def _wrong_metric(alarm: Alarm) -> str | None:
    if alarm.threshold_metric_id or alarm.comparison_operator not in COMPARE:
        return _NOT_COMPUTED.format("anomaly detection bands (ThresholdMetricId)")
    series = series_of(alarm)
    ids = frozenset(each.id for each in series)
    for each in series:
        if each.expression is not None:
            compile_expression(each.expression, ids - {each.id})
        elif each.statistic and not is_statistic(each.statistic):
            return _NOT_COMPUTED.format(f"the statistic {each.statistic}")
    if sum(each.is_watched for each in series) != 1:
        return "Exactly one element of the metrics list should return data."
    if int(alarm.datapoints_to_alarm or 0) > int(alarm.evaluation_periods):
        return "DatapointsToAlarm must not be greater than EvaluationPeriods."
    return None


def _put_composite_alarm(self: Any) -> Any:
    """PutCompositeAlarm, which moto lacks."""
    from moto.cloudwatch.exceptions import ValidationError
    from moto.core.responses import EmptyResult

    if self._get_param("ActionsSuppressor"):
        raise ValidationError(_NOT_COMPUTED.format("what ActionsSuppressor suppresses"))
    enabled = self._get_param("ActionsEnabled")
    alarm = self.cloudwatch_backend.put_metric_alarm(
        name=self._get_param("AlarmName"),
        namespace=None,
        metric_name=None,
        comparison_operator=None,
        evaluation_periods=None,
        period=None,
        threshold=None,
        statistic=None,
        description=self._get_param("AlarmDescription"),
        dimensions=[],
        alarm_actions=self._get_param("AlarmActions", []),
        ok_actions=self._get_param("OKActions", []),
        insufficient_data_actions=self._get_param("InsufficientDataActions", []),
        actions_enabled=True if enabled is None else enabled,
        rule=self._get_param("AlarmRule"),
        tags=self._get_param("Tags", []),
    )
    alarm.alarm_rule = alarm.rule
    return EmptyResult()


# Evaluation


def _look_everywhere(hand_on: HandOn) -> None:
    """Evaluate the alarms whose period has passed."""
    from moto.cloudwatch.models import cloudwatch_backends

    _look_where_time_passed(every_backend(cloudwatch_backends), hand_on)


def _look_where_time_passed(backends: Iterable[CloudWatchBackend], hand_on: HandOn) -> None:
    for backend in backends:
        for alarm in list(backend.alarms.values()):
            if vars(alarm).get(_LOOKED, period_of(alarm)) != period_of(alarm):
                _look(backend, alarm, hand_on)


def _look_later(backend: CloudWatchBackend, alarm: Alarm, hand_on: HandOn) -> None:
    hand_on(f"alarm {alarm.alarm_arn}", partial(_look, backend, alarm, hand_on))


_looking = threading.RLock()


def _look(backend: CloudWatchBackend, alarm: Alarm, hand_on: HandOn) -> None:
    """Give an alarm the state that its metrics, or its rule's alarms, are in."""
    with _looking:
        vars(alarm)[_LOOKED] = period_of(alarm)
        found = standing(backend, alarm)
        if found is not None and found.state != alarm.state_value:
            _change(alarm, found, json.dumps(found.data), hand_on)


def _change(alarm: Alarm, new: AlarmState, reason_data: str, hand_on: HandOn) -> None:
    """Change the state, and check the composite alarms that depend on it."""
    from moto.cloudwatch.models import cloudwatch_backends

    if not change_state(alarm, new, reason_data, hand_on):
        return
    backend = cloudwatch_backends[account_of(alarm)][alarm.region_name]
    for each in list(backend.alarms.values()):
        if each.rule is not None and alarm.name in compile_rule(str(each.rule)).names:
            _look_later(backend, each, hand_on)


# History


def _describe_alarm_history(self: Any) -> Any:
    """DescribeAlarmHistory, which moto lacks; the newest first unless asked otherwise."""
    from moto.core.responses import ActionResult

    name, kind = self._get_param("AlarmName"), self._get_param("HistoryItemType")
    start, end = self._get_param("StartDate"), self._get_param("EndDate")
    types = self._get_param("AlarmTypes") or ["MetricAlarm"]
    items = [
        item
        for alarm in list(self.cloudwatch_backend.alarms.values())
        if name in (None, alarm.name)
        for item in alarm.history
        if kind in (None, item["HistoryItemType"])
        and item["AlarmType"] in types
        and (start is None or item["Timestamp"] >= _naive(start))
        and (end is None or item["Timestamp"] <= _naive(end))
    ]
    oldest_first = self._get_param("ScanBy") == "TimestampAscending"
    items.sort(key=lambda item: item["Timestamp"], reverse=not oldest_first)
    begin = int(self._get_param("NextToken") or 0)
    following = begin + int(self._get_param("MaxRecords") or MOST_HISTORY)
    answer: dict[str, Any] = {"AlarmHistoryItems": items[begin:following]}
    if following < len(items):
        answer["NextToken"] = str(following)
    return ActionResult(answer)


def _naive(time: datetime) -> datetime:
    return time.astimezone(UTC).replace(tzinfo=None) if time.tzinfo else time

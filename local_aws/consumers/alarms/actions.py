"""What an alarm causes: events in EventBridge, its actions while they are on, and its history.

Source: CloudWatch User Guide, "Alarm events and EventBridge", "Notifying users on alarm changes"
and "Invoke a Lambda function from an alarm".
"""

from __future__ import annotations

import functools
import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from cloudtrail.partitions import arn_parts
from local_aws.consumers import destinations
from local_aws.consumers.alarms.evaluation import (
    AlarmState,
    Series,
    account_of,
    seconds_of,
    series_of,
)
from local_aws.consumers.event_bridge.buses import Event, event_of, offer

if TYPE_CHECKING:
    from moto.cloudwatch.models import Alarm

    from local_aws.cloudtrail.delivery.outbox import HandOn

__all__ = ["change_state", "note", "report_configuration"]

MOST_HISTORY = 100
_ACTIONS = {
    "ALARM": "alarm_actions",
    "OK": "ok_actions",
    "INSUFFICIENT_DATA": "insufficient_data_actions",
}


class _State(Struct, frozen=True):
    value: str
    reason: str
    data: str
    time: datetime

    @classmethod
    def of(cls, alarm: Alarm) -> _State:
        time = alarm.state_updated_timestamp
        data = alarm.state_reason_data
        return cls(alarm.state_value, alarm.state_reason, data or "{}", time)

    def to_json(self) -> dict[str, Any]:
        found = {"value": self.value, "reason": self.reason, "timestamp": _stamp(self.time)}
        return found | ({"reasonData": self.data} if self.data != "{}" else {})


def change_state(alarm: Alarm, new: AlarmState, reason_data: str, hand_on: HandOn) -> bool:
    """Give an alarm a state and report it; return whether the state changed."""
    before = _State.of(alarm)
    alarm.state_value, alarm.state_reason = new.state, new.reason
    alarm.state_reason_data = reason_data
    alarm.state_updated_timestamp = datetime.now(UTC).replace(tzinfo=None)
    if before.value == new.state:
        return False
    after = _State.of(alarm)
    _note_state(alarm, before, after)
    _tell_event_bridge(alarm, before, after, hand_on)
    if alarm.actions_enabled:
        for arn in getattr(alarm, _ACTIONS[new.state]) or ():
            hand_on(f"action {arn} of {alarm.alarm_arn}", partial(_act, alarm, arn, before, after))
    return True


def _note_state(alarm: Alarm, before: _State, after: _State) -> None:
    states = {
        name: {
            "stateValue": each.value,
            "stateReason": each.reason,
            **({"stateReasonData": json.loads(each.data)} if each.data != "{}" else {}),
        }
        for name, each in (("oldState", before), ("newState", after))
    }
    note(alarm, "StateUpdate", f"Alarm updated from {before.value} to {after.value}", states)


def _act(alarm: Alarm, arn: str, before: _State, after: _State) -> None:
    about = {"actionState": "Succeeded", "notificationResource": arn}
    try:
        _call(alarm, arn, before, after)
    except Exception as error:
        reason = str(error) or type(error).__name__
        summary = f'Failed to execute action {arn}. Received error: "{reason}"'
        note(alarm, "Action", summary, about | {"actionState": "Failed", "error": reason})
        raise
    note(alarm, "Action", f"Successfully executed action {arn}", about)


def _call(alarm: Alarm, arn: str, before: _State, after: _State) -> None:
    to_function = arn_parts(arn).service == "lambda"
    principal = f"{'lambda.alarms.' if to_function else ''}cloudwatch.amazonaws.com"
    sender = destinations.Sender(principal, alarm.alarm_arn, account_of(alarm))
    if to_function:
        destinations.send(arn, json.dumps(_lambda_event(alarm, before, after)), sender)
    else:
        subject = f'{after.value}: "{alarm.name}" in {_region_name(alarm.region_name)}'
        options = destinations.Options(subject=subject[:100])
        destinations.send(arn, json.dumps(_message(alarm, before, after)), sender, options)


@functools.cache
def _region_name(region: str) -> str:
    """What a Region is called: `US East (N. Virginia)`."""
    from botocore.loaders import Loader

    for partition in Loader().load_data("endpoints")["partitions"]:
        if region in partition["regions"]:
            return str(partition["regions"][region]["description"])
    return region


# What a topic gets


def _message(alarm: Alarm, before: _State, after: _State) -> dict[str, Any]:
    common = {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description or None,
        "AWSAccountId": account_of(alarm),
        "AlarmConfigurationUpdatedTimestamp": _stamp(alarm.configuration_updated_timestamp),
        "NewStateValue": after.value,
        "NewStateReason": after.reason,
        "StateChangeTime": _stamp(after.time),
        "Region": _region_name(alarm.region_name),
        "AlarmArn": alarm.alarm_arn,
        "OldStateValue": before.value,
        "OKActions": alarm.ok_actions or [],
        "AlarmActions": alarm.alarm_actions or [],
        "InsufficientDataActions": alarm.insufficient_data_actions or [],
    }
    if alarm.rule is not None:
        data = {"NewStateReasonData": after.data} if after.data != "{}" else {}
        return common | data | {"AlarmRule": alarm.rule}
    return common | {"Trigger": _trigger(alarm)}


def _trigger(alarm: Alarm) -> dict[str, Any]:
    evaluated = {
        "Period": seconds_of(alarm),
        "EvaluationPeriods": alarm.evaluation_periods,
        **({"DatapointsToAlarm": alarm.datapoints_to_alarm} if alarm.datapoints_to_alarm else {}),
        "ComparisonOperator": alarm.comparison_operator,
        "Threshold": alarm.threshold,
        "TreatMissingData": alarm.treat_missing_data or "missing",
        "EvaluateLowSampleCountPercentile": alarm.evaluate_low_sample_count_percentile or "",
    }
    if alarm.metric_data_queries:
        return evaluated | {"Metrics": [_query(alarm, each) for each in series_of(alarm)]}
    extended = alarm.extended_statistic
    named = (
        {"StatisticType": "ExtendedStatistic", "ExtendedStatistic": extended}
        if extended
        else {"StatisticType": "Statistic", "Statistic": _upper(alarm.statistic)}
    )
    return {
        "MetricName": alarm.metric_name,
        "Namespace": alarm.namespace,
        **named,
        "Unit": alarm.unit,
        "Dimensions": [{"value": each.value, "name": each.name} for each in alarm.dimensions],
        **evaluated,
    }


def _query(alarm: Alarm, series: Series) -> dict[str, Any]:
    if series.expression is not None:
        return {
            "Expression": series.expression,
            "Id": series.id,
            "ReturnData": series.is_watched,
        }
    metric = {
        "Dimensions": [{"value": value, "name": name} for name, value in series.dimensions],
        "MetricName": series.name,
        "Namespace": series.namespace,
    }
    stat = {"Metric": metric, "Period": seconds_of(alarm), "Stat": series.statistic}
    return {"Id": series.id, "MetricStat": stat, "ReturnData": series.is_watched}


def _upper(statistic: str | None) -> str | None:
    return {"SampleCount": "SAMPLE_COUNT"}.get(statistic or "", (statistic or "").upper()) or None


# What a function gets, and EventBridge


def _lambda_event(alarm: Alarm, before: _State, after: _State) -> dict[str, Any]:
    return {
        "source": "aws.cloudwatch",
        "alarmArn": alarm.alarm_arn,
        "accountId": account_of(alarm),
        "time": _stamp(after.time),
        "region": alarm.region_name,
        "alarmData": _detail(alarm, before, after),
    }


def _detail(alarm: Alarm, before: _State, after: _State) -> dict[str, Any]:
    return {
        "alarmName": alarm.name,
        "state": after.to_json(),
        "previousState": before.to_json(),
        "configuration": _configuration(alarm),
    }


def _configuration(alarm: Alarm) -> dict[str, Any]:
    described = {"description": alarm.description} if alarm.description else {}
    if alarm.rule is not None:
        return described | {"alarmRule": alarm.rule}
    return described | {"metrics": [_metric(alarm, each) for each in series_of(alarm)]}


def _metric(alarm: Alarm, series: Series) -> dict[str, Any]:
    if series.expression is not None:
        return {
            "id": series.id,
            "expression": series.expression,
            "returnData": series.is_watched,
        }
    metric = {
        "namespace": series.namespace,
        "name": series.name,
        "dimensions": dict(series.dimensions),
    }
    stat = {"metric": metric, "period": seconds_of(alarm), "stat": series.statistic}
    # CloudWatch makes up an id for the metric of an alarm that is given none.
    named = series.id if alarm.metric_data_queries else str(uuid.uuid5(_IDS, alarm.alarm_arn))
    return {"id": named, "metricStat": stat, "returnData": series.is_watched}


_IDS = uuid.UUID("a3f1c9de-0e43-4b3c-9f46-0d1f7d1b5a10")


def _tell_event_bridge(alarm: Alarm, before: _State, after: _State, hand_on: HandOn) -> None:
    detail = _detail(alarm, before, after)
    offer(_event(alarm, "CloudWatch Alarm State Change", detail), hand_on)


def report_configuration(alarm: Alarm, operation: str, hand_on: HandOn) -> None:
    """Tell EventBridge that an alarm was made, changed or deleted: `create`, `update`, `delete`."""
    detail = {
        "alarmName": alarm.name,
        "operation": operation,
        "state": _State.of(alarm).to_json(),
        "configuration": {
            "alarmName": alarm.name,
            "actionsEnabled": alarm.actions_enabled,
            "alarmActions": alarm.alarm_actions or [],
            "okActions": alarm.ok_actions or [],
            "insufficientDataActions": alarm.insufficient_data_actions or [],
            "timestamp": _stamp(alarm.configuration_updated_timestamp),
            **_thresholds(alarm),
            **_configuration(alarm),
        },
    }
    offer(_event(alarm, "CloudWatch Alarm Configuration Change", detail), hand_on)


def _thresholds(alarm: Alarm) -> dict[str, Any]:
    given = {
        "evaluationPeriods": alarm.evaluation_periods,
        "datapointsToAlarm": alarm.datapoints_to_alarm,
        "threshold": alarm.threshold,
        "comparisonOperator": alarm.comparison_operator,
        "treatMissingData": alarm.treat_missing_data,
    }
    return {name: value for name, value in given.items() if value is not None}


def _event(alarm: Alarm, detail_type: str, detail: Mapping[str, Any]) -> Event:
    return event_of(
        "aws.cloudwatch",
        detail_type,
        account_id=account_of(alarm),
        region=alarm.region_name,
        detail=detail,
        resources=[alarm.alarm_arn],
    )


def _stamp(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond // 1000:03}+0000"


# History


def note(alarm: Alarm, kind: str, summary: str, data: Mapping[str, Any]) -> None:
    """Add to an alarm's history: a `StateUpdate`, a `ConfigurationUpdate` or an `Action`."""
    item = {
        "AlarmName": alarm.name,
        "AlarmType": "CompositeAlarm" if alarm.rule is not None else "MetricAlarm",
        "Timestamp": datetime.now(UTC).replace(tzinfo=None),
        "HistoryItemType": kind,
        "HistorySummary": summary,
        "HistoryData": json.dumps({"version": "1.0", **data}),
    }
    alarm.history.append(item)
    del alarm.history[:-MOST_HISTORY]

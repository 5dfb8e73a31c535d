"""Log groups with working filters: FilterLogEvents, subscription and metric filters.

Source: CloudWatch Logs User Guide, "Filter pattern syntax", "Creating metrics from log events
using filters" and "Real-time processing of log data with subscriptions".
"""

from __future__ import annotations

import base64
import gzip
import inspect
import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from cloudtrail.partitions import arn_parts
from local_aws.consumers import permissions
from local_aws.consumers.filter_patterns import FilterPattern, InvalidPattern, compile_pattern
from local_aws.consumers.permissions import LOGS, Sender

if TYPE_CHECKING:
    from moto.logs.models import LogGroup, LogsBackend, LogStream

    from local_aws.cloudtrail.delivery.outbox import HandOn

_Event = Mapping[str, Any]
"""A log event as PutLogEvents takes it: `timestamp` in milliseconds and `message`."""

_MINUTES = "_local_aws_default_minutes"
_MINUTE = 60_000
_MOST_DIMENSIONS = 3
_CHECKED = {"kinesis": "Kinesis stream", "firehose": "Firehose"}
"""Destinations that first get a control message, with their names in it."""


def install(hand_on: HandOn, patches: ExitStack) -> None:
    """Have filters work, until `patches` is closed."""
    from moto.logs import models
    from moto.logs.responses import LogsResponse

    def change(owner: Any, name: str, new: Any, **how: Any) -> None:
        patches.enter_context(patch.object(owner, name, new, **how))

    change(models, "EventMessageFilter", lambda pattern: compile_pattern(pattern or ""))
    stream = models.LogStream
    change(stream, "put_log_events", _putting(stream.put_log_events, hand_on))
    change(stream, "_send_log_events", _sending(stream._send_log_events, hand_on))
    backend = models.LogsBackend
    for name in ("filter_log_events", "put_metric_filter", "put_subscription_filter"):
        change(backend, name, _CHECKS[name](getattr(backend, name), hand_on))
    describe = models.LogGroup.to_describe_dict
    change(models.LogGroup, "to_describe_dict", _counting_filters(describe))
    change(LogsResponse, "test_metric_filter", _test_metric_filter, create=True)


def _compiled(pattern: str | None, otherwise: str) -> FilterPattern:
    """A request's pattern, compiled. Raises CloudWatch Logs' InvalidParameterException."""
    from moto.logs.exceptions import InvalidParameterException

    try:
        return compile_pattern(pattern or "")
    except InvalidPattern as error:
        raise InvalidParameterException(str(error) or otherwise) from error


# Operations


def _filter_log_events(ask_moto: Callable[..., Any], _hand_on: HandOn) -> Callable[..., Any]:
    signature = inspect.signature(ask_moto)

    def filter_log_events(self: LogsBackend, *arguments: Any, **named: Any) -> Any:
        given = signature.bind(self, *arguments, **named).arguments
        _compiled(given["filter_pattern"], "Invalid filter pattern")
        return ask_moto(self, *arguments, **named)

    return filter_log_events


def _put_metric_filter(ask_moto: Callable[..., Any], _hand_on: HandOn) -> Callable[..., Any]:
    def put_metric_filter(
        self: LogsBackend, name: str, pattern: str, group: str, transformations: Any
    ) -> None:
        from moto.core.utils import unix_time_millis

        compiled = _compiled(pattern, "Invalid metric filter pattern")
        _check_dimensions(compiled, transformations[0])
        # moto would keep both filters, although the new one replaces the old.
        self.filters.delete_filter(name, group)
        ask_moto(self, name, pattern, group, transformations)
        self.filters.metric_filters[-1]["creationTime"] = int(unix_time_millis())

    return put_metric_filter


def _check_dimensions(pattern: FilterPattern, transformation: Mapping[str, Any]) -> None:
    from moto.logs.exceptions import InvalidParameterException

    dimensions = transformation.get("dimensions")
    if not dimensions:
        return
    if not pattern.has_fields:
        raise InvalidParameterException("The specified filter pattern does not support dimensions")
    if transformation.get("defaultValue") is not None:
        raise InvalidParameterException(
            "Invalid metric transformation: dimensions and default value are mutually exclusive "
            "properties."
        )
    if len(dimensions) > _MOST_DIMENSIONS:
        raise InvalidParameterException("Number of dimensions cannot exceed 3")


def _put_subscription_filter(ask_moto: Callable[..., Any], hand_on: HandOn) -> Callable[..., Any]:
    def put_subscription_filter(
        self: LogsBackend, group_name: str, name: str, pattern: str, arn: str, role_arn: str
    ) -> None:
        _compiled(pattern, "Invalid filter pattern")
        group = self.groups.get(group_name)
        present = group.subscription_filters if group else {}
        # Two filters are the limit; putting one again must not count as a third.
        before = present.pop(name, None)
        try:
            if group:
                _check_permission(arn, _sender(group, role_arn))
            ask_moto(self, group_name, name, pattern, arn, role_arn)
        except BaseException:
            if before:
                present[name] = before
            raise
        if before:
            present[name].creation_time = before.creation_time
        service = arn_parts(arn).service
        if service in _CHECKED:
            message = f"CWL CONTROL MESSAGE: Checking health of destination {_CHECKED[service]}."
            group = self.groups[group_name]
            check = partial(_check, arn, _sender(group, role_arn), message)
            hand_on(_subscription(group, name), check)

    return put_subscription_filter


def _subscription(group: LogGroup, name: str) -> str:
    """The filter's name in the outbox: one for all messages, so that the test message comes
    first."""
    return f"subscription filter {name} of {group.arn}"


def _check_permission(arn: str, sender: Sender) -> None:
    """Raise InvalidParameterException if a function or stream does not let the group in."""
    from moto.logs.exceptions import InvalidParameterException

    try:
        permissions.judge(arn, sender)
    except permissions.NotPermitted as error:
        service = arn_parts(arn).service
        wanted = (
            "Could not execute the lambda function. Make sure you have given CloudWatch Logs "
            "permission to execute your function."
            if service == "lambda"
            else "Could not deliver test message to specified "
            f"{_CHECKED.get(service, service)}. {error}"
        )
        raise InvalidParameterException(wanted) from error


_CHECKS: Mapping[str, Callable[[Callable[..., Any], HandOn], Callable[..., Any]]] = {
    "filter_log_events": _filter_log_events,
    "put_metric_filter": _put_metric_filter,
    "put_subscription_filter": _put_subscription_filter,
}


def _counting_filters(describe: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def to_describe_dict(self: LogGroup) -> dict[str, Any]:
        return {**describe(self), "metricFilterCount": len(_metric_filters(self))}

    return to_describe_dict


def _test_metric_filter(self: Any) -> str:
    """TestMetricFilter. Events are counted from 1 (the aws CLI's own example)."""
    pattern = _compiled(self._get_param("filterPattern"), "Invalid metric filter pattern")
    matches = [
        {
            "eventNumber": number,
            "eventMessage": message,
            "extractedValues": pattern.values(message),
        }
        for number, message in enumerate(self._get_param("logEventMessages"), 1)
        if pattern.matches(message)
    ]
    return json.dumps({"matches": matches})


# Events


def _putting(ask_moto: Callable[..., str], hand_on: HandOn) -> Callable[..., str]:
    def put_log_events(self: LogStream, log_events: list[dict[str, Any]]) -> str:
        token = ask_moto(self, log_events)
        if _metric_filters(self.log_group):
            name = f"metric filters of {self.log_group.arn}"
            hand_on(name, partial(_measure, self.log_group, log_events))
        return token

    return put_log_events


def _sending(ask_moto: Callable[..., None], hand_on: HandOn) -> Callable[..., None]:
    def send_log_events(
        self: LogStream,
        service: str,
        destination_arn: str,
        filter_name: str,
        log_events: Sequence[_Event],
    ) -> None:
        subscription = self.log_group.subscription_filters.get(filter_name)
        if subscription is None:
            return
        pattern = compile_pattern(subscription.filter_pattern or "")

        def send() -> None:
            matching = [event for event in log_events if pattern.matches(event["message"])]
            if matching and service == "logs":
                ask_moto(self, service, destination_arn, filter_name, matching)
            elif matching:
                data = _data_message(self, filter_name, matching)
                _send(destination_arn, data, _sender(self.log_group, subscription.role_arn))

        hand_on(_subscription(self.log_group, filter_name), send)

    return send_log_events


def _data_message(
    stream: LogStream, filter_name: str, events: Sequence[_Event]
) -> Mapping[str, Any]:
    return {
        "messageType": "DATA_MESSAGE",
        "owner": stream.account_id,
        "logGroup": stream.log_group.name,
        "logStream": stream.log_stream_name,
        "subscriptionFilters": [filter_name],
        "logEvents": events,
    }


def _sender(group: LogGroup, role_arn: str | None) -> Sender:
    """CloudWatch Logs as the sender for a group. It needs no role for functions."""
    return Sender(LOGS, f"{group.arn.removesuffix(':*')}:*", group.account_id, role_arn or None)


def _check(arn: str, sender: Sender, message: str) -> None:
    """Send the control message, which tests whether the destination accepts messages."""
    from moto.core.utils import unix_time_millis

    event = {"id": "", "timestamp": int(unix_time_millis()), "message": message}
    data = {
        "messageType": "CONTROL_MESSAGE",
        "owner": "CloudwatchLogs",
        "logGroup": "",
        "logStream": "",
        "subscriptionFilters": [],
        "logEvents": [event],
    }
    _send(arn, data, sender)


def _send(arn: str, data: Mapping[str, Any], sender: Sender) -> None:
    """Send compressed data to a function, a stream or a delivery stream."""
    from local_aws.consumers import destinations

    packed = gzip.compress(json.dumps(data, separators=(",", ":")).encode())
    if arn_parts(arn).service == "lambda":
        encoded = base64.b64encode(packed).decode()
        destinations.send(arn, json.dumps({"awslogs": {"data": encoded}}), sender)
    else:
        destinations.send(arn, packed, sender, destinations.Options(key=uuid.uuid4().hex))


# Metrics


def _metric_filters(group: LogGroup) -> list[dict[str, Any]]:
    from moto.logs.models import logs_backends

    found = logs_backends[group.account_id][group.region].filters.metric_filters
    return [each for each in found if each["logGroupName"] == group.name]


def _measure(group: LogGroup, events: Sequence[_Event]) -> None:
    """Add the values of new events to the metrics of a log group's filters."""
    from moto.cloudwatch.models import cloudwatch_backends

    cloudwatch = cloudwatch_backends[group.account_id][group.region]
    for each in _metric_filters(group):
        transformation = each["metricTransformations"][0]
        data = _data(compile_pattern(each["filterPattern"] or ""), transformation, events)
        if not data and transformation.get("defaultValue") is not None:
            data = _default(group, each, events)
        if data:
            cloudwatch.put_metric_data(transformation["metricNamespace"], data)


def _data(
    pattern: FilterPattern, transformation: Mapping[str, Any], events: Sequence[_Event]
) -> list[dict[str, Any]]:
    found = (_datum(pattern, transformation, event) for event in events)
    return [datum for datum in found if datum is not None]


def _datum(
    pattern: FilterPattern, transformation: Mapping[str, Any], event: _Event
) -> dict[str, Any] | None:
    """The datum of a matching event; None if the event lacks the number or a dimension."""
    if not pattern.matches(event["message"]):
        return None
    wanted = str(transformation["metricValue"])
    text = pattern.value(event["message"], wanted) if wanted.startswith("$") else wanted
    dimensions = {
        name: pattern.value(event["message"], reference)
        for name, reference in (transformation.get("dimensions") or {}).items()
    }
    try:
        value = float(text or "")
    except ValueError:
        return None
    if not all(dimensions.values()):
        return None
    return _as_datum(transformation, value, event["timestamp"]) | {
        "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()]
    }


def _default(
    group: LogGroup, metric_filter: Mapping[str, Any], events: Sequence[_Event]
) -> list[dict[str, Any]]:
    """The default value, once for each minute with events of which none matched."""
    transformation = metric_filter["metricTransformations"][0]
    latest = max(event["timestamp"] for event in events)
    minutes: dict[str, int] = vars(group).setdefault(_MINUTES, {})
    if minutes.get(metric_filter["filterName"]) == latest // _MINUTE:
        return []
    minutes[metric_filter["filterName"]] = latest // _MINUTE
    return [_as_datum(transformation, float(transformation["defaultValue"]), latest)]


def _as_datum(transformation: Mapping[str, Any], value: float, time: int) -> dict[str, Any]:
    from moto.core.utils import utcfromtimestamp

    return {
        "MetricName": transformation["metricName"],
        "Value": value,
        "Unit": transformation.get("unit"),
        "Dimensions": [],
        "Timestamp": utcfromtimestamp(time // 1000),
    }

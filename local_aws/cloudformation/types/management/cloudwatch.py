"""Amazon CloudWatch's alarms."""

from __future__ import annotations

from functools import partial

from local_aws.cloudformation.resources.resource_types import (
    Change,
    Made,
    Naming,
    ResourceType,
    Steps,
    call,
    one,
    retag,
)

_SETTINGS = (
    "ActionsEnabled",
    "AlarmActions",
    "AlarmDescription",
    "ComparisonOperator",
    "DatapointsToAlarm",
    "Dimensions",
    "EvaluateLowSampleCountPercentile",
    "EvaluationPeriods",
    "ExtendedStatistic",
    "InsufficientDataActions",
    "MetricName",
    "Metrics",
    "Namespace",
    "OKActions",
    "Period",
    "Statistic",
    "Threshold",
    "ThresholdMetricId",
    "TreatMissingData",
    "Unit",
)

_DELETE = one("cloudwatch", "DeleteAlarms", AlarmNames="name")

_OF_RULES = (
    "ActionsEnabled",
    "AlarmActions",
    "AlarmDescription",
    "AlarmName",
    "AlarmRule",
    "InsufficientDataActions",
    "OKActions",
    "Tags",
)


def _put(operation: str, change: Change) -> Steps:
    # PutMetricAlarm ignores the tags of an alarm that already exists.
    tags = None if change.before else change.items("Tags") or None
    named = {**change.properties, "AlarmName": change.name}
    yield call("cloudwatch", operation, {**named, "Tags": tags})
    arn = change.arn("cloudwatch", f"alarm:{change.name}")
    yield Made(change.name, {"Arn": arn})
    if change.before:
        alarm = {"ResourceARN": arn}
        yield from retag("cloudwatch", alarm, change)


def _put_dashboard(change: Change) -> Steps:
    tags = None if change.before else change.items("Tags") or None
    named = {**change.properties, "DashboardName": change.name}
    yield call("cloudwatch", "PutDashboard", {**named, "Tags": tags})
    if change.before:
        arn = f"arn:{change.partition}:cloudwatch::{change.account_id}:dashboard/{change.name}"
        dashboard = {"ResourceARN": arn}
        yield from retag("cloudwatch", dashboard, change)


TYPES = (
    ResourceType(
        name="AWS::CloudWatch::Alarm",
        properties=(*_SETTINGS, "AlarmName", "Tags"),
        create=partial(_put, "PutMetricAlarm"),
        update=partial(_put, "PutMetricAlarm"),
        delete=_DELETE,
        naming=Naming("AlarmName"),
        system_tags=True,
    ),
    ResourceType(
        name="AWS::CloudWatch::CompositeAlarm",
        properties=_OF_RULES,
        create=partial(_put, "PutCompositeAlarm"),
        update=partial(_put, "PutCompositeAlarm"),
        delete=_DELETE,
        naming=Naming("AlarmName"),
        system_tags=True,
    ),
    ResourceType(
        name="AWS::CloudWatch::Dashboard",
        properties=("DashboardBody", "DashboardName", "Tags"),
        create=_put_dashboard,
        update=_put_dashboard,
        delete=one("cloudwatch", "DeleteDashboards", DashboardNames="name"),
        naming=Naming("DashboardName"),
    ),
)

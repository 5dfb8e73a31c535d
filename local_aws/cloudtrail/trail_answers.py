"""What the operations on trails answer, in the API's words."""

from __future__ import annotations

from typing import Any

from cloudtrail import trails as rules
from cloudtrail.trails import Trail
from local_aws.cloudtrail.trails_in_force import TrailState

_ONLY_DESCRIBED = {"HomeRegion", "HasCustomEventSelectors", "HasInsightSelectors"}


def settings_of(state: TrailState) -> dict[str, Any]:
    """What CreateTrail and UpdateTrail answer."""
    described = description_of(state)
    return {name: value for name, value in described.items() if name not in _ONLY_DESCRIBED}


def description_of(state: TrailState) -> dict[str, Any]:
    description = rules.trail_to_api(state.trail)
    if state.recursive_logging:
        description["RecursiveLogging"] = state.recursive_logging
    return description


def status_of(state: TrailState) -> dict[str, Any]:
    """What GetTrailStatus answers. A member without a value is left out.

    The six older members are text, in whole seconds, and `""` without a value: real accounts
    answered all six from 2015 to 2026.
    """
    status = {
        "IsLogging": state.is_logging,
        "StartLoggingTime": state.start_logging_time,
        "StopLoggingTime": state.stop_logging_time,
        "LatestDeliveryTime": state.latest_delivery_time,
        "LatestDeliveryError": state.latest_delivery_error,
        "LatestNotificationTime": state.latest_notification_time,
        "LatestNotificationError": state.latest_notification_error,
        "LatestCloudWatchLogsDeliveryTime": state.latest_log_group_delivery_time,
        "LatestCloudWatchLogsDeliveryError": state.latest_log_group_delivery_error,
        "LatestDigestDeliveryTime": state.latest_digest_delivery_time,
        "LatestDigestDeliveryError": state.latest_digest_delivery_error,
    }
    older = {
        "LatestDeliveryAttemptTime": state.latest_delivery_attempt,
        "LatestDeliveryAttemptSucceeded": state.latest_delivery_time,
        "LatestNotificationAttemptTime": state.latest_notification_attempt,
        "LatestNotificationAttemptSucceeded": state.latest_notification_time,
        "TimeLoggingStarted": state.start_logging_time,
        "TimeLoggingStopped": state.stop_logging_time,
    }
    return {name: value for name, value in status.items() if value is not None} | {
        name: f"{time:%Y-%m-%dT%H:%M:%SZ}" if time else "" for name, time in older.items()
    }


def insight_selectors_of(trail: Trail) -> dict[str, Any]:
    return {
        "TrailARN": trail.arn,
        "InsightSelectors": rules.insight_selectors_to_api(trail.insight_selectors),
    }

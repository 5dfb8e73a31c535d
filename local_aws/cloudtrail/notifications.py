"""What else a trail feeds: SNS topics, CloudWatch Logs and EventBridge, each moto's own service."""

from __future__ import annotations

import functools
import json
import logging
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from cloudtrail.records.calls import Record
from cloudtrail.trails import Trail
from local_aws.cloudtrail import destinations
from local_aws.cloudtrail.exceptions import CloudTrailError

MAX_EVENT = 256 * 1024
"""Bytes over which an event is sent neither to CloudWatch Logs nor to EventBridge (UG limits)."""

ALL_MANAGEMENT_EVENTS = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
"""The state of a rule that also wants read-only management events."""

_LOG = logging.getLogger("local_aws")
_LOG_GROUP = re.compile(r"arn:aws:logs:([a-z0-9-]+):(\d{12}):log-group:([^:*]+)")
_DETAIL_TYPES = {
    "AwsConsoleSignIn": "AWS Console Sign In via CloudTrail",
    "AwsCloudTrailInsight": "AWS Insight via CloudTrail",
}


def notify_topic(trail: Trail, keys: Sequence[str]) -> None:
    """Tell the trail's topic of delivered files. Raises InsufficientSnsTopicPolicy.

    Source: UG/configure-sns-notifications-for-cloudtrail.
    """
    from moto.sns.models import sns_backends

    arn = trail.sns_topic_arn
    assert arn is not None
    destinations.check_topic(trail)
    _, _, _, region, account_id, _ = arn.split(":", 5)
    message = json.dumps({"s3Bucket": trail.bucket, "s3ObjectKey": list(keys)})
    publish = sns_backends[account_id][region].publish
    _hand_on(lambda: publish(message, arn=arn), f"SNS topic {arn}")


def topic_error(trail: Trail) -> str:
    """SNS's own error code where `notify_topic` raised: GetTrailStatus shows that one."""
    exists = trail.sns_topic_arn and destinations.topic_policy(trail.sns_topic_arn) is not None
    return "AuthorizationError" if exists else "NotFound"


def log_group_error(error: CloudTrailError) -> str:
    """CloudWatch Logs' own error code for what `send_to_log_group` raised."""
    missing = error.code == "InvalidCloudWatchLogsLogGroupArnException"
    return "ResourceNotFoundException" if missing else "AccessDeniedException"


def send_to_log_group(trail: Trail, events: Iterable[tuple[datetime, bytes]]) -> None:
    """Put events into the trail's log group. Raises InvalidCloudWatchLogs... when it is gone.

    The stream is `<account>_CloudTrail_<home Region>`
    (UG/cloudwatch-log-group-log-stream-naming-for-cloudtrail).
    """
    from moto.logs.models import logs_backends

    destinations.check_log_group(trail.log_group_arn, trail.log_role_arn)
    match = _LOG_GROUP.match(trail.log_group_arn or "")
    assert match is not None
    region, account_id, group = match.groups()
    logs = logs_backends[account_id][region]
    stream = f"{trail.account_id}_CloudTrail_{trail.home_region}"
    logs.ensure_log_stream(group, stream)
    in_order = sorted((time, event) for time, event in events if len(event) <= MAX_EVENT)
    logs.put_log_events(
        group,
        stream,
        [
            {"timestamp": int(time.timestamp() * 1000), "message": event.decode()}
            for time, event in in_order
        ],
    )


def send_to_event_bus(record: Record, size: int) -> None:
    """Offer an event to the rules of its account and Region.

    Source: EventBridge user guide, eb-service-event-cloudtrail-management: read-only
    management events reach only rules whose state asks for them. What a rule's target makes of
    an event is not CloudTrail's affair: a target that fails is logged.
    """
    # Nobody can have made a rule before moto's EventBridge was imported.
    models: Any = sys.modules.get("moto.events.models")
    if models is None or size > MAX_EVENT:
        return
    backend = models.events_backends[record["recipientAccountId"]][record["awsRegion"]]
    # A rule without a pattern runs by its schedule; moto takes it for one that wants everything.
    rules = [
        rule
        for rule in backend.describe_event_bus("default").rules.values()
        if rule.targets and rule.event_pattern.get_pattern()
    ]
    if not rules:
        return
    quiet = record.get("readOnly") is True and record["eventCategory"] == "Management"
    now = datetime.now(UTC).timestamp()
    event = event_bridge_event(record) | {"time": _epoch(record), "ingestion-time": now}
    for rule in rules:
        if rule.state == ALL_MANAGEMENT_EVENTS or (rule.state == "ENABLED" and not quiet):
            _hand_on(functools.partial(rule.send_to_targets, event), f"EventBridge rule {rule.arn}")


def _epoch(record: Record) -> float:
    """The record's time as moto's EventBridge takes it."""
    return datetime.fromisoformat(record["eventTime"]).timestamp()


def _hand_on(send: Callable[[], object], to: str) -> None:
    try:
        send()
    except Exception:  # noqa: BLE001
        # A subscriber of any kind may fail in any way, and the trail goes on.
        _LOG.warning("%s: a subscriber could not take an event", to, exc_info=True)


def event_bridge_event(record: Record) -> dict[str, Any]:
    """The EventBridge event of a record."""
    source = record.get("eventSource") or record["insightDetails"]["eventSource"]
    return {
        "version": "0",
        "id": record["eventID"],
        "detail-type": _DETAIL_TYPES.get(record["eventType"], "AWS API Call via CloudTrail"),
        "source": f"aws.{source.removesuffix('.amazonaws.com')}",
        "account": record["recipientAccountId"],
        "time": record["eventTime"],
        "region": record["awsRegion"],
        "resources": [],
        "detail": record,
    }

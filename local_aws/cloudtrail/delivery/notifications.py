"""What else a trail feeds: SNS topics, CloudWatch Logs and EventBridge, each moto's own service."""

from __future__ import annotations

import copy
import json
import re
import sys
import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from cloudtrail.records.calls import Record
from cloudtrail.trails import Trail
from local_aws.cloudtrail.delivery import destinations
from local_aws.cloudtrail.delivery.outbox import HandOn
from local_aws.cloudtrail.exceptions import CloudTrailError

MAX_EVENT = 256 * 1024
"""Bytes over which an event is sent neither to CloudWatch Logs nor to EventBridge (UG limits)."""

ALL_MANAGEMENT_EVENTS = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
"""The state of a rule that also wants read-only management events."""

_LOG_GROUP = re.compile(r"arn:aws:logs:([a-z0-9-]+):(\d{12}):log-group:([^:*]+)")
_DETAIL_TYPES = {
    "AwsConsoleSignIn": "AWS Console Sign In via CloudTrail",
    "AwsCloudTrailInsight": "AWS Insight via CloudTrail",
}


def notify_topic(trail: Trail, keys: Sequence[str], hand_on: HandOn) -> None:
    """Tell the subscribers of the trail's topic of delivered files, each for itself.

    Raises InsufficientSnsTopicPolicy. Source: UG/configure-sns-notifications-for-cloudtrail.
    """
    from moto.sns.models import sns_backends

    arn = trail.sns_topic_arn
    assert arn is not None
    destinations.check_topic(trail)
    _, _, _, region, account_id, _ = arn.split(":", 5)
    sns = sns_backends[account_id][region]
    topic = sns.get_topic(arn)
    message = json.dumps({"s3Bucket": trail.bucket, "s3ObjectKey": list(keys)})
    message_id = str(uuid.uuid4())
    for subscription in sns._get_topic_subscriptions(topic):
        hand_on(subscription.arn, partial(subscription.publish, message, message_id))
    topic.sent_notifications.append((message_id, message, None, None, None))


def topic_error(trail: Trail, error: Exception) -> str:
    """SNS's own error code for what `notify_topic` raised: GetTrailStatus shows that one."""
    if not isinstance(error, CloudTrailError):
        return "InternalError"
    exists = trail.sns_topic_arn and destinations.topic_of(trail.sns_topic_arn) is not None
    return "AuthorizationError" if exists else "NotFound"


def log_group_error(error: Exception) -> str:
    """CloudWatch Logs' own error code for what `send_to_log_group` raised."""
    if not isinstance(error, CloudTrailError):
        return "ServiceUnavailableException"
    missing = error.code == "InvalidCloudWatchLogsLogGroupArnException"
    return "ResourceNotFoundException" if missing else "AccessDeniedException"


def send_to_log_group(trail: Trail, events: Iterable[tuple[datetime, bytes]]) -> None:
    """Put events into the trail's log group. Raises InvalidCloudWatchLogs... when it is gone."""
    from moto.logs.models import logs_backends

    destinations.check_log_group(trail)
    match = _LOG_GROUP.match(trail.log_group_arn or "")
    assert match is not None
    region, account_id, group = match.groups()
    logs = logs_backends[account_id][region]
    stream = destinations.log_stream(trail)
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


def send_to_event_bus(record: Record, size: int, hand_on: HandOn) -> None:
    """Offer an event to the rules of its account and Region, each target for itself.

    Source: EventBridge user guide, eb-service-event-cloudtrail-management: read-only
    management events reach only rules whose state asks for them. What a rule's target makes of
    an event is not CloudTrail's affair.
    """
    if size > MAX_EVENT:
        return
    # A rule without a pattern runs by its schedule; moto takes it for one that wants everything.
    rules = [
        rule
        for rule in _rules(record["recipientAccountId"], record["awsRegion"])
        if rule.targets and rule.event_pattern.get_pattern()
    ]
    if not rules:
        return
    quiet = record.get("readOnly") is True and record["eventCategory"] == "Management"
    now = datetime.now(UTC).timestamp()
    event = event_bridge_event(record) | {"time": _epoch(record), "ingestion-time": now}
    for rule in rules:
        if rule.state == ALL_MANAGEMENT_EVENTS or (rule.state == "ENABLED" and not quiet):
            for target in list(rule.targets):
                alone = copy.copy(rule)
                alone.targets = [target]
                name = f"target {target['Id']} of {rule.arn}"
                hand_on(name, partial(alone.send_to_targets, event))


def _rules(account_id: str, region: str) -> list[Any]:
    """The rules of a default event bus: none where nobody has made one, whatever the Region."""
    # Nobody can have made one before moto's EventBridge was imported.
    accounts = getattr(sys.modules.get("moto.events.models"), "events_backends", {})
    backend = dict.get(accounts[account_id], region) if account_id in accounts else None
    return list(backend.describe_event_bus("default").rules.values()) if backend else []


def _epoch(record: Record) -> float:
    """The record's time as moto's EventBridge takes it."""
    return datetime.fromisoformat(record["eventTime"]).timestamp()


def event_bridge_event(record: Record) -> dict[str, Any]:
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

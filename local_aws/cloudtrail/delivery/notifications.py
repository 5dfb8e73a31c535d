"""A trail's other destinations: SNS topics, CloudWatch Logs and EventBridge, all moto's."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from cloudtrail.partitions import PARTITION, arn_parts
from cloudtrail.records.calls import Record
from cloudtrail.trails import Trail
from local_aws.cloudtrail.delivery import destinations
from local_aws.cloudtrail.delivery.outbox import HandOn
from local_aws.cloudtrail.exceptions import CloudTrailError
from local_aws.consumers.event_bridge.buses import offer, rules_of

MAX_EVENT = 256 * 1024
"""Bytes of the largest event that is sent to CloudWatch Logs and EventBridge (UG limits)."""

_LOG_GROUP = re.compile(rf"arn:{PARTITION}:logs:([a-z0-9-]+):(\d{{12}}):log-group:([^:*]+)")
_DETAIL_TYPES = {
    "AwsConsoleSignIn": "AWS Console Sign In via CloudTrail",
    "AwsCloudTrailInsight": "AWS Insight via CloudTrail",
}


def notify_topic(trail: Trail, keys: Sequence[str], hand_on: HandOn) -> None:
    """Notify each subscriber of the trail's topic of delivered files, in a call of its own.

    Raises InsufficientSnsTopicPolicy. Source: UG/configure-sns-notifications-for-cloudtrail.
    """
    from moto.sns.models import sns_backends

    arn = trail.sns_topic_arn
    assert arn is not None
    destinations.check_topic(trail)
    place = arn_parts(arn)
    sns = sns_backends[place.account_id][place.region]
    topic = sns.get_topic(arn)
    message = json.dumps({"s3Bucket": trail.bucket, "s3ObjectKey": list(keys)})
    message_id = str(uuid.uuid4())
    for subscription in sns._get_topic_subscriptions(topic):
        hand_on(subscription.arn, partial(subscription.publish, message, message_id))
    topic.sent_notifications.append((message_id, message, None, None, None))


def topic_error(trail: Trail, error: Exception) -> str:
    """SNS's error code for what `notify_topic` raised, as GetTrailStatus shows it."""
    if not isinstance(error, CloudTrailError):
        return "InternalError"
    exists = trail.sns_topic_arn and destinations.topic_of(trail.sns_topic_arn) is not None
    return "AuthorizationError" if exists else "NotFound"


def log_group_error(error: Exception) -> str:
    """CloudWatch Logs' error code for what `send_to_log_group` raised."""
    if not isinstance(error, CloudTrailError):
        return "ServiceUnavailableException"
    missing = error.code == "InvalidCloudWatchLogsLogGroupArnException"
    return "ResourceNotFoundException" if missing else "AccessDeniedException"


def send_to_log_group(trail: Trail, events: Iterable[tuple[datetime, bytes]]) -> None:
    """Put events into the trail's log group. Raises InvalidCloudWatchLogs...Exception."""
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
    """Offer an event to the rules of its account and Region. Each target has a call of its own.

    Source: EventBridge user guide, eb-service-event-cloudtrail-management: read-only management
    events reach only rules whose state asks for them.
    """
    if size > MAX_EVENT or not rules_of(record["recipientAccountId"], record["awsRegion"]):
        return
    quiet = record.get("readOnly") is True and record["eventCategory"] == "Management"
    now = datetime.now(UTC)
    event = event_bridge_event(record) | {"ingestion-time": f"{now:%Y-%m-%dT%H:%M:%SZ}"}
    offer(event, hand_on, quiet=quiet)


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

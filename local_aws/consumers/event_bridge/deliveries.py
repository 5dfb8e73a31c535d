"""An event on its way to a target: sent, retried, and then sent to the dead-letter queue.

Source: EventBridge User Guide, "Event bus targets", "How EventBridge retries delivering events" and
"Using dead-letter queues to process undelivered events", whose error codes these are. A target that
is missing, or does not permit it, is not retried.
"""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field
from msgspec.structs import replace

from cloudtrail.partitions import arn_of, arn_parts
from local_aws.cloudtrail.delivery.outbox import NotAnswered, NotCalled
from local_aws.consumers import destinations, permissions
from local_aws.consumers.event_bridge.inputs import at_path, target_input, whole

if TYPE_CHECKING:
    from moto.events.models import Rule

    from local_aws.cloudtrail.delivery.outbox import HandOn

__all__ = ["ALL_MANAGEMENT_EVENTS", "Event", "TargetDelivery", "deliver", "send", "wants"]

ALL_MANAGEMENT_EVENTS = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
"""The state of a rule that also wants read-only management events."""

_AT_ONCE = ("sqs", "logs", "events")
"""Targets that only store the event: PutEvents waits for these."""

Event = Mapping[str, Any]

_PRINCIPAL = "events.amazonaws.com"
_MOST_RETRIES = 185
_LONGEST = 24 * 60 * 60
_LONGEST_PAUSE = 60.0
_LEAST_ERROR = 400
_RETRIED = (401, 407, 409, 429)
"""HTTP statuses below 500 of an API destination that are retried, as all from 500 on are."""


class _Refused(Exception):
    """An API destination answered with an HTTP status that is an error."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the endpoint answered with the HTTP status {status}")
        self.status = status


class TargetDelivery(Struct, frozen=True):
    """An event for a target of a rule. `passed` are the ARNs of the buses that it came through."""

    rule: Rule
    target: Mapping[str, Any]
    event: Mapping[str, Any]
    hand_on: HandOn
    passed: frozenset[str] = frozenset()
    retries: int = 0
    began: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def arn(self) -> str:
        return str(self.target["Arn"])

    @property
    def sender(self) -> destinations.Sender:
        """EventBridge as the rule's sender."""
        role = self.target.get("RoleArn") or self.rule.role_arn or None
        return destinations.Sender(_PRINCIPAL, self.rule.arn, self.rule.account_id, role)

    @property
    def content(self) -> str:
        """What the target gets of the event."""
        return target_input(self.target, self.event, self.rule.arn)


def wants(rule: Rule, event: Event, *, quiet: bool = False) -> bool:
    """Whether a rule matches an event. `quiet` events are read-only management events.

    A rule without a pattern only runs on its schedule.
    """
    wanted = (ALL_MANAGEMENT_EVENTS,) if quiet else (ALL_MANAGEMENT_EVENTS, "ENABLED")
    return bool(
        rule.targets
        and rule.state in wanted
        and rule.event_pattern.get_pattern()
        and rule.event_pattern.matches_event(event)  # type: ignore[arg-type]
    )


def send(
    rule: Rule,
    event: Event,
    hand_on: HandOn,
    *,
    waiting: bool = False,
    passed: frozenset[str] = frozenset(),
) -> None:
    """Send an event to a rule's targets; `passed` are the buses that it came through."""
    for target in list(rule.targets):
        name = f"target {target['Id']} of {rule.arn}"
        delivery = TargetDelivery(rule, target, event, hand_on, passed)
        at_once = waiting and arn_parts(target["Arn"]).service in _AT_ONCE
        destinations.at_once_or_later(name, partial(deliver, delivery), hand_on, at_once=at_once)


def deliver(delivery: TargetDelivery) -> None:
    """Send an event to a target; on failure retry later, or send it to the dead-letter queue."""
    if delivery.retries:
        _count(delivery, "RetryInvocationAttempts")
    try:
        if arn_parts(delivery.arn).service == "events":
            _to_event_bridge(delivery)
        else:
            destinations.send(delivery.arn, delivery.content, delivery.sender, _options(delivery))
    except Exception as error:
        code, may_be_over = _code(error)
        exhausted = _exhausted(delivery) if may_be_over else None
        if may_be_over and not exhausted:
            _later(delivery)
        elif not _is_given_up(delivery, error, code, exhausted):
            raise


def _later(delivery: TargetDelivery) -> None:
    pause = timedelta(seconds=min(2.0**delivery.retries, _LONGEST_PAUSE))
    again = partial(deliver, replace(delivery, retries=delivery.retries + 1))
    name = f"target {delivery.target['Id']} of {delivery.rule.arn}"
    delivery.hand_on(name, again, at=datetime.now(UTC) + pause)


def _exhausted(delivery: TargetDelivery) -> str | None:
    """The limit of the target's retry policy that has been reached, None if none has."""
    policy = delivery.target.get("RetryPolicy") or {}
    if delivery.retries >= int(policy.get("MaximumRetryAttempts", _MOST_RETRIES)):
        return "MaximumRetryAttempts"
    oldest = timedelta(seconds=int(policy.get("MaximumEventAgeInSeconds", _LONGEST)))
    is_old = datetime.now(UTC) - delivery.began >= oldest
    return "MaximumEventAgeInSeconds" if is_old else None


def _code(error: Exception) -> tuple[str, bool]:
    """EventBridge's code for a target's error, and whether a retry may succeed."""
    from moto.awslambda.exceptions import LambdaClientError

    if isinstance(error, permissions.NotPermitted):
        return "NO_PERMISSIONS", False
    if isinstance(error, NotCalled):
        return "SDK_CLIENT_ERROR", False
    if isinstance(error, _Refused):
        return "ERROR_FROM_TARGET", error.status >= 500 or error.status in _RETRIED
    if isinstance(error, NotAnswered):
        return ("TIMEOUT" if error.late else "CONNECTION_FAILURE"), True
    if isinstance(error, LambdaClientError) and error.error_type == "TooManyRequestsException":
        return "THROTTLING", True
    return "NO_RESOURCE", False


def _is_given_up(
    delivery: TargetDelivery, error: Exception, code: str, exhausted: str | None
) -> bool:
    """Count an event that is not delivered, and put it into the dead-letter queue, if there is
    one."""
    _count(delivery, "FailedInvocations")
    queue = (delivery.target.get("DeadLetterConfig") or {}).get("Arn")
    if not queue:
        return False
    attributes = {
        "RULE_ARN": delivery.rule.arn,
        "TARGET_ARN": delivery.arn,
        "ERROR_CODE": code,
        "ERROR_MESSAGE": str(error) or type(error).__name__,
        "RETRY_ATTEMPTS": str(delivery.retries),
        **({"EXHAUSTED_RETRY_CONDITION": exhausted} if exhausted else {}),
    }
    sender = replace(delivery.sender, role_arn=None)
    try:
        options = destinations.Options(attributes=attributes)
        destinations.send(queue, whole(delivery.event), sender, options)
    except Exception:
        _count(delivery, "InvocationsFailedToBeSentToDlq")
        raise
    _count(delivery, "InvocationsSentToDlq")
    return True


def _count(delivery: TargetDelivery, metric: str) -> None:
    """Put a datum of a rule's metric (EventBridge User Guide, "Monitoring EventBridge")."""
    from moto.cloudwatch.models import cloudwatch_backends

    rule = delivery.rule
    datum = {
        "MetricName": metric,
        "Value": 1.0,
        "Unit": "Count",
        "Dimensions": [{"Name": "RuleName", "Value": rule.name}],
    }
    cloudwatch_backends[rule.account_id][rule.region_name].put_metric_data("AWS/Events", [datum])


def _options(delivery: TargetDelivery) -> destinations.Options:
    path = delivery.target.get("KinesisParameters", {}).get("PartitionKeyPath")
    event = delivery.event
    return destinations.Options(
        group_id=delivery.target.get("SqsParameters", {}).get("MessageGroupId"),
        key=str(at_path(event, path)) if path else event["id"],
        name=f"{event['id']}_{uuid.uuid4()}"[:80],
    )


def _to_event_bridge(delivery: TargetDelivery) -> None:
    """Another bus, an archive or an API destination."""
    kind = arn_parts(delivery.arn).resource.partition("/")[0]
    if kind in ("event-bus", "api-destination"):
        permissions.judge(delivery.arn, delivery.sender)
    if kind == "event-bus":
        _to_bus(delivery)
    elif kind == "api-destination":
        _to_api_destination(delivery)
    else:
        archived = json.loads(delivery.content)
        name = archived["archive-arn"].partition("/")[2]
        delivery.rule._send_to_events_archive(name, dict(delivery.event))  # type: ignore[arg-type]


def _to_bus(delivery: TargetDelivery) -> None:
    """Give the event unchanged to another bus, unless it came through that bus."""
    from moto.events.models import events_backends

    rule = delivery.rule
    there = arn_parts(delivery.arn)
    here = arn_of("events", rule.region_name, rule.account_id, f"event-bus/{rule.event_bus_name}")
    passed = delivery.passed | {here}
    if delivery.arn in passed:
        return
    bus = events_backends[there.account_id][there.region].describe_event_bus(
        there.resource.partition("/")[2]
    )
    for each in list(bus.rules.values()):
        if wants(each, delivery.event):
            send(each, delivery.event, delivery.hand_on, waiting=True, passed=passed)


def _to_api_destination(delivery: TargetDelivery) -> None:
    """Call an HTTP endpoint with the credentials of its connection."""
    from moto.events import models

    there = arn_parts(delivery.arn)
    backend = models.events_backends[there.account_id][there.region]
    found = backend.destinations[delivery.arn.split("/")[1]]
    parameters = delivery.target.get("HttpParameters", {})
    response = models.requests.request(  # type: ignore[attr-defined]
        method=found.http_method,
        url=found.invocation_endpoint,
        params=parameters.get("QueryStringParameters"),
        headers={
            "Content-Type": "application/json; charset=utf-8",
            **parameters.get("HeaderParameters", {}),
            **_credentials(backend.connections.get(found.connection_arn.split("/")[1])),
        },
        data=delivery.content.encode(),
    )
    if response.status_code >= _LEAST_ERROR:
        raise _Refused(response.status_code)


def _credentials(connection: Any) -> dict[str, str]:
    given = connection.auth_parameters if connection else {}
    if key := given.get("ApiKeyAuthParameters"):
        return {key["ApiKeyName"]: key["ApiKeyValue"]}
    if basic := given.get("BasicAuthParameters"):
        encoded = base64.b64encode(f"{basic['Username']}:{basic['Password']}".encode()).decode()
        return {"Authorization": f"Basic {encoded}"}
    return {}

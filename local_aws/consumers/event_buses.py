"""Event buses whose rules reach every kind of target, each target for itself.

Source: EventBridge User Guide, "Event bus targets", "Using dead-letter queues to process
undelivered events" and, for the states of rules, "Receiving events from CloudTrail".
"""

from __future__ import annotations

import base64
import json
import sys
import uuid
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from local_aws.consumers import destinations
from local_aws.consumers.event_patterns import InvalidEventPattern, compile_event_pattern
from local_aws.consumers.target_inputs import at_path, target_input, whole
from local_aws.moto_changes.first_use import on_first_use

if TYPE_CHECKING:
    from moto.events.models import EventBus, EventPattern, EventPatternParser, Rule

    from local_aws.cloudtrail.delivery.outbox import HandOn

__all__ = ["ALL_MANAGEMENT_EVENTS", "Event", "install", "offer", "rules_of", "send"]

ALL_MANAGEMENT_EVENTS = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
"""The state of a rule that also wants read-only management events."""

_AT_ONCE = ("sqs", "logs", "events")
"""Targets that are no more than an entry in a list: PutEvents waits for these."""

_NEEDED = ("id", "account", "source", "time", "region", "resources", "detail-type")
"""What TestEventPattern wants of an event."""

Event = Mapping[str, Any]


def install(patches: ExitStack, hand_on: HandOn) -> None:
    """Have rules reach their targets once EventBridge is first used, until `patches` is left."""
    services = frozenset({"events", "cloudformation"})
    on_first_use(patches, services, partial(_install_now, hand_on))


def _install_now(hand_on: HandOn, patches: ExitStack) -> None:
    import moto.s3.models
    from moto.events import models
    from moto.events.responses import EventsHandler

    ask_parse = models.EventPatternParser.parse

    def parse(self: EventPatternParser) -> Any:
        parsed = ask_parse(self)
        if self.pattern:
            _compiled(self.pattern)
        return parsed

    def matches_event(self: EventPattern, event: Any) -> bool:
        raw = self.dump()
        return not raw or compile_event_pattern(raw)(event)

    def send_to_targets(self: Rule, original_event: Any, transform_input: bool = True) -> None:
        del transform_input  # It says that moto would not know the event's form; here it is known.
        event = {**original_event, "time": _stamp(original_event.get("time"))}
        if wants(self, event):
            send(self, event, hand_on, waiting=True)

    for owner, name, new in (
        (models.EventPatternParser, "parse", parse),
        (models.EventPattern, "matches_event", matches_event),
        (models.Rule, "send_to_targets", send_to_targets),
        (EventsHandler, "test_event_pattern", _test_event_pattern),
        # CloudTrail's event of a new bucket, which moto makes up where no trail is.
        (moto.s3.models, "events_send_notification", lambda *_, **__: None),
    ):
        patches.enter_context(patch.object(owner, name, new))


def _compiled(pattern: str) -> Callable[[Any], bool]:
    from moto.events.exceptions import InvalidEventPatternException

    try:
        return compile_event_pattern(pattern)
    except InvalidEventPattern as error:
        raise InvalidEventPatternException(str(error)) from error


def _test_event_pattern(self: Any) -> tuple[str, dict[str, str]]:
    from moto.events.exceptions import ValidationException

    is_match = _compiled(self._get_param("EventPattern") or "")
    try:
        event = json.loads(self._get_param("Event") or "")
    except ValueError as error:
        raise ValidationException("Parameter Event is not valid.") from error
    missing = [name for name in _NEEDED if not isinstance(event, dict) or name not in event]
    if missing:
        raise ValidationException(
            f"Parameter Event is not valid. Reason: {', '.join(missing)} must be present."
        )
    return json.dumps({"Result": is_match(event)}), self.response_headers


def _stamp(time: Any) -> str:
    """An event's time as EventBridge writes it."""
    if isinstance(time, str) and time:
        return time
    if isinstance(time, int | float):
        time = datetime.fromtimestamp(time, UTC)
    return f"{time or datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"


# Rules


def rules_of(account_id: str, region: str, bus: str = "default") -> Iterable[Rule]:
    """The rules of an event bus: none where nobody has made one, whatever the Region."""
    # Nobody can have made one before moto's EventBridge was imported.
    accounts = getattr(sys.modules.get("moto.events.models"), "events_backends", {})
    backend = dict.get(accounts[account_id], region) if account_id in accounts else None
    found: EventBus | None = backend.event_buses.get(bus) if backend else None
    return list(found.rules.values()) if found else ()


def wants(rule: Rule, event: Event, *, quiet: bool = False) -> bool:
    """Whether a rule is for an event: `quiet` ones are read-only management events.

    A rule without a pattern runs by its schedule alone.
    """
    wanted = (ALL_MANAGEMENT_EVENTS,) if quiet else (ALL_MANAGEMENT_EVENTS, "ENABLED")
    return bool(
        rule.targets
        and rule.state in wanted
        and rule.event_pattern.get_pattern()
        and rule.event_pattern.matches_event(event)  # type: ignore[arg-type]
    )


def offer(event: Event, hand_on: HandOn, *, quiet: bool = False, waiting: bool = False) -> None:
    """Offer an event of a service to the rules of its account and Region.

    `waiting` sends to queues, log groups and buses at once, for a request to wait for.
    """
    for rule in rules_of(event["account"], event["region"]):
        if wants(rule, event, quiet=quiet):
            send(rule, event, hand_on, waiting=waiting)


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
        deliver = partial(_deliver, rule, target, event, hand_on, passed)
        at_once = waiting and target["Arn"].split(":")[2] in _AT_ONCE
        destinations.at_once_or_later(name, deliver, hand_on, at_once=at_once)


# Targets


def _deliver(
    rule: Rule, target: Mapping[str, Any], event: Event, hand_on: HandOn, passed: frozenset[str]
) -> None:
    """Send an event to a target, or else to the target's dead-letter queue."""
    queue = (target.get("DeadLetterConfig") or {}).get("Arn")
    try:
        if target["Arn"].split(":")[2] == "events":
            _to_event_bridge(rule, target, event, hand_on, passed)
        else:
            content = target_input(target, event, rule.arn)
            destinations.send(target["Arn"], content, _options(target, event))
    except Exception as error:
        if not queue:
            raise
        _to_dead_letter_queue(queue, rule, target, event, error)


def _options(target: Mapping[str, Any], event: Event) -> destinations.Options:
    path = target.get("KinesisParameters", {}).get("PartitionKeyPath")
    return destinations.Options(
        group_id=target.get("SqsParameters", {}).get("MessageGroupId"),
        key=str(at_path(event, path)) if path else event["id"],
        name=f"{event['id']}_{uuid.uuid4()}"[:80],
    )


def _to_dead_letter_queue(
    queue: str, rule: Rule, target: Mapping[str, Any], event: Event, error: Exception
) -> None:
    attributes = {
        "RULE_ARN": rule.arn,
        "TARGET_ARN": target["Arn"],
        "ERROR_CODE": "NO_RESOURCE",
        "ERROR_MESSAGE": str(error) or type(error).__name__,
        "RETRY_ATTEMPTS": "0",
    }
    destinations.send(queue, whole(event), destinations.Options(attributes=attributes))


def _to_event_bridge(
    rule: Rule, target: Mapping[str, Any], event: Event, hand_on: HandOn, passed: frozenset[str]
) -> None:
    """Another bus, an archive or an API destination."""
    _, _, _, region, account, rest = target["Arn"].split(":", 5)
    kind, _, name = rest.partition("/")
    if kind == "event-bus":
        _to_bus(rule, target["Arn"], event, hand_on, passed)
    elif kind == "api-destination":
        _to_api_destination(region, account, target, target_input(target, event, rule.arn))
    else:
        archived = json.loads(target_input(target, event, rule.arn))
        name = archived["archive-arn"].partition("/")[2]
        rule._send_to_events_archive(name, dict(event))  # type: ignore[arg-type]


def _to_bus(rule: Rule, arn: str, event: Event, hand_on: HandOn, passed: frozenset[str]) -> None:
    """Another bus has the event as it is. It does not come to a bus that it came through."""
    from moto.events.models import events_backends

    _, _, _, region, account, rest = arn.split(":", 5)
    here = f"arn:aws:events:{rule.region_name}:{rule.account_id}:event-bus/{rule.event_bus_name}"
    passed |= {here}
    if arn in passed:
        return
    bus = events_backends[account][region].describe_event_bus(rest.partition("/")[2])
    for each in list(bus.rules.values()):
        if wants(each, event):
            send(each, event, hand_on, waiting=True, passed=passed)


def _to_api_destination(region: str, account: str, target: Mapping[str, Any], content: str) -> None:
    """Call an HTTP endpoint, with what its connection signs in by."""
    from moto import settings
    from moto.events import models

    if not settings.events_invoke_http():
        return
    backend = models.events_backends[account][region]
    found = backend.destinations[target["Arn"].split("/")[1]]
    parameters = target.get("HttpParameters", {})
    response = models.requests.request(  # type: ignore[attr-defined]
        method=found.http_method,
        url=found.invocation_endpoint,
        params=parameters.get("QueryStringParameters"),
        headers={
            "Content-Type": "application/json; charset=utf-8",
            **parameters.get("HeaderParameters", {}),
            **_credentials(backend.connections.get(found.connection_arn.split("/")[1])),
        },
        data=content.encode(),
    )
    response.raise_for_status()


def _credentials(connection: Any) -> dict[str, str]:
    given = connection.auth_parameters if connection else {}
    if key := given.get("ApiKeyAuthParameters"):
        return {key["ApiKeyName"]: key["ApiKeyValue"]}
    if basic := given.get("BasicAuthParameters"):
        encoded = base64.b64encode(f"{basic['Username']}:{basic['Password']}".encode()).decode()
        return {"Authorization": f"Basic {encoded}"}
    return {}

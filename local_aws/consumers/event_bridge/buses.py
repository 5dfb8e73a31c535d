"""Event buses whose rules reach every kind of target, each independently.

Source: EventBridge User Guide, "Event bus targets", "Using dead-letter queues to process
undelivered events" and, for the states of rules, "Receiving events from CloudTrail".
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from local_aws.consumers.event_bridge.deliveries import Event, send, wants
from local_aws.consumers.event_bridge.patterns import InvalidEventPattern, compile_event_pattern
from local_aws.moto_state import backend_of

if TYPE_CHECKING:
    from moto.events.models import EventBus, EventPattern, EventPatternParser, Rule

    from local_aws.cloudtrail.delivery.outbox import HandOn

__all__ = ["Event", "event_of", "install", "offer", "rules_of"]

_NEEDED = ("id", "account", "source", "time", "region", "resources", "detail-type")
"""Members that TestEventPattern requires of an event."""


def event_of(
    source: str,
    detail_type: str,
    *,
    account_id: str,
    region: str,
    detail: Mapping[str, Any],
    resources: Iterable[str] = (),
    time: datetime | None = None,
) -> Event:
    """An event of a service; `time` is now, unless given."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": detail_type,
        "source": source,
        "account": account_id,
        "time": _stamp(time),
        "region": region,
        "resources": list(resources),
        "detail": detail,
    }


def install(hand_on: HandOn, patches: ExitStack) -> None:
    """Have rules reach their targets, until `patches` is closed."""
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
        del (
            transform_input
        )  # False if moto does not know the event's form; here it is always known.
        event = {**original_event, "time": _stamp(original_event.get("time"))}
        if wants(self, event):
            send(self, event, hand_on, waiting=True)

    for owner, name, new in (
        (models.EventPatternParser, "parse", parse),
        (models.EventPattern, "matches_event", matches_event),
        (models.Rule, "send_to_targets", send_to_targets),
        (EventsHandler, "test_event_pattern", _test_event_pattern),
        # CloudTrail's event of a new bucket, which moto makes up even without a trail.
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


def rules_of(account_id: str, region: str) -> Iterable[Rule]:
    """The rules of the default event bus; none if the Region has no rules yet."""
    backend = backend_of("moto.events.models", "events_backends", account_id, region)
    found: EventBus | None = backend.event_buses.get("default") if backend else None
    return list(found.rules.values()) if found else ()


def offer(event: Event, hand_on: HandOn, *, quiet: bool = False, waiting: bool = False) -> None:
    """Offer an event of a service to the rules of its account and Region.

    `waiting` sends to queues, log groups and buses at once, for a request to wait for.
    """
    for rule in rules_of(event["account"], event["region"]):
        if wants(rule, event, quiet=quiet):
            send(rule, event, hand_on, waiting=waiting)

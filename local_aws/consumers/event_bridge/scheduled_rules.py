"""EventBridge rules that run on a schedule, as time passes and when the clock is moved."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from local_aws.consumers import time_passing
from local_aws.consumers.event_bridge.buses import Event, event_of
from local_aws.consumers.event_bridge.deliveries import send
from local_aws.consumers.event_bridge.schedules import InvalidSchedule, compile_schedule
from local_aws.moto_state import every_backend

if TYPE_CHECKING:
    from moto.events.models import EventsBackend, Rule

    from local_aws.cloudtrail.delivery.outbox import HandOn

__all__ = ["install"]

_MOST_AT_ONCE = 1000
"""If a moved clock makes a rule due more often than this, only the latest events are sent."""

_PUT = "_local_aws_put"
_LOOKED = "_local_aws_looked"


def install(hand_on: HandOn, patches: ExitStack) -> None:
    """Run rules on their schedules, until `patches` is closed."""
    from moto.events.exceptions import ValidationException
    from moto.events.models import EventsBackend

    ask_moto = EventsBackend.put_rule

    def put_rule(self: EventsBackend, *positional: Any, **named: Any) -> Rule:
        if expression := named.get("scheduled_expression"):
            try:
                compile_schedule(expression)
            except InvalidSchedule as error:
                raise ValidationException(str(error)) from error
        rule = ask_moto(self, *positional, **named)
        vars(rule)[_PUT] = vars(rule)[_LOOKED] = datetime.now(UTC)
        return rule

    patches.enter_context(patch.object(EventsBackend, "put_rule", put_rule))
    time_passing.look_each_second(patches, "schedules", partial(_run_what_is_due, hand_on))


def _run_what_is_due(hand_on: HandOn) -> None:
    """Send the events of all rules that became due since the last check."""
    for rule in _scheduled():
        since, now = vars(rule)[_LOOKED], datetime.now(UTC)
        vars(rule)[_LOOKED] = max(since, now)
        if rule.state == "DISABLED":
            continue
        due = compile_schedule(str(rule.scheduled_expression))(vars(rule)[_PUT], since, now)
        for time in deque(due, maxlen=_MOST_AT_ONCE):
            send(rule, _event(rule, time), hand_on)


def _scheduled() -> Iterator[Rule]:
    from moto.events.models import events_backends

    for backend in every_backend(events_backends):
        # Only the default bus has schedules.
        for rule in list(backend.event_buses["default"].rules.values()):
            if rule.scheduled_expression and _PUT in vars(rule):
                yield rule


def _event(rule: Rule, time: datetime) -> Event:
    return event_of(
        "aws.events",
        "Scheduled Event",
        account_id=rule.account_id,
        region=rule.region_name,
        detail={},
        resources=[rule.arn],
        time=time,
    )

"""What CloudTrail charges for the events that a trail records, by list prices.

Sources: AWS CloudTrail Pricing, UG/cloudtrail-trail-manage-costs, UG/insights-events-costs (call
rates are found in writing management events and all data events, error rates in all events).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from cloudtrail.insights.counts import CALL_RATE
from cloudtrail.trails import Trail
from trail_logs.prices import (
    DATA_EVENTS,
    EVENTS_PRICED,
    INSIGHTS,
    MANAGEMENT_COPY,
    NETWORK_EVENTS,
)
from trail_logs.selecting.counting import EventKind

DAYS_A_MONTH = 30
SHORTEST_DAYS = 1 / 24
"""The least time from which a month is estimated: an hour."""


@dataclass(frozen=True, slots=True)
class Charge:
    """Something that is charged for: how many events, and the price of 100,000 in dollars."""

    what: str
    events: int
    price: float

    def month(self, days: float) -> float:
        """Dollars a month, if the events are those of `days` days."""
        return self.events / days * DAYS_A_MONTH / EVENTS_PRICED * self.price


FIRST_COPY = "management events, the first copy in their Region"
FURTHER_COPY = "management events, an additional copy"
_DELIVERED = {"Data": DATA_EVENTS, "NetworkActivity": NETWORK_EVENTS}
_WORDS = {"Data": "data events", "NetworkActivity": "network activity events"}


def costs_of(trail: Trail, kept: Counter[EventKind]) -> list[Charge]:
    """What the events that a trail records cost.

    Management events have two prices: first and further copy.
    """
    return [*_delivered(kept), *_analysed(trail, kept)]


def _delivered(kept: Counter[EventKind]) -> Iterator[Charge]:
    management = _count(kept, "Management")
    if management:
        yield Charge(FIRST_COPY, management, 0.0)
        yield Charge(FURTHER_COPY, management, MANAGEMENT_COPY)
    for category, price in _DELIVERED.items():
        events = _count(kept, category)
        if events:
            yield Charge(_WORDS[category], events, price)


def _analysed(trail: Trail, kept: Counter[EventKind]) -> Iterator[Charge]:
    for selector in trail.insight_selectors:
        for category in selector.event_categories:
            only_writes = (selector.insight_type, category) == (CALL_RATE, "Management")
            events = _count(kept, category, only_writes=only_writes)
            what = f"{selector.insight_type}, {category.lower()} events analyzed"
            yield Charge(what, events, INSIGHTS[category])


def _count(kept: Counter[EventKind], category: str, *, only_writes: bool = False) -> int:
    return sum(
        count
        for event, count in kept.items()
        if event.category == category and not (only_writes and event.read_only)
    )


def days_between(first: str, last: str) -> float:
    """The days from one eventTime to another."""
    if not first:
        return 0.0
    span = datetime.fromisoformat(last) - datetime.fromisoformat(first)
    return span.total_seconds() / 86_400

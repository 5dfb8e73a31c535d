"""List prices of us-east-1 in dollars, for CloudTrail and for what else a lab uses.

Sources: the pricing pages of CloudTrail, S3, DynamoDB, Lambda and Athena. They change.
"""

from __future__ import annotations

from dataclasses import dataclass

PRICE_AS_OF = "2026-11"
"""The month in which all these prices were valid."""

MANAGEMENT_COPY = 2.00
"""Per 100,000 management events of a trail that is not the first in its Region; the first is
free."""

DATA_EVENTS = NETWORK_EVENTS = 0.10
"""Per 100,000 events delivered, for each trail."""

INSIGHTS = {"Management": 0.35, "Data": 0.03}
"""Per 100,000 events analyzed, for each type of Insights, by the events' category."""

EVENTS_PRICED = 100_000

DOLLARS_PER_TERABYTE = 5.0
"""Per terabyte that Athena scans, rounded up to a megabyte, with a minimum of ten."""

MEGABYTE = 1_000_000
LEAST_MEGABYTES = 10


@dataclass(frozen=True, slots=True)
class Price:
    """`dollars` for a number of `units`; `unit` is their name."""

    dollars: float
    units: float
    unit: str

    def of(self, units: float) -> float:
        """The price of a number of units, in dollars."""
        return units * self.dollars / self.units

    @property
    def text(self) -> str:
        """`$0.10 per 100,000 events`."""
        many = f"{self.units:,.0f} " if self.units != 1 else ""
        return f"${self.dollars:g} per {many}{self.unit}"


PRICES = {
    "management events, first copy": Price(0.0, EVENTS_PRICED, "events"),
    "management events, additional copy": Price(MANAGEMENT_COPY, EVENTS_PRICED, "events"),
    "data events": Price(DATA_EVENTS, EVENTS_PRICED, "events"),
    "Insights, events analyzed": Price(INSIGHTS["Management"], EVENTS_PRICED, "events"),
    "S3 PUT and LIST requests": Price(0.005, 1_000, "requests"),
    "S3 GET requests": Price(0.0004, 1_000, "requests"),
    "S3 storage": Price(0.023, 1, "GB in a month"),
    "DynamoDB write capacity": Price(0.00065, 1, "unit in an hour"),
    "DynamoDB read capacity": Price(0.00013, 1, "unit in an hour"),
    "Lambda calls": Price(0.20, 1_000_000, "calls"),
    "Athena, scanned": Price(DOLLARS_PER_TERABYTE, 1, "TB"),
}
"""Prices by what is paid for. The first million Lambda calls a month are free; so are budgets."""


def dollars(bytes_scanned: int) -> float:
    """The price of a scan: whole megabytes, at least ten."""
    megabytes = max(-(-bytes_scanned // MEGABYTE), LEAST_MEGABYTES)
    return megabytes * MEGABYTE / 1e12 * DOLLARS_PER_TERABYTE


def price(bytes_scanned: int, cost: float) -> str:
    """Bytes and cost of queries, for people."""
    return (
        f"{bytes_scanned / MEGABYTE:,.3f} MB scanned, about ${cost:.5f} "
        f"(${DOLLARS_PER_TERABYTE:g} a TB, at least {LEAST_MEGABYTES} MB a query; as of "
        f"{PRICE_AS_OF})"
    )

"""List prices in most Regions, in dollars: what CloudTrail and Athena's queries cost."""

from __future__ import annotations

PRICE_AS_OF = "2026-11"
"""The month of all these prices."""

MANAGEMENT_COPY = 2.00
"""100,000 management events of a trail that is not the first in its Region; the first is free."""

DATA_EVENTS = NETWORK_EVENTS = 0.10
"""100,000 events delivered, of each trail."""

INSIGHTS = {"Management": 0.35, "Data": 0.03}
"""100,000 events analysed, for each type of Insights, by the events' category."""

EVENTS_PRICED = 100_000

DOLLARS_PER_TERABYTE = 5.0
"""Per terabyte that Athena scans, rounded up to a megabyte, at least ten."""

MEGABYTE = 1_000_000
LEAST_MEGABYTES = 10


def dollars(bytes_scanned: int) -> float:
    """The price of a scan: whole megabytes, ten at least."""
    megabytes = max(-(-bytes_scanned // MEGABYTE), LEAST_MEGABYTES)
    return megabytes * MEGABYTE / 1e12 * DOLLARS_PER_TERABYTE


def price(bytes_scanned: int, cost: float) -> str:
    """Bytes and cost of queries, for people."""
    return (
        f"{bytes_scanned / MEGABYTE:,.3f} MB scanned, about ${cost:.5f} "
        f"(${DOLLARS_PER_TERABYTE:g} a TB, at least {LEAST_MEGABYTES} MB a query; as of "
        f"{PRICE_AS_OF})"
    )

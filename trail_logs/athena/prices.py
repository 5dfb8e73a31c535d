"""What Athena's queries cost."""

from __future__ import annotations

DOLLARS_PER_TERABYTE = 5.0
PRICE_AS_OF = "2026-11"
"""The price in most Regions, per terabyte scanned, rounded up to a megabyte, at least ten."""

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

"""Fetching 2,000 objects from a bucket and checking them, against plain boto3."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from bench.log_sets import M, prepared
from bench.measure import candidate, interleaved
from bench.s3_stub import serving
from bench.table import Row, verdict

LATENCIES = (0, 20)
MOST_SECONDS = 1.5
"""To list, fetch and check the objects, with 20 ms a request."""

ROUNDS = 3


def rows(full: bool) -> Iterator[Row]:
    """At 20 ms a request; `full` without latency, too, and one object after another."""
    for milliseconds in LATENCIES if full else LATENCIES[1:]:
        with serving(prepared(M), milliseconds) as address:
            yield from _rows(address, milliseconds)


def _rows(address: str, milliseconds: int) -> Iterator[Row]:
    titles = {"fetch_ours": "log checks", "fetch_boto3_threads": "boto3, 32 threads, gzip, json"}
    if not milliseconds:
        titles["fetch_boto3"] = "boto3, gzip, json"
    found = interleaved({name: candidate(name, address) for name in titles}, ROUNDS)
    ours = found["fetch_ours"]
    for name, title in titles.items():
        one, note = found[name], f"{found[name].megabytes:.0f} MB"
        if one is ours and milliseconds:
            held = median(ours.seconds) <= MOST_SECONDS
            note += f", {verdict(held, f'at most {MOST_SECONDS} s, start included')}"
        ratios = [] if one is ours else one.ratios_to(ours)
        yield Row(f"{milliseconds} ms: {title}", one.seconds, "s", note, ratios)

"""Fetching 2,000 objects from a bucket and checking them, against plain boto3."""

from __future__ import annotations

from collections.abc import Iterator

from bench.log_sets import M, prepared
from bench.measure import candidate, interleaved
from bench.s3_stub import serving
from bench.table import Row, measured

LATENCIES = (0, 20)
MOST_SECONDS = 1.5
"""With 20 ms a request: listed, fetched and checked."""


def rows(quick: bool) -> Iterator[Row]:
    """Both latencies; not one object after another at 20 ms, which takes most of a minute."""
    for milliseconds in LATENCIES:
        with serving(prepared(M), milliseconds) as address:
            yield from _rows(address, milliseconds, quick)


def _rows(address: str, milliseconds: int, quick: bool) -> Iterator[Row]:
    own, one, threads = (
        candidate(name, address) for name in ("fetch_ours", "fetch_boto3", "fetch_boto3_threads")
    )
    ours = interleaved({"ours": own}, 2 if quick else 4, "ours")["ours"]
    note = f"{ours.megabytes:4.0f} MB"
    if milliseconds:
        held = "held" if ours.seconds <= MOST_SECONDS else "MISSED"
        note += f", {held}: under {MOST_SECONDS} s, Python's start included"
    times = [run.seconds for run in ours.runs]
    yield measured(f"{milliseconds} ms: log checks", times, "{:.2f} s", note)
    peers = {"boto3, 32 threads, gzip, json": threads, "boto3, gzip, json": one}
    if milliseconds:
        del peers["boto3, gzip, json"]
    found = interleaved({"ours": own, **peers}, 1 if quick else 3, "ours")
    for name in peers:
        times = [run.seconds for run in found[name].runs]
        yield measured(f"{milliseconds} ms: {name}", times, "{:.2f} s", ratios=found[name].ratios)

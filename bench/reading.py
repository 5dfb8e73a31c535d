"""Log checks: sets of 60, 2,000 and 20,000 files against unpacking alone, and against peers.

Ratios are to ISA-L's inflate, the quickest there is. The limits are ratios to Python's own gzip,
which most readers use: the note has them, too.
"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from statistics import median

from bench.log_sets import L, LogSet, M, S, prepared
from bench.measure import Contender, candidate, interleaved
from bench.table import Row, digits, spread, verdict
from bench.trailscraper import packages

OWN = ("inflate", "gunzip", "ours_1", "ours_2", "logs")
QUICK = ("duckdb", "polars", "orjson")
SLOW = ("stdlib", "jq", "trailscraper")
"""Peers that take minutes for L: they are measured on S and M."""

TITLES = {
    "inflate": "ISA-L's inflate alone, 1 core",
    "gunzip": "Python's gzip alone, 1 core",
    "logs": "lab_steps logs",
    "ours_1": "log checks, 1 process",
    "ours_2": "log checks, 2 processes",
    "stdlib": "gzip + json",
    "orjson": "isal + orjson",
    "duckdb": "DuckDB",
    "polars": "Polars",
    "jq": "zcat + jq",
    "trailscraper": "trailscraper's loader",
}
LIMITS = {"ours_2": 1.15, "logs": 1.5}
"""At L: at most so many times Python's gzip alone."""

LEADS = ("duckdb", "polars")
"""At M and L: these take longer than ours on two processes."""

ROUNDS = 3

MOST_MEGABYTES = 200
START_SECONDS = 0.1


def rows(full: bool) -> Iterator[Row]:
    """Every set; `full` measures peers on L, too."""
    packages()  # installed before anything is measured
    yield from _start_rows(2 * ROUNDS)
    memory: dict[str, float] = {}
    for log_set in (S, M, L):
        peers = (*QUICK, *SLOW) if log_set is not L else QUICK if full else ()
        names = [name for name in (*OWN, *peers) if _is_here(name)]
        folder = str(prepared(log_set))
        found = interleaved({name: candidate(name, folder) for name in names}, ROUNDS)
        memory[log_set.name] = found["ours_1"].megabytes
        for name in names:
            yield _row(log_set, name, found)
    yield from _growth_rows(memory)


def _start_rows(rounds: int) -> Iterator[Row]:
    """S against Python's own start."""
    folder = str(prepared(S))
    found = interleaved({name: candidate(name, folder) for name in ("nothing", "ours")}, rounds)
    pairs = zip(found["ours"].seconds, found["nothing"].seconds, strict=True)
    more = [ours - nothing for ours, nothing in pairs]
    told = verdict(median(more) <= START_SECONDS, f"at most {START_SECONDS} s")
    yield Row("S: all of a check beyond Python's start", more, "s", told)


def _is_here(name: str) -> bool:
    """jq is the machine's; everything else comes from the package index."""
    return name != "jq" or shutil.which("jq") is not None


def _row(log_set: LogSet, name: str, found: dict[str, Contender]) -> Row:
    one = found[name]
    rate = log_set.records / median(one.seconds) / 1000
    notes = [f"{one.megabytes:.0f} MB", f"{rate:,.0f}k records/s"]
    if name in OWN[2:]:
        notes += _own_notes(log_set, name, one, found["gunzip"])
    elif name not in OWN:
        times = one.ratios_to(found["ours_2"])
        notes.append(f"{digits(median(times))} times ours on 2 ({spread(times)})")
        if name in LEADS and log_set is not S:
            notes.append(verdict(median(times) >= 1, "not faster"))
    ratios = [] if name == "inflate" else one.ratios_to(found["inflate"])
    return Row(f"{log_set.name}: {TITLES[name]}", one.seconds, "s", ", ".join(notes), ratios)


def _own_notes(log_set: LogSet, name: str, one: Contender, gunzip: Contender) -> Iterator[str]:
    times = one.ratios_to(gunzip)
    yield f"{digits(median(times))} times Python's gzip ({spread(times)})"
    if log_set is L:
        if name in LIMITS:
            yield verdict(median(times) <= LIMITS[name], f"at most {LIMITS[name]} times that")
        yield verdict(one.megabytes < MOST_MEGABYTES, f"under {MOST_MEGABYTES} MB")


def _growth_rows(memory: dict[str, float]) -> Iterator[Row]:
    """How memory grows with the logs, on one process."""
    for small, large in itertools.pairwise((S, M, L)):
        logs = large.records / small.records
        grown = memory[large.name] / memory[small.name]
        told = verdict(grown < logs, f"slower than the logs, {logs:.0f} times as many")
        name = f"memory from {small.name} to {large.name}"
        yield Row(name, [memory[large.name]], "MB", told, [grown])

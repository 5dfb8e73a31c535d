"""Log checks: sets of 60, 2,000 and 20,000 files against inflating alone, and against peers."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator, Mapping, Sequence

from bench.log_sets import L, LogSet, M, S, prepared
from bench.measure import Contender, candidate, interleaved
from bench.table import Row, spread

FAST = ("inflate", "gunzip", "ours_1", "ours_2", "logs", "duckdb", "polars", "orjson")
SLOW = ("inflate", "ours_2", "stdlib", "jq", "trailscraper")
"""Those that take minutes for L: they are measured on S and M."""

TITLES = {
    "inflate": "ISA-L's inflate alone, 1 core",
    "gunzip": "Python's gzip alone, 1 core",
    "logs": "lab_steps logs",
    "ours": "log checks",
    "ours_1": "log checks, 1 process",
    "ours_2": "log checks, 2 processes",
    "stdlib": "gzip + json",
    "orjson": "isal + orjson",
    "duckdb": "DuckDB",
    "polars": "Polars",
    "jq": "zcat + jq",
    "trailscraper": "trailscraper's loader",
}
LIMITS = {"ours_1": 2.5, "ours_2": 1.6, "logs": 1.5}
"""At L: at most so many times inflating alone."""

LEADS = {"duckdb": 1.0, "polars": 1.0}
"""At L: at least so many times ours on two processes."""

ROUNDS = 3

MOST_MEGABYTES = 200
START_SECONDS = 0.1


def rows(quick: bool) -> Iterator[Row]:
    """Every set and peer; `quick` leaves out L, and the slow ones on M."""
    yield from _start_rows(2 * ROUNDS)
    memory: dict[str, float] = {}
    for log_set in (S, M) if quick else (S, M, L):
        for row, megabytes in _set_rows(log_set, quick):
            memory.update({log_set.name: megabytes} if row.name.endswith("1 process") else {})
            yield row
    yield from _growth_rows(memory)


def _start_rows(rounds: int) -> Iterator[Row]:
    """S against Python's own start."""
    folder = str(prepared(S))
    commands = {name: candidate(name, folder) for name in ("nothing", "ours")}
    found = interleaved(commands, rounds, "nothing")
    more = found["ours"].seconds - found["nothing"].seconds
    verdict = _verdict(more <= START_SECONDS, f"within {START_SECONDS} s")
    yield Row("S: all of a check beyond Python's start", f"{more:.3f} s", None, verdict)


def _set_rows(log_set: LogSet, quick: bool) -> Iterator[tuple[Row, float]]:
    folder = str(prepared(log_set))
    groups: list[tuple[str, ...]] = [FAST]
    if log_set is S or (log_set is M and not quick):
        groups.append(tuple(name for name in SLOW if _is_here(name)))
    ours: Contender | None = None
    shown: set[str] = set()
    for names in groups:
        found = interleaved({name: candidate(name, folder) for name in names}, ROUNDS, "inflate")
        ours = found["ours_2"]
        for name in names:
            if name not in shown:
                yield _row(log_set, name, found[name], ours), found[name].megabytes
        shown.update(names)


def _is_here(name: str) -> bool:
    """jq is the machine's; everything else comes from the package index."""
    return name != "jq" or shutil.which("jq") is not None


def _row(log_set: LogSet, name: str, contender: Contender, ours: Contender) -> Row:
    rate = log_set.records / contender.seconds / 1000
    notes = [f"{contender.megabytes:4.0f} MB", f"{rate:6,.0f}k records/s"]
    if name in LIMITS and log_set is L:
        notes.append(_verdict(contender.ratio <= LIMITS[name], f"at most {LIMITS[name]}"))
        fits = contender.megabytes < MOST_MEGABYTES
        notes.append(_verdict(fits, f"under {MOST_MEGABYTES} MB"))
    elif name not in ("inflate", "gunzip", *LIMITS):
        times = _times(contender, ours)
        notes.append(f"{times:.1f} x ours on 2")
        if name in LEADS and log_set is L:
            notes.append(_verdict(times >= LEADS[name], f"at least {LEADS[name]:.0f}"))
    return Row(
        f"{log_set.name}: {TITLES[name]}",
        f"{contender.seconds:.2f} s",
        contender.ratio,
        ", ".join(notes),
        spread(contender.ratios),
    )


def _times(contender: Contender, ours: Contender) -> float:
    pairs: Sequence[tuple[float, float]] = list(
        zip(
            (run.seconds for run in contender.runs), (run.seconds for run in ours.runs), strict=True
        )
    )
    ratios = sorted(theirs / mine for theirs, mine in pairs)
    return ratios[len(ratios) // 2]


def _growth_rows(memory: Mapping[str, float]) -> Iterator[Row]:
    """How memory grows with the logs, on one process."""
    sets = [log_set for log_set in (S, M, L) if log_set.name in memory]
    for small, large in itertools.pairwise(sets):
        logs = large.records / small.records
        grown = memory[large.name] / memory[small.name]
        verdict = _verdict(grown < logs, f"slower than the logs, {logs:.0f} times as many")
        yield Row(f"memory from {small.name} to {large.name}", "", grown, verdict)


def _verdict(held: bool, target: str) -> str:
    return f"{'held' if held else 'MISSED'}: {target}"

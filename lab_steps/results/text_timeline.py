"""The plot of recorded events as text, for terminals and files: one line per event name."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping

from lab_steps.results.delivered import Observed
from lab_steps.results.timeline import (
    CELL,
    COUNT,
    EDGE,
    LABEL,
    TALLEST,
    Bar,
    Dot,
    Lane,
    Row,
    Timeline,
    timeline,
)
from lab_steps.terminal.legible import legible
from trail_logs.counting import counted

MARKS = {"failed": "x", "write": "w", "read": "r"}
"""The symbol for events of a kind; if several are in one place, the first of these."""

LEGEND = (
    "w write, r read, x denied or failed; if many, 1 to 9 (9 is the most)",
    "* what the lab searches for; times are eventTime, in UTC",
)
NAME, NUMBER, LEAST_MARKS = 24, 7, 16
"""Columns: of names, of counts, and of the plot in a narrow terminal."""

_INDENT = 4
_SHOWN_APART = 3

Line = tuple[int, str]
"""How far it is indented, and its text."""


def lines(observed: Observed, width: int) -> Iterator[Line]:
    """The timeline in `width` columns, and below each trail what is not drawn."""
    marks = max(LEAST_MARKS, width - _INDENT - NAME - NUMBER - 6)
    plot = timeline(observed, LABEL + COUNT + 2 * EDGE + CELL * marks)
    if plot is None:
        yield 2, "No events were found in the log files of any trail."
    for text in LEGEND if plot else ():
        yield 2, text
    for number, trail in enumerate(observed.trails):
        yield 2, trail.trail
        if trail.problem:
            yield _INDENT, trail.problem
        for text in _lane(plot.lanes[number], plot, marks) if plot else ():
            yield _INDENT, text
        if trail.more_events:
            yield _INDENT, f"{trail.more_events:,} earlier events are only counted"
        if trail.own_calls:
            yield _INDENT, f"not drawn: {own_calls(trail.own_calls)}"


def own_calls(counts: Mapping[str, int]) -> str:
    """`231 calls of checks and of CloudTrail's deliveries: 204 LookupEvents, ... and 4 more names`.

    `counts` are calls by event name, the most frequent first.
    """
    total, shown = sum(counts.values()), list(counts.items())[:_SHOWN_APART]
    named = ", ".join(f"{count:,} {legible(name)}" for name, count in shown)
    more = len(counts) - len(shown)
    rest = f" and {counted(more, 'more name')}" if more else ""
    calls = counted(total, "call")
    return f"{calls} of checks and of CloudTrail's deliveries: {named}{rest}"


def _lane(lane: Lane, plot: Timeline, marks: int) -> Iterator[str]:
    if not lane.rows:
        return
    for row in lane.rows:
        star, name = "*" if row.wanted else " ", _name(row.label)
        drawn = "".join(_marks(row, plot.left, marks))
        yield f"{star} {name}  {row.count:>{NUMBER},}  {drawn}"
    form = "%H:%M:%S" if plot.first.date() == plot.last.date() else "%b %d"
    ends = f"{plot.first:{form}}", f"{plot.last:{form}}"
    yield f"{'':{NAME + NUMBER + 6}}{ends[0]}{ends[1]:>{marks - len(ends[0])}}"


def _name(label: str) -> str:
    told = legible(label)
    return told.ljust(NAME) if len(told) <= NAME else f"{told[: NAME - 1]}~"


def _marks(row: Row, left: float, marks: int) -> Iterator[str]:
    """The row's plot, a character for each place."""
    kinds, heights = defaultdict[int, set[str]](set), defaultdict[int, float](float)
    drawn: tuple[Dot | Bar, ...] = (*row.dots, *row.bars)
    for each in drawn:
        middle = each.x + each.width / 2 if isinstance(each, Bar) else each.x
        place = min(max(int((middle - left) / CELL), 0), marks - 1)
        kinds[place].add(each.kind)
        heights[place] += each.height if isinstance(each, Bar) else 0
    for place in range(marks):
        kind = next((mark for kind, mark in MARKS.items() if kind in kinds[place]), ".")
        height = min(9, math.ceil(9 * heights[place] / TALLEST))
        yield str(height) if height and kind != MARKS["failed"] else kind

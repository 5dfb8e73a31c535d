"""A plot of recorded events over time, as positions: one lane per trail, one row per event name.

`templates/timeline.html` draws it. A row with few events has dots. A row with many has bars, and
their heights are the counts.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from lab_steps.results.delivered import EventCount, Observed, ObservedEvent, ObservedTrail

NAMES_SHOWN = 8
"""Rows of a lane for the most frequent names, in addition to those that the lab searches for."""

LABEL, COUNT, EDGE, HEADING, ROW, FOOT = 158.0, 34.0, 12.0, 30.0, 22.0, 30.0
"""Lengths in px: names on the left, counts and margin on the right, heights."""

MANY = 60
"""From this many events on, a row has bars: dots would cover each other."""

CELL = 7.0
"""Events so near to each other are drawn as one."""

TALLEST, LOWEST = ROW - 4, 2.0
"""Heights of bars."""

_TICK = 60.0
_STEPS = tuple(
    timedelta(seconds=seconds)
    for seconds in (1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 43200)
)
_DAY = timedelta(days=1)
_FIRST, _LAST = datetime(2006, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
"""Anyone who can write to a bucket can write any time; times outside are drawn at the edge."""

Seen = ObservedEvent | EventCount

_EPOCH = datetime(2001, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Dot:
    """Events so near in time that they are drawn as one. `kind` is read, write or failed."""

    x: float
    radius: float
    kind: str
    title: str


@dataclass(frozen=True, slots=True)
class Bar:
    """Events of one kind in the same span of time; `x` and `y` are its upper left corner."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    title: str


@dataclass(frozen=True, slots=True)
class Row:
    """One event name of a trail; `wanted` when the lab looks for it in this trail."""

    y: float
    label: str
    count: int
    wanted: bool
    dots: tuple[Dot, ...]
    bars: tuple[Bar, ...] = ()


@dataclass(frozen=True, slots=True)
class Lane:
    """One trail."""

    y: float
    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    """A time on the axis."""

    x: float
    label: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """The plot; all lengths in px."""

    width: float
    height: float
    left: float
    right: float
    lanes: tuple[Lane, ...]
    ticks: tuple[Tick, ...]
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class Axis:
    """Times as positions."""

    first: datetime
    last: datetime
    left: float
    right: float

    def x(self, time: datetime) -> float:
        share = (time - self.first) / (self.last - self.first)
        return self.left + share * (self.right - self.left)


def timeline(observed: Observed, width: float) -> Timeline | None:
    """The plot of `observed`, `width` px wide; None if there is no event to draw."""
    times = [_time(event) for trail in observed.trails for event in _drawn(trail)]
    if not times:
        return None
    first, last = min(times), max(times)
    margin = max((last - first) * 0.02, timedelta(seconds=1))
    axis = Axis(first - margin, last + margin, LABEL + EDGE, width - COUNT - EDGE)
    lanes = tuple(_lanes(observed.trails, axis))
    bottom = lanes[-1].y + HEADING + ROW * len(lanes[-1].rows)
    return Timeline(
        width=width,
        height=bottom + FOOT,
        left=axis.left,
        right=axis.right,
        lanes=lanes,
        ticks=tuple(_ticks(axis)),
        first=first,
        last=last,
    )


def _drawn(trail: ObservedTrail) -> Sequence[Seen]:
    """All events of a trail: one by one, or counted if they are too many for that."""
    return trail.counts or trail.events


def _time(event: Seen) -> datetime:
    return min(max(datetime.fromisoformat(event.event_time), _FIRST), _LAST)


def _lanes(trails: Iterable[ObservedTrail], axis: Axis) -> Iterator[Lane]:
    y = 0.0
    for trail in trails:
        rows = tuple(_rows(trail, axis, y + HEADING))
        yield Lane(y, trail.trail, rows)
        y += HEADING + ROW * max(1, len(rows))


def _rows(trail: ObservedTrail, axis: Axis, y: float) -> Iterator[Row]:
    """The names the lab looks for, found or not, the most frequent others, and the rest."""
    wanted = list(trail.expected)
    drawn = _drawn(trail)
    counts: Counter[str] = Counter()
    for event in drawn:
        counts[event.event_name] += _count(event)
    others = [name for name, _ in counts.most_common() if name not in wanted]
    shown = [*wanted, *others[:NAMES_SHOWN]]
    rest = set(others[NAMES_SHOWN:])
    rows: dict[str, list[Seen]] = {name: [] for name in shown}
    if rest:
        rows[f"{len(rest)} other names"] = []
    for event in drawn:
        name = event.event_name
        rows[name if name in rows else f"{len(rest)} other names"].append(event)
    for number, (label, events) in enumerate(rows.items()):
        middle, count = y + ROW * (number + 0.5), sum(map(_count, events))
        cells = _cells(events, axis)
        dots = () if count > MANY else tuple(_dots(cells, axis))
        bars = tuple(_bars(cells, middle)) if count > MANY else ()
        yield Row(middle, label, count, label in wanted, dots, bars)


Cells = list[tuple[tuple[int, str], list[Seen]]]
"""Events by column of the plot and kind, in order."""


def _cells(events: Sequence[Seen], axis: Axis) -> Cells:
    cells: defaultdict[tuple[int, str], list[Seen]] = defaultdict(list)
    for event in events:
        cells[int(axis.x(_time(event)) / CELL), _kind(event)].append(event)
    return sorted(cells.items())


def _dots(cells: Cells, axis: Axis) -> Iterator[Dot]:
    for (_, kind), together in cells:
        middle = sum(axis.x(_time(each)) for each in together) / len(together)
        count = sum(map(_count, together))
        radius = min(3.4 + 1.2 * math.log2(count), ROW / 2 - 1)
        yield Dot(middle, radius, kind, _title(together))


def _bars(cells: Cells, middle: float) -> Iterator[Bar]:
    """The kinds of one column are stacked; the tallest column of a row fills it."""
    columns: Counter[int] = Counter()
    for (column, _), together in cells:
        columns[column] += sum(map(_count, together))
    most, base = max(columns.values()), defaultdict[int, float](float)
    for (column, kind), together in cells:
        height = max(LOWEST, TALLEST * sum(map(_count, together)) / most)
        base[column] += height
        top = middle + ROW / 2 - 2 - base[column]
        yield Bar(column * CELL, top, CELL - 1, height, kind, _title(together))


def _count(event: Seen) -> int:
    return event.count if isinstance(event, EventCount) else 1


def _kind(event: Seen) -> str:
    if isinstance(event, EventCount):
        return event.kind
    if event.error_code:
        return "failed"
    return "read" if event.read_only else "write"


def _title(events: Sequence[Seen]) -> str:
    first, last = events[0], events[-1]
    names = sorted({event.event_name for event in events})
    codes = sorted({code for code in map(_error_code, events) if code})
    told = ", ".join(names[:4]) + (" ..." if len(names) > 4 else "")
    told += f" ({', '.join(codes)})" if codes else ""
    count = sum(map(_count, events))
    if count == 1:
        return f"{told}, {first.event_time}"
    return f"{count:,}x {told}, {first.event_time} to {last.event_time}"


def _error_code(event: Seen) -> str | None:
    return None if isinstance(event, EventCount) else event.error_code


def _ticks(axis: Axis) -> Iterator[Tick]:
    most = max(2, int((axis.right - axis.left) / _TICK))
    span = axis.last - axis.first
    step = next((each for each in _STEPS if span / each <= most), None)
    step = step or _DAY * math.ceil(span / _DAY / most)
    at = axis.first + (_EPOCH - axis.first) % step
    while at <= axis.last:
        yield Tick(axis.x(at), _label(at, step))
        at += step


def _label(at: datetime, step: timedelta) -> str:
    if step >= _DAY:
        return f"{at:%b %d}"
    if step < timedelta(minutes=1):
        return f"{at:%H:%M:%S}"
    return f"{at:%H:%M}" if at.hour or at.minute else f"{at:%b %d}"

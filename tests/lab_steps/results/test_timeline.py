"""The plot of events over time."""

from __future__ import annotations

import pytest

from lab_steps.results.delivered import EventCount, Observed, ObservedTrail
from lab_steps.results.timeline import NAMES_SHOWN, ROW, Timeline, timeline
from tests.lab_steps.documents import event


def plot(*names: str, width: float = 1000.0) -> Timeline:
    events = tuple(event(name, second) for second, name in enumerate(names))
    drawn = timeline(Observed(trails=(ObservedTrail(trail="any", events=events),)), width)
    assert drawn
    return drawn


def test_without_events_there_is_no_plot() -> None:
    assert timeline(Observed(trails=(ObservedTrail(trail="any"),)), 1000) is None


def test_a_later_event_is_further_right() -> None:
    rows = plot("A", "B", "C").lanes[0].rows
    places = [dot.x for row in rows for dot in row.dots]
    assert places == sorted(places)
    assert len(set(places)) == 3


@pytest.mark.parametrize("seconds", [0, 1, 59, 3600, 86_400 * 400])
@pytest.mark.parametrize("width", [350.0, 1000.0])
def test_everything_is_within_the_plot_whatever_its_span(seconds: int, width: float) -> None:
    trail = ObservedTrail(trail="any", events=(event("A", 0), event("A", seconds)))
    drawn = timeline(Observed(trails=(trail,)), width)
    assert drawn
    dots = [dot.x for row in drawn.lanes[0].rows for dot in row.dots]
    ticks = [tick.x for tick in drawn.ticks]
    assert all(drawn.left <= x <= drawn.right for x in dots + ticks)
    assert 1 <= len(drawn.ticks) <= 15


def test_events_of_one_moment_are_one_larger_dot() -> None:
    trail = ObservedTrail(trail="any", events=(*(event("A", 0) for _ in range(9)), event("A", 60)))
    drawn = timeline(Observed(trails=(trail,)), 1000)
    assert drawn
    (many, one) = drawn.lanes[0].rows[0].dots
    assert many.radius > one.radius
    assert many.title.startswith("9x A, ")


def test_a_row_of_many_events_has_bars_as_high_as_their_number() -> None:
    counts = tuple(
        EventCount(event_time=f"2026-03-14T1{hour}:00:00Z", event_name="A", kind=kind, count=count)
        for hour, kind, count in ((2, "write", 300), (2, "failed", 300), (4, "read", 150))
    )
    rare = EventCount(event_time="2026-03-14T13:00:00Z", event_name="B", kind="write", count=1)
    trail = ObservedTrail(trail="any", counts=(*counts, rare), more_events=600)
    drawn = timeline(Observed(trails=(trail,)), 1000)
    assert drawn
    many, one = drawn.lanes[0].rows
    assert (many.count, many.dots, len(one.dots), one.bars) == (750, (), 1, ())
    failed, write, read = many.bars
    assert (failed.kind, write.kind, read.kind) == ("failed", "write", "read")
    assert failed.x == write.x < read.x
    assert (failed.height, write.height, read.height) == (9.0, 9.0, 4.5)
    assert write.y + write.height == failed.y
    assert failed.title.startswith("300x A, ")


@pytest.mark.parametrize("width", [350.0, 1000.0])
def test_50_000_events_are_all_counted_and_no_mark_leaves_its_row(width: float) -> None:
    counts = tuple(
        EventCount(
            event_time=f"2026-03-{1 + span // 24:02}T{span % 24:02}:00:00Z",
            event_name=f"Name{number}",
            kind="read",
            count=3 + (span * number) % 20,
        )
        for span in range(240)
        for number in range(20)
    )
    total = sum(each.count for each in counts)
    assert total > 50_000
    drawn = timeline(Observed(trails=(ObservedTrail(trail="any", counts=counts),)), width)
    assert drawn
    rows = drawn.lanes[0].rows
    assert sum(row.count for row in rows) == total
    for row in rows:
        assert len(row.bars) <= (drawn.right - drawn.left) / 7 + 1
        for mark in row.bars:
            assert row.y - ROW / 2 <= mark.y
            assert mark.y + mark.height <= row.y + ROW / 2


def test_an_event_that_the_lab_looks_for_has_a_row_though_it_never_came() -> None:
    trail = ObservedTrail(
        trail="any", expected=("PutItem", "GetItem"), events=(event("PutItem", 1),)
    )
    drawn = timeline(Observed(trails=(trail,)), 1000)
    assert drawn
    assert [(row.label, row.count, row.wanted) for row in drawn.lanes[0].rows] == [
        ("PutItem", 1, True),
        ("GetItem", 0, True),
    ]


def test_rare_names_share_the_last_row() -> None:
    rows = plot(*(f"Name{number}" for number in range(NAMES_SHOWN + 5))).lanes[0].rows
    assert len(rows) == NAMES_SHOWN + 1
    assert (rows[-1].label, rows[-1].count) == ("5 other names", 5)


def test_what_failed_is_told_with_its_error() -> None:
    trail = ObservedTrail(trail="any", events=(event("A", 1, error_code="AccessDenied"),))
    drawn = timeline(Observed(trails=(trail,)), 1000)
    assert drawn
    (dot,) = drawn.lanes[0].rows[0].dots
    assert dot.kind == "failed"
    assert "AccessDenied" in dot.title


def test_a_time_that_no_trail_has_seen_is_drawn_at_the_edge() -> None:
    times = ("0001-01-01T00:00:00Z", "2026-03-14T12:00:00Z", "9999-12-31T23:59:59Z")
    events = tuple(event("A", 0, event_time=time) for time in times)
    drawn = timeline(Observed(trails=(ObservedTrail(trail="any", events=events),)), 1000)
    assert drawn
    assert (drawn.first.year, drawn.last.year) == (2006, 2200)
    assert len(drawn.ticks) <= 15

"""The report's histogram and bars."""

from __future__ import annotations

from datetime import timedelta

from trail_logs.surveying.report import bar, histogram


def test_the_histograms_step_fits_the_span() -> None:
    def shape(*minutes: str) -> tuple[timedelta, int]:
        step, bins = histogram(dict.fromkeys(minutes, 1))
        return step, len(bins)

    assert shape("2026-03-14T12:00", "2026-03-14T12:10") == (timedelta(minutes=1), 11)
    assert shape("2026-03-14T12:00", "2026-03-15T11:59") == (timedelta(hours=1), 24)
    assert shape("2026-01-01T00:00", "2026-01-10T00:00") == (timedelta(hours=12), 19)
    assert shape("2006-01-01T00:00", "2026-01-10T00:00")[0] == timedelta(days=364)


def test_histogram_bins_are_without_gaps_and_lose_no_event() -> None:
    _, bins = histogram({"2026-03-14T12:00": 3, "2026-03-14T12:05": 4})
    assert [count for _, count in bins] == [3, 0, 0, 0, 0, 4]


def test_a_bar_shows_anything_above_zero() -> None:
    assert bar(0, 100, 10, unicode=True) == ""
    assert bar(1, 10_000, 10, unicode=True) == "▏"
    assert bar(100, 100, 10, unicode=True) == "█" * 10
    assert bar(1, 10_000, 10, unicode=False) == "#"

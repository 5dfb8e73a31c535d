"""What is counted, by type, API, error code and minute."""

from __future__ import annotations

import sys
import timeit
from datetime import timedelta
from typing import Any

import pytest

from cloudtrail.insights.counts import CALL_RATE, ERROR_RATE
from tests.cloudtrail.insights.simulated import (
    BEGIN,
    DAY,
    HOUR,
    MINUTE,
    Clock,
    activity,
    details,
    new_state,
    states,
    statistics,
    steady,
)


class TestWhatCounts:
    @pytest.mark.parametrize(
        ("changes", "types"),
        [
            ({}, [CALL_RATE]),
            ({"read_only": True}, []),
            ({"error_code": "AccessDenied"}, [CALL_RATE, ERROR_RATE]),
            ({"read_only": True, "error_code": "AccessDenied"}, [ERROR_RATE]),
            ({"event_category": "Data"}, [CALL_RATE]),
            ({"event_category": "Data", "read_only": True}, [CALL_RATE]),
            ({"event_category": "NetworkActivity", "error_code": "VpceAccessDenied"}, []),
        ],
    )
    def test_types_by_kind_of_event(self, changes: dict[str, Any], types: list[str]) -> None:
        burst = activity(**changes)
        clock = Clock()
        clock.run(steady(0, 2 * DAY), burst)
        found = clock.run(steady(50, 1), burst)
        assert sorted(insight.insight_type for insight in found) == types
        category = changes.get("event_category", "Management")
        assert all(insight.event_category == category for insight in found)

    def test_apis_and_error_codes_are_judged_apart(self) -> None:
        codes = [activity(read_only=True, error_code=code) for code in ("AccessDenied", "Other")]
        clock = Clock()
        clock.run(steady(0, 2 * DAY))
        found = clock.run([10], *codes)
        assert sorted(details(insight)["errorCode"] for insight in found) == [
            "AccessDenied",
            "Other",
        ]
        assert [statistics(insight)["insight"]["average"] for insight in found] == [5.0, 5.0]

    def test_a_late_event_counts_in_the_first_open_minute(self) -> None:
        clock = Clock()
        clock.run(steady(0, 2 * DAY))
        for _ in range(50):
            clock.state.add(clock.now - timedelta(hours=1), activity())
        (start,) = clock.run([0])
        assert start.record["eventTime"] == "2026-03-03T00:00:00Z"

    def test_an_event_of_a_later_minute_waits(self) -> None:
        clock = Clock()
        clock.run(steady(0, 2 * DAY))
        for _ in range(50):
            clock.state.add(clock.now + MINUTE, activity())
        assert clock.run([0]) == []
        assert states(clock.run([0])) == ["Start"]

    def test_a_closed_minute_stays_closed_when_time_is_given_backwards(self) -> None:
        clock = Clock()
        clock.run(steady(0, 2 * DAY))
        assert clock.state.advance(clock.now - timedelta(hours=1)) == []
        for _ in range(50):
            clock.state.add(clock.now - 30 * MINUTE, activity())
        assert clock.state.advance(clock.now) == []
        assert states(clock.run([0])) == ["Start"]

    def test_a_jump_of_the_clock_finds_what_small_steps_find(self) -> None:
        counts = [*steady(20, 2 * DAY), *steady(90, 3), *steady(20, 10), *steady(0, HOUR)]
        stepped = Clock().run(counts)
        state = new_state()
        for minute, count in enumerate(counts):
            for _ in range(count):
                state.add(BEGIN + minute * MINUTE, activity())
        assert state.advance(BEGIN + len(counts) * MINUTE) == stepped


@pytest.mark.skipif(sys.gettrace() is not None, reason="a tracer slows every line")
def test_counting_an_event_takes_under_two_microseconds() -> None:
    state = new_state()
    calls = [activity(event_name=f"Operation{number}") for number in range(300)]

    def add_all() -> None:
        for call in calls:
            state.add(BEGIN, call)

    assert min(timeit.repeat(add_all, number=10, repeat=20)) / (10 * len(calls)) < 2e-6

"""Which rates of calls and errors are unusual."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudtrail.insights.counts import ERROR_RATE
from cloudtrail.insights.detection import LONGEST_INSIGHT, InsightsState
from cloudtrail.insights.unusual_rates import Baseline, unusual
from tests.cloudtrail.insights.simulated import (
    ACCOUNT,
    BEGIN,
    DAY,
    HOUR,
    MINUTE,
    WEEK,
    Clock,
    activity,
    attribution,
    details,
    new_state,
    states,
    statistics,
    steady,
)


def poisson(rate: float, minutes: int, seed: int) -> Iterator[int]:
    source = random.Random(seed)
    arrival = source.expovariate(rate)
    for minute in range(minutes):
        count = 0
        while arrival < minute + 1:
            count += 1
            arrival += source.expovariate(rate)
        yield count


class TestUnusual:
    """The rule's part 2, on AWS's published examples and at its edges."""

    @pytest.mark.parametrize(
        ("count", "total", "minutes", "direction"),
        [
            pytest.param(100, 20 * WEEK, WEEK, "above", id="deleteBucket 20 to 100"),
            pytest.param(0, 20 * WEEK, WEEK, "below", id="security group ingress 20 to 0"),
            pytest.param(12, 1, WEEK, "above", id="errors, under one a week to 12"),
            pytest.param(4, 18, WEEK, "above", id="PutLifecycleHook, sample of 2019"),
            pytest.param(50, 17_702, WEEK, "above", id="UpdateInstanceAssociationStatus, 2019"),
            pytest.param(5, 1, 10_181, "above", id="CompleteLifecycleAction, sample of 2024"),
        ],
    )
    def test_examples_of_the_documentation(
        self, count: int, total: int, minutes: int, direction: str
    ) -> None:
        assert unusual(count, Baseline(total, minutes)) == direction

    @pytest.mark.parametrize("count", [5, 10, 20, 30, 40])
    def test_counts_near_the_baseline_are_usual(self, count: int) -> None:
        assert unusual(count, Baseline(20 * WEEK, WEEK)) is None

    def test_three_calls_a_minute_are_too_few(self) -> None:
        assert unusual(3, Baseline(0, WEEK)) is None
        assert unusual(4, Baseline(0, WEEK)) == "above"

    def test_a_quiet_api_falling_silent_is_usual(self) -> None:
        assert unusual(0, Baseline(15 * WEEK, WEEK)) is None

    def test_a_recurring_peak_is_usual(self) -> None:
        assert unusual(100, Baseline(20 * WEEK, WEEK, recurrent_peak=100)) is None
        assert unusual(101, Baseline(20 * WEEK, WEEK, recurrent_peak=100)) == "above"

    def test_a_recurring_trough_is_usual(self) -> None:
        assert unusual(2, Baseline(50 * WEEK, WEEK, recurrent_trough=2)) is None
        assert unusual(1, Baseline(50 * WEEK, WEEK, recurrent_trough=2)) == "below"

    @given(st.integers(1, 10**7), st.integers(1, WEEK), st.integers(0, 10**5))
    def test_more_than_an_unusual_peak_is_unusual(
        self, total: int, minutes: int, count: int
    ) -> None:
        baseline = Baseline(total, minutes)
        if unusual(count, baseline) == "above":
            assert unusual(count + 1, baseline) == "above"


class TestDocumentedBursts:
    def test_deleted_buckets_from_20_to_100_a_minute(self) -> None:
        found = Clock().run([*steady(20, WEEK), *steady(100, 10), *steady(20, 10)])
        start, end = found
        assert states(found) == ["Start", "End"]
        assert statistics(start) == {
            "baseline": {"average": 20.0},
            "insight": {"average": 100.0},
            "insightDuration": 1,
            "baselineDuration": WEEK,
        }
        assert statistics(end)["insightDuration"] == 10
        assert statistics(end)["insight"] == {"average": 100.0}

    def test_security_group_changes_from_20_to_none(self) -> None:
        found = Clock().run([*steady(20, WEEK), *steady(0, 30), *steady(20, 10)])
        assert states(found) == ["Start", "End"]
        assert statistics(found[0])["insight"] == {"average": 0.0}
        assert statistics(found[1])["insightDuration"] == 30
        assert attribution(found[1], "userIdentityArn")["insight"] == []

    def test_errors_from_under_one_a_week_to_12_a_minute(self) -> None:
        denied = activity(read_only=True, error_code="AccessDenied")
        clock = Clock()
        clock.run([1, *steady(0, WEEK - 1)], denied)
        found = clock.run([*steady(12, 3), *steady(0, 10)], denied)
        assert states(found) == ["Start", "End"]
        assert {insight.insight_type for insight in found} == {ERROR_RATE}
        assert details(found[0])["errorCode"] == "AccessDenied"
        # 0.0000992063: the once-seen error over 10,080 minutes, to ten decimals.
        assert statistics(found[0])["baseline"] == {"average": 0.0000992063}


class TestUsualActivity:
    @pytest.mark.parametrize("rate", [0.01, 0.5, 5.0, 30.0])
    def test_no_insight_under_poisson_noise(self, rate: float) -> None:
        assert Clock(new_state(timedelta(hours=2))).run(poisson(rate, 3 * DAY, seed=7)) == []

    def test_no_insight_while_warming_up(self) -> None:
        assert Clock().run([*steady(0, DAY), *steady(500, 20), *steady(0, DAY // 3)]) == []

    def test_an_hourly_job_becomes_usual(self) -> None:
        job = [60, *steady(0, HOUR - 1)]
        assert Clock(new_state(timedelta(hours=4))).run(job * 48) == []

    def test_working_hours_are_usual(self) -> None:
        day = [*steady(60, 8 * HOUR), *steady(0, 16 * HOUR)]
        assert Clock(new_state(timedelta(days=2))).run(day * 5) == []

    def test_two_equal_peaks_do_not_recur_yet(self) -> None:
        clock = Clock(new_state(warm_up=70 * MINUTE))
        clock.run([0, 40, *steady(0, 63), 40, *steady(0, 9)])
        assert states(clock.run([40])) == ["Start"]

    def test_hours_known_in_part_are_not_taken_as_silent(self) -> None:
        state = InsightsState(
            ACCOUNT, "us-east-1", BEGIN + 30 * MINUTE, lambda: "id", warm_up=4 * HOUR * MINUTE
        )
        clock = Clock(state)
        clock.now += 30 * MINUTE
        paused_hour = [0, *steady(60, HOUR - 1)]
        clock.run([*steady(60, 30), *paused_hour, *paused_hour, *steady(60, 110)])
        assert states(clock.run([0])) == ["Start"]

    def test_a_new_level_ends_the_insight_and_is_the_norm(self) -> None:
        clock = Clock()
        clock.run(steady(20, 2 * DAY))
        found = clock.run(steady(200, 3 * DAY))
        assert states(found) == ["Start", "End"]
        assert statistics(found[1])["insightDuration"] == LONGEST_INSIGHT // MINUTE

    def test_a_retired_api_ends_the_insight_and_is_the_norm(self) -> None:
        clock = Clock()
        clock.run(steady(50, 2 * DAY))
        assert states(clock.run(steady(0, 9 * DAY))) == ["Start", "End"]

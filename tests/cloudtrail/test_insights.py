"""Insights over simulated minutes: what is found, what is not, and what the records say."""

from __future__ import annotations

import itertools
import json
import random
import sys
import timeit
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudtrail.insights.counts import CALL_RATE, ERROR_RATE, Activity, activity_of
from cloudtrail.insights.state import (
    LONGEST_INSIGHT,
    USUAL_MINUTES_TO_END,
    Insight,
    InsightsState,
)
from cloudtrail.insights.unusual_rates import Baseline, unusual

ACCOUNT = "111122223333"
BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = 60
DAY = 24 * HOUR
WEEK = 7 * DAY
ROLE = "arn:aws:sts::111122223333:assumed-role/Deployer"
REFERENCE = Path(__file__).parents[3] / "shared" / "reference" / "insights.jsonl"


def activity(**changes: Any) -> Activity:
    delete_bucket = Activity(
        event_source="s3.amazonaws.com",
        event_name="DeleteBucket",
        error_code=None,
        user_identity_arn=f"{ROLE}/session",
        user_agent="aws-cli/2.33.0",
        read_only=False,
        event_category="Management",
    )
    return delete_bucket._replace(**changes)


def new_state(warm_up: timedelta = timedelta(hours=36)) -> InsightsState:
    ids = (f"id-{number}" for number in itertools.count())
    return InsightsState(ACCOUNT, "us-east-1", BEGIN, lambda: next(ids), warm_up)


class Clock:
    """A state with its time: `run` lets minutes pass with so many calls in each."""

    def __init__(self, state: InsightsState | None = None) -> None:
        self.state = state or new_state()
        self.now = BEGIN
        self.insights: list[Insight] = []

    def run(self, counts: Iterable[int], *activities: Activity) -> list[Insight]:
        found = []
        kinds = itertools.cycle(activities or [activity()])
        for count in counts:
            for call in itertools.islice(kinds, count):
                self.state.add(self.now, call)
            self.now += MINUTE
            found += self.state.advance(self.now)
        self.insights += found
        return found


def steady(count: int, minutes: int) -> Sequence[int]:
    return [count] * minutes


def poisson(rate: float, minutes: int, seed: int) -> Iterator[int]:
    source = random.Random(seed)
    arrival = source.expovariate(rate)
    for minute in range(minutes):
        count = 0
        while arrival < minute + 1:
            count += 1
            arrival += source.expovariate(rate)
        yield count


def details(insight: Insight) -> dict[str, Any]:
    found: dict[str, Any] = insight.record["insightDetails"]
    return found


def statistics(insight: Insight) -> dict[str, Any]:
    found: dict[str, Any] = details(insight)["insightContext"]["statistics"]
    return found


def attribution(insight: Insight, attribute: str) -> dict[str, Any]:
    listed = details(insight)["insightContext"]["attributions"]
    (found,) = [entry for entry in listed if entry["attribute"] == attribute]
    return dict(found)


def states(insights: Iterable[Insight]) -> list[str]:
    return [details(insight)["state"] for insight in insights]


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


class TestRecords:
    def burst(self, *activities: Activity) -> list[Insight]:
        clock = Clock()
        clock.run([1, *steady(0, 2 * DAY - 1)], *activities)
        return clock.run([*steady(60, 8), *steady(0, 10)], *activities)

    def test_start_and_end_share_an_id_and_have_their_own(self) -> None:
        start, end = self.burst(activity())
        assert start.record["sharedEventID"] == end.record["sharedEventID"]
        ids = {start.record["eventID"], end.record["eventID"], start.record["sharedEventID"]}
        assert len(ids) == 3

    def test_end_is_the_duration_after_the_start(self) -> None:
        start, end = self.burst(activity())
        assert start.record["eventTime"] == "2026-03-03T00:00:00Z"
        assert end.record["eventTime"] == "2026-03-03T00:08:00Z"

    def test_usual_minutes_inside_an_insight_belong_to_it(self) -> None:
        clock = Clock()
        clock.run(steady(0, 2 * DAY))
        pause = steady(0, USUAL_MINUTES_TO_END - 1)
        _, end = clock.run([30, *pause, 30, *steady(0, 20)])
        assert statistics(end)["insightDuration"] == USUAL_MINUTES_TO_END + 1
        assert statistics(end)["insight"] == {"average": 10.0}

    def test_attributions_name_five_values_the_most_frequent_first(self) -> None:
        roles = [activity(user_identity_arn=f"{ROLE}{n}/s") for n in range(7)]
        start, _ = self.burst(*(role for n, role in enumerate(roles) for _ in range(n + 1)))
        listed = attribution(start, "userIdentityArn")["insight"]
        assert [entry["value"] for entry in listed] == [f"{ROLE}{n}" for n in (6, 5, 4, 3, 2)]
        averages = [entry["average"] for entry in listed]
        assert averages == sorted(averages, reverse=True)

    def test_sessions_of_a_role_are_one_identity(self) -> None:
        sessions = [activity(user_identity_arn=f"{ROLE}/{n}") for n in range(3)]
        start, _ = self.burst(*sessions)
        assert attribution(start, "userIdentityArn")["insight"] == [
            {"value": ROLE, "average": 60.0}
        ]

    def test_an_iam_user_keeps_its_arn(self) -> None:
        arn = "arn:aws:iam::111122223333:user/Mary"
        start, _ = self.burst(activity(user_identity_arn=arn))
        assert attribution(start, "userIdentityArn")["insight"][0]["value"] == arn

    def test_no_error_is_the_text_null(self) -> None:
        start, _ = self.burst(activity())
        assert attribution(start, "errorCode")["insight"] == [{"value": "null", "average": 60.0}]

    def test_a_service_without_arn_is_not_attributed(self) -> None:
        start, _ = self.burst(activity(user_identity_arn=None, user_agent=None))
        assert attribution(start, "userIdentityArn")["insight"] == []
        assert attribution(start, "userAgent")["insight"] == []

    def test_error_rate_has_no_error_code_attribution(self) -> None:
        start, _ = self.burst(activity(read_only=True, error_code="AccessDenied"))
        listed = details(start)["insightContext"]["attributions"]
        assert [entry["attribute"] for entry in listed] == ["userIdentityArn", "userAgent"]

    def test_baseline_of_a_single_identity_is_the_whole_baseline(self) -> None:
        start, _ = self.burst(activity())
        baseline = statistics(start)["baseline"]["average"]
        assert attribution(start, "userIdentityArn")["baseline"] == [
            {"value": ROLE, "average": baseline}
        ]

    def test_baseline_forgets_what_is_older_than_seven_days(self) -> None:
        clock = Clock()
        clock.run([*steady(30, 2 * HOUR), *([1, *steady(0, DAY - 1)] * 8)])
        start, *_ = clock.run([50])
        assert statistics(start)["baselineDuration"] == WEEK
        assert statistics(start)["baseline"] == {"average": round(7 / WEEK, 10)}

    def test_baseline_begins_with_a_whole_hour(self) -> None:
        clock = Clock()
        clock.run(steady(0, 8 * DAY + 17))
        start, *_ = clock.run([50])
        assert statistics(start)["baselineDuration"] == WEEK + 17

    def test_rare_values_beyond_the_kept_ones_do_not_hide_frequent_ones(self) -> None:
        crowd = [activity(user_agent=f"agent-{n}") for n in range(500)]
        clock = Clock()
        clock.run(steady(0, 2 * DAY))
        frequent = [activity(user_agent="frequent")] * 500
        start, *_ = clock.run([1000], *crowd, *frequent)
        clock.run(steady(1000, 3), *crowd, *frequent)
        (end,) = clock.run(steady(0, 10))
        assert attribution(start, "userAgent")["insight"][0]["value"] == "frequent"
        assert attribution(end, "userAgent")["insight"][0] == {
            "value": "frequent",
            "average": 500.0,
        }

    def test_activity_of_a_record(self) -> None:
        record = {
            "eventSource": "s3.amazonaws.com",
            "eventName": "DeleteBucket",
            "userIdentity": {"type": "AssumedRole", "arn": f"{ROLE}/session"},
            "userAgent": "aws-cli/2.33.0",
            "readOnly": False,
            "eventCategory": "Management",
        }
        assert activity_of(record) == activity()

    def test_the_category_of_the_events_stands_before_the_context(self) -> None:
        start, _end = self.burst(activity())
        assert start.record["eventVersion"] == "1.09"
        details = start.record["insightDetails"]
        assert list(details)[-2:] == ["sourceEventCategory", "insightContext"]
        assert details["sourceEventCategory"] == "Management"

    @pytest.mark.skipif(not REFERENCE.exists(), reason="needs the reference records")
    def test_shape_and_key_order_are_those_of_real_events(self) -> None:
        start, end = self.burst(activity())
        for found in (start, end):
            del found.record["insightDetails"]["sourceEventCategory"]  # younger than these
        for line in REFERENCE.read_text().splitlines():
            real = shape(json.loads(line)["record"])
            assert shape(start.record) == real
            assert shape(end.record)[1:] == real[1:]


def shape(value: Any) -> Any:
    """Key order and types of a JSON value; a list has the shape of its first element."""
    if isinstance(value, dict):
        return [(key, shape(inner)) for key, inner in value.items()]
    if isinstance(value, list):
        return [shape(value[0])]
    return type(value).__name__


minutes_of_calls = st.lists(
    st.one_of(st.just(0), st.integers(0, 6), st.integers(0, 120)), max_size=120
)


class TestPairs:
    @settings(max_examples=settings().max_examples // 2)
    @given(st.sampled_from([0, 1, 25]), minutes_of_calls)
    def test_every_start_has_exactly_one_end_with_its_id_and_baseline(
        self, level: int, counts: list[int]
    ) -> None:
        clock = Clock(new_state(timedelta(hours=1)))
        clock.run(steady(level, 2 * HOUR))
        clock.run(counts)
        clock.run(steady(level, 26 * HOUR))
        starts = [insight for insight in clock.insights if details(insight)["state"] == "Start"]
        ends = [insight for insight in clock.insights if details(insight)["state"] == "End"]
        assert states(clock.insights) == ["Start", "End"] * len(starts)
        for start, end in zip(starts, ends, strict=True):
            assert start.record["sharedEventID"] == end.record["sharedEventID"]
            assert statistics(start)["baseline"] == statistics(end)["baseline"]
            assert statistics(start)["baselineDuration"] == statistics(end)["baselineDuration"]
            assert start.record["eventTime"] < end.record["eventTime"]

    @given(minutes_of_calls)
    def test_averages_over_an_insight_add_up_to_its_calls(self, counts: list[int]) -> None:
        clock = Clock(new_state(timedelta(hours=1)))
        clock.run([*steady(0, 2 * HOUR), *counts, *steady(0, 10)])
        for end in clock.insights[1::2]:
            found = statistics(end)
            last = datetime.fromisoformat(end.record["eventTime"])
            first = last - found["insightDuration"] * MINUTE
            begin = (first - BEGIN) // MINUTE - 2 * HOUR
            calls = sum(counts[begin : begin + found["insightDuration"]])
            assert found["insight"]["average"] == round(calls / found["insightDuration"], 10)


@pytest.mark.skipif(sys.gettrace() is not None, reason="a tracer slows every line")
def test_counting_an_event_takes_under_two_microseconds() -> None:
    state = new_state()
    calls = [activity(event_name=f"Operation{number}") for number in range(300)]

    def add_all() -> None:
        for call in calls:
            state.add(BEGIN, call)

    assert min(timeit.repeat(add_all, number=10, repeat=20)) / (10 * len(calls)) < 2e-6

"""What the records of Insights say: each start has its end, its baseline and its attributions."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudtrail.insights.counts import Activity, activity_of
from cloudtrail.insights.detection import USUAL_MINUTES_TO_END, Insight
from tests.cloudtrail.insights.simulated import (
    BEGIN,
    DAY,
    HOUR,
    MINUTE,
    ROLE,
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
from tests.cloudtrail.reference import FOLDER

REFERENCE = FOLDER / "insights.jsonl"


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

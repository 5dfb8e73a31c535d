"""Insights end to end: days of baseline and a burst, in driven time."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudtrail.records.calls import Record
from local_aws import LocalAws
from tests.local_aws.delivered import (
    ACCOUNT,
    MANAGEMENT,
    TABLES,
    client,
    log_files,
    put_item,
    table,
    trail,
)
from tests.local_aws.subscribers import messages, rule

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
CALL_RATE = {"InsightType": "ApiCallRateInsight"}
ERROR_RATE = {"InsightType": "ApiErrorRateInsight"}


@pytest.fixture
def aws(patient_aws: LocalAws) -> LocalAws:
    return patient_aws


def watch(aws: LocalAws, *selectors: dict[str, Any], name: str = "audit") -> None:
    client(aws, "cloudtrail").put_insight_selectors(
        TrailName=name, InsightSelectors=list(selectors)
    )


def make_topic(aws: LocalAws) -> None:
    client(aws, "sns").create_topic(Name="again-and-again")


def look_in_vain(aws: LocalAws) -> None:
    with pytest.raises(ClientError):
        client(aws, "sns").get_topic_attributes(TopicArn=f"arn:aws:sns:us-east-1:{ACCOUNT}:nowhere")


def two_days(aws: LocalAws, call: Callable[[LocalAws], object]) -> None:
    """A call every eight hours."""
    for _ in range(6):
        call(aws)
        aws.advance(8 * HOUR)


def burst(aws: LocalAws, call: Callable[[LocalAws], object], number: int = 20) -> None:
    """Many calls within one minute, and then ten minutes without."""
    now = datetime.now(UTC)
    aws.advance(timedelta(seconds=61 - now.second))
    for _ in range(number):
        call(aws)
    aws.advance(10 * MINUTE)
    aws.deliver_now()


def insights(aws: LocalAws, bucket: str = "audit-logs") -> list[Record]:
    files = log_files(aws, bucket, "CloudTrail-Insight").values()
    return [record for file in files for record in file]


def found(aws: LocalAws, bucket: str = "audit-logs") -> list[tuple[str, str, str]]:
    """What, which type and which state of each Insights event."""
    details = [record["insightDetails"] for record in insights(aws, bucket)]
    return [(each["eventName"], each["insightType"], each["state"]) for each in details]


class TestCallRate:
    @pytest.fixture
    def aws(self, patient_aws: LocalAws) -> LocalAws:
        """A burst after two usual days."""
        trail(patient_aws, "audit")
        watch(patient_aws, CALL_RATE)
        two_days(patient_aws, make_topic)
        burst(patient_aws, make_topic)
        return patient_aws

    def test_start_and_end_are_delivered(self, aws: LocalAws) -> None:
        assert found(aws) == [
            ("CreateTopic", "ApiCallRateInsight", "Start"),
            ("CreateTopic", "ApiCallRateInsight", "End"),
        ]
        start, end = insights(aws)
        assert start["sharedEventID"] == end["sharedEventID"]
        assert start["eventID"] != end["eventID"]

    def test_baseline_and_burst_are_as_they_were(self, aws: LocalAws) -> None:
        start, end = insights(aws)
        statistics = start["insightDetails"]["insightContext"]["statistics"]
        minutes = statistics["baselineDuration"]
        assert 2 * 24 * 60 <= minutes <= 2 * 24 * 60 + 5
        assert statistics["baseline"]["average"] == pytest.approx(6 / minutes)
        assert statistics["insight"]["average"] == 20
        assert end["insightDetails"]["insightContext"]["statistics"]["insightDuration"] == 1

    def test_attributions_name_who_called(self, aws: LocalAws) -> None:
        start, _ = insights(aws)
        attributions = {
            each["attribute"]: each["insight"]
            for each in start["insightDetails"]["insightContext"]["attributions"]
        }
        assert attributions["userIdentityArn"] == [
            {"value": f"arn:aws:iam::{ACCOUNT}:root", "average": 20}
        ]
        assert attributions["errorCode"] == [{"value": "null", "average": 20}]

    def test_they_are_in_event_history_by_their_category_only(self, aws: LocalAws) -> None:
        trails = client(aws, "cloudtrail")
        listed = trails.lookup_events(EventCategory="insight")["Events"]
        assert [json.loads(each["CloudTrailEvent"]) for each in reversed(listed)] == insights(aws)
        assert list(aws.records(category="Insight")) == insights(aws)
        assert aws.records(category="Insight").calls() == ["sns:CreateTopic"] * 2
        usual = trails.lookup_events()["Events"]
        assert not {each["EventId"] for each in usual} & {each["EventId"] for each in listed}

    def test_file_lies_in_the_folder_of_its_region_and_day(self, aws: LocalAws) -> None:
        (key,) = log_files(aws, "audit-logs", "CloudTrail-Insight")
        folder, name = key.rsplit("/", 1)
        written = datetime.strptime(name.split("_")[3], "%Y%m%dT%H%M%z")
        assert folder == f"AWSLogs/{ACCOUNT}/CloudTrail-Insight/us-east-1/{written:%Y/%m/%d}"


def test_insights_reach_event_bridge_once_though_two_trails_watch(aws: LocalAws) -> None:
    url = rule(aws, "insights", {"detail-type": ["AWS Insight via CloudTrail"]})
    for name in ("audit", "audit-2"):
        trail(aws, name)
        watch(aws, CALL_RATE, name=name)
    two_days(aws, make_topic)
    burst(aws, make_topic)
    events = messages(aws, url)
    assert [each["detail"]["insightDetails"]["state"] for each in events] == ["Start", "End"]
    assert {each["source"] for each in events} == {"aws.sns"}
    assert insights(aws) == insights(aws, "audit-2-logs") == [each["detail"] for each in events]


def test_error_rate_is_of_an_error_code(aws: LocalAws) -> None:
    trail(aws, "audit")
    watch(aws, ERROR_RATE)
    two_days(aws, look_in_vain)
    burst(aws, look_in_vain)
    assert found(aws) == [
        ("GetTopicAttributes", "ApiErrorRateInsight", "Start"),
        ("GetTopicAttributes", "ApiErrorRateInsight", "End"),
    ]
    assert {each["insightDetails"]["errorCode"] for each in insights(aws)} == {"NotFoundException"}


def test_call_rate_is_not_of_calls_that_only_read(aws: LocalAws) -> None:
    trail(aws, "audit")
    watch(aws, CALL_RATE)
    two_days(aws, look_in_vain)
    burst(aws, look_in_vain)
    assert found(aws) == []


def test_none_starts_within_the_warm_up(aws: LocalAws) -> None:
    trail(aws, "audit")
    watch(aws, CALL_RATE)
    make_topic(aws)
    aws.advance(35 * HOUR)
    burst(aws, make_topic)
    assert found(aws) == []


def test_warm_up_may_be_shorter(aws_with: Callable[..., LocalAws]) -> None:
    aws = aws_with(delivery_delay=3600, insights_warm_up=HOUR)
    trail(aws, "audit")
    watch(aws, CALL_RATE)
    make_topic(aws)
    aws.advance(2 * HOUR)
    burst(aws, make_topic)
    assert [state for _, _, state in found(aws)] == ["Start", "End"]


def test_trail_without_the_selector_gets_none(aws: LocalAws) -> None:
    trail(aws, "audit")
    watch(aws, CALL_RATE)
    trail(aws, "without")
    two_days(aws, make_topic)
    burst(aws, make_topic)
    assert found(aws)
    assert found(aws, "without-logs") == []


def test_trail_gets_only_the_types_it_asked_for(aws: LocalAws) -> None:
    trail(aws, "audit")
    watch(aws, ERROR_RATE)
    two_days(aws, make_topic)
    burst(aws, make_topic)
    assert found(aws) == []


def test_insights_switched_on_again_have_their_warm_up_again(aws: LocalAws) -> None:
    trail(aws, "audit")
    watch(aws, CALL_RATE)
    two_days(aws, make_topic)
    watch(aws)
    aws.advance(MINUTE)
    watch(aws, CALL_RATE)
    burst(aws, make_topic)
    assert found(aws) == []


def test_usual_hourly_bursts_are_none(aws: LocalAws) -> None:
    trail(aws, "audit")
    watch(aws, CALL_RATE)
    make_topic(aws)
    aws.advance(30 * HOUR)
    for _ in range(4):
        burst(aws, make_topic)
        aws.advance(HOUR)
    aws.advance(2 * HOUR)
    burst(aws, make_topic)
    assert found(aws) == []


def test_data_events_have_insights_of_their_own(aws: LocalAws) -> None:
    table(aws)
    trail(aws, "audit", advanced=TABLES)
    watch(aws, {**CALL_RATE, "EventCategories": ["Data"]})
    two_days(aws, lambda aws: put_item(aws, "1"))
    burst(aws, lambda aws: put_item(aws, "2"))
    assert found(aws) == [
        ("PutItem", "ApiCallRateInsight", "Start"),
        ("PutItem", "ApiCallRateInsight", "End"),
    ]
    assert client(aws, "cloudtrail").lookup_events(EventCategory="insight")["Events"] == []
    assert aws.records(category="Insight", event_source="dynamodb").names() == ["PutItem"] * 2


def test_insights_are_of_one_region(aws: LocalAws) -> None:
    trail(aws, "audit", selectors=MANAGEMENT, IsMultiRegionTrail=True)
    watch(aws, CALL_RATE)
    there = client(aws, "sns", "eu-west-1")
    two_days(aws, make_topic)
    burst(aws, lambda _: there.create_topic(Name="there"))
    assert {each["awsRegion"] for each in insights(aws)} == {"eu-west-1"}
    (key,) = log_files(aws, "audit-logs", "CloudTrail-Insight")
    assert "/CloudTrail-Insight/eu-west-1/" in key

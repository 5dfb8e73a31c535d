"""Trails: names, prefixes, and the shapes of the API."""

from __future__ import annotations

import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cloudtrail.trails import (
    AdvancedEventSelector,
    DataResource,
    EventSelector,
    FieldSelector,
    InsightSelector,
    InvalidS3Prefix,
    InvalidSnsTopicName,
    InvalidTrailName,
    Trail,
    advanced_event_selectors_from_api,
    advanced_event_selectors_to_api,
    check_s3_key_prefix,
    check_sns_topic_name,
    check_trail_name,
    event_selectors_from_api,
    event_selectors_to_api,
    has_custom_event_selectors,
    insight_selectors_from_api,
    insight_selectors_to_api,
    trail_from_api,
    trail_to_api,
)

TRAIL = Trail("student-data-events", "us-east-1", "123456789012", "logs")

texts = st.text(string.ascii_letters + string.digits + ":/._-", min_size=1, max_size=12)
values = st.lists(texts, max_size=3).map(tuple)
basic_selectors = st.lists(
    st.builds(
        EventSelector,
        read_write_type=st.sampled_from(["All", "ReadOnly", "WriteOnly"]),
        include_management_events=st.booleans(),
        data_resources=st.lists(st.builds(DataResource, texts, values), max_size=2).map(tuple),
        exclude_management_event_sources=values,
    ),
    max_size=3,
).map(tuple)
advanced_selectors = st.lists(
    st.builds(
        AdvancedEventSelector,
        field_selectors=st.lists(
            st.builds(FieldSelector, texts, values, values, values, values, values, values),
            max_size=3,
        ).map(tuple),
        name=st.none() | texts,
    ),
    max_size=3,
).map(tuple)


@pytest.mark.parametrize(
    "name", ["abc", "student-management-events", "a.b_c-d", "1.2.3", "192.168.5.4x", "x" * 128]
)
def test_a_name_by_the_rules_is_taken(name: str) -> None:
    check_trail_name(name)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "too short. Minimum allowed length: 3 characters. Specified name length: 0"),
        ("ab", "too short. Minimum allowed length: 3 characters. Specified name length: 2"),
        ("x" * 129, "too long. Maximum allowed length: 128 characters. Specified name length: 129"),
        ("-abc", "must starts with a letter or number"),
        ("abc_", "must ends with a letter or number"),
        ("my trail", "can only contain uppercase letters"),
        ("caf\u00e9s", "can only contain uppercase letters"),
        ("abc\n", "must ends with a letter or number"),
        ("my--trail", "adjacent"),
        ("my-_trail", "adjacent"),
        ("my..trail", "adjacent"),
        ("192.168.5.4", "IP address"),
    ],
)
def test_a_name_against_the_rules_is_refused_with_the_rule(name: str, message: str) -> None:
    with pytest.raises(InvalidTrailName, match=message):
        check_trail_name(name)


def test_an_error_knows_its_code_in_the_api() -> None:
    with pytest.raises(InvalidTrailName) as refused:
        check_trail_name("ab")
    assert refused.value.code == "InvalidTrailNameException"


def test_a_prefix_has_at_most_200_characters() -> None:
    check_s3_key_prefix("p" * 200)
    with pytest.raises(InvalidS3Prefix, match="201"):
        check_s3_key_prefix("p" * 201)


def test_a_topic_name_has_at_most_256_characters() -> None:
    check_sns_topic_name("t" * 256)
    with pytest.raises(InvalidSnsTopicName, match="257"):
        check_sns_topic_name("t" * 257)


@given(basic_selectors)
def test_basic_selectors_come_back_from_the_api_shape(selectors: tuple[EventSelector, ...]) -> None:
    assert event_selectors_from_api(event_selectors_to_api(selectors)) == selectors


@given(advanced_selectors)
def test_advanced_selectors_come_back_from_the_api_shape(
    selectors: tuple[AdvancedEventSelector, ...],
) -> None:
    assert advanced_event_selectors_from_api(advanced_event_selectors_to_api(selectors)) == (
        selectors
    )


def test_a_basic_selector_has_the_defaults_of_the_api() -> None:
    assert event_selectors_to_api(event_selectors_from_api([{}])) == [
        {
            "ReadWriteType": "All",
            "IncludeManagementEvents": True,
            "DataResources": [],
            "ExcludeManagementEventSources": [],
        }
    ]


def test_an_advanced_selector_shows_only_the_operators_it_uses() -> None:
    selector = AdvancedEventSelector((FieldSelector("readOnly", equals=("true",)),), "reads")
    assert advanced_event_selectors_to_api([selector]) == [
        {"Name": "reads", "FieldSelectors": [{"Field": "readOnly", "Equals": ["true"]}]}
    ]


def test_insight_selectors_are_for_management_events_unless_told() -> None:
    selectors = insight_selectors_from_api([{"InsightType": "ApiCallRateInsight"}])
    assert selectors == (InsightSelector("ApiCallRateInsight", ("Management",)),)
    assert insight_selectors_to_api(selectors) == [{"InsightType": "ApiCallRateInsight"}]


def answers(trail: Trail) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    return (
        trail_to_api(trail),
        {
            "EventSelectors": event_selectors_to_api(trail.event_selectors),
            "AdvancedEventSelectors": advanced_event_selectors_to_api(
                trail.advanced_event_selectors
            ),
        },
        {"InsightSelectors": insight_selectors_to_api(trail.insight_selectors)},
    )


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"is_multi_region": True, "prefix": "lab", "log_file_validation": True},
        {"sns_topic_name": "t", "sns_topic_arn": "arn:aws:sns:us-east-1:123456789012:t"},
        {"log_group_arn": "arn:g", "log_role_arn": "arn:r", "kms_key_id": "arn:k"},
        {"is_organization_trail": True, "include_global_service_events": False},
        {"insight_selectors": (InsightSelector("ApiErrorRateInsight", ("Data",)),)},
        {
            "event_selectors": (),
            "advanced_event_selectors": (
                AdvancedEventSelector((FieldSelector("eventCategory", equals=("Data",)),), "all"),
            ),
        },
    ],
)
def test_a_trail_comes_back_from_the_answers_of_the_api(changes: dict[str, Any]) -> None:
    trail = replace(TRAIL, **changes)
    assert trail_from_api(*answers(trail)) == trail


def test_a_trail_without_insights_needs_no_third_answer() -> None:
    description, selectors, _ = answers(TRAIL)
    assert trail_from_api(description, selectors) == TRAIL


def test_a_description_leaves_out_what_a_trail_does_not_have() -> None:
    assert not {"S3KeyPrefix", "KmsKeyId", "SnsTopicARN"} & trail_to_api(TRAIL).keys()


@pytest.mark.parametrize(
    ("changes", "custom"),
    [
        ({}, False),
        ({"event_selectors": (EventSelector("ReadOnly"),)}, True),
        (
            {
                "event_selectors": (),
                "advanced_event_selectors": (
                    AdvancedEventSelector(
                        (FieldSelector("eventCategory", equals=("Management",)),)
                    ),
                ),
            },
            True,
        ),
    ],
)
def test_custom_selectors_are_those_a_trail_does_not_start_with(
    changes: dict[str, Any], custom: bool
) -> None:
    trail = replace(TRAIL, **changes)
    assert has_custom_event_selectors(trail) is custom
    assert trail_to_api(trail)["HasCustomEventSelectors"] is custom

"""Which events advanced event selectors choose, by their fields."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from cloudtrail.selectors.matching import recorded_by
from cloudtrail.selectors.rules import parse_advanced_event_selectors
from cloudtrail.trails import AdvancedEventSelector, EventSelector, FieldSelector
from tests.cloudtrail.selectors.made_up import (
    DATA,
    DATA_TRAIL,
    GET_RECORDS,
    MANAGEMENT,
    OBJECT,
    ON_TABLES,
    PUT_ITEM,
    TABLE,
    TABLES,
    advanced,
    data_event,
    names_recorded_by,
    resource,
)


@pytest.mark.parametrize(
    ("selector", "recorded"),
    [
        (FieldSelector("readOnly", equals=("true",)), {"GetItem", "GetRecords"}),
        (FieldSelector("eventName", equals=("PutItem", "GetItem")), {"PutItem", "GetItem"}),
        (FieldSelector("eventName", starts_with=("Get",)), {"GetItem", "GetRecords"}),
        (
            FieldSelector("eventName", starts_with=("Get",), not_ends_with=("Records",)),
            {"GetItem"},
        ),
        (
            FieldSelector("eventName", equals=("PutItem",), ends_with=("Records",)),
            {"PutItem", "GetRecords"},
        ),
        (
            FieldSelector("eventName", not_equals=("PutItem",), not_starts_with=("GetR",)),
            {"GetItem"},
        ),
        (FieldSelector("resources.ARN", not_equals=(TABLE,)), set()),
        (
            FieldSelector("resources.ARN", ends_with=("Users",)),
            {"PutItem", "GetItem", "GetRecords"},
        ),
        (FieldSelector("resources.ARN", starts_with=(f"{TABLE}/stream",)), set()),
    ],
)
def test_a_field_selector_narrows_the_items_events(
    selector: FieldSelector, recorded: set[str]
) -> None:
    assert names_recorded_by(advanced(DATA, ON_TABLES, selector)) == recorded


def test_a_stream_event_is_found_under_either_of_its_resources() -> None:
    streams = FieldSelector("resources.type", equals=("AWS::DynamoDB::Stream",))
    assert names_recorded_by(advanced(DATA, streams)) == {"GetRecords"}
    assert recorded_by(DATA_TRAIL, GET_RECORDS).recorded


def test_a_list_of_objects_is_found_by_its_arn_prefix() -> None:
    objects = FieldSelector("resources.type", equals=(OBJECT,))
    bucket = FieldSelector("resources.ARN", starts_with=("arn:aws:s3:::photos/",))
    assert names_recorded_by(advanced(DATA, objects, bucket)) == {"PutObject", "ListObjects"}


@pytest.mark.parametrize(
    ("selector", "recorded"),
    [
        (FieldSelector("userIdentity.arn", starts_with=("arn:aws:iam::",)), True),
        (FieldSelector("userIdentity.arn", ends_with=("/bob",)), False),
        (FieldSelector("sessionCredentialFromConsole", equals=("true",)), True),
        (FieldSelector("sessionCredentialFromConsole", not_equals=("true",)), False),
        (FieldSelector("eventType", not_equals=("AwsServiceEvent",)), True),
    ],
)
def test_a_data_event_is_filtered_by_who_made_it_and_how(
    selector: FieldSelector, recorded: bool
) -> None:
    event = PUT_ITEM | {
        "userIdentity": {"arn": "arn:aws:iam::123456789012:user/alice"},
        "sessionCredentialFromConsole": "true",
        "eventType": "AwsApiCall",
    }
    assert recorded_by(advanced(DATA, ON_TABLES, selector), event).recorded is recorded


def test_a_call_outside_the_console_is_not_from_the_console() -> None:
    not_console = FieldSelector("sessionCredentialFromConsole", not_equals=("true",))
    assert recorded_by(advanced(DATA, ON_TABLES, not_console), PUT_ITEM).recorded


def test_network_activity_is_chosen_by_source_and_error() -> None:
    trail = advanced(
        FieldSelector("eventCategory", equals=("NetworkActivity",)),
        FieldSelector("eventSource", equals=("kms.amazonaws.com",)),
        FieldSelector("errorCode", equals=("VpceAccessDenied",)),
    )
    assert names_recorded_by(trail) == {"DescribeKey"}


def test_the_selector_that_came_nearest_is_named() -> None:
    trail = replace(
        DATA_TRAIL,
        advanced_event_selectors=(
            AdvancedEventSelector((MANAGEMENT,), "management"),
            AdvancedEventSelector(
                (DATA, ON_TABLES, FieldSelector("resources.ARN", ends_with=("/Orders",))), "orders"
            ),
        ),
    )
    assert recorded_by(trail, PUT_ITEM).reason == (
        'not recorded: the selector "orders" wants resources.ARN ending with /Orders, '
        f"and PutItem has resources.ARN {TABLE}"
    )


def test_advanced_selectors_replace_basic_ones() -> None:
    both = replace(DATA_TRAIL, event_selectors=(EventSelector(),))
    assert names_recorded_by(both) == names_recorded_by(DATA_TRAIL)


def test_the_selectors_of_the_user_guide_choose_the_table_they_name() -> None:
    parsed = parse_advanced_event_selectors(
        [
            {
                "Name": "ddb",
                "FieldSelectors": [
                    {"Field": "eventCategory", "Equals": ["Data"]},
                    {"Field": "resources.type", "Equals": [TABLES]},
                    {"Field": "resources.ARN", "Equals": [TABLE]},
                ],
            }
        ]
    )
    trail = replace(DATA_TRAIL, advanced_event_selectors=parsed)
    other = data_event("PutItem", resource(TABLES, TABLE + "2"))
    assert recorded_by(trail, PUT_ITEM).recorded
    assert not recorded_by(trail, other).recorded

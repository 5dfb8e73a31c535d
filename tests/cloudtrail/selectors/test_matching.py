"""Which events a trail records, and why."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cloudtrail.old_records import event_category
from cloudtrail.records.calls import Record
from cloudtrail.selectors.matching import compile_selectors, is_global_service_event, recorded_by
from cloudtrail.trails import (
    AdvancedEventSelector,
    DataResource,
    EventSelector,
    FieldSelector,
    Trail,
)
from tests.cloudtrail.reference import FOLDER
from tests.cloudtrail.selectors.made_up import (
    ACCOUNT,
    CREATE_TABLE,
    CREATE_USER,
    DATA,
    DATA_TRAIL,
    EVENTS,
    FUNCTION,
    GET_ITEM,
    INSIGHT,
    LAMBDA,
    MANAGEMENT,
    MANAGEMENT_TRAIL,
    OBJECT,
    PUT_ITEM,
    TABLE,
    TABLES,
    advanced,
    basic,
    names_recorded_by,
    record,
)


def test_the_management_trail_records_management_events_only() -> None:
    assert names_recorded_by(MANAGEMENT_TRAIL) == {
        "CreateTable", "ListTables", "Decrypt", "CreateUser",
    }  # fmt: skip


def test_the_data_trail_records_item_operations_only() -> None:
    assert names_recorded_by(DATA_TRAIL) == {"PutItem", "GetItem", "GetRecords"}


def test_a_refusal_names_the_selector_the_field_and_the_fact() -> None:
    assert recorded_by(DATA_TRAIL, CREATE_TABLE).reason == (
        'not recorded: the selector "Log all events" wants eventCategory Data, '
        "and CreateTable is a management event"
    )


def test_an_acceptance_names_the_selector_and_what_it_wants() -> None:
    assert recorded_by(DATA_TRAIL, PUT_ITEM).reason == (
        'recorded: the selector "Log all events" wants eventCategory Data, '
        "wants resources.type AWS::DynamoDB::Table, and PutItem matches"
    )


def test_an_insight_event_is_explained() -> None:
    assert "only Insights selectors can choose" in recorded_by(MANAGEMENT_TRAIL, INSIGHT).reason


def test_another_accounts_event_is_not_recorded() -> None:
    verdict = recorded_by(
        MANAGEMENT_TRAIL, record("CreateTable", recipientAccountId="999999999999")
    )
    assert not verdict.recorded
    assert verdict.reason.endswith("CreateTable belongs to account 999999999999")


def test_an_organization_trail_records_its_members_events() -> None:
    trail = replace(MANAGEMENT_TRAIL, is_organization_trail=True, organization_id="o-0123456789")
    assert recorded_by(trail, record("CreateTable", recipientAccountId="999999999999")).recorded


def test_a_single_region_trail_records_its_region_only() -> None:
    trail = replace(MANAGEMENT_TRAIL, is_multi_region=False)
    assert recorded_by(trail, CREATE_TABLE).recorded
    verdict = recorded_by(trail, record("CreateTable", awsRegion="eu-west-1"))
    assert verdict.reason == (
        'not recorded: the trail "student-management-events" is a single-Region trail of '
        "us-east-1, and CreateTable happened in eu-west-1"
    )


def test_a_single_region_trail_elsewhere_gets_no_global_service_events() -> None:
    trail = replace(MANAGEMENT_TRAIL, is_multi_region=False, home_region="eu-west-1")
    verdict = recorded_by(trail, CREATE_USER)
    assert not verdict.recorded
    assert "a global service event of iam.amazonaws.com, which is recorded in us-east-1" in (
        verdict.reason
    )


def test_a_trail_without_global_service_events_leaves_them_out() -> None:
    trail = replace(MANAGEMENT_TRAIL, is_multi_region=False, include_global_service_events=False)
    assert recorded_by(trail, CREATE_TABLE).recorded
    assert "leaves out global service events" in recorded_by(trail, CREATE_USER).reason


@pytest.mark.parametrize(
    ("source", "region", "host", "is_global"),
    [
        ("iam", "us-east-1", "iam.amazonaws.com", True),
        ("cloudfront", "us-east-1", None, True),
        ("sts", "us-east-1", "sts.amazonaws.com", True),
        ("sts", "us-east-1", None, True),
        ("sts", "us-east-1", "sts.us-east-1.amazonaws.com", False),
        ("sts", "eu-west-1", "sts.eu-west-1.amazonaws.com", False),
        ("organizations", "us-east-1", None, False),
    ],
)
def test_global_services_are_iam_cloudfront_and_the_global_endpoint_of_sts(
    source: str, region: str, host: str | None, is_global: bool
) -> None:
    tls = {"tlsDetails": {"clientProvidedHostHeader": host}} if host else {}
    assert is_global_service_event(record("X", source, awsRegion=region, **tls)) is is_global


@pytest.mark.parametrize(
    ("selector", "recorded"),
    [
        (EventSelector("ReadOnly"), {"ListTables", "Decrypt"}),
        (EventSelector("WriteOnly"), {"CreateTable", "CreateUser"}),
        (
            EventSelector(exclude_management_event_sources=("kms.amazonaws.com",)),
            {"CreateTable", "ListTables", "CreateUser"},
        ),
        (EventSelector(include_management_events=False), set()),
    ],
)
def test_a_basic_selector_chooses_management_events(
    selector: EventSelector, recorded: set[str]
) -> None:
    assert names_recorded_by(basic(selector)) == recorded


@pytest.mark.parametrize(
    ("kind", "value", "recorded"),
    [
        (OBJECT, "arn:aws:s3", {"PutObject", "ListObjects"}),
        (OBJECT, "arn:aws:s3:::", {"PutObject", "ListObjects"}),
        (OBJECT, "arn:aws:s3:::photos/", {"PutObject", "ListObjects"}),
        (OBJECT, "arn:aws:s3:::photos/2026", {"PutObject"}),
        (OBJECT, "arn:aws:s3:::photo/", set()),
        (LAMBDA, "arn:aws:lambda", {"Invoke"}),
        (LAMBDA, FUNCTION, {"Invoke"}),
        (LAMBDA, FUNCTION[:-1], set()),
        (TABLES, "arn:aws:dynamodb", {"PutItem", "GetItem", "GetRecords"}),
        (TABLES, TABLE, {"PutItem", "GetItem", "GetRecords"}),
        (TABLES, TABLE + "2", set()),
        (TABLES, TABLE[:-1], set()),
    ],
)
def test_a_data_resource_is_all_or_a_prefix_or_an_exact_arn(
    kind: str, value: str, recorded: set[str]
) -> None:
    selector = EventSelector(
        include_management_events=False, data_resources=(DataResource(kind, (value,)),)
    )
    assert names_recorded_by(basic(selector)) == recorded


def test_a_data_resource_without_values_chooses_nothing() -> None:
    selector = EventSelector(
        include_management_events=False, data_resources=(DataResource(TABLES, ()),)
    )
    assert names_recorded_by(basic(selector)) == set()


def test_read_write_type_filters_data_events_too() -> None:
    selector = EventSelector(
        "WriteOnly", data_resources=(DataResource(TABLES, ("arn:aws:dynamodb",)),)
    )
    assert names_recorded_by(basic(selector)) == {"CreateTable", "CreateUser", "PutItem"}
    assert recorded_by(basic(selector), GET_ITEM).reason == (
        "not recorded: event selector 1 has ReadWriteType WriteOnly, "
        "and GetItem is a read-only event"
    )


def test_a_trail_that_selects_nothing_says_so() -> None:
    trail = basic(EventSelector(include_management_events=False))
    assert recorded_by(trail, CREATE_TABLE).reason == (
        'not recorded: the trail "student-management-events" has no selector that chooses any event'
    )


basic_selectors = st.builds(
    EventSelector,
    read_write_type=st.sampled_from(["All", "ReadOnly", "WriteOnly"]),
    include_management_events=st.booleans(),
    data_resources=st.lists(
        st.sampled_from(
            [
                DataResource(OBJECT, ("arn:aws:s3",)),
                DataResource(OBJECT, ("arn:aws:s3:::photos/2026", "arn:aws:s3:::other/")),
                DataResource(LAMBDA, (FUNCTION,)),
                DataResource(TABLES, ("arn:aws:dynamodb",)),
                DataResource(TABLES, (TABLE,)),
            ]
        ),
        max_size=2,
    ).map(tuple),
    exclude_management_event_sources=st.sampled_from([(), ("kms.amazonaws.com",)]),
)
FIELD_VALUES = {
    "eventName": ["PutItem", "GetItem", "Get", "Item", "P"],
    "eventSource": ["dynamodb.amazonaws.com", "s3", ".amazonaws.com"],
    "resources.ARN": [TABLE, "arn:aws:s3:::photos/", "Users", "arn:aws:dynamodb"],
    "eventType": ["AwsApiCall"],
    "errorCode": ["VpceAccessDenied"],
}
OPERATORS = (
    "equals", "starts_with", "ends_with", "not_equals", "not_starts_with", "not_ends_with",
)  # fmt: skip


@st.composite
def field_selectors(draw: st.DrawFn) -> FieldSelector:
    field = draw(st.sampled_from(sorted(FIELD_VALUES)))
    used = draw(st.lists(st.sampled_from(OPERATORS), min_size=1, max_size=3, unique=True))
    values = st.lists(st.sampled_from(FIELD_VALUES[field]), min_size=1, max_size=2)
    return FieldSelector(field, **{operator: tuple(draw(values)) for operator in used})


advanced_selectors = st.builds(
    AdvancedEventSelector,
    st.tuples(st.sampled_from([DATA, MANAGEMENT]), field_selectors()),
    name=st.none() | st.just("s"),
)
events = st.sampled_from(EVENTS)


@given(st.lists(basic_selectors, max_size=4), events)
def test_a_trail_records_what_any_of_its_basic_selectors_chooses(
    selectors: list[EventSelector], event: Record
) -> None:
    together = recorded_by(basic(*selectors), event).recorded
    assert together == any(recorded_by(basic(one), event).recorded for one in selectors)


@given(st.lists(advanced_selectors, min_size=1, max_size=4), events)
def test_a_trail_records_what_any_of_its_advanced_selectors_chooses(
    selectors: list[AdvancedEventSelector], event: Record
) -> None:
    trail = replace(advanced(), advanced_event_selectors=tuple(selectors))
    singly = [replace(trail, advanced_event_selectors=(one,)) for one in selectors]
    assert recorded_by(trail, event).recorded == any(
        recorded_by(one, event).recorded for one in singly
    )


@given(st.lists(field_selectors(), min_size=1, max_size=3), events)
def test_a_selector_chooses_what_all_its_fields_choose(
    fields: list[FieldSelector], event: Record
) -> None:
    together = recorded_by(advanced(*fields), event).recorded
    assert together == all(recorded_by(advanced(one), event).recorded for one in fields)


@pytest.mark.parametrize("operator", ["equals", "starts_with", "ends_with"])
@given(st.data(), events)
def test_a_not_operator_is_the_complement(
    operator: str, data: st.DataObject, event: Record
) -> None:
    field = data.draw(st.sampled_from(sorted(FIELD_VALUES)))
    values = tuple(data.draw(st.lists(st.sampled_from(FIELD_VALUES[field]), min_size=1)))
    chosen = recorded_by(advanced(FieldSelector(field, **{operator: values})), event)
    unless = recorded_by(advanced(FieldSelector(field, **{f"not_{operator}": values})), event)
    assert chosen.recorded != unless.recorded


trails = st.lists(basic_selectors, max_size=3).map(lambda some: basic(*some)) | st.lists(
    advanced_selectors, min_size=1, max_size=3
).map(lambda some: replace(advanced(), advanced_event_selectors=tuple(some)))


@given(
    trails,
    events,
    st.fixed_dictionaries(
        {
            "home_region": st.sampled_from(["us-east-1", "eu-west-1"]),
            "account_id": st.sampled_from([ACCOUNT, "999999999999"]),
            "is_multi_region": st.booleans(),
            "include_global_service_events": st.booleans(),
            "is_organization_trail": st.booleans(),
        }
    ),
)
def test_the_quick_answer_is_the_verdict(
    trail: Trail, event: Record, settings: dict[str, Any]
) -> None:
    changed = replace(trail, **settings)
    assert compile_selectors(changed)(event) == recorded_by(changed, event).recorded


def test_the_account_of_an_old_record_is_the_callers() -> None:
    old = {"eventName": "CreateTable", "userIdentity": {"accountId": ACCOUNT}}
    assert recorded_by(MANAGEMENT_TRAIL, old).recorded


def real_records() -> list[Record]:
    texts = [path.read_text() for path in sorted(FOLDER.glob("*.jsonl"))]
    records: list[Record] = [
        json.loads(line)["record"] for text in texts for line in text.splitlines()
    ]
    return [record for record in records if "eventVersion" in record]


@pytest.mark.skipif(not FOLDER.is_dir(), reason="the real records are not beside the checkout")
def test_every_real_record_is_a_management_data_or_insight_event() -> None:
    organization = replace(MANAGEMENT_TRAIL, is_organization_trail=True)
    everything = replace(
        advanced(),
        is_organization_trail=True,
        advanced_event_selectors=(AdvancedEventSelector((DATA,)),),
    )
    for event in real_records():
        verdicts = recorded_by(organization, event), recorded_by(everything, event)
        expected = {"Management": (True, False), "Data": (False, True), "Insight": (False, False)}
        assert tuple(verdict.recorded for verdict in verdicts) == expected[event_category(event)]

"""Which events a trail records, and why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cloudtrail.old_records import event_category
from cloudtrail.records.calls import Record
from cloudtrail.selectors.insight_rules import InvalidInsightSelectors, parse_insight_selectors
from cloudtrail.selectors.matching import (
    compile_selectors,
    is_global_service_event,
    recorded_by,
)
from cloudtrail.selectors.rules import parse_advanced_event_selectors
from cloudtrail.trails import (
    AdvancedEventSelector,
    DataResource,
    EventSelector,
    FieldSelector,
    InsightSelector,
    Trail,
)

ACCOUNT = "123456789012"
TABLE = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/Users"
FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:hello"
MANAGEMENT = FieldSelector("eventCategory", equals=("Management",))
DATA = FieldSelector("eventCategory", equals=("Data",))
ON_TABLES = FieldSelector("resources.type", equals=("AWS::DynamoDB::Table",))

MANAGEMENT_TRAIL = Trail(
    "student-management-events", "us-east-1", ACCOUNT, "logs", is_multi_region=True
)


def basic(*selectors: EventSelector) -> Trail:
    return replace(MANAGEMENT_TRAIL, event_selectors=selectors)


def advanced(*fields: FieldSelector, name: str | None = None) -> Trail:
    selector = AdvancedEventSelector(fields, name)
    return replace(MANAGEMENT_TRAIL, event_selectors=(), advanced_event_selectors=(selector,))


DATA_TRAIL = advanced(DATA, ON_TABLES, name="Log all events")


def resource(kind: str, arn: str) -> dict[str, str]:
    return {"accountId": ACCOUNT, "type": kind, "ARN": arn}


def record(name: str, source: str = "dynamodb", **fields: Any) -> Record:
    """A management event that writes, unless `fields` say otherwise."""
    return {
        "eventVersion": "1.11",
        "eventSource": f"{source}.amazonaws.com",
        "eventName": name,
        "awsRegion": "us-east-1",
        "readOnly": False,
        "managementEvent": True,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
    } | fields


def data_event(name: str, *resources: dict[str, str], **fields: Any) -> Record:
    data = {"eventCategory": "Data", "managementEvent": False, "resources": list(resources)}
    return record(name) | data | fields


CREATE_TABLE = record("CreateTable", resources=[resource("AWS::DynamoDB::Table", TABLE)])
LIST_TABLES = record("ListTables", readOnly=True)
PUT_ITEM = data_event("PutItem", resource("AWS::DynamoDB::Table", TABLE))
GET_ITEM = data_event("GetItem", resource("AWS::DynamoDB::Table", TABLE), readOnly=True)
GET_RECORDS = data_event(
    "GetRecords",
    resource("AWS::DynamoDB::Stream", f"{TABLE}/stream/2026-01-01T00:00:00.000"),
    resource("AWS::DynamoDB::Table", TABLE),
    readOnly=True,
)
PUT_OBJECT = data_event(
    "PutObject",
    {"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::photos/2026/a.jpg"},
    resource("AWS::S3::Bucket", "arn:aws:s3:::photos"),
    eventSource="s3.amazonaws.com",
)
LIST_OBJECTS = data_event(
    "ListObjects",
    {"type": "AWS::S3::Object", "ARNPrefix": "arn:aws:s3:::photos/"},
    resource("AWS::S3::Bucket", "arn:aws:s3:::photos"),
    eventSource="s3.amazonaws.com",
    readOnly=True,
)
INVOKE = data_event(
    "Invoke", resource("AWS::Lambda::Function", FUNCTION), eventSource="lambda.amazonaws.com"
)
DECRYPT = record("Decrypt", "kms", readOnly=True)
CREATE_USER = record("CreateUser", "iam")
INSIGHT: Record = {
    "eventVersion": "1.08",
    "awsRegion": "us-east-1",
    "eventType": "AwsCloudTrailInsight",
    "recipientAccountId": ACCOUNT,
    "insightDetails": {"state": "Start", "eventName": "CreateTable"},
    "eventCategory": "Insight",
}
NETWORK = record(
    "DescribeKey", "kms", eventCategory="NetworkActivity", errorCode="VpceAccessDenied"
)
EVENTS = [
    CREATE_TABLE, LIST_TABLES, PUT_ITEM, GET_ITEM, GET_RECORDS, PUT_OBJECT, LIST_OBJECTS, INVOKE,
    DECRYPT, CREATE_USER, INSIGHT, NETWORK,
]  # fmt: skip


def names_recorded_by(trail: Trail) -> set[str]:
    return {
        event.get("eventName", "Insight") for event in EVENTS if recorded_by(trail, event).recorded
    }


# The lab's trails.


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


# Where a trail looks.


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


# Basic selectors.


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


OBJECT, LAMBDA, TABLES = "AWS::S3::Object", "AWS::Lambda::Function", "AWS::DynamoDB::Table"


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


# Advanced selectors.


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


# Records of every age.


def test_the_account_of_an_old_record_is_the_callers() -> None:
    old = {"eventName": "CreateTable", "userIdentity": {"accountId": ACCOUNT}}
    assert recorded_by(MANAGEMENT_TRAIL, old).recorded


REFERENCE = Path(__file__).parents[3] / "shared" / "reference"


def real_records() -> list[Record]:
    texts = [path.read_text() for path in sorted(REFERENCE.glob("*.jsonl"))]
    records: list[Record] = [
        json.loads(line)["record"] for text in texts for line in text.splitlines()
    ]
    return [record for record in records if "eventVersion" in record]


@pytest.mark.skipif(not REFERENCE.is_dir(), reason="the real records are not beside the checkout")
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


# Insights selectors.


def insights(kind: str, *categories: str) -> list[dict[str, Any]]:
    return [{"InsightType": kind} | ({"EventCategories": list(categories)} if categories else {})]


def test_insights_selectors_are_for_management_events_by_default() -> None:
    assert parse_insight_selectors(insights("ApiCallRateInsight"), MANAGEMENT_TRAIL) == (
        InsightSelector("ApiCallRateInsight", ("Management",)),
    )


def test_no_insights_selectors_turn_insights_off() -> None:
    assert parse_insight_selectors([], DATA_TRAIL) == ()


@pytest.mark.parametrize(
    ("trail", "kind", "category"),
    [
        (basic(EventSelector("WriteOnly")), "ApiCallRateInsight", "Management"),
        (basic(EventSelector("ReadOnly")), "ApiErrorRateInsight", "Management"),
        (DATA_TRAIL, "ApiCallRateInsight", "Data"),
        (advanced(DATA, ON_TABLES, FieldSelector("readOnly", equals=("true",))),
         "ApiCallRateInsight", "Data"),
    ],
)  # fmt: skip
def test_insights_are_for_trails_that_log_what_they_count(
    trail: Trail, kind: str, category: str
) -> None:
    assert parse_insight_selectors(insights(kind, category), trail)


@pytest.mark.parametrize(
    ("trail", "selectors", "message"),
    [
        (MANAGEMENT_TRAIL, insights("ApiRateInsight"), "malformed: Invalid enum value"),
        (MANAGEMENT_TRAIL, insights("ApiCallRateInsight", "Insight"), "malformed: Invalid enum"),
        (MANAGEMENT_TRAIL, [{}], "malformed: Object missing required field `InsightType`"),
        (MANAGEMENT_TRAIL, insights("ApiCallRateInsight") * 2, "can be given only once"),
        (MANAGEMENT_TRAIL, insights("ApiErrorRateInsight", "Data"), "logs data events"),
        (DATA_TRAIL, insights("ApiErrorRateInsight"), "logs management events"),
        (
            basic(EventSelector("ReadOnly")),
            insights("ApiCallRateInsight"),
            "ApiCallRateInsight needs a trail that logs write management events",
        ),
    ],
)
def test_insights_selectors_that_cannot_work_are_refused(
    trail: Trail, selectors: list[dict[str, Any]], message: str
) -> None:
    with pytest.raises(InvalidInsightSelectors, match=message):
        parse_insight_selectors(selectors, trail)


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

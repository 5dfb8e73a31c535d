"""Event selectors that PutEventSelectors takes, and those it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from cloudtrail.selectors.rules import (
    InvalidEventSelectors,
    parse_advanced_event_selectors,
    parse_event_selectors,
    parse_selectors,
)
from cloudtrail.trails import (
    AdvancedEventSelector,
    DataResource,
    EventSelector,
    FieldSelector,
)

Api = dict[str, Any]
TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/Users"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:hello"
DATA = {"Field": "eventCategory", "Equals": ["Data"]}
MANAGEMENT = {"Field": "eventCategory", "Equals": ["Management"]}
NETWORK = {"Field": "eventCategory", "Equals": ["NetworkActivity"]}
ON_TABLES = {"Field": "resources.type", "Equals": ["AWS::DynamoDB::Table"]}
ON_OBJECTS = {"Field": "resources.type", "Equals": ["AWS::S3::Object"]}
KMS = {"Field": "eventSource", "Equals": ["kms.amazonaws.com"]}


def data_resource(kind: str, *values: str) -> Api:
    return {"DataResources": [{"Type": kind, "Values": list(values)}]}


def refused(selectors: Any) -> str:
    with pytest.raises(InvalidEventSelectors) as error:
        parse_event_selectors(selectors)
    assert error.value.code == "InvalidEventSelectorsException"
    return str(error.value)


def refused_advanced(*fields: Api, **members: Any) -> str:
    with pytest.raises(InvalidEventSelectors) as error:
        parse_advanced_event_selectors([{"FieldSelectors": list(fields)} | members])
    return str(error.value)


# Basic selectors.


def test_a_basic_selector_is_parsed() -> None:
    selector = {
        "ReadWriteType": "WriteOnly",
        "IncludeManagementEvents": True,
        "DataResources": [{"Type": "AWS::DynamoDB::Table", "Values": [TABLE]}],
        "ExcludeManagementEventSources": ["kms.amazonaws.com", "rdsdata.amazonaws.com"],
    }
    assert parse_event_selectors([selector, {}]) == (
        EventSelector(
            "WriteOnly",
            True,
            (DataResource("AWS::DynamoDB::Table", (TABLE,)),),
            ("kms.amazonaws.com", "rdsdata.amazonaws.com"),
        ),
        EventSelector(),
    )


def test_a_trail_has_one_to_five_basic_selectors() -> None:
    message = "Specify a valid number of selectors (1 to 5) for your trail."
    assert refused([]) == message
    assert refused([{}] * 6) == message
    assert len(parse_event_selectors([{}] * 5)) == 5


@pytest.mark.parametrize("value", ["read-only", "readonly", "None", ""])
def test_read_write_type_is_all_read_only_or_write_only(value: str) -> None:
    assert refused([{"ReadWriteType": value}]).startswith(
        f"Value {value} for ReadWriteType is invalid."
    )


def test_only_kms_and_the_rds_data_api_can_be_excluded() -> None:
    selector = {"ExcludeManagementEventSources": ["kms.amazonaws.com", "iam.amazonaws.com"]}
    assert "Value iam.amazonaws.com for ExcludeManagementEventSources is invalid" in (
        refused([selector])
    )


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("AWS::S3::Object", "arn:aws:s3"),
        ("AWS::S3::Object", "arn:aws:s3:::"),
        ("AWS::S3::Object", "arn:aws:s3:::photos/"),
        ("AWS::S3::Object", "arn:aws:s3:::photos/2026/*"),
        ("AWS::S3::Object", "arn:aws-cn:s3:::photos/"),
        ("AWS::Lambda::Function", "arn:aws:lambda"),
        ("AWS::Lambda::Function", FUNCTION),
        ("AWS::DynamoDB::Table", "arn:aws:dynamodb"),
        ("AWS::DynamoDB::Table", TABLE),
    ],
)
def test_a_data_resource_is_all_of_a_service_or_an_arn(kind: str, value: str) -> None:
    (selector,) = parse_event_selectors([data_resource(kind, value)])
    assert selector.data_resources == (DataResource(kind, (value,)),)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("AWS::S3::Object", "arn:aws:s3:::*"),
        ("AWS::S3::Object", "arn:aws:s3:::*/*"),
        ("AWS::S3::Object", "arn:aws:s3:::photos"),
        ("AWS::S3::Object", "photos/"),
        ("AWS::S3::Object", ""),
        ("AWS::S3::Object", "arn:aws:lambda"),
        ("AWS::Lambda::Function", "arn:aws:lambda:*"),
        ("AWS::Lambda::Function", "hello"),
        ("AWS::DynamoDB::Table", "arn:aws:dynamodb:::table/Users"),
        ("AWS::DynamoDB::Table", TABLE + "/*"),
        ("AWS::DynamoDB::Table", TABLE + "/stream/2026"),
        ("AWS::DynamoDB::Table", "Users"),
    ],
)
def test_any_other_data_resource_is_refused_in_awss_words(kind: str, value: str) -> None:
    assert refused([data_resource(kind, value)]) == (
        f"Value {value} for DataResources.Values is invalid."
    )


def test_basic_selectors_know_three_types_of_data_resource() -> None:
    assert refused([data_resource("AWS::SNS::Topic", "arn:aws:sns")]).startswith(
        "Value AWS::SNS::Topic for DataResources.Type is invalid."
    )


def test_a_data_resource_may_have_no_values() -> None:
    selector = data_resource("AWS::S3::Object") | {"IncludeManagementEvents": False}
    assert parse_event_selectors([selector])[0].data_resources[0].values == ()


def test_without_management_events_there_must_be_data_resources() -> None:
    assert refused([{"IncludeManagementEvents": False}]) == (
        "Invalid combination of parameters in EventSelectors. "
        "When includeManagementEvents is false, DataResources must not be empty."
    )


def test_without_management_events_there_is_no_source_to_exclude() -> None:
    selector = data_resource("AWS::DynamoDB::Table", TABLE) | {
        "IncludeManagementEvents": False,
        "ExcludeManagementEventSources": ["kms.amazonaws.com"],
    }
    assert "ExcludeManagementEventSources must be empty" in refused([selector])


def tables(count: int) -> list[str]:
    return [f"{TABLE}{number}" for number in range(count)]


def test_all_selectors_together_have_at_most_250_data_resources() -> None:
    parse_event_selectors([data_resource("AWS::DynamoDB::Table", *tables(125)) for _ in range(2)])
    two = [data_resource("AWS::DynamoDB::Table", *tables(count)) for count in (125, 126)]
    assert refused(two) == (
        "Specify a valid number of DataResources.Values (0 to 250) for all your selectors."
    )


def test_all_of_a_service_does_not_count_as_a_data_resource() -> None:
    selectors = [
        data_resource("AWS::DynamoDB::Table", *tables(250)),
        data_resource("AWS::S3::Object", "arn:aws:s3", "arn:aws:s3:::"),
        data_resource("AWS::Lambda::Function", "arn:aws:lambda"),
    ]
    assert len(parse_event_selectors(selectors)) == 3


@pytest.mark.parametrize(
    ("selectors", "where"),
    [
        ("All", "Expected `array`, got `str`"),
        (["All"], "Expected `object`, got `str` - at `$[0]`"),
        ([{"ReadWriteType": 1}], "got `int` - at `$[0].ReadWriteType`"),
        ([{"IncludeManagementEvents": "yes"}], "at `$[0].IncludeManagementEvents`"),
        ([{"DataResources": [{"Values": []}]}], "required field `Type`"),
        (
            [{"DataResources": [{"Type": "AWS::S3::Object", "Values": "arn:aws:s3"}]}],
            "at `$[0].DataResources[0].Values`",
        ),
    ],
)
def test_a_request_of_another_shape_is_refused_with_the_place(selectors: Any, where: str) -> None:
    message = refused(selectors)
    assert message.startswith("The event selectors are malformed: ")
    assert where in message


# Advanced selectors.


def test_an_advanced_selector_is_parsed() -> None:
    arn = {"Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::photos/"], "NotEndsWith": ["/"]}
    selector = {"Name": "photos", "FieldSelectors": [DATA, ON_OBJECTS, arn]}
    assert parse_advanced_event_selectors([selector]) == (
        AdvancedEventSelector(
            (
                FieldSelector("eventCategory", equals=("Data",)),
                FieldSelector("resources.type", equals=("AWS::S3::Object",)),
                FieldSelector(
                    "resources.ARN",
                    starts_with=("arn:aws:s3:::photos/",),
                    not_ends_with=("/",),
                ),
            ),
            "photos",
        ),
    )


@pytest.mark.parametrize(
    "fields",
    [
        [MANAGEMENT],
        [MANAGEMENT, {"Field": "readOnly", "Equals": ["false"]}],
        [MANAGEMENT, {"Field": "eventSource", "NotEquals": ["kms.amazonaws.com"]}],
        [DATA, ON_TABLES],
        [DATA, ON_TABLES, {"Field": "readOnly", "Equals": ["true"]}],
        [DATA, ON_TABLES, {"Field": "eventName", "StartsWith": ["Put"]}],
        [DATA, ON_TABLES, {"Field": "eventSource", "Equals": ["dynamodb.amazonaws.com"]}],
        [DATA, ON_TABLES, {"Field": "eventType", "NotEquals": ["AwsServiceEvent"]}],
        [DATA, ON_TABLES, {"Field": "userIdentity.arn", "EndsWith": ["/alice"]}],
        [DATA, ON_TABLES, {"Field": "sessionCredentialFromConsole", "NotEquals": ["true"]}],
        [DATA, ON_TABLES, {"Field": "resources.ARN", "Equals": [TABLE]}],
        [DATA, ON_OBJECTS, {"Field": "resources.ARN", "NotEquals": ["arn:aws:s3:::abc/key"]}],
        [NETWORK, KMS],
        [NETWORK, KMS, {"Field": "errorCode", "Equals": ["VpceAccessDenied"]}],
        [NETWORK, KMS, {"Field": "vpcEndpointId", "NotEquals": ["vpce-1"]}],
    ],
)
def test_each_category_takes_its_fields(fields: list[Api]) -> None:
    (selector,) = parse_advanced_event_selectors([{"FieldSelectors": fields}])
    assert [one.field for one in selector.field_selectors] == [one["Field"] for one in fields]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ([], "Field eventCategory is required"),
        ([ON_TABLES], "Field eventCategory is required"),
        ([{"Field": "eventCategory", "Equals": ["Insight"]}], "must equal one of Management"),
        ([{"Field": "eventCategory", "Equals": ["Data", "Management"]}], "must equal one of"),
        ([{"Field": "eventCategory", "StartsWith": ["Man"]}], "Field eventCategory is required"),
        ([DATA], "Field resources.type is required for eventCategory Data"),
        ([NETWORK], "Field eventSource is required for eventCategory NetworkActivity"),
        (
            [MANAGEMENT, {"Field": "eventName", "Equals": ["CreateTable"]}],
            "Field eventName is not valid for eventCategory Management on a trail",
        ),
        ([MANAGEMENT, ON_TABLES], "Field resources.type is not valid"),
        ([DATA, ON_TABLES, {"Field": "tableName", "Equals": ["Users"]}], "Field tableName is not"),
        ([DATA, ON_TABLES, {"Field": "errorCode", "Equals": ["x"]}], "Field errorCode is not"),
        ([NETWORK, KMS, {"Field": "readOnly", "Equals": ["true"]}], "Field readOnly is not valid"),
        ([DATA, ON_TABLES, ON_OBJECTS], "Field resources.type is given twice"),
        (
            [DATA, {"Field": "resources.type", "Equals": ["AWS::S3::Object", TABLE]}],
            "Field resources.type takes one value, got 2",
        ),
        (
            [DATA, {"Field": "resources.type", "Equals": ["DynamoDB"]}],
            "Value DynamoDB for field resources.type is invalid",
        ),
        (
            [DATA, {"Field": "resources.type", "StartsWith": ["AWS::"]}],
            "Operator StartsWith is not valid for field resources.type. Valid operators: Equals.",
        ),
        (
            [MANAGEMENT, {"Field": "readOnly", "NotEquals": ["true"]}],
            "Operator NotEquals is not valid for field readOnly",
        ),
        (
            [MANAGEMENT, {"Field": "readOnly", "Equals": ["yes"]}],
            "Value yes for field readOnly is invalid",
        ),
        (
            [MANAGEMENT, {"Field": "readOnly", "Equals": ["true", "false"]}],
            "Field readOnly takes one value",
        ),
        (
            [DATA, ON_TABLES, {"Field": "sessionCredentialFromConsole", "Equals": ["false"]}],
            "Value false for field sessionCredentialFromConsole is invalid",
        ),
        (
            [NETWORK, {"Field": "eventSource", "StartsWith": ["kms"]}],
            "Operator StartsWith is not valid for field eventSource",
        ),
        (
            [NETWORK, KMS, {"Field": "errorCode", "Equals": ["AccessDenied"]}],
            "Value AccessDenied for field errorCode is invalid",
        ),
        ([MANAGEMENT, {"Field": "eventSource"}], "Field eventSource needs an operator"),
        ([MANAGEMENT, {"Field": "eventSource", "Equals": []}], "eventSource needs an operator"),
        ([MANAGEMENT, {"Field": "eventSource", "Equals": [""]}], "1 to 2048 characters"),
        ([MANAGEMENT, {"Field": "eventSource", "Equals": ["x" * 2049]}], "1 to 2048 characters"),
        (
            [DATA, ON_OBJECTS, {"Field": "resources.ARN", "Equals": ["arn:aws:s3:::photos"]}],
            "Value arn:aws:s3:::photos for field resources.ARN is invalid",
        ),
        (
            [DATA, ON_TABLES, {"Field": "resources.ARN", "NotEquals": ["Users"]}],
            "use StartsWith for a part of it",
        ),
        (
            [DATA, ON_TABLES, {"Field": "resources.ARN", "Equals": [FUNCTION]}],
            "need the whole ARN of an AWS::DynamoDB::Table",
        ),
    ],
)
def test_a_selector_against_the_rules_is_refused_with_the_rule(
    fields: list[Api], message: str
) -> None:
    refusal = refused_advanced(*fields)
    assert refusal.startswith("Advanced event selector 1: ")
    assert message in refusal


@pytest.mark.parametrize(
    "kind",
    ["AWS::DynamoDB::Stream", "AWS::S3::AccessPoint", "AWS::S3Express::Object", "AWS::SNS::Topic"],
)
def test_advanced_selectors_know_more_resource_types(kind: str) -> None:
    fields = [DATA, {"Field": "resources.type", "Equals": [kind]}]
    assert parse_advanced_event_selectors([{"FieldSelectors": fields}])


@pytest.mark.parametrize(
    "kind", ["AWS::DynamoDB::Tables", "AWS::S3::Bucket", "AWS::Lambda::Alias", "aws::sns::topic"]
)
def test_a_misspelled_resource_type_is_refused(kind: str) -> None:
    assert f"Value {kind} for field resources.type is invalid" in refused_advanced(
        DATA, {"Field": "resources.type", "Equals": [kind]}
    )


def test_a_name_has_at_most_1000_characters() -> None:
    parse_advanced_event_selectors([{"Name": "n" * 1000, "FieldSelectors": [MANAGEMENT]}])
    assert "longer than 1000" in refused_advanced(MANAGEMENT, Name="n" * 1001)


def test_all_conditions_together_have_at_most_500_values() -> None:
    def selector(count: int) -> Api:
        names = {"Field": "eventName", "Equals": [f"Event{number}" for number in range(count)]}
        return {"FieldSelectors": [DATA, ON_TABLES, names]}

    assert len(parse_advanced_event_selectors([selector(248), selector(248)])) == 2
    with pytest.raises(InvalidEventSelectors, match="got 501"):
        parse_advanced_event_selectors([selector(248), selector(249)])


def test_there_must_be_an_advanced_selector() -> None:
    with pytest.raises(InvalidEventSelectors, match="at least one"):
        parse_advanced_event_selectors([])


def test_a_selector_without_fields_has_the_wrong_shape() -> None:
    with pytest.raises(InvalidEventSelectors, match="required field `FieldSelectors`"):
        parse_advanced_event_selectors([{"Name": "all"}])


# Both kinds.


def test_a_request_has_one_kind_of_selector() -> None:
    advanced = [{"FieldSelectors": [MANAGEMENT]}]
    assert parse_selectors({"EventSelectors": [{}]}) == ((EventSelector(),), ())
    basic, parsed = parse_selectors({"AdvancedEventSelectors": advanced})
    assert basic == ()
    assert len(parsed) == 1


@pytest.mark.parametrize(
    ("request_members", "message"),
    [
        ({}, r"\(1 to 5\)"),
        ({"EventSelectors": [], "AdvancedEventSelectors": []}, r"\(1 to 5\)"),
        (
            {"EventSelectors": [{}], "AdvancedEventSelectors": [{"FieldSelectors": [MANAGEMENT]}]},
            "not both",
        ),
    ],
)
def test_both_kinds_of_selector_or_neither_are_refused(request_members: Api, message: str) -> None:
    with pytest.raises(InvalidEventSelectors, match=message):
        parse_selectors(request_members)

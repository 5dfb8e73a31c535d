"""Hand-made labs, right ones and wrong ones: which steps pass, fail, are blocked."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from lab_steps.outcomes import Finding
from tests.lab_steps.by_hand import (
    ACCOUNT,
    ALL_MANAGEMENT,
    ALL_TABLES,
    DATA,
    ITEM,
    MANAGEMENT,
    ON_DEMAND,
    USERS,
    ByHand,
)

Judge = Callable[..., dict[int, Finding]]


def not_passed(findings: dict[int, Finding]) -> dict[int, str]:
    return {n: str(each.outcome) for n, each in findings.items() if each.outcome != "PASS"}


def blocked(*numbers: int) -> dict[int, str]:
    return dict.fromkeys(numbers, "BLOCKED")


def test_a_lab_made_by_hand_passes_all_38_steps(by_hand: ByHand, judge: Judge) -> None:
    by_hand.lab()
    findings = judge()
    assert not_passed(findings) == {}
    assert len(findings) == 38


def basic_selectors(hand: ByHand) -> None:
    hand.management_trail(selectors=[{"ReadWriteType": "All", "IncludeManagementEvents": True}])
    tables = {"Type": "AWS::DynamoDB::Table", "Values": ["arn:aws:dynamodb"]}
    hand.data_trail(
        selectors=[
            {
                "ReadWriteType": "All",
                "IncludeManagementEvents": False,
                "DataResources": [tables],
            }
        ]
    )
    hand.work()


def two_selectors(hand: ByHand) -> None:
    def only(read: str) -> dict[str, Any]:
        fields = ALL_MANAGEMENT[0]["FieldSelectors"]
        return {"Name": read, "FieldSelectors": [*fields, {"Field": "readOnly", "Equals": [read]}]}

    hand.management_trail(selectors=[only("true"), only("false")])
    hand.data_trail()
    hand.work()


def multi_region_and_prefix(hand: ByHand) -> None:
    bucket = hand.bucket(MANAGEMENT)
    hand.s3.put_bucket_policy(
        Bucket=bucket,
        Policy=hand.s3.get_bucket_policy(Bucket=bucket)["Policy"].replace(
            "/AWSLogs/", "/class/AWSLogs/"
        ),
    )
    hand.management_trail(bucket=bucket, S3KeyPrefix="class", IsMultiRegionTrail=True)
    hand.data_trail(IsMultiRegionTrail=True)
    hand.work()


def on_demand_table_and_more_attributes(hand: ByHand) -> None:
    hand.management_trail()
    hand.data_trail()
    hand.table(ProvisionedThroughput=None, **ON_DEMAND)
    hand.items({**ITEM, "Age": {"N": "85"}})
    hand.update_table()


def another_trail_and_table(hand: ByHand) -> None:
    bucket = hand.bucket("student-of-something", "somebody-elses-logs")
    hand.trail("student-of-something", bucket=bucket)
    hand.dynamodb.create_table(
        TableName="Orders",
        AttributeDefinitions=[{"AttributeName": "no", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "no", "KeyType": "HASH"}],
        **ON_DEMAND,
    )
    hand.lab()


@pytest.mark.parametrize(
    "make",
    [
        basic_selectors,
        two_selectors,
        multi_region_and_prefix,
        on_demand_table_and_more_attributes,
        another_trail_and_table,
    ],
    ids=lambda make: make.__name__,
)
def test_what_does_what_the_lab_asks_passes_however_it_is_made(
    make: Callable[[ByHand], None], by_hand: ByHand, judge: Judge
) -> None:
    make(by_hand)
    assert not_passed(judge()) == {}


def narrowed(fields: list[dict[str, Any]], field: str, *values: str) -> list[dict[str, Any]]:
    return [{"Name": "narrow", "FieldSelectors": [*fields, {"Field": field, "Equals": [*values]}]}]


def no_management_trail(hand: ByHand) -> None:
    hand.data_trail()
    hand.work()


def misnamed_trail(hand: ByHand) -> None:
    bucket = hand.bucket("student-managment-events", "aws-cloudtrail-logs-management-events-x")
    hand.trail("student-managment-events", bucket=bucket)
    hand.data_trail()
    hand.work()


def management(**wrong: Any) -> Callable[[ByHand], None]:
    def make(hand: ByHand) -> None:
        hand.management_trail(**wrong)
        hand.data_trail()
        hand.work()

    return make


def data(**wrong: Any) -> Callable[[ByHand], None]:
    def make(hand: ByHand) -> None:
        hand.management_trail()
        hand.data_trail(**wrong)
        hand.work()

    return make


def table(**wrong: Any) -> Callable[[ByHand], None]:
    def make(hand: ByHand) -> None:
        hand.management_trail()
        hand.data_trail()
        hand.table(**wrong)
        hand.items()
        hand.update_table()

    return make


def item(*items: dict[str, Any]) -> Callable[[ByHand], None]:
    def make(hand: ByHand) -> None:
        hand.management_trail()
        hand.data_trail()
        hand.table()
        for each in items:
            hand.items(each)
        hand.update_table()

    return make


def wrong_bucket_name(hand: ByHand) -> None:
    hand.management_trail(bucket=hand.bucket(MANAGEMENT, f"aws-cloudtrail-logs-{ACCOUNT}-1"))
    hand.data_trail()
    hand.work()


def one_bucket_for_both(hand: ByHand) -> None:
    hand.management_trail()
    bucket = hand.bucket(DATA, f"aws-cloudtrail-logs-data-events-{ACCOUNT}-1")
    statements: list[Any] = []
    for trail in (MANAGEMENT, DATA):
        hand.bucket(trail, bucket)
        policy = json.loads(hand.s3.get_bucket_policy(Bucket=bucket)["Policy"])
        statements += policy["Statement"]
    policy["Statement"] = statements
    hand.s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    hand.data_trail(bucket=bucket)
    hand.cloudtrail.update_trail(Name=MANAGEMENT, S3BucketName=bucket)
    hand.work()


def policy_removed(hand: ByHand) -> None:
    hand.management_trail()
    hand.data_trail()
    hand.s3.delete_bucket_policy(Bucket=hand.buckets[DATA])
    hand.work()


def never_listed(hand: ByHand) -> None:
    hand.management_trail()
    hand.data_trail()
    hand.dynamodb.create_table(**USERS)
    hand.items()
    hand.update_table()


def string_key(hand: ByHand) -> None:
    hand.management_trail()
    hand.data_trail()
    hand.table(AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}])
    hand.items({"id": {"S": "7"}, "Name": {"S": "Grace Hopper"}})
    hand.update_table()


def never_updated(hand: ByHand) -> None:
    hand.management_trail()
    hand.data_trail()
    hand.table()
    hand.items()


def never_read(hand: ByHand) -> None:
    hand.management_trail()
    hand.data_trail()
    hand.table()
    hand.dynamodb.put_item(TableName="Users", Item=ITEM)
    hand.update_table()


def only_a_denied_update(hand: ByHand) -> None:
    never_updated(hand)
    with pytest.raises(hand.dynamodb.exceptions.ClientError):
        hand.dynamodb.update_table(
            TableName="Users",
            GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "there-is-none"}}],
        )


def table_before_the_trails(hand: ByHand) -> None:
    hand.work()
    hand.management_trail()
    hand.data_trail()
    hand.dynamodb.list_tables()
    hand.dynamodb.get_item(TableName="Users", Key={"id": ITEM["id"]})


def no_table(hand: ByHand) -> None:
    hand.management_trail()
    hand.data_trail()
    hand.dynamodb.list_tables()


SORTED = {
    "AttributeDefinitions": [
        {"AttributeName": "id", "AttributeType": "N"},
        {"AttributeName": "when", "AttributeType": "N"},
    ],
    "KeySchema": [
        {"AttributeName": "id", "KeyType": "HASH"},
        {"AttributeName": "when", "KeyType": "RANGE"},
    ],
}
INDEXED = {
    "AttributeDefinitions": SORTED["AttributeDefinitions"],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by-when",
            "KeySchema": [{"AttributeName": "when", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
            "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
        }
    ],
}
READ_ONLY = narrowed(ALL_MANAGEMENT[0]["FieldSelectors"], "readOnly", "true")
WRITE_ONLY = narrowed(ALL_MANAGEMENT[0]["FieldSelectors"], "readOnly", "false")
ONE_TABLE = narrowed(
    ALL_TABLES[0]["FieldSelectors"],
    "resources.ARN",
    f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/Users",
)
NAMELESS = [{"FieldSelectors": ALL_TABLES[0]["FieldSelectors"]}]
OBJECTS_TOO = [
    *ALL_TABLES,
    {
        "Name": "objects",
        "FieldSelectors": [
            {"Field": "eventCategory", "Equals": ["Data"]},
            {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
        ],
    },
]
F = "FAIL"
MUTANTS: dict[str, tuple[Callable[[ByHand], None], dict[int, str]]] = {
    "no management trail": (
        no_management_trail,
        {5: F, **blocked(6, 7, 8, 9, 10, 29, 30, 31, 32, 33, 34)},
    ),
    "trail name misspelled": (
        misnamed_trail,
        {6: F, **blocked(7, 8, 9, 10, 29, 30, 31, 32, 33, 34)},
    ),
    "management-events not in the bucket's name": (wrong_bucket_name, {6: F}),
    "validation on": (management(EnableLogFileValidation=True), {7: F}),
    "data events on the management trail": (
        management(selectors=[*ALL_MANAGEMENT, *ALL_TABLES]),
        {8: F, 33: F},
    ),
    "no Insights": (management(insights=()), {8: F, 10: "BLOCKED"}),
    "one type of Insights": (management(insights=("ApiCallRateInsight",)), {10: F}),
    "read events only": (
        management(selectors=READ_ONLY, insights=("ApiErrorRateInsight",)),
        {9: F, 10: F, 34: "BLOCKED"},
    ),
    "write events only": (management(selectors=WRITE_ONLY), {9: F, 34: "BLOCKED"}),
    "management trail not logging": (
        management(logging=False),
        {10: F, **blocked(30, 31, 32, 33, 34)},
    ),
    "validation on for data": (data(EnableLogFileValidation=True), {13: F}),
    "management events on the data trail": (
        data(selectors=[*ALL_TABLES, *ALL_MANAGEMENT]),
        {14: F, 36: F},
    ),
    "one table only": (data(selectors=ONE_TABLE), {15: F}),
    "selector without a name": (data(selectors=NAMELESS), {15: F}),
    "S3 objects too": (data(selectors=OBJECTS_TOO), {15: F}),
    "data trail not logging": (data(logging=False), {16: F, **blocked(35, 36, 37)}),
    "bucket policy removed": (policy_removed, {12: F, **blocked(35, 36, 37)}),
    "no ListTables call": (never_listed, {18: F, 34: F}),
    "no table": (
        no_table,
        {19: F, **blocked(20, 21, 22, 23, 24, 25, 26, 27, 28, 34, 35, 36, 37, 38)},
    ),
    "String key": (string_key, {20: F}),
    "secondary index": (table(**INDEXED), {21: F}),
    "no Name": (item({"id": {"N": "7"}}), {27: F, 28: "BLOCKED"}),
    "name in lower case": (item({"id": {"N": "7"}, "name": {"S": "x"}}), {27: F, 28: "BLOCKED"}),
    "Name is a number": (item({"id": {"N": "7"}, "Name": {"N": "1"}}), {28: F}),
    "no item": (
        item(),
        {26: F, **blocked(27, 28, 35, 36, 37)},
    ),
    "UpdateTable never called": (never_updated, {34: F}),
    "UpdateTable denied": (only_a_denied_update, {34: F}),
    "GetItem never called": (never_read, {37: F}),
    "table before the trails": (table_before_the_trails, {34: F, 37: F}),
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_one_thing_wrong_fails_its_steps_and_no_other(
    mutant: str, by_hand: ByHand, judge: Judge
) -> None:
    make, expected = MUTANTS[mutant]
    make(by_hand)
    assert not_passed(judge()) == expected

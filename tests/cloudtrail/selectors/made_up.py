"""Trails and events for the tests of selectors."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from cloudtrail.records.calls import Record
from cloudtrail.selectors.matching import recorded_by
from cloudtrail.trails import AdvancedEventSelector, EventSelector, FieldSelector, Trail

ACCOUNT = "123456789012"
TABLE = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/Users"
FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:hello"
OBJECT, LAMBDA, TABLES = "AWS::S3::Object", "AWS::Lambda::Function", "AWS::DynamoDB::Table"
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

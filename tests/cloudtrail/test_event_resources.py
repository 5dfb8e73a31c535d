"""The resources that Event history lists for an event."""

from __future__ import annotations

from typing import Any

import pytest

from cloudtrail.event_resources import EventResource, event_resources

TRAIL = "arn:aws:cloudtrail:us-east-1:123456789012:trail/student"
TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/Users"
KEY = "arn:aws:kms:us-east-1:123456789012:key/1"
SESSION = "arn:aws:sts::123456789012:assumed-role/deploy/alice"


def event(source: str, request: Any, response: Any = None, **fields: Any) -> dict[str, Any]:
    return {
        "eventSource": f"{source}.amazonaws.com",
        "requestParameters": request,
        "responseElements": response,
    } | fields


@pytest.mark.parametrize(
    ("record", "resources"),
    [
        (
            event(
                "dynamodb",
                {"tableName": "Users"},
                resources=[{"type": "AWS::DynamoDB::Table", "ARN": TABLE}],
            ),
            [("AWS::DynamoDB::Table", "Users")],
        ),
        (
            event(
                "cloudtrail",
                {"name": "student", "s3BucketName": "logs"},
                {"name": "student", "s3BucketName": "logs", "trailARN": TRAIL},
            ),
            [
                ("AWS::CloudTrail::Trail", "student"),
                ("AWS::S3::Bucket", "logs"),
                ("AWS::CloudTrail::Trail", TRAIL),
            ],
        ),
        (event("cloudtrail", {"trailName": TRAIL}), [("AWS::CloudTrail::Trail", TRAIL)]),
        (
            event("cloudtrail", {"trailNameList": ["a", "b"]}),
            [("AWS::CloudTrail::Trail", "a"), ("AWS::CloudTrail::Trail", "b")],
        ),
        (event("s3", {"bucketName": "logs", "Host": "x"}), [("AWS::S3::Bucket", "logs")]),
        (
            event("iam", {"userName": "bob"}, {"accessKey": {"accessKeyId": "AKIA1"}}),
            [("AWS::IAM::User", "bob"), ("AWS::IAM::AccessKey", "AKIA1")],
        ),
        (
            event(
                "sts",
                {"roleArn": "arn:aws:iam::123456789012:role/deploy", "roleSessionName": "alice"},
                {
                    "credentials": {"accessKeyId": "ASIA1"},
                    "assumedRoleUser": {"assumedRoleId": "AROA1:alice", "arn": SESSION},
                },
            ),
            [
                ("AWS::IAM::Role", "arn:aws:iam::123456789012:role/deploy"),
                ("AWS::STS::AssumedRole", "alice"),
                ("AWS::IAM::AccessKey", "ASIA1"),
                ("AWS::STS::AssumedRole", "AROA1:alice"),
                ("AWS::STS::AssumedRole", SESSION),
            ],
        ),
        (
            event("ec2", {"instancesSet": {"items": [{"instanceId": "i-1"}, {}]}}),
            [("AWS::EC2::Instance", "i-1")],
        ),
        (
            event("kms", {"keySpec": "AES_256"}, resources=[{"type": "AWS::KMS::Key", "ARN": KEY}]),
            [("AWS::KMS::Key", KEY)],
        ),
        (event("ssm", {"name": "x"}, resources=[{"ARN": "arn:aws:ssm:x", "accountId": "1"}]), []),
        (event("dynamodb", None), []),
        (event("dynamodb", {"tableName": ["odd", {"tableName": 5}], "x": 1}), [
            ("AWS::DynamoDB::Table", "odd"),
        ]),
        ({"eventCategory": "Insight", "insightDetails": {}}, []),
    ],
)  # fmt: skip
def test_resources_are_named_as_the_request_and_the_answer_name_them(
    record: dict[str, Any], resources: list[tuple[str, str]]
) -> None:
    assert event_resources(record) == tuple(EventResource(*one) for one in resources)

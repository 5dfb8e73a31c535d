"""What the console's forms say becomes the API calls that AWS's console makes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from local_aws import LocalAws
from tests.browser import in_browser
from tests.console.conftest import STUDENT, records

SCRIPT = Path(__file__).with_name("settings.mjs")
ARN = "arn:aws:cloudtrail:us-east-1:123456789012:trail/whole"
ALL_MANAGEMENT = {"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}
NETWORK = {
    "FieldSelectors": [
        {"Field": "eventCategory", "Equals": ["NetworkActivity"]},
        {"Field": "eventSource", "Equals": ["s3.amazonaws.com"]},
    ]
}
MANAGEMENT = {"field": "eventCategory", "equals": ["Management"]}
DATA = {"field": "eventCategory", "equals": ["Data"]}
NOT_KMS = {"field": "eventSource", "notEquals": ["kms.amazonaws.com"]}


def asked(aws: LocalAws, name: str) -> list[Any]:
    """The parameters of the student's calls that succeeded, in order."""
    return [
        each["requestParameters"]
        for each in records(aws, name)
        if each["userIdentity"].get("userName") == STUDENT.name and "errorCode" not in each
    ]


def test_forms_become_calls(aws: LocalAws) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="kept")
    aws.trail("others", advanced_event_selectors=[ALL_MANAGEMENT, NETWORK])
    for name in ("hello", "other"):
        s3.put_object(Bucket="kept", Key=f"folder/{name}.txt", Body=name.encode())
    seen = in_browser(SCRIPT, aws.endpoint_url, STUDENT.name, STUDENT.password)
    assert (seen["problems"], seen["elsewhere"]) == ([], [])
    assert "Incorrect S3 bucket policy" in seen["prefix"]
    _a_trail_was_made_with_all_it_can_have(aws)
    _it_was_edited_part_by_part(aws)
    _a_table_was_scaled_and_worked_on(aws)
    (left,) = aws.client("cloudtrail").get_event_selectors(TrailName="others")[
        "AdvancedEventSelectors"
    ]
    assert left["FieldSelectors"] == ALL_MANAGEMENT["FieldSelectors"]
    assert seen["copied"] == "s3://kept/folder/hello.txt"
    assert seen["downloaded"] == "hello.txt"
    assert seen["opened"] == "hello"
    assert "Contents" not in s3.list_objects_v2(Bucket="kept")


def _a_trail_was_made_with_all_it_can_have(aws: LocalAws) -> None:
    (made,) = asked(aws, "CreateTrail")
    key = made.pop("kmsKeyId")
    assert made == {
        "name": "whole",
        "s3BucketName": "whole-logs",
        "s3KeyPrefix": "deep/down",
        "snsTopicName": "arn:aws:sns:us-east-1:123456789012:whole-topic",
        "includeGlobalServiceEvents": True,
        "isMultiRegionTrail": True,
        "enableLogFileValidation": True,
        "tagsList": [{"key": "Team", "value": "blue"}],
    }
    (alias,) = asked(aws, "CreateAlias")
    assert alias == {"aliasName": "alias/whole-key", "targetKeyId": key}
    selectors = asked(aws, "PutEventSelectors")[0]["advancedEventSelectors"]
    objects = {"field": "resources.type", "equals": ["AWS::S3::Object"]}
    functions = {"field": "resources.type", "equals": ["AWS::Lambda::Function"]}
    assert [each["fieldSelectors"] for each in selectors] == [
        [MANAGEMENT, {"field": "readOnly", "equals": ["true"]}, NOT_KMS],
        [DATA, objects, {"field": "resources.ARN", "startsWith": ["arn:aws:s3:::kept/"]}],
        [DATA, functions, {"field": "readOnly", "equals": ["false"]}],
    ]
    logs = asked(aws, "UpdateTrail")[0]
    assert logs["cloudWatchLogsRoleArn"] == "arn:aws:iam::123456789012:role/whole-role"
    assert ":log-group:whole-group:*" in logs["cloudWatchLogsLogGroupArn"]


def _it_was_edited_part_by_part(aws: LocalAws) -> None:
    _, general, logs = asked(aws, "UpdateTrail")
    assert (general["snsTopicName"], general["enableLogFileValidation"]) == ("", False)
    assert logs["cloudWatchLogsLogGroupArn"] == ""
    assert asked(aws, "RemoveTags")[0]["tagsList"] == [{"key": "Team", "value": "blue"}]
    assert asked(aws, "AddTags")[0]["tagsList"] == [{"key": "Owner", "value": "blue"}]
    _, management, data, _ = asked(aws, "PutEventSelectors")
    assert len(management["advancedEventSelectors"]) == 3
    assert management["advancedEventSelectors"][0]["fieldSelectors"] == [MANAGEMENT, NOT_KMS]
    assert data["eventSelectors"][1]["dataResources"] == [
        {"type": "AWS::DynamoDB::Table", "values": ["arn:aws:dynamodb"]}
    ]
    (insights,) = asked(aws, "PutInsightSelectors")
    assert insights["insightSelectors"] == [{"insightType": "ApiErrorRateInsight"}]
    for name in ("StopLogging", "DeleteTrail"):
        assert asked(aws, name) == [{"name": ARN}]


def _a_table_was_scaled_and_worked_on(aws: LocalAws) -> None:
    (table,) = asked(aws, "CreateTable")
    assert table["billingMode"] == "PROVISIONED"
    assert len(asked(aws, "PutScalingPolicy")) == 2
    (item,) = aws.client("dynamodb").scan(TableName="Music")["Items"]
    assert item == {
        "Artist": {"S": "Ada"},
        "Year": {"N": "1970"},
        "of Number": {"N": "12.5"},
        "renamed": {"BOOL": True},
        "of Binary": {"B": b"\x00\x01"},
        "of Null": {"NULL": True},
        "of String set": {"SS": ["a", "b"]},
        "of List": {"L": [{"S": "x"}, {"N": "1"}]},
        "of Map": {"M": {"deep": {"BOOL": True}}},
    }
    (again,) = [each for each in records(aws, "PutItem") if "errorCode" in each]
    assert again["errorCode"] == "ConditionalCheckFailedException"

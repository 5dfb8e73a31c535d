"""Small CDK apps, as they are synthesized: deployed, updated, destroyed, and what is there."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import pytest

from local_aws import LocalAws
from tests.cdk_apps.assembly import Apps, synthesized
from tests.local_aws.cloudformation.deployed import ACCOUNT
from tests.local_aws.delivered import client
from tests.waiting import until

Outputs = Mapping[str, str]


@pytest.fixture(scope="session")
def assemblies(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """Both versions of the apps, synthesized once."""
    return synthesized(tmp_path_factory.mktemp("apps"))


@pytest.fixture
def apps(patient_aws: LocalAws, assemblies: dict[int, Path]) -> Apps:
    found = Apps(patient_aws, assemblies)
    found.bootstrap()
    return found


def _trail(aws: LocalAws) -> dict[str, Any]:
    (trail,) = client(aws, "cloudtrail").describe_trails()["trailList"]
    return dict(trail)


def _plain(aws: LocalAws, outputs: Outputs, version: int) -> None:
    trail = _trail(aws)
    assert trail["TrailARN"] == outputs["Trail"]
    assert trail["IsMultiRegionTrail"] is (version == 1)
    assert client(aws, "cloudtrail").get_trail_status(Name=trail["Name"])["IsLogging"] is True
    selectors = client(aws, "cloudtrail").get_event_selectors(TrailName=trail["Name"])
    assert [each["DataResources"] for each in selectors["EventSelectors"]] == [[]]


def _full(aws: LocalAws, outputs: Outputs, version: int) -> None:
    trail = _trail(aws)
    assert (trail["Name"], trail["S3KeyPrefix"]) == ("full", "prefix")
    assert trail["KmsKeyId"] == outputs["KeyArn"]
    assert trail["LogFileValidationEnabled"] is (version == 1)
    group = trail["CloudWatchLogsLogGroupArn"].split(":")[6]
    (described,) = client(aws, "logs").describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert described["retentionInDays"] == (7 if version == 1 else 30)
    topics = [each["TopicArn"] for each in client(aws, "sns").list_topics()["Topics"]]
    assert topics == [trail["SnsTopicARN"]]
    selectors = client(aws, "cloudtrail").get_event_selectors(TrailName="full")["EventSelectors"]
    data = [resource for each in selectors for resource in each["DataResources"]]
    assert [each["Type"] for each in data] == ["AWS::S3::Object", "AWS::Lambda::Function"]
    assert data[1]["Values"][0].endswith(f":function:{outputs['Function']}")
    insights = client(aws, "cloudtrail").get_insight_selectors(TrailName="full")
    assert insights["InsightSelectors"][0]["InsightType"] == "ApiCallRateInsight"


def _rule(aws: LocalAws, outputs: Outputs, version: int) -> None:
    events = client(aws, "events")
    patterns = [
        json.loads(rule["EventPattern"])
        for rule in events.list_rules()["Rules"]
        if "EventPattern" in rule
    ]
    (pattern,) = patterns
    assert pattern["detail-type"] == ["AWS API Call via CloudTrail"]
    assert len(pattern["detail"]["eventName"]) == version
    client(aws, "s3").create_bucket(Bucket=f"made-{version}")
    aws.deliver_now()
    group = f"/aws/lambda/{outputs['Function']}"
    found = client(aws, "logs").filter_log_events(logGroupName=group)["events"]
    assert f"made-{version}" in "".join(event["message"] for event in found)
    client(aws, "s3").delete_bucket(Bucket=f"made-{version}")


def _alarms(aws: LocalAws, _outputs: Outputs, version: int) -> None:
    alarms = client(aws, "cloudwatch").describe_alarms()["MetricAlarms"]
    names = ["cis-RootUse", "cis-TrailChanges", "cis-Unauthorized"]
    assert sorted(alarm["AlarmName"] for alarm in alarms) == names
    (topic,) = client(aws, "sns").list_topics()["Topics"]
    assert {alarm["Threshold"] for alarm in alarms} == {float(version)}
    assert [alarm["AlarmActions"] for alarm in alarms] == [[topic["TopicArn"]]] * 3
    filters = client(aws, "logs").describe_metric_filters()["metricFilters"]
    assert len(filters) == 3
    attributes = client(aws, "sns").get_topic_attributes(TopicArn=topic["TopicArn"])["Attributes"]
    assert attributes["DisplayName"] == f"version {version}"


def _notified(aws: LocalAws, outputs: Outputs, version: int) -> None:
    sqs, url = client(aws, "sqs"), outputs["QueueUrl"]
    aws.deliver_now()
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    keys = [
        unquote_plus(record["s3"]["object"]["key"])
        for message in messages
        for record in json.loads(message["Body"]).get("Records", [])
    ]
    assert keys
    assert all(key.startswith("AWSLogs/") and key.endswith(".json.gz") for key in keys)
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])
    assert found["Attributes"]["VisibilityTimeout"] == str(30 * version)


def _users(aws: LocalAws, outputs: Outputs, version: int) -> None:
    dynamodb, table = client(aws, "dynamodb"), outputs["Table"]
    described = dynamodb.describe_table(TableName=table)["Table"]
    assert described["StreamSpecification"]["StreamViewType"] == "NEW_AND_OLD_IMAGES"
    lives = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    assert lives["TimeToLiveStatus"] == ("DISABLED" if version == 1 else "ENABLED")
    backups = dynamodb.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    recovery = backups["PointInTimeRecoveryDescription"]
    assert recovery["PointInTimeRecoveryStatus"] == "ENABLED"
    mappings = client(aws, "lambda").list_event_source_mappings()["EventSourceMappings"]
    assert [each["EventSourceArn"] for each in mappings] == [described["LatestStreamArn"]]


def _fanned(aws: LocalAws, outputs: Outputs, version: int) -> None:
    sqs, url = client(aws, "sqs"), outputs["QueueUrl"]
    client(aws, "sns").publish(TopicArn=outputs["TopicArn"], Message="hello")
    (message,) = until(lambda: sqs.receive_message(QueueUrl=url).get("Messages"))
    body = message["Body"]
    assert (body if version == 2 else json.loads(body)["Message"]) == "hello"
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])
    assert json.loads(found["Attributes"]["RedrivePolicy"])["maxReceiveCount"] in {3, "3"}


def _nested(aws: LocalAws, outputs: Outputs, version: int) -> None:
    s3, bucket = client(aws, "s3"), outputs["BucketName"]
    versioning = s3.get_bucket_versioning(Bucket=bucket).get("Status")
    assert versioning == ("Enabled" if version == 2 else None)
    notified = s3.get_bucket_notification_configuration(Bucket=bucket)
    assert len(notified["QueueConfigurations"]) == 1
    s3.put_object(Bucket=bucket, Key=f"left-{version}", Body=b"x")


def _calls(aws: LocalAws, outputs: Outputs, version: int) -> None:
    found = client(aws, "ssm").get_parameter(Name="/called")["Parameter"]
    assert (found["Value"], outputs["Version"]) == (f"v{version}", str(version))
    (group,) = client(aws, "logs").describe_log_groups(logGroupNamePrefix="/kept")["logGroups"]
    assert group["retentionInDays"] == 1
    client(aws, "s3").put_object(Bucket=outputs["BucketName"], Key="left", Body=b"x")


LOOKS: Mapping[str, Callable[[LocalAws, Outputs, int], None]] = {
    "Plain": _plain,
    "Full": _full,
    "Rule": _rule,
    "Alarms": _alarms,
    "Notified": _notified,
    "Users": _users,
    "Fanned": _fanned,
    "Nested": _nested,
    "Calls": _calls,
}


def _left(aws: LocalAws) -> set[str]:
    """Names of everything that an app may leave."""
    ours = f":{ACCOUNT}:"
    lists: list[list[str]] = [
        [each["Name"] for each in client(aws, "s3").list_buckets()["Buckets"]],
        [each["RoleName"] for each in client(aws, "iam").list_roles()["Roles"]],
        [each["FunctionName"] for each in client(aws, "lambda").list_functions()["Functions"]],
        [each["Name"] for each in client(aws, "events").list_rules()["Rules"]],
        [each["TopicArn"] for each in client(aws, "sns").list_topics()["Topics"]],
        client(aws, "sqs").list_queues().get("QueueUrls", []),
        client(aws, "dynamodb").list_tables()["TableNames"],
        [
            each["TrailARN"]
            for each in client(aws, "cloudtrail").list_trails()["Trails"]
            if ours in each["TrailARN"]
        ],
        [each["AlarmName"] for each in client(aws, "cloudwatch").describe_alarms()["MetricAlarms"]],
        [each["Name"] for each in client(aws, "ssm").describe_parameters()["Parameters"]],
        [
            each["logGroupName"]
            for each in client(aws, "logs").describe_log_groups()["logGroups"]
            if not each["logGroupName"].startswith("/aws/lambda/")
        ],
    ]
    return {name for names in lists for name in names}


KEPT = {"Plain": "-ts3", "Full": "-TLogGroup"}
"""Of what the CDK itself keeps, a part of its name: the bucket or log group that a trail makes."""


@pytest.mark.parametrize("name", LOOKS)
def test_an_app_is_deployed_updated_and_destroyed(apps: Apps, name: str) -> None:
    before = _left(apps.aws)
    for version in (1, 2):
        outputs = apps.deploy(name, version)
        LOOKS[name](apps.aws, outputs, version)
    apps.destroy(name)
    left = _left(apps.aws) - before
    assert [each for each in left if KEPT.get(name, "?") not in each] == []

"""What stands in a partition other than `aws`: its trails, the ARNs in them, and who calls.

Source: AWS General Reference, "Amazon Resource Names (ARNs)": `arn:aws-cn` in China's Regions and
`arn:aws-us-gov` in GovCloud's.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from cloudtrail.policies.bucket_policy import delivery_policy
from cloudtrail.policies.key_policy import encryption_policy
from local_aws import LocalAws
from tests.local_aws.delivered import ACCOUNT, client, history, of_people, records, table, trail
from tests.local_aws.subscribers import messages, notifications, queue, topic, trust

PLACES = pytest.mark.parametrize(
    ("region", "partition"), [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")]
)


def bucket(aws: LocalAws, region: str, trail_arn: str) -> str:
    s3 = client(aws, "s3", region)
    s3.create_bucket(Bucket="logs", CreateBucketConfiguration={"LocationConstraint": region})
    policy = delivery_policy("logs", "", ACCOUNT, trail_arn)
    s3.put_bucket_policy(Bucket="logs", Policy=json.dumps(policy))
    return "logs"


def group(aws: LocalAws, region: str, partition: str) -> dict[str, Any]:
    client(aws, "logs", region).create_log_group(logGroupName="trail")
    arn = f"arn:{partition}:logs:{region}:{ACCOUNT}:log-group:trail:*"
    iam = client(aws, "iam", region)
    trusting = json.dumps(trust("cloudtrail"))
    role = iam.create_role(RoleName="to-logs", AssumeRolePolicyDocument=trusting)["Role"]["Arn"]
    actions = ["logs:CreateLogStream", "logs:PutLogEvents"]
    allow = {"Effect": "Allow", "Action": actions, "Resource": arn}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    iam.put_role_policy(RoleName="to-logs", PolicyName="logs", PolicyDocument=document)
    return {"CloudWatchLogsLogGroupArn": arn, "CloudWatchLogsRoleArn": role}


def key(aws: LocalAws, region: str, trail_arn: str) -> str:
    kms = client(aws, "kms", region)
    arn: str = kms.create_key()["KeyMetadata"]["Arn"]
    policy = json.dumps(encryption_policy(arn, ACCOUNT, trail_arn))
    kms.put_key_policy(KeyId=arn, PolicyName="default", Policy=policy)
    return arn


def arns(value: Any) -> set[str]:
    """Every ARN in a value."""
    if isinstance(value, str):
        return {value} if value.startswith("arn:") else set()
    values = value.values() if isinstance(value, dict) else value
    return set().union(*map(arns, values)) if isinstance(value, dict | list) else set()


@PLACES
def test_a_trail_with_all_that_it_can_have_delivers(
    patient_aws: LocalAws, region: str, partition: str
) -> None:
    arn = f"arn:{partition}:cloudtrail:{region}:{ACCOUNT}:trail/all"
    topic_arn, url = topic(patient_aws, "news", arn, region)
    made = trail(
        patient_aws,
        "all",
        bucket(patient_aws, region, arn),
        region=region,
        SnsTopicName="news",
        KmsKeyId=key(patient_aws, region, arn),
        IsMultiRegionTrail=True,
        EnableLogFileValidation=True,
        **group(patient_aws, region, partition),
    )
    table(patient_aws, region=region)
    found = of_people(records(patient_aws, "logs"))
    assert made == arn
    assert "CreateTable" in [record["eventName"] for record in found]
    assert {each.split(":")[1] for each in arns(found)} == {partition}
    assert notifications(patient_aws, url, region)
    logs = client(patient_aws, "logs", region)
    events = logs.filter_log_events(logGroupName="trail")["events"]
    assert any('"CreateTable"' in each["message"] for each in events)
    described = client(patient_aws, "cloudtrail", region).get_trail(Name="all")["Trail"]
    assert described["SnsTopicARN"] == topic_arn


@PLACES
def test_data_events_name_what_was_touched_by_its_arn_there(
    patient_aws: LocalAws, region: str, partition: str
) -> None:
    arn = f"arn:{partition}:cloudtrail:{region}:{ACCOUNT}:trail/data"
    where = bucket(patient_aws, region, arn)
    every = [{"Type": "AWS::S3::Object", "Values": [f"arn:{partition}:s3"]}]
    every += [{"Type": "AWS::DynamoDB::Table", "Values": [f"arn:{partition}:dynamodb"]}]
    table(patient_aws, region=region)
    s3 = client(patient_aws, "s3", region)
    s3.create_bucket(Bucket="files", CreateBucketConfiguration={"LocationConstraint": region})
    trail(
        patient_aws,
        "data",
        where,
        region=region,
        selectors=[{"IncludeManagementEvents": False, "DataResources": every}],
    )
    s3.put_object(Bucket="files", Key="a", Body=b"")
    dynamodb = client(patient_aws, "dynamodb", region)
    dynamodb.put_item(TableName="Users", Item={"id": {"S": "1"}})
    touched = {
        resource["ARN"]
        for record in of_people(records(patient_aws, "logs"))
        for resource in record["resources"]
    }
    assert touched == {
        f"arn:{partition}:dynamodb:{region}:{ACCOUNT}:table/Users",
        f"arn:{partition}:s3:::files",
        f"arn:{partition}:s3:::files/a",
    }


@PLACES
def test_a_user_and_a_session_are_known_by_their_keys(
    aws: LocalAws, region: str, partition: str
) -> None:
    iam = client(aws, "iam", region)
    iam.create_user(UserName="wei")
    made = iam.create_access_key(UserName="wei")["AccessKey"]
    keys = {"key": made["AccessKeyId"], "secret": made["SecretAccessKey"]}
    client(aws, "dynamodb", region, **keys).list_tables()
    role = iam.create_role(RoleName="worker", AssumeRolePolicyDocument=json.dumps(trust("ec2")))
    sts = client(aws, "sts", region, **keys)
    given = sts.assume_role(RoleArn=role["Role"]["Arn"], RoleSessionName="wei")["Credentials"]
    session = {
        "key": given["AccessKeyId"],
        "secret": given["SecretAccessKey"],
        "token": given["SessionToken"],
    }
    client(aws, "dynamodb", region, **session).describe_limits()
    callers = {each["eventName"]: each["userIdentity"]["arn"] for each in history(aws, region)}
    assert callers["CreateUser"] == f"arn:{partition}:iam::{ACCOUNT}:root"
    assert callers["ListTables"] == f"arn:{partition}:iam::{ACCOUNT}:user/wei"
    assert callers["DescribeLimits"] == f"arn:{partition}:sts::{ACCOUNT}:assumed-role/worker/wei"


@PLACES
def test_a_trail_sees_its_own_partition_alone(
    patient_aws: LocalAws, region: str, partition: str
) -> None:
    trail(patient_aws, "here", IsMultiRegionTrail=True)
    there = client(patient_aws, "cloudtrail", region)
    assert there.describe_trails()["trailList"] == []
    assert there.list_trails()["Trails"] == []
    table(patient_aws, region=region)
    table(patient_aws, "Others")
    created = [
        record["awsRegion"]
        for record in of_people(records(patient_aws, "here-logs"))
        if record["eventName"] == "CreateTable"
    ]
    assert created == ["us-east-1"]


@PLACES
def test_an_event_goes_on_to_a_queue(aws: LocalAws, region: str, partition: str) -> None:
    events = client(aws, "events", region)
    url, arn = queue(aws, "events", region)
    pattern = {"source": ["aws.dynamodb"], "detail": {"eventName": ["CreateTable"]}}
    events.put_rule(Name="tables", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="tables", Targets=[{"Id": "1", "Arn": arn}])
    arn = f"arn:{partition}:cloudtrail:{region}:{ACCOUNT}:trail/rules"
    trail(aws, "rules", bucket(aws, region, arn), region=region)
    table(aws, region=region)
    aws.deliver_now()
    (event,) = messages(aws, url, region)
    assert event["detail"]["userIdentity"]["arn"].startswith(f"arn:{partition}:")

"""What CloudFormation does for its caller, as Event history and trails show it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from cloudtrail.bucket_policy import delivery_policy
from local_aws import LocalAws

ACCOUNT = "123456789012"
CLOUDFORMATION = "cloudformation.amazonaws.com"
TRAIL_ARN = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/stack-trail"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}],
}
Record = Mapping[str, Any]


def resource(kind: str, depends_on: str | None = None, **properties: Any) -> dict[str, Any]:
    after = {"DependsOn": depends_on} if depends_on else {}
    return {"Type": kind, "Properties": properties, **after}


BUCKET = resource(
    "AWS::S3::Bucket",
    BucketName="stack-logs",
    BucketEncryption={
        "ServerSideEncryptionConfiguration": [
            {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
        ]
    },
    PublicAccessBlockConfiguration={"BlockPublicAcls": True, "BlockPublicPolicy": "true"},
    OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
    VersioningConfiguration={"Status": "Enabled"},
    Tags=[{"Key": "lab", "Value": "cloudtrail"}],
)
BUCKET_POLICY = resource(
    "AWS::S3::BucketPolicy",
    Bucket={"Ref": "Bucket"},
    PolicyDocument=delivery_policy("stack-logs", "", ACCOUNT, TRAIL_ARN),
)
TRAIL = resource(
    "AWS::CloudTrail::Trail",
    "Policy",
    TrailName="stack-trail",
    S3BucketName={"Ref": "Bucket"},
    IsLogging="true",
    EventSelectors=[{"ReadWriteType": "All", "IncludeManagementEvents": True}],
    InsightSelectors=[{"InsightType": "ApiCallRateInsight"}],
)
TABLE = resource(
    "AWS::DynamoDB::Table",
    TableName="Users",
    AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "N"}],
    KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    BillingMode="PAY_PER_REQUEST",
)
ROLE = resource(
    "AWS::IAM::Role",
    RoleName="stack-role",
    AssumeRolePolicyDocument=TRUST,
    Policies=[{"PolicyName": "list", "PolicyDocument": POLICY}],
    ManagedPolicyArns=["arn:aws:iam::aws:policy/ReadOnlyAccess"],
)
LAB = {"Bucket": BUCKET, "Policy": BUCKET_POLICY, "Trail": TRAIL, "Table": TABLE, "Role": ROLE}


class Deployer:
    """A client of CloudFormation, and the records of what it does for the client."""

    def __init__(self, aws: LocalAws, cloudformation: Any) -> None:
        self._aws = aws
        self._cloudformation = cloudformation

    def create(self, **resources: Any) -> str:
        answer = self._cloudformation.create_stack(StackName="lab", **_input(resources))
        return str(answer["StackId"])

    def update(self, **resources: Any) -> None:
        self._cloudformation.update_stack(StackName="lab", **_input(resources))

    def delete(self) -> None:
        self._cloudformation.delete_stack(StackName="lab")

    def status(self, stack: str = "lab") -> str:
        described = self._cloudformation.describe_stacks(StackName=stack)
        return str(described["Stacks"][0]["StackStatus"])

    def records(self) -> list[Record]:
        """Records of management events made by CloudFormation, oldest first."""
        paginator = self._aws.client("cloudtrail").get_paginator("lookup_events")
        events = [event for page in paginator.paginate() for event in page["Events"]]
        records = [json.loads(event["CloudTrailEvent"]) for event in reversed(events)]
        return [record for record in records if record["sourceIPAddress"] == CLOUDFORMATION]

    def names(self) -> list[str]:
        return [record["eventName"] for record in self.records()]

    def record(self, name: str) -> Record:
        """The one record of this event name."""
        (found,) = [record for record in self.records() if record["eventName"] == name]
        return found


def _input(resources: Mapping[str, Any]) -> dict[str, Any]:
    template = json.dumps({"Resources": resources})
    return {"TemplateBody": template, "Capabilities": ["CAPABILITY_NAMED_IAM"]}


@pytest.fixture
def deployer(aws: LocalAws) -> Deployer:
    return Deployer(aws, aws.client("cloudformation"))


def test_every_resource_of_the_lab_leaves_the_calls_that_make_it(deployer: Deployer) -> None:
    deployer.create(**LAB)
    assert deployer.status() == "CREATE_COMPLETE"
    assert sorted(deployer.names()) == sorted(
        [
            "CreateBucket",
            "PutBucketEncryption",
            "PutBucketPublicAccessBlock",
            "PutBucketOwnershipControls",
            "PutBucketVersioning",
            "PutBucketTagging",
            "PutBucketPolicy",
            "CreateTrail",
            "PutEventSelectors",
            "PutInsightSelectors",
            "StartLogging",
            "CreateTable",
            "CreateRole",
            "PutRolePolicy",
            "AttachRolePolicy",
        ]
    )

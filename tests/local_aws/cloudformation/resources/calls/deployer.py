"""A stack of what a lab has, and the records of what CloudFormation does for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cloudtrail.policies.bucket_policy import delivery_policy
from local_aws import LocalAws
from local_aws.cloudformation import background
from tests.local_aws.delivered import ACCOUNT, history

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
    "Statement": [{"Effect": "Allow", "Action": ["s3:ListAllMyBuckets", "sqs:*"], "Resource": "*"}],
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

    def create(self, role_arn: str | None = None, /, **resources: Any) -> str:
        role = {"RoleARN": role_arn} if role_arn else {}
        answer = self._cloudformation.create_stack(StackName="lab", **_input(resources), **role)
        background.wait_for_all(60)
        return str(answer["StackId"])

    def update(self, **resources: Any) -> None:
        self._cloudformation.update_stack(StackName="lab", **_input(resources))
        background.wait_for_all(60)

    def delete(self) -> None:
        self._cloudformation.delete_stack(StackName="lab")
        background.wait_for_all(60)

    def status(self, stack: str = "lab") -> str:
        described = self._cloudformation.describe_stacks(StackName=stack)
        return str(described["Stacks"][0]["StackStatus"])

    def records(self) -> list[Record]:
        """Records of management events made by CloudFormation, oldest first."""
        found = history(self._aws)
        return [record for record in found if record["sourceIPAddress"] == CLOUDFORMATION]

    def names(self) -> list[str]:
        return [record["eventName"] for record in self.records()]

    def record(self, name: str) -> Record:
        """The one record of this event name."""
        (found,) = [record for record in self.records() if record["eventName"] == name]
        return found


def _input(resources: Mapping[str, Any]) -> dict[str, Any]:
    template = json.dumps({"Resources": resources})
    return {"TemplateBody": template, "Capabilities": ["CAPABILITY_NAMED_IAM"]}

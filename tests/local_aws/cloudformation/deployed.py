"""Stacks as a client of CloudFormation sees them, and resources to put into them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws.cloudformation import background

ACCOUNT = "123456789012"
OPERATIONS_END_WITHIN = 240.0
ROLE: dict[str, Any] = {
    "Type": "AWS::IAM::Role",
    "Properties": {
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "lambda.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                }
            ],
        }
    },
}
UNSUPPORTED = {"Type": "AWS::Detective::Graph"}
RESPONDER = """
import cfnresponse

def handler(event, context):
    properties = event["ResourceProperties"]
    if properties.get("Silent") == event["RequestType"]:
        raise RuntimeError("no answer")
    failing = properties.get("Fail") == event["RequestType"]
    status = cfnresponse.FAILED if failing else cfnresponse.SUCCESS
    print("REQUEST", event["RequestType"], event.get("PhysicalResourceId"))
    data = {"Echo": properties.get("Value"), "Old": event.get("OldResourceProperties")}
    cfnresponse.send(event, context, status, data, properties.get("Id"), reason="as asked")
"""


class Stacks:
    """CloudFormation through boto3, with a stack's events in the order they happened."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def create(self, name: str, resources: dict[str, Any], **more: Any) -> str:
        template = {"Resources": resources, **more.pop("sections", {})}
        answer = self.client.create_stack(
            StackName=name,
            TemplateBody=json.dumps(template),
            Capabilities=["CAPABILITY_NAMED_IAM"],
            **more,
        )
        background.wait_for_all(OPERATIONS_END_WITHIN)
        return str(answer["StackId"])

    def update(self, name: str, resources: dict[str, Any], **more: Any) -> None:
        template = {"Resources": resources, **more.pop("sections", {})}
        self.client.update_stack(
            StackName=name,
            TemplateBody=json.dumps(template),
            Capabilities=["CAPABILITY_NAMED_IAM"],
            **more,
        )
        background.wait_for_all(OPERATIONS_END_WITHIN)

    def finished(self, name: str) -> dict[str, Any]:
        """The stack once no operation runs on it."""
        kind = "stack_update_complete" if self._updating(name) else "stack_create_complete"
        if self.describe(name)["StackStatus"].endswith("IN_PROGRESS"):
            waiter = self.client.get_waiter(kind)
            waiter.wait(StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 240})
        return self.describe(name)

    def _updating(self, name: str) -> bool:
        return str(self.describe(name)["StackStatus"]).startswith("UPDATE")

    def describe(self, name: str) -> dict[str, Any]:
        stack: dict[str, Any] = self.client.describe_stacks(StackName=name)["Stacks"][0]
        return stack

    def status(self, name: str) -> str:
        return str(self.describe(name)["StackStatus"])

    def outputs(self, name: str) -> dict[str, str]:
        return {
            output["OutputKey"]: output["OutputValue"]
            for output in self.describe(name).get("Outputs", [])
        }

    def events(self, name: str) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = self.client.describe_stack_events(StackName=name)[
            "StackEvents"
        ]
        return events[::-1]

    def steps(self, name: str, status: str) -> list[str]:
        """Logical ids of the resources that reached a status, in order."""
        return [
            event["LogicalResourceId"]
            for event in self.events(name)
            if event["ResourceStatus"] == status
            and event["ResourceType"] != "AWS::CloudFormation::Stack"
        ]

    def reason(self, name: str, logical_id: str, status: str) -> str:
        reasons: list[str] = [
            event["ResourceStatusReason"]
            for event in self.events(name)
            if (event["LogicalResourceId"], event["ResourceStatus"]) == (logical_id, status)
        ]
        return reasons[0]


def bucket(name: str | None = None, **properties: Any) -> dict[str, Any]:
    given = {"BucketName": name} if name else {}
    return {"Type": "AWS::S3::Bucket", "Properties": {**given, **properties}}


def policy(bucket_value: Any, action: str = "s3:GetObject") -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": ACCOUNT},
        "Action": action,
        "Resource": {"Fn::Sub": ["arn:aws:s3:::${Name}/*", {"Name": bucket_value}]},
    }
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return {
        "Type": "AWS::S3::BucketPolicy",
        "Properties": {"Bucket": bucket_value, "PolicyDocument": document},
    }


def custom(**properties: Any) -> dict[str, Any]:
    """A custom resource C with its function and the function's role."""
    function = {
        "Runtime": "python3.13",
        "Handler": "index.handler",
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        "Timeout": 240,
        "Code": {"ZipFile": RESPONDER},
    }
    token = {"Fn::GetAtt": ["Function", "Arn"]}
    logging = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    role = {**ROLE, "Properties": {**ROLE["Properties"], "ManagedPolicyArns": [logging]}}
    return {
        "C": {"Type": "Custom::Echo", "Properties": {"ServiceToken": token, **properties}},
        "Function": {"Type": "AWS::Lambda::Function", "Properties": function},
        "Role": role,
    }


def own_tags(tags: list[dict[str, str]]) -> list[dict[str, str]]:
    """The tags but those of CloudFormation."""
    return [tag for tag in tags if not tag["Key"].startswith("aws:")]


def refused(call: Callable[[], Any]) -> tuple[str, str]:
    """Code and message of the error that a call ends in."""
    with pytest.raises(ClientError) as caught:
        call()
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]

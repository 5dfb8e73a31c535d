"""What AWS asks of a caller first, done for moto's tests, which leave it out.

A plugin of their pytest process (`-p preconditions`): without it nearly every test of a trail
would end at its bucket's policy, and of a stack at its capabilities, here and in AWS, before it
came to what it tests.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from typing import Any

import botocore.exceptions
from botocore.client import BaseClient

_SERVICE = {"Service": "cloudtrail.amazonaws.com"}


def pytest_configure() -> None:
    client: Any = BaseClient
    call = client._make_api_call

    def make_api_call(self: BaseClient, operation: str, parameters: dict[str, Any]) -> Any:
        prepare = _PREPARATIONS.get(operation, _nothing)
        parameters = parameters | _valid_stack(self, parameters) | prepare(self, parameters)
        return call(self, operation, parameters)

    client._make_api_call = make_api_call


def _nothing(_client: BaseClient, _parameters: dict[str, Any]) -> dict[str, Any]:
    return {}


def _valid_stack(client: BaseClient, parameters: dict[str, Any]) -> dict[str, Any]:
    """A name that CloudFormation takes, where a test has an underscore, or a digit first."""
    name = parameters.get("StackName", "")
    if client.meta.service_model.service_name != "cloudformation" or name.startswith("arn:"):
        return {}
    valid = name.replace("_", "-")
    return {"StackName": f"s{valid}" if valid[:1].isdecimal() else valid} if name else {}


def _acknowledge(_stacks: BaseClient, _parameters: dict[str, Any]) -> dict[str, Any]:
    """Let CloudFormation make identities."""
    return {"Capabilities": ["CAPABILITY_NAMED_IAM"]}


def _let_trail_deliver(trails: BaseClient, parameters: dict[str, Any]) -> dict[str, Any]:
    """Let CloudTrail use the bucket and the topic, and the account be of an organization.

    What does not exist stays so: there are tests for that.
    """
    if bucket := parameters.get("S3BucketName"):
        arn = f"arn:{trails.meta.partition}:s3:::{bucket}"
        policy = _policy(f"{arn}/*", "s3:PutObject"), _policy(arn, "s3:GetBucketAcl")
        _call(trails, "s3", "put_bucket_policy", Bucket=bucket, Policy=_document(*policy))
    if topic := parameters.get("SnsTopicName"):
        arn = _topic_arn(trails, topic)
        value = _document(_policy(arn, "SNS:Publish"))
        change = {"TopicArn": arn, "AttributeName": "Policy", "AttributeValue": value}
        _call(trails, "sns", "set_topic_attributes", **change)
    if parameters.get("IsOrganizationTrail"):
        _call(trails, "organizations", "create_organization", FeatureSet="ALL")
        principal = _SERVICE["Service"]
        enable = "enable_aws_service_access"
        _call(trails, "organizations", enable, ServicePrincipal=principal)
    return {}


def _policy(resource: str, action: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": _SERVICE, "Action": action, "Resource": resource}


def _document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def _topic_arn(trails: BaseClient, topic: str) -> str:
    if topic.startswith("arn:"):
        return topic
    account = _call(trails, "sts", "get_caller_identity")["Account"]
    return f"arn:{trails.meta.partition}:sns:{trails.meta.region_name}:{account}:{topic}"


def _call(trails: BaseClient, service: str, operation: str, **parameters: Any) -> Any:
    import boto3

    # Inside a test this is moto's client of its server mode.
    client: Any = boto3.client(service, region_name=trails.meta.region_name)  # type: ignore[call-overload]
    with contextlib.suppress(botocore.exceptions.ClientError):
        return getattr(client, operation)(**parameters)


def _have_policy(_keys: BaseClient, parameters: dict[str, Any]) -> dict[str, Any]:
    """Give a key a policy where a test has any text for one."""
    if parameters.get("Policy", "{").startswith("{"):
        return {}
    owner = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:*", "Resource": "*"}
    return {"Policy": _document(owner)}


_PREPARATIONS: dict[str, Callable[[BaseClient, dict[str, Any]], dict[str, Any]]] = {
    "CreateTrail": _let_trail_deliver,
    "UpdateTrail": _let_trail_deliver,
    "CreateStack": _acknowledge,
    "UpdateStack": _acknowledge,
    "CreateChangeSet": _acknowledge,
    "CreateKey": _have_policy,
}
"""By operation: what makes ready for it, and returns the parameters that it adds."""

"""The calls of every described type."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.validate import ParamValidator
from moto.cloudformation.models import cloudformation_backends

from cloudtrail.records.service_models import operation_model
from local_aws import LocalAws
from local_aws.cloudformation.resources.failures import CallFailed
from local_aws.cloudformation.resources.resource_types import Answer, ApiCall, Change, perform
from local_aws.cloudformation.stacks import Resource, Stack
from local_aws.cloudformation.types import TYPES
from tests.local_aws import delivered
from tests.local_aws.cloudformation.resources.calls.deployer import (
    CLOUDFORMATION,
    LAB,
    POLICY,
    ROLE,
    TRAIL_ARN,
    Deployer,
    resource,
)
from tests.local_aws.cloudformation.resources.calls.described_types import (
    CREATED,
    INVOCATIONS,
    OTHERS,
    RESPONDER,
    TAGS,
)
from tests.local_aws.cloudformation.test_beside_a_trail import resources as beside
from tests.local_aws.cloudformation.types.test_networks import network
from tests.local_aws.delivered import ACCOUNT


def _made(aws: LocalAws, resources: Mapping[str, Any]) -> list[Resource]:
    """The resources that a stack made."""
    Deployer(aws, aws.client("cloudformation")).create(**resources)
    stack = cloudformation_backends[ACCOUNT]["us-east-1"].get_stack("lab")
    assert isinstance(stack, Stack)
    assert stack.status == "CREATE_COMPLETE", stack.status_reason
    return list(stack.resources.values())


def _broken_rules(call: ApiCall) -> str:
    """What botocore would say to a client that made the call."""
    model = operation_model(call.service, call.operation)
    assert model is not None, f"{call.service} has no {call.operation}"
    if model.input_shape is None:
        return ""
    return str(
        ParamValidator().validate(dict(call.parameters), model.input_shape).generate_report()
    )


class Anything(dict[str, Any]):
    """An answer with whatever a plan looks for; what it waits for has succeeded."""

    def __missing__(self, name: str) -> Any:
        if name == "Status":
            return "SUCCEEDED"
        return TRAIL_ARN if str(name).endswith("Arn") else Anything()


@pytest.mark.parametrize("kind", ["create", "update", "delete"])
def test_every_call_of_a_description_is_one_that_its_api_takes(aws: LocalAws, kind: str) -> None:
    described = {each.name: each for each in TYPES}

    def answer(call: ApiCall) -> Answer:
        assert (call.operation, _broken_rules(call)) == (call.operation, "")
        if call.service == "s3" and not call.recorded:
            raise CallFailed("NoSuchBucket", "", 404, "")
        return Anything()

    for made in (each for each in _made(aws, {**LAB, **OTHERS}) if each.type in described):
        place = (ACCOUNT, "us-east-1")
        change = Change(made.name, made.physical_id, made.properties, {}, *place)
        plan = getattr(described[made.type], kind)
        if plan is not None:
            perform(plan(change), answer, lambda _: None)


ELSEWHERE = {
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    "AWS::Athena::NamedQuery",
    "AWS::Budgets::Budget",
    "AWS::Config::AggregationAuthorization",
    "AWS::Config::ConfigurationAggregator",
    "AWS::IAM::AccessKey",
    "AWS::IAM::ServiceLinkedRole",
    "AWS::KinesisFirehose::DeliveryStream",
    "AWS::Lambda::Alias",
    "AWS::Logs::LogStream",
    "AWS::SecretsManager::ResourcePolicy",
}
"""Types that other tests deploy, update and remove."""


def test_every_described_type_is_deployed() -> None:
    stacks = (LAB, OTHERS, network("net"), beside("1", 1, "Ec2"))
    deployed = {item["Type"] for stack in stacks for item in stack.values()}
    nothing = {"AWS::CDK::Metadata", "AWS::CloudFormation::WaitConditionHandle"}
    assert {each.name for each in TYPES} == deployed | nothing | ELSEWHERE


def test_other_types_leave_their_calls_too(deployer: Deployer) -> None:
    deployer.create(Role=ROLE, **OTHERS)
    assert deployer.status() == "CREATE_COMPLETE"
    assert set(CREATED) <= set(deployer.names())
    function = deployer.record("CreateFunction20150331")
    assert "hidden" not in json.dumps(function)
    assert "zipFile" not in json.dumps(function)


UPDATES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "Inline": ({"PolicyName": "other"}, ["PutRolePolicy", "DeleteRolePolicy"]),
    "Managed": ({"Roles": []}, ["DetachRolePolicy"]),
    "Function": ({"Timeout": 60}, ["UpdateFunctionConfiguration20150331v2"]),
    "Parameter": ({"Value": "y"}, ["PutParameter"]),
    "Topic": ({"DisplayName": "Old"}, ["SetTopicAttributes"]),
    "Queue": ({"VisibilityTimeout": 30}, ["SetQueueAttributes"]),
    "GlobalTable": (
        {"Replicas": [{"Region": "us-east-1", "Tags": TAGS, "DeletionProtectionEnabled": True}]},
        ["UpdateTable"],
    ),
    "Subscription": ({"FilterPolicy": {"kind": ["old"]}}, ["SetSubscriptionAttributes"]),
    "Source": ({"BatchSize": 2}, ["UpdateEventSourceMapping20150331"]),
    "MetricFilter": ({"FilterPattern": "x"}, ["PutMetricFilter"]),
    "SubscriptionFilter": ({"FilterPattern": "x"}, ["PutSubscriptionFilter"]),
    "Alarm": ({"Threshold": 2}, ["PutMetricAlarm"]),
    "ConfigRule": ({"Description": "b"}, ["PutConfigRule"]),
    "Secret": ({"Description": "b"}, ["UpdateSecret"]),
    "RolePolicy": ({"PolicyDocument": {**POLICY, "Id": "b"}}, ["PutRolePolicy"]),
    "LogGroup": ({"KmsKeyId": {"Fn::GetAtt": ["Key", "Arn"]}}, ["AssociateKmsKey"]),
    "Rule": ({"State": "DISABLED"}, ["PutRule"]),
    "Repository": ({"ImageTagMutability": "MUTABLE"}, ["PutImageTagMutability"]),
    "Database": ({"DatabaseInput": {"Name": "logs", "Description": "b"}}, ["UpdateDatabase"]),
    "LogTable": ({"TableInput": {"Name": "trail", "Description": "b"}}, ["UpdateTable"]),
    "WorkGroup": ({"Description": "b"}, ["UpdateWorkGroup"]),
    "StackSet": ({"Description": "b"}, ["UpdateStackSet"]),
}


def test_updates_of_other_types_leave_what_changes_them(deployer: Deployer) -> None:
    stack = {"Role": ROLE, **OTHERS}
    deployer.create(**stack)
    for logical_id, (properties, expected) in UPDATES.items():
        before = len(deployer.names())
        changed = {**stack[logical_id]["Properties"], **properties}
        stack[logical_id] = {**stack[logical_id], "Properties": changed}
        deployer.update(**stack)
        assert (logical_id, deployer.names()[before:]) == (logical_id, expected)


def test_a_custom_resource_is_an_invocation_by_cloudformation(aws: LocalAws) -> None:
    function = {**OTHERS["Function"]["Properties"], "Code": {"ZipFile": RESPONDER}}
    token = {"Fn::GetAtt": ["Function", "Arn"]}
    resources = {
        "Role": ROLE,
        "Function": resource("AWS::Lambda::Function", **function),
        "Custom": resource("Custom::Nothing", ServiceToken=token),
    }
    delivered.trail(aws, "invocations", advanced=INVOCATIONS)
    Deployer(aws, aws.client("cloudformation")).create(**resources)
    (record,) = delivered.records(aws, "invocations-logs")
    assert record["eventName"] == "Invoke"
    assert record["userIdentity"]["invokedBy"] == CLOUDFORMATION
    assert record["requestParameters"] == {
        "functionName": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:echo",
        "invocationType": "Event",
    }


def test_an_invocation_of_a_missing_function_is_recorded_as_failed(aws: LocalAws) -> None:
    delivered.trail(aws, "invocations", advanced=INVOCATIONS)
    token = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:missing"
    custom = resource("Custom::Nothing", ServiceToken=token)
    Deployer(aws, aws.client("cloudformation")).create(Custom=custom)
    (record,) = delivered.records(aws, "invocations-logs")
    assert record["errorCode"] == "ResourceNotFoundException"
    assert record["errorMessage"] == f"Function not found: {token}"

"""`Fn::GetAtt` over all types: what AWS's schemas name has its value, anything else is refused."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import Any

import pytest
from moto.cloudformation.models import cloudformation_backends
from moto.cloudformation.parsing import get_model_map

from local_aws import LocalAws
from local_aws.cloudformation import background
from local_aws.cloudformation.exceptions import ValidationError
from local_aws.cloudformation.language import schemas
from local_aws.cloudformation.language.checks import check_template
from local_aws.cloudformation.resources.attributes import attribute_of
from local_aws.cloudformation.resources.calls import on_behalf_of
from local_aws.cloudformation.resources.failures import ResourceError
from local_aws.cloudformation.stacks import Resource
from local_aws.cloudformation.types import TYPES, handler_of
from tests.local_aws.cloudformation.deployed import ACCOUNT
from tests.local_aws.cloudformation.resources.calls.deployer import LAB, Deployer
from tests.local_aws.cloudformation.resources.calls.described_types import OTHERS


@functools.cache
def supported() -> list[str]:
    """Every type that stacks have here; moto's models of them take seconds to load."""
    ours = {each.name for each in TYPES}
    return sorted(
        ours | {name for name in get_model_map() if handler_of(name) and schemas.is_type(name)}
    )


def _attributes(name: str) -> list[str]:
    schema = schemas.schema_of(name)
    return [each.replace("\\", "") for each in schema["attributes"]] if schema else []


NOT_GIVEN: Mapping[str, tuple[str, ...]] = {
    "AWS::Athena::WorkGroup": (
        "WorkGroupConfiguration.EngineVersion.EffectiveEngineVersion",
        "WorkGroupConfigurationUpdates.EngineVersion.EffectiveEngineVersion",
    ),
    "AWS::CloudTrail::Trail": ("SnsTopicArn",),
    "AWS::Config::ConfigRule": ("Compliance.Type",),
    "AWS::Config::ConfigurationRecorder": ("ResourceARN",),
    "AWS::DynamoDB::GlobalTable": ("StreamArn",),
    "AWS::DynamoDB::Table": ("StreamArn",),
    "AWS::Events::EventBus": (
        "DeadLetterConfig.Arn",
        "EventSourceName",
        "KmsKeyIdentifier",
        "LogConfig.IncludeDetail",
        "LogConfig.Level",
        "Tags",
    ),
    "AWS::IAM::ManagedPolicy": ("PermissionsBoundaryUsageCount",),
    "AWS::Lambda::Function": (
        "SnapStartResponse",
        "SnapStartResponse.ApplyOn",
        "SnapStartResponse.OptimizationStatus",
    ),
    "AWS::S3::Bucket": tuple(
        name for name in _attributes("AWS::S3::Bucket") if name.startswith("Metadata")
    ),
    "AWS::SNS::Topic": (
        "ContentBasedDeduplication",
        "DeliveryStatusLogging",
        "FifoThroughputScope",
        "FifoTopic",
        "KmsMasterKeyId",
        "MaximumMessageSize",
        "SignatureVersion",
        "TracingConfig",
    ),
    "AWS::SQS::Queue": (
        "ContentBasedDeduplication",
        "DeduplicationScope",
        "FifoQueue",
        "FifoThroughputLimit",
        "KmsDataKeyReusePeriodSeconds",
        "KmsMasterKeyId",
        "RedrivePolicy.deadLetterTargetArn",
        "RedrivePolicy.maxReceiveCount",
    ),
    "AWS::SSM::Parameter": ("AllowedPattern", "Description", "Policies"),
}
"""Attributes without a value: settings that the resource here does not have, or moto does not."""


def test_an_attribute_that_a_type_does_not_have_is_refused() -> None:
    output = {"Value": {"Fn::GetAtt": ["R", "NoSuch"]}}
    said = "Template error: resource R does not support attribute type NoSuch in Fn::GetAtt"
    for name in supported():
        template = {"Resources": {"R": {"Type": name}}, "Outputs": {"O": output}}
        with pytest.raises(ValidationError) as caught:
            check_template(template)
        assert caught.value.message == said, name


def _value(resource: Resource, name: str, backend: Any) -> Any:
    nobody = on_behalf_of(None, ACCOUNT, "us-east-1", backend.services)
    try:
        return attribute_of(resource, name, nobody)
    except ResourceError:
        return None


def test_every_attribute_of_every_described_type_has_its_value(aws: LocalAws) -> None:
    Deployer(aws, aws.client("cloudformation")).create(**{**LAB, **OTHERS})
    backend: Any = cloudformation_backends[ACCOUNT]["us-east-1"]
    missing: dict[str, tuple[str, ...]] = {}
    for resource in backend.get_stack("lab").resources.values():
        values = {name: _value(resource, name, backend) for name in _attributes(resource.type)}
        absent = tuple(name for name, value in values.items() if value is None)
        if absent:
            missing[resource.type] = absent
        assert all(isinstance(each, str | int | list | None) for each in values.values()), values
        if "Arn" in values:
            assert str(values["Arn"]).startswith("arn:aws:"), resource.type
    assert missing == NOT_GIVEN


def test_a_stack_of_any_type_comes_to_an_end_without_an_internal_failure(aws: LocalAws) -> None:
    client = aws.client("cloudformation")
    for number, name in enumerate(supported()):
        stack = f"alone-{number}"
        body = json.dumps({"Resources": {"R": {"Type": name}}})
        named = ["CAPABILITY_NAMED_IAM"]
        client.create_stack(StackName=stack, TemplateBody=body, Capabilities=named)
        background.wait_for_all(60)
        (found,) = client.describe_stacks(StackName=stack)["Stacks"]
        assert found["StackStatus"] in {"CREATE_COMPLETE", "ROLLBACK_COMPLETE"}, name
        events = client.describe_stack_events(StackName=stack)["StackEvents"]
        reasons = [event.get("ResourceStatusReason", "") for event in events]
        assert not [reason for reason in reasons if "Internal failure" in reason], name

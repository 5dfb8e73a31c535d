"""Types that stay moto's models: what a model does not read of a template is refused by name."""

from __future__ import annotations

from typing import Any

import pytest
from moto.cloudformation.parsing import get_model_map

from local_aws import LocalAws
from local_aws.cloudformation.language import schemas
from local_aws.cloudformation.resources.moto_models import MotoModel, moto_handler
from local_aws.cloudformation.resources.moto_reads import properties_read_by
from local_aws.cloudformation.types import TYPES
from tests.local_aws.cloudformation.deployed import Stacks
from tests.local_aws.delivered import client

DESCRIBED = {described.name for described in TYPES}
MODELS = sorted(
    name
    for name in get_model_map().keys() - DESCRIBED
    if name.startswith("AWS::") and moto_handler(name)
)


def handler(name: str) -> MotoModel:
    found = moto_handler(name)
    assert found is not None
    return found


def reads(name: str, method: str = "create_from_cloudformation_json") -> set[str]:
    found = properties_read_by(getattr(handler(name).model, method))
    assert found is not None
    return set(found)


def test_what_a_model_looks_up_is_read() -> None:
    assert reads("AWS::ECS::Service") == {"Cluster", "TaskDefinition", "DesiredCount"}
    assert {"EngineVersion", "KmsKeyId", "Tags"} <= reads("AWS::RDS::DBInstance")
    assert "SpotFleetRequestConfigData" in reads("AWS::EC2::SpotFleet")


def test_what_a_function_looks_up_that_is_handed_the_properties_is_read() -> None:
    listener = reads("AWS::ElasticLoadBalancingV2::Listener")
    assert {"DefaultActions", "Port"} <= listener
    assert "Tags" not in listener
    assert {"TTL", "AliasTarget"} <= reads("AWS::Route53::RecordSet")


def test_who_hands_on_the_whole_definition_reads_what_is_read_there() -> None:
    update = reads("AWS::IoT::RoleAlias", "update_from_cloudformation_json")
    assert update == reads("AWS::IoT::RoleAlias")


def test_a_model_that_passes_its_properties_on_by_their_names_reads_all() -> None:
    model = handler("AWS::EFS::MountTarget").model
    assert properties_read_by(model.create_from_cloudformation_json) is None


@pytest.mark.parametrize("name", MODELS)
def test_what_a_type_cannot_do_without_is_read(name: str) -> None:
    listed = (schemas.schema_of(name) or {}).get("required", ())
    required = [each for each in listed if each != handler(name).naming.by]
    assert handler(name).lacks(required) in ([], ["Type"])


def zone_of(**properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::Route53::HostedZone", "Properties": {"Name": "a.test", **properties}}


def test_properties_that_are_not_read_fail_the_stack_before_anything_is_made(
    aws: LocalAws,
) -> None:
    stacks = Stacks(client(aws, "cloudformation"))
    tags = [{"Key": "owner", "Value": "me"}]
    cluster = {"Type": "AWS::ECS::Cluster", "Properties": {"Tags": tags}}
    bucket = {"Type": "AWS::S3::Bucket"}
    zone = zone_of(HostedZoneTags=tags, HostedZoneConfig={"Comment": "mine"})
    stacks.create("half", {"Bucket": bucket, "Zone": zone, "Cluster": cluster})
    assert stacks.status("half") == "ROLLBACK_COMPLETE"
    assert stacks.reason("half", "Zone", "CREATE_FAILED") == (
        "The local AWS does not have HostedZoneTags, HostedZoneConfig of "
        "AWS::Route53::HostedZone: remove it, or deploy to an account."
    )
    assert stacks.reason("half", "Cluster", "CREATE_FAILED").startswith(
        "The local AWS does not have Tags of AWS::ECS::Cluster"
    )
    assert client(aws, "s3").list_buckets()["Buckets"] == []
    assert client(aws, "route53").list_hosted_zones()["HostedZones"] == []


def test_a_property_that_is_no_value_is_not_missed(aws: LocalAws) -> None:
    stacks = Stacks(client(aws, "cloudformation"))
    config = {"Fn::If": ["Told", {"Comment": "mine"}, {"Ref": "AWS::NoValue"}]}
    sections = {"Conditions": {"Told": {"Fn::Equals": ["a", "b"]}}}
    stacks.create("whole", {"Zone": zone_of(HostedZoneConfig=config)}, sections=sections)
    assert stacks.status("whole") == "CREATE_COMPLETE"


def test_an_update_that_a_model_does_not_read_makes_a_new_resource(aws: LocalAws) -> None:
    stacks, ec2 = Stacks(client(aws, "cloudformation")), client(aws, "ec2")

    def template(owner: str) -> dict[str, Any]:
        tags = [{"Key": "owner", "Value": owner}]
        properties = {
            "LaunchTemplateData": {"InstanceType": "t3.micro"},
            "TagSpecifications": [{"ResourceType": "launch-template", "Tags": tags}],
        }
        return {"T": {"Type": "AWS::EC2::LaunchTemplate", "Properties": properties}}

    stacks.create("tagged", template("me"))
    stacks.update("tagged", template("you"))
    assert stacks.status("tagged") == "UPDATE_COMPLETE"
    (found,) = ec2.describe_launch_templates()["LaunchTemplates"]
    assert {"Key": "owner", "Value": "you"} in found["Tags"]

"""EC2's records, in the names of its XML API."""

from __future__ import annotations

from typing import Any

import pytest

from cloudtrail.records.calls import CallError
from cloudtrail.records.record import record_of
from tests.cloudtrail.calls import SECRET, TIME, call


def request(operation: str, parameters: dict[str, Any]) -> Any:
    """Return the requestParameters of a call."""
    return record_of(call("ec2", operation, parameters))["requestParameters"]


def response(operation: str, output: dict[str, Any] | None) -> Any:
    """Return the responseElements of a call."""
    return record_of(call("ec2", operation, output=output))["responseElements"]


def test_run_instances_shows_what_it_launches() -> None:
    parameters = {
        "ImageId": "ami-1",
        "MinCount": 1,
        "MaxCount": 1,
        "InstanceType": "t3.micro",
        "SecurityGroupIds": ["sg-1"],
        "UserData": SECRET,
        "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "k", "Value": "v"}]}],
    }
    assert request("RunInstances", parameters) == {
        "instancesSet": {"items": [{"imageId": "ami-1", "minCount": 1, "maxCount": 1}]},
        "instanceType": "t3.micro",
        "groupSet": {"items": [{"groupId": "sg-1"}]},
        "userData": "<sensitiveDataRemoved>",
        "tagSpecificationSet": {
            "items": [{"resourceType": "instance", "tags": [{"key": "k", "value": "v"}]}]
        },
        "blockDeviceMapping": {},
        "monitoring": {"enabled": False},
        "disableApiTermination": False,
        "disableApiStop": False,
    }


@pytest.mark.parametrize(
    ("operation", "parameters", "shown"),
    [
        (
            "StopInstances",
            {"InstanceIds": ["i-1"]},
            {"instancesSet": {"items": [{"instanceId": "i-1"}]}},
        ),
        (
            "DescribeVpcs",
            {"Filters": [{"Name": "n", "Values": ["v"]}]},
            {
                "filterSet": {"items": [{"name": "n", "valueSet": {"items": [{"value": "v"}]}}]},
                "vpcSet": {},
            },
        ),
        (
            "CreateTags",
            {"Resources": ["i-1"], "Tags": [{"Key": "k", "Value": "v"}]},
            {
                "resourcesSet": {"items": [{"resourceId": "i-1"}]},
                "tagSet": {"items": [{"key": "k", "value": "v"}]},
            },
        ),
        (
            "AuthorizeSecurityGroupIngress",
            {"GroupId": "sg-1", "IpPermissions": [{"IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]},
            {
                "groupId": "sg-1",
                "ipPermissions": {
                    "items": [
                        {
                            "groups": {},
                            "ipRanges": {"items": [{"cidrIp": "0.0.0.0/0"}]},
                            "ipv6Ranges": {},
                            "prefixListIds": {},
                        }
                    ]
                },
            },
        ),
        ("CreateSecurityGroup", {"Description": "d"}, {"groupDescription": "d"}),
        (
            "DescribeRouteTables",
            {"RouteTableIds": ["rtb-1"]},
            {"routeTableIdSet": {"items": [{"routeTableId": "rtb-1"}]}, "filterSet": {}},
        ),
        (
            "DescribePlacementGroups",
            {},
            {"filterSet": {}, "placementGroupIdSet": {}, "placementGroupSet": {}},
        ),
        ("DescribeRegions", {}, {"regionSet": {}}),
        ("DeleteVolume", {"VolumeId": "v"}, {"volumeId": "v", "reportVolumeFailure": False}),
        (
            "ModifyImageAttribute",
            {"ImageId": "ami-1", "LaunchPermission": {"Add": [{"UserId": "1"}]}},
            {
                "imageId": "ami-1",
                "launchPermission": {"add": {"items": [{"userId": "1"}]}},
                "attributeType": "launchPermission",
            },
        ),
    ],
)
def test_lists_are_sets_of_items(
    operation: str, parameters: dict[str, Any], shown: dict[str, Any]
) -> None:
    assert request(operation, parameters) == shown


def test_later_operations_are_wrapped() -> None:
    parameters = {"SubnetId": "subnet-1", "SecondaryAllocationIds": ["a"]}
    assert request("CreateNatGateway", parameters) == {
        "CreateNatGatewayRequest": {
            "SubnetId": "subnet-1",
            "SecondaryAllocationId": {"tag": 1, "content": "a"},
        }
    }


def test_answers_of_later_operations_are_xml_turned_to_json() -> None:
    gateway = {
        "NatGatewayId": "nat-1",
        "CreateTime": TIME,
        "NatGatewayAddresses": [{"AllocationId": "a"}],
        "Tags": [{"Key": "k", "Value": "true"}, {"Key": "n", "Value": "12"}],
    }
    answered = response("CreateNatGateway", {"NatGateway": gateway})
    assert answered["CreateNatGatewayResponse"]["natGateway"] == {
        "natGatewayId": "nat-1",
        "createTime": "2026-05-03T14:05:09.987Z",
        "natGatewayAddressSet": {"item": {"allocationId": "a"}},
        "tagSet": {"item": [{"key": "k", "value": True}, {"key": "n", "value": 12}]},
    }


def test_an_empty_wrapped_request_is_empty_text() -> None:
    assert request("DescribeNatGateways", {}) == {"DescribeNatGatewaysRequest": ""}


def test_a_denied_call_keeps_its_parameters() -> None:
    refused = CallError("UnauthorizedOperation", "You are not authorized.", 403)
    record = record_of(call("ec2", "DeleteVpc", {"VpcId": "vpc-1"}, error=refused))
    assert record["requestParameters"] == {"vpcId": "vpc-1"}
    assert record["errorCode"] == "Client.UnauthorizedOperation"


def test_a_response_carries_its_request_id_and_times_in_milliseconds() -> None:
    output = {"Instances": [{"InstanceId": "i-1", "LaunchTime": TIME}]}
    assert response("RunInstances", output) == {
        "requestId": "R",
        "groupSet": {},
        "instancesSet": {
            "items": [
                {
                    "instanceId": "i-1",
                    "launchTime": 1777817109987,
                    "productCodes": {},
                    "blockDeviceMapping": {},
                }
            ]
        },
    }


def test_an_empty_response_says_that_it_worked() -> None:
    assert response("DeleteVpc", None) == {"requestId": "R", "_return": True}
    assert response("AuthorizeSecurityGroupIngress", {"Return": True}) == {
        "requestId": "R",
        "_return": True,
    }

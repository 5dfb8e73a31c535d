"""EC2's records, in the names of its XML API."""

from __future__ import annotations

from typing import Any

import pytest

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
            {"filterSet": {"items": [{"name": "n", "valueSet": {"items": [{"value": "v"}]}}]}},
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
                "ipPermissions": {"items": [{"ipRanges": {"items": [{"cidrIp": "0.0.0.0/0"}]}}]},
            },
        ),
        ("CreateSecurityGroup", {"Description": "d"}, {"groupDescription": "d"}),
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
    answered = response("CreateNatGateway", {"NatGateway": {"NatGatewayId": "nat-1"}})
    assert answered["CreateNatGatewayResponse"]["natGateway"] == {"natGatewayId": "nat-1"}


def test_a_response_carries_its_request_id_and_times_in_milliseconds() -> None:
    output = {"Instances": [{"InstanceId": "i-1", "LaunchTime": TIME}]}
    assert response("RunInstances", output) == {
        "requestId": "R",
        "instancesSet": {"items": [{"instanceId": "i-1", "launchTime": 1777817109987}]},
    }


def test_an_empty_response_says_that_it_worked() -> None:
    assert response("DeleteVpc", None) == {"requestId": "R", "_return": True}
    assert response("AuthorizeSecurityGroupIngress", {"Return": True}) == {
        "requestId": "R",
        "_return": True,
    }

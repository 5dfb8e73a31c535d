"""Tables whose capacity is scaled: those with replicas, and those with targets beside them."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws import LocalAws
from tests.local_aws.cloudformation.deployed import Stacks
from tests.local_aws.delivered import client


def scaled(kind: str, least: int, most: int) -> dict[str, Any]:
    tracking = {"TargetValue": 70}
    bounds = {"MinCapacity": least, "MaxCapacity": most}
    settings = {**bounds, "TargetTrackingScalingPolicyConfiguration": tracking}
    return {
        f"{kind}ProvisionedThroughputSettings": {f"{kind}CapacityAutoScalingSettings": settings}
    }


KEYS = {
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
}


def bounds(aws: LocalAws) -> dict[tuple[str, str], tuple[int, int]]:
    scaling = client(aws, "application-autoscaling")
    found = scaling.describe_scalable_targets(ServiceNamespace="dynamodb")["ScalableTargets"]
    return {
        (each["ResourceId"], each["ScalableDimension"].rpartition(":")[2]): (
            each["MinCapacity"],
            each["MaxCapacity"],
        )
        for each in found
    }


def test_a_table_with_replicas_has_its_capacity_scaled(stacks: Stacks, aws: LocalAws) -> None:
    """The CDK's `TableV2` with `Billing.provisioned`."""

    def table(most: int, read: dict[str, Any]) -> dict[str, Any]:
        index = {"IndexName": "by-id", "Projection": {"ProjectionType": "ALL"}}
        properties = {
            **KEYS,
            "TableName": "scaled",
            "BillingMode": "PROVISIONED",
            "GlobalSecondaryIndexes": [
                {**index, "KeySchema": KEYS["KeySchema"], **scaled("Write", 1, 5)}
            ],
            **scaled("Write", 3, most),
            "Replicas": [
                {
                    "Region": "us-east-1",
                    "GlobalSecondaryIndexes": [{"IndexName": "by-id", **scaled("Read", 1, 4)}],
                    **read,
                }
            ],
        }
        return {"Table": {"Type": "AWS::DynamoDB::GlobalTable", "Properties": properties}}

    stack_id = stacks.create("scaled", table(9, scaled("Read", 2, 8)))
    assert stacks.status("scaled") == "CREATE_COMPLETE", stacks.events("scaled")
    found = client(aws, "dynamodb").describe_table(TableName="scaled")["Table"]
    throughput = found["ProvisionedThroughput"]
    assert (throughput["ReadCapacityUnits"], throughput["WriteCapacityUnits"]) == (2, 3)
    of_index = {
        ("table/scaled/index/by-id", "ReadCapacityUnits"): (1, 4),
        ("table/scaled/index/by-id", "WriteCapacityUnits"): (1, 5),
    }
    assert bounds(aws) == {
        ("table/scaled", "ReadCapacityUnits"): (2, 8),
        ("table/scaled", "WriteCapacityUnits"): (3, 9),
        **of_index,
    }
    fixed = {"ReadProvisionedThroughputSettings": {"ReadCapacityUnits": 7}}
    stacks.update("scaled", table(10, fixed))
    assert stacks.status("scaled") == "UPDATE_COMPLETE", stacks.events("scaled")
    assert bounds(aws) == {("table/scaled", "WriteCapacityUnits"): (3, 10), **of_index}
    found = client(aws, "dynamodb").describe_table(TableName="scaled")["Table"]
    assert found["ProvisionedThroughput"]["ReadCapacityUnits"] == 7
    stacks.client.delete_stack(StackName="scaled")
    assert stacks.status(stack_id) == "DELETE_COMPLETE"
    assert bounds(aws) == {}


def test_replicas_in_other_regions_are_refused_by_name(stacks: Stacks, aws: LocalAws) -> None:
    replicas = [{"Region": "us-east-1"}, {"Region": "eu-west-1"}]
    properties = {**KEYS, "BillingMode": "PAY_PER_REQUEST", "Replicas": replicas}
    table = {"Type": "AWS::DynamoDB::GlobalTable", "Properties": properties}
    stacks.create("far", {"Table": table})
    assert stacks.reason("far", "Table", "CREATE_FAILED") == (
        "The local AWS does not have replicas in other Regions: remove eu-west-1, or deploy to an "
        "account."
    )
    dynamodb = client(aws, "dynamodb")
    assert dynamodb.list_tables()["TableNames"] == []
    dynamodb.create_table(TableName="near", BillingMode="PAY_PER_REQUEST", **KEYS)
    update = {"Create": {"RegionName": "eu-west-1"}}
    with pytest.raises(ClientError, match="does not have replicas"):
        dynamodb.update_table(TableName="near", ReplicaUpdates=[update])


def test_a_table_has_a_target_and_a_policy_beside_it(stacks: Stacks, aws: LocalAws) -> None:
    """The CDK's `Table` with `auto_scale_read_capacity`."""

    def resources(most: int) -> dict[str, Any]:
        capacity = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
        target = {
            "MinCapacity": 2,
            "MaxCapacity": most,
            "ResourceId": {"Fn::Join": ["", ["table/", {"Ref": "Table"}]]},
            "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
            "ServiceNamespace": "dynamodb",
        }
        tracking = {
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": "DynamoDBReadCapacityUtilization"
            },
            "TargetValue": 75,
        }
        policy = {
            "PolicyName": "tracking",
            "PolicyType": "TargetTrackingScaling",
            "ScalingTargetId": {"Ref": "Target"},
            "TargetTrackingScalingPolicyConfiguration": tracking,
        }
        kinds = {
            "Table": (
                "DynamoDB::Table",
                {**KEYS, "TableName": "t", "ProvisionedThroughput": capacity},
            ),
            "Target": ("ApplicationAutoScaling::ScalableTarget", target),
            "Policy": ("ApplicationAutoScaling::ScalingPolicy", policy),
        }
        return {
            name: {"Type": f"AWS::{kind}", "Properties": given}
            for name, (kind, given) in kinds.items()
        }

    stack_id = stacks.create("scaled", resources(10))
    assert stacks.status("scaled") == "CREATE_COMPLETE", stacks.events("scaled")
    stacks.update("scaled", resources(20))
    assert bounds(aws) == {("table/t", "ReadCapacityUnits"): (2, 20)}
    scaling = client(aws, "application-autoscaling")
    (policy,) = scaling.describe_scaling_policies(ServiceNamespace="dynamodb")["ScalingPolicies"]
    assert (policy["ResourceId"], policy["PolicyName"]) == ("table/t", "tracking")
    stacks.client.delete_stack(StackName="scaled")
    assert stacks.status(stack_id) == "DELETE_COMPLETE", stacks.events(stack_id)
    assert bounds(aws) == {}

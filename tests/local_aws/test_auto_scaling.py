"""What Application Auto Scaling does to a DynamoDB table, and how CloudTrail records it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cloudtrail.records.calls import Record
from local_aws import LocalAws
from tests.local_aws.delivered import ACCOUNT, client, history
from tests.local_aws.wire import Wire, send
from tests.waiting import until

SERVICE = "dynamodb.application-autoscaling.amazonaws.com"
ROLE = "AWSServiceRoleForApplicationAutoScaling_DynamoDBTable"
FIVE = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}


def table(aws: LocalAws, **settings: Any) -> None:
    client(aws, "dynamodb").create_table(
        TableName="Users",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        **(settings or {"ProvisionedThroughput": FIVE}),
    )


def register(aws: LocalAws, least: int, most: int, index: str = "", **keys: str) -> None:
    what = "index" if index else "table"
    client(aws, "application-autoscaling", **keys).register_scalable_target(
        ServiceNamespace="dynamodb",
        ResourceId=f"table/Users{index}",
        ScalableDimension=f"dynamodb:{what}:ReadCapacityUnits",
        MinCapacity=least,
        MaxCapacity=most,
    )


def events(aws: LocalAws, name: str, by: str = SERVICE) -> list[Record]:
    return [
        each
        for each in history(aws)
        if each["eventName"] == name and each["userIdentity"].get("invokedBy") == by
    ]


def soon(aws: LocalAws, name: str) -> Record:
    """The service's call, which it makes in the background."""
    return until(lambda: events(aws, name))[0]


def test_a_capacity_under_the_minimum_is_raised_by_the_service(aws: LocalAws) -> None:
    table(aws)
    register(aws, 8, 10)
    update = soon(aws, "UpdateTable")
    assert update["requestParameters"] == {
        "tableName": "Users",
        "provisionedThroughput": {"readCapacityUnits": 8, "writeCapacityUnits": 5},
    }
    user = update["userIdentity"]
    assert (user["type"], user["invokedBy"]) == ("AssumedRole", SERVICE)
    assert f":assumed-role/{ROLE}/AutoScaling-" in user["arn"]
    issuer = user["sessionContext"]["sessionIssuer"]
    assert issuer["arn"] == f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/{SERVICE}/{ROLE}"
    assert update["sourceIPAddress"] == update["userAgent"] == SERVICE
    assert "tlsDetails" not in update
    assert "sharedEventID" not in update
    now = client(aws, "dynamodb").describe_table(TableName="Users")["Table"]
    assert now["ProvisionedThroughput"]["ReadCapacityUnits"] == 8


def test_the_services_role_is_made_once_for_who_registers_a_target(aws: LocalAws) -> None:
    table(aws)
    register(aws, 8, 10)
    created = soon(aws, "CreateServiceLinkedRole")
    soon(aws, "UpdateTable")
    register(aws, 5, 8)
    assert len(events(aws, "CreateServiceLinkedRole")) == 1
    assert created["requestParameters"] == {"aWSServiceName": SERVICE}
    assert created["responseElements"]["role"]["roleName"] == ROLE
    assert (created["userIdentity"]["type"], created["awsRegion"]) == ("Root", "us-east-1")


def test_a_client_makes_the_role_by_the_name_that_the_service_looks_for(aws: LocalAws) -> None:
    made = client(aws, "iam").create_service_linked_role(AWSServiceName=SERVICE)
    assert made["Role"]["RoleName"] == ROLE


def test_a_capacity_over_the_maximum_is_lowered_once_a_policy_is_there(aws: LocalAws) -> None:
    table(aws)
    register(aws, 5, 5)
    soon(aws, "DescribeTable")
    client(aws, "dynamodb").update_table(
        TableName="Users", ProvisionedThroughput={**FIVE, "ReadCapacityUnits": 9}
    )
    client(aws, "application-autoscaling").put_scaling_policy(
        PolicyName="reads",
        ServiceNamespace="dynamodb",
        ResourceId="table/Users",
        ScalableDimension="dynamodb:table:ReadCapacityUnits",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 70.0,
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": "DynamoDBReadCapacityUtilization"
            },
        },
    )
    asked = soon(aws, "UpdateTable")["requestParameters"]
    assert asked["provisionedThroughput"]["readCapacityUnits"] == 5


def test_an_index_is_scaled_by_itself(aws: LocalAws) -> None:
    index = {
        "IndexName": "by-id",
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
        "ProvisionedThroughput": FIVE,
    }
    table(aws, ProvisionedThroughput=FIVE, GlobalSecondaryIndexes=[index])
    register(aws, 7, 10, "/index/by-id")
    asked = soon(aws, "UpdateTable")["requestParameters"]
    (change,) = asked["globalSecondaryIndexUpdates"]
    assert change["update"]["indexName"] == "by-id"
    assert change["update"]["provisionedThroughput"]["readCapacityUnits"] == 7


@pytest.mark.parametrize("settings", [{}, {"BillingMode": "PAY_PER_REQUEST"}])
def test_what_is_within_its_bounds_or_on_demand_is_only_looked_at(
    aws: LocalAws, settings: dict[str, Any]
) -> None:
    table(aws, **settings)
    register(aws, 1, 10)
    looked = soon(aws, "DescribeTable")
    assert looked["userIdentity"]["arn"].endswith("/AutoScaling-RetrieveCurrentCapacity")
    (assumed,) = events(aws, "AssumeRole")
    assert assumed["userIdentity"] == {"type": "AWSService", "invokedBy": SERVICE}
    assert events(aws, "UpdateTable") == []


@pytest.fixture
def enforced(aws: LocalAws) -> Iterator[dict[str, str]]:
    """The keys of a user who may register targets, and nothing else."""
    iam = client(aws, "iam")
    iam.create_user(UserName="alice")
    allowed = (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "*",'
        ' "Action": "application-autoscaling:*"}]}'
    )
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=allowed)
    key = iam.create_access_key(UserName="alice")["AccessKey"]
    table(aws)
    send(aws.endpoint_url, Wire("POST", "/moto-api/reset-auth", body=b"0"))
    yield {"key": key["AccessKeyId"], "secret": key["SecretAccessKey"]}
    send(aws.endpoint_url, Wire("POST", "/moto-api/reset-auth", body=b"inf"))


def test_the_services_role_has_its_own_rights(aws: LocalAws, enforced: dict[str, str]) -> None:
    register(aws, 8, 10, **enforced)

    def updates() -> list[Any]:
        recorded = aws.cloudtrail.history.lookup(ACCOUNT, "us-east-1", {})["Events"]
        return [each for each in recorded if each["EventName"] == "UpdateTable"]

    assert "AccessDenied" not in str(until(updates))

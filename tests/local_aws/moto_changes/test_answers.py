"""Answers of moto's that records repeat, as AWS gives them."""

from __future__ import annotations

import re

import pytest
from botocore.exceptions import ClientError

from local_aws import LocalAws
from tests.local_aws.delivered import client, log_bucket
from tests.local_aws.preconditions import ALLOW_ALL, lambda_code

UNITS = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
TABLE = {
    "TableName": "Users",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "ProvisionedThroughput": UNITS,
}


def test_a_table_tells_its_warm_throughput_when_it_is_asked_for_one(aws: LocalAws) -> None:
    dynamodb = client(aws, "dynamodb")
    assert "WarmThroughput" not in dynamodb.create_table(**TABLE)["TableDescription"]
    assert "WarmThroughput" in dynamodb.describe_table(TableName="Users")["Table"]
    warm = {"ReadUnitsPerSecond": 13_000, "WriteUnitsPerSecond": 5_000}
    updated = dynamodb.update_table(TableName="Users", WarmThroughput=warm)
    assert "WarmThroughput" in updated["TableDescription"]


def test_a_table_tells_when_its_throughput_rose_and_how_often_it_fell(aws: LocalAws) -> None:
    dynamodb = client(aws, "dynamodb")
    made = dynamodb.create_table(**TABLE)["TableDescription"]["ProvisionedThroughput"]
    assert made == UNITS | {"NumberOfDecreasesToday": 0}

    def changed_to(units: int) -> dict[str, object]:
        wanted = {"ReadCapacityUnits": units, "WriteCapacityUnits": 5}
        answer = dynamodb.update_table(TableName="Users", ProvisionedThroughput=wanted)
        described: dict[str, object] = answer["TableDescription"]["ProvisionedThroughput"]
        return described

    raised = changed_to(10)
    assert raised["NumberOfDecreasesToday"] == 0
    assert raised.keys() >= {"LastIncreaseDateTime"}
    lowered = changed_to(7)
    assert lowered["NumberOfDecreasesToday"] == 1
    assert lowered.keys() >= {"LastIncreaseDateTime", "LastDecreaseDateTime"}


def test_a_function_has_a_revision_that_its_changes_change(aws: LocalAws) -> None:
    role = client(aws, "iam").create_role(RoleName="r", AssumeRolePolicyDocument=ALLOW_ALL)
    functions = client(aws, "lambda")
    made = functions.create_function(
        FunctionName="f",
        Role=role["Role"]["Arn"],
        Runtime="python3.11",
        Handler="handler.handler",
        Code={"ZipFile": lambda_code()},
    )
    assert (made["State"], made["StateReasonCode"]) == ("Pending", "Creating")
    assert made["LoggingConfig"] == {"LogFormat": "Text", "LogGroup": "/aws/lambda/f"}
    assert made["RuntimeVersionConfig"]["RuntimeVersionArn"].startswith("arn:aws:lambda:us-east-1")
    first, again = (functions.get_function_configuration(FunctionName="f") for _ in range(2))
    assert first["State"] == "Active"
    assert first["RevisionId"] == again["RevisionId"]
    changed = functions.update_function_configuration(FunctionName="f", Description="changed")
    assert changed["RevisionId"] != first["RevisionId"]


def test_an_iam_id_tells_what_it_is_of(aws: LocalAws) -> None:
    iam = client(aws, "iam")
    ids = {
        "AIDA": iam.create_user(UserName="u")["User"]["UserId"],
        "AGPA": iam.create_group(GroupName="g")["Group"]["GroupId"],
        "ANPA": iam.create_policy(PolicyName="p", PolicyDocument=ALLOW_ALL)["Policy"]["PolicyId"],
        "AIPA": iam.create_instance_profile(InstanceProfileName="i")["InstanceProfile"][
            "InstanceProfileId"
        ],
    }
    for prefix, found in ids.items():
        assert re.fullmatch(f"{prefix}[A-Z0-9]{{17}}", found)


def test_a_trail_made_with_an_empty_prefix_says_so(aws: LocalAws) -> None:
    bucket = log_bucket(aws, "logs")
    made = client(aws, "cloudtrail").create_trail(
        Name="trail", S3BucketName=bucket or "logs", S3KeyPrefix=""
    )
    assert made["S3KeyPrefix"] == ""


def test_a_table_says_how_it_is_billed_after_a_switch(aws: LocalAws) -> None:
    dynamodb = client(aws, "dynamodb")
    index = {
        "IndexName": "index",
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
        "ProvisionedThroughput": UNITS,
    }
    made = dynamodb.create_table(**TABLE, GlobalSecondaryIndexes=[index])["TableDescription"]
    assert "BillingModeSummary" not in made
    dynamodb.update_table(TableName="Users", BillingMode="PAY_PER_REQUEST")
    table = dynamodb.describe_table(TableName="Users")["Table"]
    none = {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0, "NumberOfDecreasesToday": 0}
    assert table["ProvisionedThroughput"] == none
    assert table["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"] == none
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert "LastUpdateToPayPerRequestDateTime" in table["BillingModeSummary"]
    with pytest.raises(ClientError, match="must both be specified when BillingMode is PROV"):
        dynamodb.update_table(TableName="Users", BillingMode="PROVISIONED")
    with pytest.raises(ClientError, match="Neither ReadCapacityUnits nor"):
        dynamodb.update_table(TableName="Users", ProvisionedThroughput=UNITS)
    dynamodb.update_table(TableName="Users", BillingMode="PROVISIONED", ProvisionedThroughput=UNITS)
    table = dynamodb.describe_table(TableName="Users")["Table"]
    assert table["BillingModeSummary"]["BillingMode"] == "PROVISIONED"
    assert table["ProvisionedThroughput"] == UNITS | {"NumberOfDecreasesToday": 0}


def test_a_table_created_on_demand_was_switched_when_it_was_created(aws: LocalAws) -> None:
    dynamodb = client(aws, "dynamodb")
    on_demand = {name: each for name, each in TABLE.items() if name != "ProvisionedThroughput"}
    made = dynamodb.create_table(**on_demand, BillingMode="PAY_PER_REQUEST")["TableDescription"]
    assert made["BillingModeSummary"] == {"BillingMode": "PAY_PER_REQUEST"}
    table = dynamodb.describe_table(TableName="Users")["Table"]
    assert table["ProvisionedThroughput"]["ReadCapacityUnits"] == 0
    since = table["BillingModeSummary"]["LastUpdateToPayPerRequestDateTime"]
    assert since == table["CreationDateTime"]

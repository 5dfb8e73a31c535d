"""What moto answers wrongly on the way of a CloudTrail user, and answers rightly here."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws import LocalAws
from tests.local_aws.delivered import client, history
from tests.local_aws.preconditions import lambda_code
from tests.local_aws.wire import Wire, send

UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
TABLE: dict[str, Any] = {
    "TableName": "Users",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
}


def test_a_table_is_being_created_and_then_active(aws: LocalAws) -> None:
    dynamodb = client(aws, "dynamodb")
    created = dynamodb.create_table(**TABLE)["TableDescription"]
    described = dynamodb.describe_table(TableName="Users")["Table"]
    assert (created["TableStatus"], described["TableStatus"]) == ("CREATING", "ACTIVE")
    assert history(aws)[0]["responseElements"]["tableDescription"]["tableStatus"] == "CREATING"


def test_an_updated_table_is_being_updated(aws: LocalAws) -> None:
    dynamodb = client(aws, "dynamodb")
    dynamodb.create_table(**TABLE)
    updated = dynamodb.update_table(TableName="Users", DeletionProtectionEnabled=True)
    assert updated["TableDescription"]["TableStatus"] == "UPDATING"


def test_a_table_keeps_its_id_and_class(aws: LocalAws) -> None:
    dynamodb = client(aws, "dynamodb")
    created = dynamodb.create_table(**TABLE, TableClass="STANDARD")["TableDescription"]
    described = dynamodb.describe_table(TableName="Users")["Table"]
    assert re.fullmatch(UUID, created["TableId"])
    assert described["TableId"] == created["TableId"]
    assert described["TableClassSummary"] == {"TableClass": "STANDARD"}


def test_a_provisioned_table_names_neither_indexes_nor_billing_mode(aws: LocalAws) -> None:
    created = client(aws, "dynamodb").create_table(**TABLE)["TableDescription"]
    absent = {"GlobalSecondaryIndexes", "LocalSecondaryIndexes", "BillingModeSummary"}
    assert not absent & created.keys()


def test_a_function_without_layers_lists_none(aws: LocalAws) -> None:
    iam = client(aws, "iam")
    role = iam.create_role(RoleName="lambda", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    made = client(aws, "lambda").create_function(
        FunctionName="lab",
        Role=role,
        Runtime="python3.11",
        Handler="handler.handler",
        Code={"ZipFile": lambda_code()},
    )
    assert "Layers" not in made
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000", made["LastModified"])


@pytest.fixture
def stranger(aws: LocalAws) -> Iterator[dict[str, str]]:
    """Keys of a user without policies, while moto judges requests by them."""
    iam = client(aws, "iam")
    iam.create_user(UserName="stranger")
    key = iam.create_access_key(UserName="stranger")["AccessKey"]
    send(aws.endpoint_url, Wire("POST", "/moto-api/reset-auth", body=b"0"))
    yield {"key": key["AccessKeyId"], "secret": key["SecretAccessKey"]}
    send(aws.endpoint_url, Wire("POST", "/moto-api/reset-auth", body=b"inf"))


@pytest.mark.parametrize(
    ("service", "call", "code"),
    [
        ("dynamodb", "list_tables", "AccessDeniedException"),
        ("logs", "describe_log_groups", "AccessDeniedException"),
        ("iam", "list_users", "AccessDenied"),
    ],
)
def test_a_denied_client_reads_why(
    service: str, call: str, code: str, aws: LocalAws, stranger: dict[str, str]
) -> None:
    with pytest.raises(ClientError, match="is not authorized to perform") as refused:
        getattr(client(aws, service, **stranger), call)()
    assert refused.value.response["Error"]["Code"] == code


def test_a_denied_call_is_recorded_without_its_parameters(
    aws: LocalAws, stranger: dict[str, str]
) -> None:
    with pytest.raises(ClientError):
        client(aws, "dynamodb", **stranger).describe_table(TableName="Users")
    send(aws.endpoint_url, Wire("POST", "/moto-api/reset-auth", body=b"inf"))
    record = history(aws)[-1]
    assert (record["eventName"], record["errorCode"]) == ("DescribeTable", "AccessDenied")
    assert record["requestParameters"] is None
    assert "resources" not in record


def test_unknown_keys_are_refused_in_json(aws: LocalAws, stranger: dict[str, str]) -> None:
    with pytest.raises(ClientError) as refused:
        client(aws, "dynamodb", key="AKIAUNKNOWN", secret="no").list_tables()
    assert refused.value.response["Error"]["Code"] == "UnrecognizedClientException"


@pytest.mark.parametrize("service", ["iam", "sts", "sns"])
def test_request_ids_of_xml_answers_are_uuids(service: str, aws: LocalAws) -> None:
    ask = {"iam": "list_users", "sts": "get_caller_identity", "sns": "list_topics"}[service]
    metadata = getattr(client(aws, service), ask)()["ResponseMetadata"]
    assert re.fullmatch(UUID, metadata["RequestId"])
    assert history(aws)[-1]["requestID"] == metadata["RequestId"]


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("s3:Get*", "s3:GetObject", True),
        ("s3:Get?bject", "s3:GetObject", True),
        ("s3:Get?", "s3:Get", False),
        ("arn:aws:s3:::a.b/*", "arn:aws:s3:::axb/key", False),
        ("arn:aws:s3:::[*", "arn:aws:s3:::[key", True),
        ("*a" * 30 + "b", "a" * 10_000, False),
    ],
)
def test_patterns_of_policies_are_no_regular_expressions(
    pattern: str, text: str, matches: bool, aws: LocalAws
) -> None:
    from moto.iam.access_control import IAMPolicyStatement

    started = time.process_time()
    assert bool(IAMPolicyStatement._match(pattern, text)) is matches
    assert time.process_time() - started < 1


def test_awss_managed_policies_can_be_attached_and_others_cannot(aws: LocalAws) -> None:
    iam = aws.client("iam")
    iam.create_user(UserName="alice")
    read_only = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    iam.attach_user_policy(UserName="alice", PolicyArn=read_only)
    attached = iam.list_attached_user_policies(UserName="alice")["AttachedPolicies"]
    assert [each["PolicyArn"] for each in attached] == [read_only]
    for unknown in ("arn:aws:iam::aws:policy/NoSuch", "arn:aws:iam::aws:policy/x/ReadOnlyAccess"):
        with pytest.raises(ClientError, match="NoSuchEntity"):
            iam.attach_user_policy(UserName="alice", PolicyArn=unknown)

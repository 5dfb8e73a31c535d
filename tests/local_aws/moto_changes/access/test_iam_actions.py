"""Where requests are judged, they are judged by the actions that AWS judges them by."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, WaiterError

from local_aws import LocalAws
from tests.local_aws.delivered import client
from tests.local_aws.wire import Wire, send

TABLE: dict[str, Any] = {
    "TableName": "T",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}
Allowing = Callable[..., Callable[[str], Any]]


@pytest.fixture
def allowing(aws: LocalAws) -> Iterator[Allowing]:
    """Clients of a user who may do these actions on this resource, with a bucket of objects."""
    s3, iam = client(aws, "s3"), client(aws, "iam")
    s3.create_bucket(Bucket="logs")
    s3.put_bucket_versioning(Bucket="logs", VersioningConfiguration={"Status": "Enabled"})
    for key in ("in/one", "in/two", "out"):
        s3.put_object(Bucket="logs", Key=key)
    iam.create_user(UserName="u")
    key = iam.create_access_key(UserName="u")["AccessKey"]

    def of(*actions: str, resource: str | list[str] = "*") -> Callable[[str], Any]:
        allowed = {"Effect": "Allow", "Action": actions, "Resource": resource}
        document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        send(aws.endpoint_url, Wire("POST", "/moto-api/reset-auth", body=b"inf"))
        iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=document)
        send(aws.endpoint_url, Wire("POST", "/moto-api/reset-auth", body=b"0"))
        who = {"key": key["AccessKeyId"], "secret": key["SecretAccessKey"]}
        return lambda service: client(aws, service, **who)

    yield of
    send(aws.endpoint_url, Wire("POST", "/moto-api/reset-auth", body=b"inf"))


def test_head_bucket_needs_list_bucket(allowing: Allowing) -> None:
    assert allowing("s3:ListBucket")("s3").head_bucket(Bucket="logs")


def test_head_bucket_is_no_action(allowing: Allowing) -> None:
    with pytest.raises(ClientError, match="403"):
        allowing("s3:HeadBucket")("s3").head_bucket(Bucket="logs")


@pytest.mark.parametrize(
    ("action", "version", "denied"),
    [
        ("s3:DeleteObject", None, []),
        ("s3:DeleteObject", "null", ["in/one"]),
        ("s3:DeleteObjectVersion", "null", []),
        ("s3:DeleteObjectVersion", None, ["in/one"]),
    ],
)
def test_deleting_objects_needs_the_action_for_a_version_or_for_none(
    action: str, version: str | None, denied: list[str], allowing: Allowing
) -> None:
    named = {"Key": "in/one"} | ({"VersionId": version} if version else {})
    s3 = allowing(action)("s3")
    answer = s3.delete_objects(Bucket="logs", Delete={"Objects": [named]})
    assert [each["Key"] for each in answer.get("Errors", [])] == denied


def test_deleting_objects_is_judged_by_their_arns(allowing: Allowing) -> None:
    s3 = allowing("s3:DeleteObject", resource="arn:aws:s3:::logs/in/*")("s3")
    inside = {"Objects": [{"Key": "in/one"}, {"Key": "in/two"}]}
    assert "Errors" not in s3.delete_objects(Bucket="logs", Delete=inside)
    answer = s3.delete_objects(Bucket="logs", Delete={"Objects": [{"Key": "out"}]})
    assert answer["Errors"][0]["Code"] == "AccessDenied"


def test_making_a_table_with_tags_needs_two_actions(allowing: Allowing) -> None:
    dynamodb = allowing("dynamodb:CreateTable")("dynamodb")
    with pytest.raises(ClientError, match="perform: dynamodb:TagResource"):
        dynamodb.create_table(**TABLE, Tags=[{"Key": "k", "Value": "v"}])
    assert dynamodb.create_table(**TABLE)


def test_an_encryption_of_a_bucket_is_not_its_creation(allowing: Allowing) -> None:
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    asked = {"Bucket": "logs", "ServerSideEncryptionConfiguration": {"Rules": [rule]}}
    with pytest.raises(ClientError) as error:
        allowing("s3:CreateBucket")("s3").put_bucket_encryption(**asked)
    assert error.value.response["Error"]["Message"] == (
        "User: arn:aws:iam::123456789012:user/u is not authorized to perform: "
        's3:PutEncryptionConfiguration on resource: "arn:aws:s3:::logs" because no identity-based '
        "policy allows the s3:PutEncryptionConfiguration action"
    )
    assert allowing("s3:PutEncryptionConfiguration")("s3").put_bucket_encryption(**asked)


@pytest.mark.parametrize(
    ("table", "is_allowed"), [("table/T", True), ("table/*", True), ("table/Other", False)]
)
def test_a_table_is_judged_by_its_arn(table: str, is_allowed: bool, allowing: Allowing) -> None:
    arn = f"arn:aws:dynamodb:us-east-1:123456789012:{table}"
    dynamodb = allowing("dynamodb:CreateTable", resource=arn)("dynamodb")
    if is_allowed:
        assert dynamodb.create_table(**TABLE)
        return
    with pytest.raises(ClientError, match=r"on resource: .*:table/T because"):
        dynamodb.create_table(**TABLE)


def test_handing_a_role_to_a_service_needs_pass_role(allowing: Allowing) -> None:
    role = "arn:aws:iam::123456789012:role/worker"
    asked = {"FunctionName": "f", "Role": role, "Code": {"ZipFile": b"1"}, "Handler": "a.b"}
    with pytest.raises(ClientError, match=f"perform: iam:PassRole on resource: {role}"):
        allowing("lambda:CreateFunction")("lambda").create_function(**asked, Runtime="python3.12")


def test_everybody_may_begin_a_session_and_ask_who_they_are(allowing: Allowing) -> None:
    sts = allowing("s3:ListBucket")("sts")
    assert sts.get_caller_identity()["Arn"].endswith(":user/u")
    assert sts.get_session_token()["Credentials"]


def test_a_log_group_is_allowed_by_either_of_its_arns(allowing: Allowing) -> None:
    group = "arn:aws:logs:us-east-1:123456789012:log-group:/app"
    for number, resource in enumerate((group, f"{group}*", f"{group}:*")):
        logs = allowing("logs:CreateLogGroup", "logs:DeleteLogGroup", resource=resource)("logs")
        assert logs.create_log_group(logGroupName="/app"), number
        logs.delete_log_group(logGroupName="/app")


@pytest.mark.parametrize(("stack", "status"), [("parent", "ROLLBACK"), ("*", "CREATE")])
def test_a_nested_stack_needs_rights_of_its_own(
    stack: str, status: str, aws: LocalAws, allowing: Allowing
) -> None:
    inner = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})
    client(aws, "s3").put_object(Bucket="logs", Key="inner.json", Body=inner)
    url = "https://logs.s3.amazonaws.com/inner.json"
    nested = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}}
    arns = [f"arn:aws:cloudformation:*:*:stack/{stack}/*", "arn:aws:sns:*"]
    cloudformation = allowing("cloudformation:*", "sns:*", resource=arns)("cloudformation")
    body = json.dumps({"Resources": {"Nested": nested}})
    cloudformation.create_stack(StackName="parent", TemplateBody=body)
    with contextlib.suppress(WaiterError):
        waiter = cloudformation.get_waiter("stack_create_complete")
        waiter.wait(StackName="parent", WaiterConfig={"Delay": 1})
    [found] = cloudformation.describe_stacks(StackName="parent")["Stacks"]
    assert found["StackStatus"] == f"{status}_COMPLETE"
    events = cloudformation.describe_stack_events(StackName="parent")["StackEvents"]
    reasons = " ".join(each.get("ResourceStatusReason", "") for each in events)
    assert ("perform: cloudformation:CreateStack on resource" in reasons) == (stack == "parent")

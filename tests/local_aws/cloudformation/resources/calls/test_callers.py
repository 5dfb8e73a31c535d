"""For whom CloudFormation acts, and what they may do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from local_aws import LocalAws
from local_aws.recording.receive import ON_BEHALF_OF
from tests.local_aws.cloudformation.resources.calls.deployer import (
    BUCKET,
    CLOUDFORMATION,
    TABLE,
    TRUST,
    Deployer,
    resource,
)
from tests.local_aws.delivered import ACCOUNT, client, history
from tests.local_aws.wire import Wire, send


def test_an_iam_user_acts_through_a_session(aws: LocalAws) -> None:
    iam = aws.client("iam")
    user = iam.create_user(UserName="alice")["User"]
    key = iam.create_access_key(UserName="alice")["AccessKey"]
    secret = key["SecretAccessKey"]
    theirs = client(aws, "cloudformation", key=key["AccessKeyId"], secret=secret)
    deployer = Deployer(aws, theirs)
    deployer.create(Table=TABLE)
    identity = deployer.record("CreateTable")["userIdentity"]
    assert (identity["arn"], identity["invokedBy"]) == (user["Arn"], CLOUDFORMATION)
    assert identity["sessionContext"]["attributes"]["mfaAuthenticated"] == "false"


def test_a_stack_with_a_role_acts_as_a_session_of_the_role(aws: LocalAws) -> None:
    deployer, iam = Deployer(aws, aws.client("cloudformation")), aws.client("iam")
    trust = json.dumps(TRUST)
    role = iam.create_role(RoleName="deploy", AssumeRolePolicyDocument=trust)["Role"]
    deployer.create(role["Arn"], Table=TABLE)
    identity = deployer.record("CreateTable")["userIdentity"]
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/AWSCloudFormation"
    assert (identity["type"], identity["arn"]) == ("AssumedRole", session)
    assert identity["principalId"] == f"{role['RoleId']}:AWSCloudFormation"
    assumed = deployer.record("AssumeRole")
    assert assumed["userIdentity"] == {"type": "AWSService", "invokedBy": CLOUDFORMATION}
    assert assumed["responseElements"]["assumedRoleUser"]["arn"] == session
    assert "secretAccessKey" not in json.dumps(assumed)


@contextmanager
def enforced(aws: LocalAws) -> Iterator[None]:
    """Let requests need what IAM's policies allow."""
    send(aws.endpoint_url, Wire("POST", "/moto-api/reset-auth", body=b"0"))
    yield
    send(aws.endpoint_url, Wire("POST", "/moto-api/reset-auth", body=b"inf"))


def _allowing(*actions: str) -> str:
    statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _user_of_stacks(aws: LocalAws) -> Deployer:
    """A user who may do everything with CloudFormation, give it a role, and nothing else."""
    iam = aws.client("iam")
    iam.create_user(UserName="alice")
    document = _allowing("cloudformation:*", "iam:PassRole")
    iam.put_user_policy(UserName="alice", PolicyName="stacks", PolicyDocument=document)
    key = iam.create_access_key(UserName="alice")["AccessKey"]
    secret = key["SecretAccessKey"]
    theirs = client(aws, "cloudformation", key=key["AccessKeyId"], secret=secret)
    return Deployer(aws, theirs)


def test_what_the_caller_may_not_do_fails_and_is_recorded(aws: LocalAws) -> None:
    deployer = _user_of_stacks(aws)
    with enforced(aws):
        deployer.create(Table=TABLE)
    record = deployer.record("CreateTable")
    assert deployer.status() == "ROLLBACK_COMPLETE"
    assert record["errorCode"] == "AccessDenied"
    assert record["userIdentity"]["userName"] == "alice"


def test_what_the_stacks_role_may_do_succeeds(aws: LocalAws) -> None:
    deployer, iam = _user_of_stacks(aws), aws.client("iam")
    role = iam.create_role(RoleName="deploy", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]
    document = _allowing("dynamodb:*", "s3:*")
    iam.put_role_policy(RoleName="deploy", PolicyName="all", PolicyDocument=document)
    with enforced(aws):
        deployer.create(role["Arn"], Table=TABLE, Bucket=BUCKET)
    assert deployer.status() == "CREATE_COMPLETE"


def test_no_client_can_say_whom_it_calls_for(aws: LocalAws) -> None:
    dynamodb = client(aws, "dynamodb")

    def claim(params: dict[str, Any], **_: Any) -> None:
        params["headers"] |= {ON_BEHALF_OF: "x", ON_BEHALF_OF.replace("_", "-"): "x"}

    dynamodb.meta.events.register("before-call.dynamodb.*", claim)
    dynamodb.create_table(**TABLE["Properties"])
    (record,) = [each for each in history(aws) if each["eventName"] == "CreateTable"]
    assert record["userIdentity"]["type"] == "Root"
    assert "invokedBy" not in record["userIdentity"]


def test_a_nested_stack_is_created_for_the_same_caller(aws: LocalAws, deployer: Deployer) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="templates")
    inner = json.dumps({"Resources": {"Table": TABLE}})
    s3.put_object(Bucket="templates", Key="inner.json", Body=inner)
    url = "https://templates.s3.amazonaws.com/inner.json"
    deployer.create(Inner=resource("AWS::CloudFormation::Stack", TemplateURL=url))
    assert sorted(deployer.names()) == ["CreateStack", "CreateTable"]
    assert deployer.record("CreateStack")["requestParameters"]["templateURL"] == url

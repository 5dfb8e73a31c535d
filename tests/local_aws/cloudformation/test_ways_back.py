"""The way back of a stack that stands half-way: rolled back, gone on with, cancelled.

Source: CloudFormation User Guide, "Continue rolling back an update", "Choose how to handle failures
when provisioning resources", "Cancel a stack update".
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from local_aws import LocalAws
from tests.local_aws.cloudformation.deployed import ROLE, Stacks, bucket, custom, refused

FUNCTION = """
import os
import cfnresponse

def handler(event, context):
    value = event["ResourceProperties"]["Value"]
    updates = event["RequestType"] == "Update"
    if updates and value == "cancels":
        import boto3
        boto3.client("cloudformation").cancel_update_stack(StackName=event["StackId"])
    bars = updates and os.path.exists(value)
    status = cfnresponse.FAILED if bars else cfnresponse.SUCCESS
    cfnresponse.send(event, context, status, {}, "one", reason="the bar is there")
"""


def template(value: str, **late: Any) -> dict[str, Any]:
    """A custom resource, and what comes after it."""
    made = custom(Value=value)
    made["Function"]["Properties"]["Code"] = {"ZipFile": FUNCTION}
    role = made["Role"]["Properties"]
    role["ManagedPolicyArns"] = ["arn:aws:iam::aws:policy/AdministratorAccess"]
    return {**made, **{name: {**each, "DependsOn": "C"} for name, each in late.items()}}


def value_of(stacks: Stacks, name: str) -> str:
    events = [each for each in stacks.events(name) if each["LogicalResourceId"] == "C"]
    value: str = json.loads(events[-1]["ResourceProperties"])["Value"]
    return value


@pytest.fixture
def bar(tmp_path: Path) -> Path:
    """A file, as long as which is there, no resource of its name can be updated."""
    found = tmp_path / "bar"
    found.touch()
    return found


@pytest.fixture
def half_way(stacks: Stacks, aws: LocalAws, bar: Path) -> str:
    """A stack whose update failed and whose way back failed."""
    aws.client("s3").create_bucket(Bucket="taken")
    stacks.create("half", template(str(bar)))
    assert stacks.status("half") == "CREATE_COMPLETE"
    stacks.update("half", template("2", Late=bucket("taken")), DisableRollback=True)
    assert stacks.status("half") == "UPDATE_FAILED"
    stacks.client.rollback_stack(StackName="half")
    assert stacks.status("half") == "UPDATE_ROLLBACK_FAILED"
    return "half"


def test_a_way_back_that_failed_is_gone_on_with(stacks: Stacks, half_way: str, bar: Path) -> None:
    stacks.client.continue_update_rollback(StackName=half_way)
    assert stacks.status(half_way) == "UPDATE_ROLLBACK_FAILED"
    bar.unlink()
    stacks.client.continue_update_rollback(StackName=half_way)
    assert stacks.status(half_way) == "UPDATE_ROLLBACK_COMPLETE"
    assert value_of(stacks, half_way) == str(bar)
    assert "Late" not in stacks.client.get_template(StackName=half_way)["TemplateBody"]["Resources"]
    stacks.update(half_way, template("3"))
    assert stacks.status(half_way) == "UPDATE_COMPLETE"


def test_a_resource_that_cannot_go_back_is_skipped(stacks: Stacks, half_way: str) -> None:
    def go_on(*skipped: str) -> Any:
        return stacks.client.continue_update_rollback(StackName=half_way, ResourcesToSkip=skipped)

    code, message = refused(lambda: go_on("C", "Role", "Nested.C"))
    assert (code, "[Nested.C, Role]" in message) == ("ValidationError", True)
    go_on("C")
    assert stacks.status(half_way) == "UPDATE_ROLLBACK_COMPLETE"
    found = stacks.client.describe_stack_resources(StackName=half_way)["StackResources"]
    left = {each["LogicalResourceId"]: each["ResourceStatus"] for each in found}
    assert left == {
        "C": "UPDATE_COMPLETE",
        "Function": "CREATE_COMPLETE",
        "Role": "CREATE_COMPLETE",
    }


def test_what_cannot_be_given_back_fails_the_way_back(stacks: Stacks, aws: LocalAws) -> None:
    iam = aws.client("iam")
    allow = {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    arn = iam.create_policy(PolicyName="p", PolicyDocument=document)["Policy"]["Arn"]

    def role(*arns: str, **late: Any) -> dict[str, Any]:
        properties = {**ROLE["Properties"], "ManagedPolicyArns": arns}
        after = {name: {**each, "DependsOn": "R"} for name, each in late.items()}
        return {"R": {**ROLE, "Properties": properties}, **after}

    aws.client("s3").create_bucket(Bucket="taken")
    stacks.create("half", role(arn))
    stacks.update("half", role(Late=bucket("taken")), DisableRollback=True)
    iam.delete_policy(PolicyArn=arn)
    stacks.client.rollback_stack(StackName="half")
    assert stacks.status("half") == "UPDATE_ROLLBACK_FAILED"
    assert "does not exist" in stacks.reason("half", "R", "UPDATE_FAILED")


def test_a_failed_update_is_rolled_back_over_all_tries(stacks: Stacks, aws: LocalAws) -> None:
    def buckets(version: str, *others: str) -> dict[str, Any]:
        tags = [{"Key": "version", "Value": version}]
        late = {name: {**bucket(name), "DependsOn": "A"} for name in others}
        return {"A": bucket("kept", Tags=tags), **late}

    aws.client("s3").create_bucket(Bucket="taken")
    stacks.create("tried", buckets("1"))
    stacks.update("tried", buckets("2", "added", "taken"), DisableRollback=True)
    stacks.update("tried", buckets("3", "added", "taken"), DisableRollback=True)
    assert stacks.status("tried") == "UPDATE_FAILED"
    stacks.client.rollback_stack(StackName="tried")
    assert stacks.status("tried") == "UPDATE_ROLLBACK_COMPLETE"
    tags = aws.client("s3").get_bucket_tagging(Bucket="kept")["TagSet"]
    assert {"Key": "version", "Value": "1"} in tags
    names = [each["Name"] for each in aws.client("s3").list_buckets()["Buckets"]]
    assert sorted(names) == ["kept", "taken"]


def test_a_failed_creation_is_rolled_back(stacks: Stacks, aws: LocalAws) -> None:
    aws.client("s3").create_bucket(Bucket="taken")
    wanted = {"A": bucket("made"), "B": {**bucket("taken"), "DependsOn": "A"}}
    stacks.create("new", wanted, OnFailure="DO_NOTHING")
    assert stacks.status("new") == "CREATE_FAILED"
    answer = stacks.client.rollback_stack(StackName="new")
    assert answer["StackId"].startswith("arn:aws:cloudformation:")
    assert stacks.status("new") == "ROLLBACK_COMPLETE"
    assert [each["Name"] for each in aws.client("s3").list_buckets()["Buckets"]] == ["taken"]


def test_an_update_is_cancelled(stacks: Stacks, aws: LocalAws) -> None:
    def wanted(value: str) -> dict[str, Any]:
        return template(value, Late=bucket("late", Tags=[{"Key": "value", "Value": value}]))

    stacks.create("long", wanted("0"))
    assert stacks.status("long") == "CREATE_COMPLETE"
    stacks.update("long", wanted("cancels"))
    assert stacks.status("long") == "UPDATE_ROLLBACK_COMPLETE"
    tags = aws.client("s3").get_bucket_tagging(Bucket="late")["TagSet"]
    assert {"Key": "value", "Value": "0"} in tags
    assert value_of(stacks, "long") == "0"
    assert "Late" not in stacks.steps("long", "UPDATE_IN_PROGRESS")


@pytest.mark.parametrize(
    ("operation", "said"),
    [
        ("continue_update_rollback", "ContinueUpdateRollback wants UPDATE_ROLLBACK_FAILED."),
        ("rollback_stack", "RollbackStack wants CREATE_FAILED or UPDATE_FAILED."),
        ("cancel_update_stack", "CancelUpdateStack cannot be called from current stack status"),
    ],
)
def test_a_stack_that_is_whole_has_no_way_back(stacks: Stacks, operation: str, said: str) -> None:
    stacks.create("whole", {"A": bucket()})
    code, message = refused(lambda: getattr(stacks.client, operation)(StackName="whole"))
    assert (code, message.endswith(said)) == ("ValidationError", True)


def test_drift_is_refused_by_name(stacks: Stacks) -> None:
    stacks.create("whole", {"A": bucket()})
    for call in (
        lambda: stacks.client.detect_stack_drift(StackName="whole"),
        lambda: stacks.client.detect_stack_resource_drift(StackName="whole", LogicalResourceId="A"),
        lambda: stacks.client.describe_stack_resource_drifts(StackName="whole"),
        lambda: stacks.client.describe_stack_drift_detection_status(StackDriftDetectionId="1"),
    ):
        code, message = refused(call)
        assert code == "ValidationError"
        assert message.startswith("The local AWS does not have De")
        assert "detect drift in an account" in message

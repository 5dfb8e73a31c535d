"""Custom resources: what their functions are asked, and what comes of the answers."""

from __future__ import annotations

import pytest
from botocore.waiter import WaiterModel, create_waiter_with_client

from local_aws import LocalAws
from tests.local_aws.cloudformation.deployed import (
    ACCOUNT,
    Stacks,
    custom,
)


def test_a_custom_resources_answer_gives_ref_and_attributes(stacks: Stacks) -> None:
    outputs = {
        "Echo": {"Value": {"Fn::GetAtt": ["C", "Echo"]}},
        "Ref": {"Value": {"Ref": "C"}},
    }
    stacks.create("custom", custom(Value="hello", Id="mine"), sections={"Outputs": outputs})
    stacks.finished("custom")
    assert stacks.outputs("custom") == {"Echo": "hello", "Ref": "mine"}


def requests_seen(aws: LocalAws) -> list[str]:
    """What the function's log says it was asked, sorted."""
    logs = aws.client("logs")
    group = logs.describe_log_groups()["logGroups"][0]["logGroupName"]
    assert group.startswith("/aws/lambda/")
    events = logs.filter_log_events(logGroupName=group, filterPattern="")["events"]
    lines = [event["message"] for event in events if event["message"].startswith("REQUEST")]
    return sorted(lines)


def test_a_new_physical_id_makes_cloudformation_delete_the_old_one(
    stacks: Stacks, aws: LocalAws
) -> None:
    stacks.create("custom", custom(Id="one"))
    stacks.finished("custom")
    stacks.update("custom", custom(Id="two"))
    assert stacks.finished("custom")["StackStatus"] == "UPDATE_COMPLETE"
    assert requests_seen(aws) == [
        "REQUEST Create None",
        "REQUEST Delete one",
        "REQUEST Update one",
    ]


def test_deleting_the_stack_sends_delete(stacks: Stacks, aws: LocalAws) -> None:
    stacks.create("custom", custom(Id="one"))
    stacks.finished("custom")
    stacks.client.delete_stack(StackName="custom")
    assert "REQUEST Delete one" in requests_seen(aws)


def test_a_failed_create_rolls_back_with_its_reason_and_sends_delete(
    stacks: Stacks, aws: LocalAws
) -> None:
    stacks.create("custom", custom(Id="one", Fail="Create"))
    ended(stacks, "custom", "ROLLBACK_COMPLETE")
    reason = stacks.reason("custom", "C", "CREATE_FAILED")
    assert reason.startswith(
        "Received response status [FAILED] from custom resource. Message returned: as asked"
    )
    assert "REQUEST Delete one" in requests_seen(aws)


def test_a_failed_delete_fails_the_stack_until_it_succeeds(stacks: Stacks) -> None:
    stacks.create("custom", custom(Id="one", Fail="Delete"))
    stacks.finished("custom")
    stacks.client.delete_stack(StackName="custom")
    ended(stacks, "custom", "DELETE_FAILED")
    assert "as asked" in stacks.reason("custom", "C", "DELETE_FAILED")


def test_a_function_that_never_answers_fails_at_once_with_its_error(stacks: Stacks) -> None:
    stacks.create("custom", custom(Silent="Create"))
    ended(stacks, "custom", "ROLLBACK_COMPLETE")
    reason = stacks.reason("custom", "C", "CREATE_FAILED")
    assert "did not receive a response from your Custom Resource" in reason
    assert "RuntimeError: no answer" in reason


def test_a_service_token_that_is_no_function_is_said_so(stacks: Stacks) -> None:
    token = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:missing"
    properties = {"ServiceToken": token}
    stacks.create("custom", {"C": {"Type": "Custom::Echo", "Properties": properties}})
    reason = stacks.reason("custom", "C", "CREATE_FAILED")
    assert reason == f"Function not found: {token}"


@pytest.mark.parametrize("where", ["property", "output"])
def test_data_that_were_not_answered_are_said_so(stacks: Stacks, where: str) -> None:
    missing = {"Fn::GetAtt": ["C", "Random"]}
    named = {"B": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": missing}}}
    sections = {"Outputs": {"Random": {"Value": missing}}} if where == "output" else {}
    wanted = {**custom(Id="one"), **(named if where == "property" else {})}
    stacks.create("custom", wanted, sections=sections)
    ended(stacks, "custom", "ROLLBACK_COMPLETE")
    said = [event.get("ResourceStatusReason", "") for event in stacks.events("custom")]
    text = "CustomResource attribute error: Vendor response doesn't contain Random attribute"
    assert any(each.startswith(text) for each in said), said


def ended(stacks: Stacks, name: str, wanted: str) -> None:
    """Wait for a status that boto3's waiters take for a failure."""
    acceptors = [
        {"matcher": "pathAny", "state": "success", "argument": path, "expected": wanted}
        for path in ["Stacks[].StackStatus"]
    ]
    config = {"operation": "DescribeStacks", "delay": 1, "maxAttempts": 240, "acceptors": acceptors}
    model = WaiterModel({"version": 2, "waiters": {"Ended": config}})
    create_waiter_with_client("Ended", model, stacks.client).wait(StackName=name)
    assert stacks.status(name) == wanted

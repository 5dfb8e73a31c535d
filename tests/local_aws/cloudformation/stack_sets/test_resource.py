"""`AWS::CloudFormation::StackSet`: a stack set as a resource of a stack."""

from __future__ import annotations

from typing import Any

import pytest

from local_aws import LocalAws
from tests.local_aws.cloudformation.deployed import Stacks
from tests.local_aws.cloudformation.stack_sets.accounts import (
    EXECUTION,
    FIRST,
    REGION,
    SECOND,
    THIRD,
    administer,
    let_in,
    of_account,
    queues,
    stacks,
    template,
    trusting,
)
from tests.local_aws.delivered import history

PREFERENCES = {"FailureToleranceCount": 0, "MaxConcurrentCount": 1}


def group(*accounts: str, name: str = "") -> dict[str, Any]:
    values = [{"ParameterKey": "Name", "ParameterValue": name}] if name else []
    targets = {"Accounts": list(accounts)}
    return {"DeploymentTargets": targets, "Regions": [REGION], "ParameterOverrides": values}


def resource(*groups: dict[str, Any], body: str | None = None) -> dict[str, Any]:
    properties = {
        "StackSetName": "class",
        "PermissionModel": "SELF_MANAGED",
        "TemplateBody": body or template(),
        "StackInstancesGroup": list(groups),
        "OperationPreferences": PREFERENCES,
    }
    return {"Set": {"Type": "AWS::CloudFormation::StackSet", "Properties": properties}}


@pytest.fixture
def class_stack(aws: LocalAws) -> Stacks:
    """Stacks of an account that may deploy into three others."""
    administer(aws)
    let_in(aws, FIRST, SECOND, THIRD)
    return Stacks(aws.client("cloudformation"))


def test_a_stack_makes_a_set_with_its_instances_and_takes_all_away(
    aws: LocalAws, class_stack: Stacks
) -> None:
    outputs = {"Outputs": {"Id": {"Value": {"Ref": "Set"}}}}
    class_stack.create("class", resource(group(FIRST, SECOND)), sections=outputs)
    assert class_stack.status("class") == "CREATE_COMPLETE"
    assert class_stack.outputs("class")["Id"].startswith("class:")
    assert queues(aws, FIRST) == queues(aws, SECOND) == ["lab"]
    class_stack.client.delete_stack(StackName="class")
    assert (queues(aws, FIRST), stacks(aws, SECOND)) == ([], [])
    listed = class_stack.client.list_stack_sets(Status="ACTIVE")["Summaries"]
    assert listed == []


def test_who_joins_and_leaves_changes_nothing_for_the_others(
    aws: LocalAws, class_stack: Stacks
) -> None:
    class_stack.create("class", resource(group(FIRST, SECOND)))
    stack = stacks(aws, FIRST)
    class_stack.update("class", resource(group(FIRST, THIRD)))
    assert class_stack.status("class") == "UPDATE_COMPLETE"
    assert (queues(aws, SECOND), queues(aws, THIRD)) == ([], ["lab"])
    assert stacks(aws, FIRST) == stack
    calls = [each["eventName"] for each in history(aws, key=FIRST)]
    assert "UpdateStack" not in calls
    class_stack.update("class", resource(group(FIRST, name="own"), group(THIRD)))
    assert (queues(aws, FIRST), queues(aws, THIRD)) == (["own"], ["lab"])


def test_another_template_is_every_accounts(aws: LocalAws, class_stack: Stacks) -> None:
    class_stack.create("class", resource(group(FIRST)))
    class_stack.update("class", resource(group(FIRST), body=template(DelaySeconds=5)))
    sqs = of_account(aws, FIRST, "sqs")
    url = sqs.get_queue_url(QueueName="lab")["QueueUrl"]
    asked = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["DelaySeconds"])
    assert asked["Attributes"] == {"DelaySeconds": "5"}


def test_an_operation_that_fails_fails_the_stack_which_leaves_nothing(
    aws: LocalAws, class_stack: Stacks
) -> None:
    iam = of_account(aws, SECOND, "iam")
    iam.update_assume_role_policy(RoleName=EXECUTION, PolicyDocument=trusting({"AWS": THIRD}))
    class_stack.create("class", resource(group(FIRST, SECOND)))
    assert class_stack.status("class") == "ROLLBACK_COMPLETE"
    reason = class_stack.reason("class", "Set", "CREATE_FAILED")
    assert f"Account {SECOND} should have '{EXECUTION}' role" in reason
    assert "HandlerErrorCode: NotStabilized" in reason
    assert (stacks(aws, FIRST), queues(aws, FIRST)) == ([], [])
    assert class_stack.client.list_stack_sets(Status="ACTIVE")["Summaries"] == []

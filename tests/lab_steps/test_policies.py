"""The policies that are handed out, and what CloudFormation needs of them for its caller."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, WaiterError

from cloudtrail.policies.policy_from_records import CLOUDFORMATION
from lab_steps.__main__ import main
from lab_steps.place.synth import Template
from lab_steps.walkthrough import policy_files
from lab_steps.walkthrough.iam_actions import BY_CLOUDFORMATION, UNRECORDED
from local_aws import LocalAws
from local_aws.commands import policy_proof
from local_aws.commands.policy_proof import ActionVerdict
from stacks.settings import BUDGET_STACK
from tests.profiles import IS_LONG

SOON = {"Delay": 1, "MaxAttempts": 240}


def test_the_files_are_these() -> None:
    files = {each.stem: each.read_text(encoding="utf-8") for each in policy_files.FOLDER.iterdir()}
    assert files == {name: policy_files.text(name) for name in policy_files.POLICIES}, (
        "renew them with: make schema"
    )


@pytest.mark.parametrize("name", policy_files.POLICIES)
def test_a_policy_is_printed_as_iam_takes_it(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", name]) == 0
    policy = json.loads(capsys.readouterr().out)
    assert policy_proof.actions_in(policy) == sorted(set(policy_files.POLICIES[name]))
    # IAM User Guide, "IAM and AWS STS quotas": a managed policy, white space aside.
    assert len(json.dumps(policy, separators=(",", ":"))) <= 6_144
    on_everything = [each for each in policy["Statement"] if each["Resource"] == ["*"]]
    may = {action for each in on_everything for action in each["Action"]}
    assert may <= {
        "account:GetRegionOptStatus",
        "cloudtrail:DescribeTrails",
        "cloudtrail:ListTrails",
        "cloudtrail:LookupEvents",
        "dynamodb:ListTables",
        "iam:GetRole",
        "iam:ListAccountAliases",
        "iam:SimulatePrincipalPolicy",
        "organizations:DescribeOrganization",
        "s3:ListAllMyBuckets",
        "tag:GetResources",
    }


def test_a_verb_that_needs_what_another_does_has_its_policy(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["policy", "watch"]) == 0
    assert capsys.readouterr().out == policy_files.text("check")


def test_a_policy_of_another_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["policy", "local"])
    assert "invalid choice: 'local' (choose from" in capsys.readouterr().err


def life(templates: tuple[Template, ...]) -> Callable[[Mapping[str, str]], int]:
    """Both stacks made, and deleted again, by a client of the proof's user."""

    def live(variables: Mapping[str, str]) -> int:
        cloudformation: Any = boto3.client(
            "cloudformation",
            endpoint_url=variables["AWS_ENDPOINT_URL"],
            region_name="us-east-1",
            aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
        )
        try:
            for each in templates:
                cloudformation.create_stack(
                    StackName=each.stack,
                    TemplateBody=each.body,
                    Capabilities=["CAPABILITY_IAM"],
                    Tags=[{"Key": "Project", "Value": "cloudtrail-lab"}],
                )
                made = cloudformation.get_waiter("stack_create_complete")
                made.wait(StackName=each.stack, WaiterConfig=SOON)
            for each in templates:
                cloudformation.delete_stack(StackName=each.stack)
                gone = cloudformation.get_waiter("stack_delete_complete")
                gone.wait(StackName=each.stack, WaiterConfig=SOON)
        except (ClientError, WaiterError):
            return 1
        return 0

    return live


def test_cloudformation_needs_each_action_that_is_listed_for_it(
    aws: LocalAws, templates: tuple[Template, ...]
) -> None:
    work = life(templates)
    recorded = policy_proof.record(aws, work)
    assert recorded.attempt.code == 0
    through = {name for name, need in recorded.needs.items() if CLOUDFORMATION in need.by}
    assert through == {*BY_CLOUDFORMATION, *UNRECORDED}
    policy = policy_files.policy({*through, *STACKS, TAGGING})
    enforced = policy_proof.enforce(aws, work, policy)
    assert (enforced.code, enforced.denied) == (0, ())
    for name in sorted(through)[:: 1 if IS_LONG else 3]:
        attempt = policy_proof.enforce(aws, work, policy_proof.without(policy, name))
        assert attempt.code, name
        assert name in {each.action for each in attempt.denied}


STACKS = {f"cloudformation:{each}Stack" for each in ("Create", "Delete")} | {
    "cloudformation:DescribeStacks"
}
TAGGING = "cloudformation:TagResource"

BUDGET = {
    "Type": "AWS::Budgets::Budget",
    "Properties": {
        "Budget": {
            "BudgetType": "COST",
            "TimeUnit": "MONTHLY",
            "BudgetLimit": {"Amount": 5, "Unit": "USD"},
        }
    },
}


def test_a_budgets_stack_needs_what_is_listed_for_it(aws: LocalAws) -> None:
    work = life((Template(BUDGET_STACK, json.dumps({"Resources": {"Budget": BUDGET}})),))
    recorded = policy_proof.record(aws, work)
    through = {name for name, need in recorded.needs.items() if CLOUDFORMATION in need.by}
    assert through == {"budgets:ModifyBudget"}
    policy = policy_files.policy({*through, *STACKS, TAGGING})
    enforced = policy_proof.enforce(aws, work, policy)
    assert (enforced.code, enforced.denied) == (0, ())
    without = {each.action: each.verdict for each in policy_proof.take_away(aws, work, policy)}
    assert without["budgets:ModifyBudget"] is ActionVerdict.NEEDED

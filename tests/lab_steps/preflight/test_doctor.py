"""`doctor`, and what `run` and `up` look at before they change anything."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import boto3
import pytest

from lab_steps.errors import ExitCode
from lab_steps.preflight.examinations import clock
from lab_steps.session import LabSession
from local_aws import LocalAws
from tests.lab_steps.by_hand import ACCOUNT, ByHand, enforce_rights_after
from tests.lab_steps.conftest import CliRun
from tests.lab_steps.standing import ORGANIZATION
from tests.lab_steps.test_call_errors import Student, student
from tests.local_aws.delivered import client

__all__ = ["student"]

BUCKET = "aws-cloudtrail-logs-data-events-123456789012-lab"
ALL = "*"


def remarks(cli: CliRun, *options: str) -> dict[str, list[dict[str, Any]]]:
    told = json.loads(cli("doctor", "--format", "json", *options)[1])
    topics: dict[str, list[dict[str, Any]]] = {}
    for each in told["remarks"]:
        topics.setdefault(each["topic"], []).append(each)
    return topics


def one(cli: CliRun, topic: str, *options: str) -> dict[str, Any]:
    (found,) = remarks(cli, *options)[topic]
    return found


def standing(by_hand: ByHand) -> tuple[list[str], list[str], list[str]]:
    return (
        [each["StackName"] for each in by_hand.cloudformation.describe_stacks()["Stacks"]],
        [each["Name"] for each in by_hand.cloudtrail.list_trails()["Trails"]],
        [each["Name"] for each in by_hand.s3.list_buckets()["Buckets"]],
    )


def test_an_account_that_is_ready(cli: CliRun, by_hand: ByHand) -> None:
    before = standing(by_hand)
    code, out, _ = cli("doctor")
    assert code == ExitCode.PASSED, out
    assert f"credentials: arn:aws:iam::{ACCOUNT}:root, the keys of the endpoint" in out
    assert "ok      trail quota: 0 of 5 trails in us-east-1" in out
    assert "ok      names: free\n" in out
    assert "ok      region: us-east-1 is ENABLED_BY_DEFAULT" in out
    assert "a member of organization o-" in out
    assert "CDKToolkit is missing; it is not needed" in out
    assert "ok      leftovers: none\n" in out
    assert standing(by_hand) == before


def test_a_quota_that_is_used_up_is_told_before_anything_is_changed(
    cli: CliRun, by_hand: ByHand
) -> None:
    for number in range(4):
        by_hand.trail(f"mine-{number}")
    before = standing(by_hand)
    used = "4 of 5 trails in us-east-1 (mine-0, mine-1, mine-2, mine-3), and the lab needs 2"
    for verb in ("run", "up"):
        code, _, err = cli(verb)
        assert (code, standing(by_hand)) == (ExitCode.REFUSED, before), verb
        assert used in err
        assert "another Region or account" in err
    found = one(cli, "trail quota")
    assert (found["level"], "delete trails" in found["do"]) == ("stops", True)


def test_over_a_lab_made_by_hand_nothing_is_changed_nor_another_suffix_advised(
    cli: CliRun, by_hand: ByHand
) -> None:
    by_hand.lab()
    before = standing(by_hand)
    for verb in ("run", "up"):
        code, _, err = cli(verb)
        assert (code, standing(by_hand)) == (ExitCode.REFUSED, before), verb
        assert "trail student-data-events, without the lab's tag" in err
        assert "down --by-hand" in err
        assert "--suffix" not in err


def test_a_bucket_of_another_account_is_told_before_anything_is_changed(
    cli: CliRun, by_hand: ByHand, aws: LocalAws
) -> None:
    session = boto3.Session("999999999999", "x", region_name="us-east-1")
    session.client("s3", endpoint_url=aws.endpoint_url).create_bucket(Bucket=BUCKET)
    for verb in ("up", "run"):
        code, _, err = cli(verb)
        assert (code, standing(by_hand)[0]) == (ExitCode.REFUSED, []), verb
        assert f"bucket {BUCKET} is in another Region or account" in err
        assert "Use another --suffix" in err
    assert cli("run", "--suffix", "mine")[0] == 0
    cli("down")


def test_a_stack_that_was_never_created_is_told_with_what_to_do(
    cli: CliRun, by_hand: ByHand
) -> None:
    properties = {"IsLogging": True, "S3BucketName": "nobodys-bucket"}
    trail = {"Type": "AWS::CloudTrail::Trail", "Properties": properties}
    by_hand.cloudformation.create_stack(
        StackName="student-data-events",
        TemplateBody=json.dumps({"Resources": {"Trail": trail}}),
        Tags=[{"Key": "Project", "Value": "cloudtrail-lab"}],
    )
    found = one(cli, "names")
    assert (found["level"], "can only be deleted" in found["found"]) == ("stops", True)
    assert "lab_steps down --endpoint-url" in found["do"]
    assert cli("down")[0] == 0
    assert cli("up")[0] == 0
    cli("down")


def test_a_region_that_the_account_has_not_opted_in_to(cli: CliRun, by_hand: ByHand) -> None:
    by_hand.account.disable_region(RegionName="af-south-1")
    found = one(cli, "region", "--region", "af-south-1")
    assert (found["level"], found["found"]) == (
        "stops",
        "af-south-1 is DISABLED for this account",
    )
    assert "account enable-region --region-name af-south-1" in found["do"]
    assert cli("up", "--region", "af-south-1")[0] == ExitCode.REFUSED
    assert standing(by_hand)[0] == []


def test_permissions_are_simulated(student: Student, cli: CliRun, by_hand: ByHand) -> None:
    student.may_all_of(ALL)
    assert "by simulation, all" in one(cli, "permissions")["found"]
    student.deny("cloudtrail:CreateTrail", "dynamodb:CreateTable")
    found = one(cli, "permissions")
    assert (found["level"], found["found"]) == (
        "stops",
        "by simulation, denied: cloudtrail:CreateTrail, dynamodb:CreateTable",
    )
    code, _, err = cli("run")
    assert (code, "by simulation, denied: cloudtrail:CreateTrail" in err) == (
        ExitCode.REFUSED,
        True,
    )


def test_where_nothing_may_be_simulated_it_says_which_way_it_looked(
    student: Student, cli: CliRun
) -> None:
    student.may_all_of("cloudtrail:*", "dynamodb:*", "s3:*", "iam:ListAccountAliases", "logs:*")
    code, out, _ = cli("doctor")
    assert code == ExitCode.CANNOT_LOOK
    assert "unknown permissions: not simulated (AccessDenied)" in out
    assert "Allow the caller iam:SimulatePrincipalPolicy" in out
    assert "unknown service control policies: " in out
    assert "Allow the caller organizations:DescribeOrganization" in out
    assert "unknown names: " in out
    assert "Traceback" not in out


def test_what_may_not_be_looked_at_keeps_up_from_changing_anything(
    student: Student, cli: CliRun, by_hand: ByHand
) -> None:
    student.may("logs:ListTagsForResource", "iam:ListAccountAliases", "cloudtrail:DescribeTrails")
    code, _, err = cli("up")
    assert code == ExitCode.CANNOT_LOOK
    assert "Allow the caller cloudformation:DescribeStacks" in err


def test_throttled_it_still_says_all(
    cli: CliRun, aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aws.cloudtrail.throttle, "enforced", True)
    for _ in range(3):
        code, out, _ = cli("doctor")
        assert code == ExitCode.PASSED, out


def test_a_clock_that_is_off_is_noted(lab: LabSession) -> None:
    lab.caller = replace(lab.caller, ahead=timedelta(minutes=6))
    (remark,) = clock(lab.subject([], of_work=False))
    assert remark.found.startswith("this machine's clock is 360 s behind AWS's; AWS refuses")


def test_leftovers_and_overdue_labs_are_listed(cli: CliRun, by_hand: ByHand) -> None:
    assert cli("up")[0] == 0
    by_hand.cloudformation.create_stack(
        StackName="another",
        TemplateBody=json.dumps({"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}),
        Tags=[
            {"Key": "Project", "Value": "cloudtrail-lab"},
            {"Key": "cloudtrail-lab-expires", "Value": "2026-01-01T00:00:00Z"},
        ],
    )
    found = [each["found"] for each in remarks(cli)["leftovers"]]
    assert any(each.startswith("stack student-data-events of this lab exists") for each in found)
    (other,) = [each for each in found if each.startswith("stack another")]
    assert other.endswith(", overdue since 2026-01-01T00:00:00Z")
    cli("down")


@pytest.fixture
def control_policy(aws: LocalAws, by_hand: ByHand) -> Callable[..., None]:
    """Deny an action to the account, by a service control policy of its organization."""
    organizations = client(aws, "organizations", key=ORGANIZATION.management_account)

    def deny(action: str, **condition: Any) -> None:
        statement = {"Effect": "Deny", "Action": action, "Resource": "*", **condition}
        enforce_rights_after(by_hand, b"inf")
        made = organizations.create_policy(
            Content=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
            Description="never",
            Name=f"never-{uuid.uuid4().hex}",
            Type="SERVICE_CONTROL_POLICY",
        )
        policy = made["Policy"]["PolicySummary"]["Id"]
        organizations.attach_policy(PolicyId=policy, TargetId=ACCOUNT)
        enforce_rights_after(by_hand, b"0")

    return deny


def test_what_a_service_control_policy_denies_is_simulated_and_stops_a_run(
    student: Student, cli: CliRun, by_hand: ByHand, control_policy: Callable[..., None]
) -> None:
    student.may_all_of(ALL)
    control_policy("cloudtrail:CreateTrail")
    found = one(cli, "permissions")
    assert (found["level"], found["found"]) == (
        "stops",
        "by simulation, denied by a service control policy: cloudtrail:CreateTrail",
    )
    assert "Ask whoever manages the organization" in found["do"]
    code, _, err = cli("run")
    assert (code, "by a service control policy: cloudtrail:CreateTrail" in err) == (5, True)


def test_one_that_no_simulation_shows_is_named_where_it_refuses_and_down_takes_the_rest_away(
    student: Student, cli: CliRun, by_hand: ByHand, control_policy: Callable[..., None]
) -> None:
    student.may_all_of(ALL)
    control_policy(
        "cloudtrail:CreateTrail", Condition={"StringEquals": {"aws:RequestedRegion": "us-east-1"}}
    )
    assert one(cli, "permissions")["level"] == "ok"
    code, _, err = cli("up")
    assert code == ExitCode.FAILED
    assert (
        "A service control policy of the organization does not let anybody in this account "
        "cloudtrail:CreateTrail, whatever the account's own policies say." in err
    )
    code, out, err = cli("down")
    assert (code, out) == (0, "Nothing of the lab is left.\n"), err

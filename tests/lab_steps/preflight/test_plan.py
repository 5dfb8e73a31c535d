"""`plan`: what a deployment would make of an account as it is, and what that costs."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from lab_steps.costs import Usage, costs
from lab_steps.errors import ExitCode
from lab_steps.walkthrough.usage import DATA_EVENTS, FILES, MANAGEMENT_EVENTS, USAGE
from local_aws import LocalAws
from tests.lab_steps.by_hand import ByHand
from tests.lab_steps.conftest import CliRun
from trail_logs.prices import PRICES

BUCKET = "aws-cloudtrail-logs-management-events-123456789012-lab"


def plan(cli: CliRun, *options: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(cli("plan", "--format", "json", *options)[1])
    return told


def changes(cli: CliRun, *options: str) -> Counter[str]:
    return Counter(each["change"] for each in plan(cli, *options)["planned"])


def test_an_empty_account_gets_everything_by_its_name_there(cli: CliRun, by_hand: ByHand) -> None:
    code, out, _ = cli("plan")
    assert code == ExitCode.PASSED
    assert f"create  AWS::S3::Bucket            {BUCKET}\n" in out
    assert "create  AWS::CloudTrail::Trail     student-data-events\n" in out
    assert "create  AWS::DynamoDB::Table       Users\n" in out
    assert set(changes(cli)) == {"create"}
    assert by_hand.cloudformation.describe_stacks()["Stacks"] == []


def test_without_a_place_it_is_that_of_any_account(cli: CliRun) -> None:
    code, out, _ = cli("plan", here=False)
    assert code == 0
    assert "aws-cloudtrail-logs-data-events-<account>-lab" in out


def test_a_lab_that_stands_is_kept_or_changed(cli: CliRun, by_hand: ByHand) -> None:
    assert cli("up")[0] == 0
    made = plan(cli)["planned"]
    assert Counter(each["change"] for each in made) == {"keep": len(made) - 1, "create": 1}
    roles = [each["physical"] for each in made if each["type"] == "AWS::IAM::Role"]
    assert len(roles) == 2
    assert set(roles) <= {each["RoleName"] for each in by_hand.iam.list_roles()["Roles"]}
    template = by_hand.cloudformation.get_template(StackName="student-data-events")
    body = json.loads(json.dumps(template["TemplateBody"]))
    body["Resources"]["Trail"]["Properties"]["IsLogging"] = False
    body["Resources"]["Extra"] = {"Type": "AWS::S3::Bucket"}
    by_hand.cloudformation.update_stack(
        StackName="student-data-events",
        TemplateBody=json.dumps(body),
        Capabilities=["CAPABILITY_IAM"],
    )
    other = {each["name"]: each["change"] for each in plan(cli)["planned"]}
    assert (other["Extra"], other["Users"]) == ("remove", "create")
    assert changes(cli)["change"] == 1
    cli("down")


def test_what_is_not_the_labs_is_refused_and_told_as_run_would(
    cli: CliRun, by_hand: ByHand
) -> None:
    by_hand.management_trail()
    by_hand.table()
    code, out, _ = cli("plan")
    assert code == ExitCode.REFUSED
    assert "refused AWS::CloudTrail::Trail     student-management-events\n" in out
    assert "refused AWS::DynamoDB::Table       Users\n" in out
    assert "would be refused (names): Something that the lab did not create is in its way" in out


def test_management_events_cost_where_another_trail_has_them(cli: CliRun, by_hand: ByHand) -> None:
    # The organization's trail is the first copy.
    lines = {each["what"]: each for each in plan(cli)["costs"]}
    copy = lines["management events, additional copy"]
    assert copy["month_dollars"] == pytest.approx(copy["month_units"] * 2 / 100_000)
    assert plan(cli)["month_dollars"] > plan(cli)["session_dollars"] > 0


def test_a_line_of_an_estimate_is_units_times_price() -> None:
    (line,) = costs([Usage("S3 PUT and LIST requests", 2_000, 17_520, "counted")])
    assert (line.session_dollars, line.month_dollars) == (0.01, 0.0876)
    assert line.price == "$0.005 per 1,000 requests"
    assert {each.what for each in USAGE} <= PRICES.keys()


def test_the_counts_of_a_session_are_those_of_a_run_and_no_less_than_half(
    aws: LocalAws, cli: CliRun, by_hand: ByHand
) -> None:
    aws.forget_records()
    assert cli("run")[0] == 0
    assert cli("check")[0] == 0
    buckets = [each["Name"] for each in by_hand.s3.list_buckets()["Buckets"]]
    files = sum(by_hand.s3.list_objects_v2(Bucket=each)["KeyCount"] for each in buckets)
    assert cli("down")[0] == 0
    made = Counter(each["eventCategory"] for each in aws.records())
    tables = aws.records(event_source="dynamodb.amazonaws.com", category="Data")
    assert MANAGEMENT_EVENTS / 4 <= made["Management"] <= MANAGEMENT_EVENTS
    assert len(list(tables)) <= DATA_EVENTS
    assert files <= FILES

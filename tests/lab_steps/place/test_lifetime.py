"""How long a lab is meant to stand, and what ends by itself."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lab_steps.place.lifetime import TAG, earliest, expiry_of, lab_tags
from tests.lab_steps.by_hand import ByHand
from tests.lab_steps.conftest import CliRun

AT = datetime(2026, 12, 4, 21, 0, tzinfo=UTC)
BUCKET = "aws-cloudtrail-logs-data-events-123456789012-lab"


def test_the_tag_tells_the_time_and_other_tags_tell_none() -> None:
    assert lab_tags(AT)[TAG] == "2026-12-04T21:00:00Z"
    assert expiry_of(lab_tags(AT)) == AT
    assert TAG not in lab_tags(None)
    assert [expiry_of(each) for each in (None, {}, {TAG: "tomorrow"})] == [None] * 3
    assert earliest([lab_tags(AT), lab_tags(AT - timedelta(days=1)), None]) == AT - timedelta(
        days=1
    )


def ends(by_hand: ByHand) -> dict[str, str]:
    """The tag of all that the lab made, by what it is."""
    trails = [
        each["TrailARN"]
        for each in by_hand.cloudtrail.list_trails()["Trails"]
        if ":123456789012:" in each["TrailARN"]
    ]
    tagged = by_hand.cloudtrail.list_tags(ResourceIdList=trails)["ResourceTagList"]
    found = {each["ResourceId"]: each["TagsList"] for each in tagged}
    for stack in by_hand.cloudformation.describe_stacks()["Stacks"]:
        found[stack["StackName"]] = stack["Tags"]
    found["bucket"] = by_hand.s3.get_bucket_tagging(Bucket=BUCKET)["TagSet"]
    for table in by_hand.dynamodb.list_tables()["TableNames"]:
        arn = by_hand.dynamodb.describe_table(TableName=table)["Table"]["TableArn"]
        found[table] = by_hand.dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"]
    return {
        what: next((each["Value"] for each in tags if each["Key"] == TAG), "")
        for what, tags in found.items()
    }


def test_all_that_a_lab_makes_says_when_it_is_to_be_gone(
    cli: CliRun, by_hand: ByHand, state_directory: Path
) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    assert cli("run", "--timeout", "0")[0] in {0, 4}
    first = ends(by_hand)
    assert len(first) == 6
    (when,) = set(first.values())
    expires = expiry_of({TAG: when})
    assert expires
    assert timedelta(days=7) <= expires - before < timedelta(days=7, minutes=10)
    for state in state_directory.glob("*.json"):
        state.unlink()  # on another machine
    assert cli("up")[0] == 0
    assert ends(by_hand) == first
    assert cli("up", "--ttl", "12h")[0] == 0
    stacks = {name: when for name, when in ends(by_hand).items() if name.startswith("student")}
    assert all(when < min(first.values()) for when in stacks.values())
    cli("down")


@pytest.mark.parametrize("wrong", ["7", "d", "0d", "1w", "-1h", "1.5d"])
def test_a_length_of_time_is_hours_or_days(
    wrong: str, cli: CliRun, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli("up", f"--ttl={wrong}")
    assert stopped.value.code == 2
    assert f"such as 12h or 7d, got '{wrong}'" in capsys.readouterr().err


def test_log_files_end_by_themselves_and_a_budget_tells_of_costs(
    cli: CliRun, by_hand: ByHand
) -> None:
    address = "trainer@example.com"
    assert cli("up", "--budget", "2.50", "--budget-email", address)[0] == 0
    (rule,) = by_hand.s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"]
    assert (rule["Status"], rule["Expiration"]["Days"]) == ("Enabled", 30)
    budgets = by_hand.budgets
    (made,) = budgets.describe_budgets(AccountId="123456789012")["Budgets"]
    assert made["BudgetLimit"] == {"Amount": "2.5", "Unit": "USD"}
    name = made["BudgetName"]
    alerts = budgets.describe_notifications_for_budget(AccountId="123456789012", BudgetName=name)[
        "Notifications"
    ]
    assert [(each["NotificationType"], each["Threshold"]) for each in alerts] == [
        ("ACTUAL", 80),
        ("FORECASTED", 100),
    ]
    planned = json.loads(cli("plan", "--format", "json")[1])["planned"]
    assert ("AWS::Budgets::Budget", "keep") in [(each["type"], each["change"]) for each in planned]
    assert cli("down")[1] == "Nothing of the lab is left.\n"
    assert budgets.describe_budgets(AccountId="123456789012")["Budgets"] == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--budget", "5"], "budget_email: wanted an email address"),
        (["--budget-email", "a@example.com"], "budget: wanted dollars a month"),
        (["--budget", "0", "--budget-email", "a@example.com"], "budget: wanted dollars a month"),
    ],
)
def test_a_budget_that_cannot_be_is_refused(options: list[str], message: str, cli: CliRun) -> None:
    code, _, err = cli("plan", *options)
    assert (code, message in err) == (2, True)

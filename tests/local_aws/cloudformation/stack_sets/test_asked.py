"""What requests may ask of an operation, and the accounts that they may mean."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local_aws import LocalAws
from tests.local_aws.cloudformation.deployed import refused
from tests.local_aws.cloudformation.stack_sets.accounts import (
    FIRST,
    REGION,
    SECOND,
    StackSets,
    administer,
    held,
    let_in,
)


@pytest.fixture
def sets(aws: LocalAws) -> StackSets:
    administer(aws)
    let_in(aws, FIRST, SECOND)
    found = StackSets(aws)
    found.create()
    return found


@pytest.mark.parametrize("listed", [json.dumps([FIRST, SECOND]), f"{FIRST},{SECOND}\n"])
def test_accounts_may_stand_in_a_file(aws: LocalAws, sets: StackSets, listed: str) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="lists")
    s3.put_object(Bucket="lists", Key="accounts", Body=listed.encode())
    targets = {"AccountsUrl": "https://lists.s3.amazonaws.com/accounts"}
    sets.do("create_stack_instances", DeploymentTargets=targets, Regions=[REGION])
    assert sets.statuses() == {FIRST: "CURRENT", SECOND: "CURRENT"}


@pytest.mark.parametrize(
    ("asked", "wording"),
    [
        ({"Accounts": ["12"]}, "wanted account ids of 12 digits, got 12"),
        ({"Accounts": [FIRST], "Regions": ["moon-1"]}, "wanted names of Regions, got moon-1"),
        (
            {"Accounts": [FIRST], "DeploymentTargets": {"Accounts": [SECOND]}},
            "Accounts or DeploymentTargets",
        ),
        (
            {"DeploymentTargets": {"OrganizationalUnitIds": ["ou-ab12-11111111"]}},
            "service-managed permissions",
        ),
        (
            {
                "Accounts": [FIRST],
                "ParameterOverrides": [{"ParameterKey": "Nome", "ParameterValue": "a"}],
            },
            "[Nome] do not exist in the template",
        ),
        (
            {
                "Accounts": [FIRST],
                "OperationPreferences": {
                    "FailureToleranceCount": 1,
                    "FailureTolerancePercentage": 1,
                },
            },
            "either FailureToleranceCount or FailureTolerancePercentage",
        ),
        (
            {"Accounts": [FIRST], "OperationPreferences": {"MaxConcurrentPercentage": 101}},
            "MaxConcurrentPercentage: wanted 1 to 100, got 101",
        ),
    ],
)
def test_what_no_operation_can_be_is_refused_before_anything_is_done(
    asked: dict[str, Any], wording: str, sets: StackSets
) -> None:
    code, message = refused(
        lambda: sets.client.create_stack_instances(
            StackSetName="class", **{"Regions": [REGION], **asked}
        )
    )
    assert code == "ValidationError"
    assert wording in message
    assert sets.instances() == []


def test_percentages_are_of_a_regions_accounts_rounded_down(sets: StackSets) -> None:
    """One of three accounts may fail at 34 %, none at 33 %; Regions may go on side by side."""
    broken = "444444444444"
    for share, status in ((33, "FAILED"), (34, "SUCCEEDED")):
        preferences = {
            "FailureTolerancePercentage": share,
            "MaxConcurrentPercentage": 100,
            "RegionConcurrencyType": "PARALLEL",
            "ConcurrencyMode": "SOFT_FAILURE_TOLERANCE",
        }
        regions = [REGION, "eu-west-1"]
        added = sets.add(FIRST, SECOND, broken, Regions=regions, OperationPreferences=preferences)
        assert added["Status"] == status
        assert added["OperationPreferences"] == preferences | {"RegionOrder": []}


def test_an_operation_that_waits_is_stopped_at_once(sets: StackSets) -> None:
    managed = {"ManagedExecution": {"Active": True}, "UsePreviousTemplate": True}
    sets.do("update_stack_set", **managed)
    asked = {"Accounts": [FIRST, SECOND], "Regions": [REGION]}
    with held():
        first = sets.begin("create_stack_instances", **asked)
        second = sets.begin("delete_stack_instances", **asked, RetainStacks=False)
        sets.client.stop_stack_set_operation(StackSetName="class", OperationId=second)
    assert sets.finished(first)["Status"] == "SUCCEEDED"
    assert sets.finished(second)["Status"] == "STOPPED"
    assert sets.statuses() == {FIRST: "CURRENT", SECOND: "CURRENT"}

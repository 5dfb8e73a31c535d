"""`class plan`, `up` and `down`: each account guarded, one that is broken stops no other."""

from __future__ import annotations

import io
import json

import pytest

from lab_steps.errors import ExitCode
from lab_steps.targets.consent import GROUP, TAG
from tests.lab_steps.classes.conftest import ADA, BOB, Class
from tests.lab_steps.classes.students import InAccount, grader
from tests.local_aws.delivered import client


def stacks(class_: Class, account: str) -> list[str]:
    cloudformation = client(InAccount(class_.aws, account), "cloudformation")  # type: ignore[arg-type]
    return sorted(each["StackName"] for each in cloudformation.describe_stacks()["Stacks"])


def marked(class_: Class, account: str, consent: str) -> None:
    logs = client(InAccount(class_.aws, account), "logs")  # type: ignore[arg-type]
    arn = f"arn:aws:logs:us-east-1:{account}:log-group:{GROUP}"
    logs.tag_resource(resourceArn=arn, tags={TAG: consent})


@pytest.fixture
def two(class_: Class) -> Class:
    """Two students with roles, and nothing in their accounts."""
    for each in (ADA, BOB):
        grader(class_.aws, each)
    class_.written(Ada=ADA, Bob=BOB)
    return class_


def test_labs_are_planned_deployed_graded_and_taken_away(two: Class) -> None:
    assert two.run("plan", "--format", "json") == ExitCode.PASSED
    plan = json.loads(two.said().out)
    ada, bob = plan["accounts"]
    assert ada["counts"] == bob["counts"] == {"create": 13}
    assert plan["month_dollars"] == pytest.approx(2 * ada["month_dollars"], abs=0.01)
    assert stacks(two, ADA) == []
    assert two.run("up") == ExitCode.PASSED
    assert "2 of 2 accounts without a problem" in two.said().out
    standing = ["student-data-events", "student-management-events"]
    assert stacks(two, ADA) == stacks(two, BOB) == standing
    assert two.run("down", "--dry-run") == ExitCode.PASSED
    assert stacks(two, ADA) == standing
    assert two.run("down") == ExitCode.PASSED
    assert "2 of 2 accounts without a problem" in two.said().out
    assert stacks(two, ADA) == stacks(two, BOB) == []


def test_accounts_that_want_to_be_asked_are_asked_for_once(
    two: Class, monkeypatch: pytest.MonkeyPatch
) -> None:
    marked(two, ADA, "named")
    monkeypatch.setattr("sys.stdin", io.StringIO("2\n"))
    assert two.run("up") == ExitCode.USAGE
    said = two.said().err
    assert f"This changes 1 accounts:\n  {ADA} Ada: 12 to create" in said
    assert "Not confirmed: nothing was changed." in said
    assert stacks(two, BOB) == []
    monkeypatch.setattr("sys.stdin", io.StringIO("1\n"))
    assert two.run("up") == ExitCode.PASSED
    assert len(stacks(two, ADA)) == len(stacks(two, BOB)) == 2
    assert two.run("down", "--yes") == ExitCode.PASSED


def test_an_account_that_is_not_for_labs_stops_no_other(two: Class) -> None:
    iam = client(InAccount(two.aws, ADA), "iam")  # type: ignore[arg-type]
    iam.create_account_alias(AccountAlias="acme-prod")
    assert two.run("up") == ExitCode.REFUSED
    said = two.said()
    assert "1 of 2 accounts without a problem" in said.out
    assert f"Ada ({ADA}):\n  Account {ADA} has the alias acme-prod" in said.err
    assert (stacks(two, ADA), len(stacks(two, BOB))) == ([], 2)
    assert two.run("down") == ExitCode.REFUSED
    assert stacks(two, BOB) == []

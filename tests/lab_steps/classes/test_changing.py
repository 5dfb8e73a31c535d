"""`class plan`, `up` and `down`: each account guarded, one that is broken stops no other."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from lab_steps.errors import ExitCode
from lab_steps.targets.consent import GROUP, TAG
from stacks.class_list import CLASS_STACK
from tests.lab_steps.classes.conftest import ADA, BOB, EVE, Class
from tests.lab_steps.classes.students import InAccount, grader
from tests.lab_steps.mutants.pasting import Shell, _cli_port, shell
from tests.lab_steps.standing import ORGANIZATION
from tests.local_aws.delivered import client

__all__ = ["_cli_port", "shell"]


def at(class_: Class, account: str, service: str, region: str = "us-east-1") -> Any:
    """A client of an account."""
    return client(InAccount(class_.aws, account), service, region)  # type: ignore[arg-type]


def stacks(class_: Class, account: str) -> list[str]:
    cloudformation = at(class_, account, "cloudformation")
    return sorted(each["StackName"] for each in cloudformation.describe_stacks()["Stacks"])


def marked(class_: Class, account: str, consent: str) -> None:
    logs = at(class_, account, "logs")
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
    said = two.said()
    assert f"Ada, account {ADA}, us-east-1: 2 deployed" in said.out
    assert "2 of 2 accounts without a problem" in said.out
    standing = ["student-data-events", "student-management-events"]
    assert stacks(two, ADA) == stacks(two, BOB) == standing
    assert two.run("down", "--dry-run") == ExitCode.PASSED
    said = two.said()
    assert f"Ada, account {ADA}, us-east-1: 6 to remove" in said.out
    assert "left:" not in said.err
    assert stacks(two, ADA) == standing
    assert two.run("down") == ExitCode.PASSED
    said = two.said()
    assert f"Ada, account {ADA}, us-east-1: 6 removed" in said.out
    assert "2 of 2 accounts without a problem" in said.out
    assert stacks(two, ADA) == stacks(two, BOB) == []


def test_accounts_that_want_to_be_asked_are_asked_for_once(
    two: Class, monkeypatch: pytest.MonkeyPatch
) -> None:
    marked(two, ADA, "named")
    monkeypatch.setattr("sys.stdin", io.StringIO("2\n"))
    assert two.run("up") == ExitCode.USAGE
    said = two.said().err
    assert f"This changes 1 account:\n  {ADA} Ada: 12 to create" in said
    assert "Not confirmed: nothing was changed." in said
    assert stacks(two, BOB) == []
    monkeypatch.setattr("sys.stdin", io.StringIO("1\n"))
    assert two.run("up") == ExitCode.PASSED
    assert len(stacks(two, ADA)) == len(stacks(two, BOB)) == 2
    assert two.run("down", "--yes") == ExitCode.PASSED


def test_an_account_that_is_not_for_labs_stops_no_other(two: Class) -> None:
    iam = at(two, ADA, "iam")
    iam.create_account_alias(AccountAlias="acme-prod")
    assert two.run("up") == ExitCode.REFUSED
    said = two.said()
    assert "1 of 2 accounts without a problem" in said.out
    assert f"Ada ({ADA}):\n  Account {ADA} has the alias acme-prod" in said.err
    assert (stacks(two, ADA), len(stacks(two, BOB))) == ([], 2)
    assert two.run("down") == ExitCode.REFUSED
    assert stacks(two, BOB) == []


def of_hand_made_lab(class_: Class, account: str) -> tuple[set[str], set[str], set[str]]:
    """The trails, buckets and tables of an account."""
    trails = at(class_, account, "cloudtrail").describe_trails()["trailList"]
    buckets = at(class_, account, "s3").list_buckets()["Buckets"]
    tables = at(class_, account, "dynamodb").list_tables()["TableNames"]
    return {each["Name"] for each in trails}, {each["Name"] for each in buckets}, set(tables)


@pytest.fixture
def by_hand(class_: Class) -> Class:
    """Ada's and Bob's labs, made by hand, and Eve's account, which no lab belongs in."""
    for each in (ADA, BOB, EVE):
        class_.student(each)
    at(class_, EVE, "iam").create_account_alias(AccountAlias="acme-prod")
    class_.written(Ada=ADA, Bob=BOB, Eve=EVE)
    s3 = at(class_, BOB, "s3")
    s3.put_object(Bucket=min(of_hand_made_lab(class_, BOB)[1]), Key="mine\u202ex", Body=b"own")
    return class_


def test_labs_made_by_hand_go_once_their_number_is_typed_and_nothing_else_does(
    by_hand: Class, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = of_hand_made_lab(by_hand, ADA), of_hand_made_lab(by_hand, BOB)
    kept = min(before[1][1])
    assert by_hand.run("down", "--yes") == ExitCode.REFUSED
    assert f"Ada ({ADA}), left: table Users, without the lab's tag" in by_hand.said().err
    assert by_hand.run("down", "--by-hand", "--dry-run") == ExitCode.REFUSED
    said = by_hand.said()
    assert said.out.count("would be removed: ") == 5 + 4
    assert f"left: bucket {kept}, it holds mine\\u202ex, which no trail" in said.err
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{ADA}\n"))
    assert by_hand.run("down", "--by-hand", "--yes") == ExitCode.USAGE
    said = by_hand.said()
    assert "This permanently removes from 2 accounts:" in said.err
    assert f"  {ADA} Ada: 5 to remove\n    bucket aws-" in said.err
    assert (of_hand_made_lab(by_hand, ADA), of_hand_made_lab(by_hand, BOB)) == before
    monkeypatch.setattr("sys.stdin", io.StringIO("2\n"))
    assert by_hand.run("down", "--by-hand") == ExitCode.REFUSED
    said = by_hand.said()
    assert "2 of 3 accounts without a problem" in said.out
    assert f"Eve ({EVE}):\n  Account {EVE} has the alias acme-prod" in said.err
    assert of_hand_made_lab(by_hand, ADA) == ({ORGANIZATION.name} & before[0][0], set(), set())
    assert of_hand_made_lab(by_hand, BOB)[1] == {kept}


def test_what_appears_after_the_question_stays(
    class_: Class, monkeypatch: pytest.MonkeyPatch
) -> None:
    class_.student(ADA)
    class_.written(Ada=ADA)
    dynamodb = at(class_, ADA, "dynamodb")
    dynamodb.delete_table(TableName="Users")

    class Answer:
        def readline(self) -> str:
            dynamodb.create_table(
                TableName="Users",
                KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "N"}],
                BillingMode="PAY_PER_REQUEST",
            )
            return "1\n"

    monkeypatch.setattr("sys.stdin", Answer())
    class_.run("down", "--by-hand")
    assert of_hand_made_lab(class_, ADA)[1:] == (set(), {"Users"})


def test_what_gets_in_the_way_after_the_question_is_removed_by_the_command_that_is_printed(
    two: Class, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    marked(two, ADA, "named")
    cloudformation = at(two, ADA, "cloudformation")

    class Answer:
        def readline(self) -> str:
            cloudformation.create_stack(
                StackName="student-data-events",
                TemplateBody='{"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}',
            )
            return "1\n"

    monkeypatch.setattr("sys.stdin", Answer())
    assert two.run("up") == ExitCode.REFUSED
    [command] = re.findall(
        r"^ +(env .* cloudformation delete-stack .*)$", two.said().err, re.MULTILINE
    )
    shell.paste(command)
    assert stacks(two, ADA) == ["student-management-events"]
    assert two.run("up", "--yes") == ExitCode.PASSED


def unmarked(class_: Class, account: str, region: str = "us-east-1") -> None:
    at(class_, account, "logs", region).delete_log_group(logGroupName=GROUP)


def test_the_commands_that_mark_accounts_work_for_each_when_pasted(
    two: Class, shell: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    arn = "arn:aws:iam::{}:role/cloudtrail-lab-grader"
    lines = [f"Ada,{ADA},{arn.format(ADA)},spring,", f"Bob,{BOB},{arn.format(BOB)},,eu-west-1"]
    two.list.write_text("\n".join(["student,account,role_arn,external_id,region", *lines]))
    unmarked(two, ADA)
    unmarked(two, BOB, "eu-west-1")
    assert two.run("down") == ExitCode.REFUSED
    said = two.said().err
    marks = re.findall(r"^ +(env .* logs create-log-group .*)$", said, re.MULTILINE)
    assert len(marks) == 2
    assert "--external-id spring" in marks[0]
    for each in marks:
        shell.paste(each)
    assert two.run("down") == ExitCode.PASSED
    for account, region in ((ADA, "us-east-1"), (BOB, "eu-west-1")):
        unmarked(two, account, region)
    [everyone] = set(re.findall(r"^ +(python -m lab_steps class consent .*)$", said, re.MULTILINE))
    assert "(2 new)" in shell.paste(f"echo 2 | {everyone}")
    assert two.run("down") == ExitCode.PASSED


def test_what_the_class_stack_put_there_is_left_without_a_word(two: Class) -> None:
    for name in (f"StackSet-{CLASS_STACK}-grader-1a2b", "another"):
        at(two, ADA, "cloudformation").create_stack(
            StackName=name,
            TemplateBody='{"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}',
            Tags=[{"Key": "Project", "Value": "cloudtrail-lab"}],
        )
    assert two.run("down") == ExitCode.PASSED
    said = two.said().err
    assert "StackSet-" not in said
    assert f"Ada ({ADA}), left: stack another, another lab's" in said

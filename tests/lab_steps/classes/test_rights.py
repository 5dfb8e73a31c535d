"""Who may grade a class: the policies that are handed out are enough, and nothing can be left out;
what is denied is one row, with what to do."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from lab_steps.errors import ExitCode
from lab_steps.walkthrough import policy_files
from lab_steps.walkthrough.iam_actions import (
    BY_CLOUDFORMATION,
    DEPLOYING,
    FOR_ATHENA_BY_CLOUDFORMATION,
    LOOKING,
    REMOVING,
    REMOVING_BY_HAND,
    UNRECORDED,
    Access,
)
from stacks.settings import GRADER_ROLE
from tests.lab_steps.by_hand import ACCOUNT, ByHand, enforce_rights_after
from tests.lab_steps.classes.conftest import ADA, BOB, EVE, Class
from tests.lab_steps.classes.students import InAccount, work
from tests.lab_steps.mutants.reference_lab import REFERENCE
from tests.lab_steps.step_numbers import ALL
from tests.local_aws.delivered import client
from tests.profiles import IS_LONG

EXTERNAL_ID = "spring-class"


@dataclass
class Trainer:
    """A trainer with the policy of `class`; Ada's and Bob's graders with that of `check`."""

    class_: Class
    by_hand: ByHand

    def has(self, policy: Any) -> None:
        """The trainer's policy from now on."""
        self._put(self.by_hand.iam.put_user_policy, UserName="trainer", policy=policy)

    def grader_has(self, policy: Any, account: str = ADA) -> None:
        """The policy of the grader in an account from now on."""
        aws: Any = InAccount(self.class_.aws, account)
        self._put(client(aws, "iam").put_role_policy, RoleName=GRADER_ROLE, policy=policy)

    def _put(self, put: Any, policy: Any, **whose: str) -> None:
        enforce_rights_after(self.by_hand, b"inf")
        put(PolicyName="lab", PolicyDocument=json.dumps(policy), **whose)
        enforce_rights_after(self.by_hand, b"0")

    def check(
        self, external_id: str = EXTERNAL_ID, *, only_ada: bool = False
    ) -> dict[str, dict[str, str]]:
        """The gradebook's lines of Ada and, unless `only_ada` is there, of Bob."""
        lines = ["student,account,role_arn,external_id"]
        for name, each in (("Ada", ADA),) if only_ada else (("Ada", ADA), ("Bob", BOB)):
            given = external_id if each == ADA else EXTERNAL_ID
            lines.append(f"{name},{each},arn:aws:iam::{each}:role/{GRADER_ROLE},{given}")
        self.class_.list.write_text("\n".join(lines))
        self.class_.run("check", "--no-bundles")
        return self.class_.book()

    def enters(self, account: str) -> None:
        """There is the grader's role in the account, which may do nothing yet."""
        trust = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}},
        }
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        aws: Any = InAccount(self.class_.aws, account)
        client(aws, "iam").create_role(RoleName=GRADER_ROLE, AssumeRolePolicyDocument=document)

    def silent_without(self, access: Access, missing: Iterable[str], *task: str) -> list[str]:
        """Of the role's actions in Eve's account those whose lack is not told in her row."""
        stacks = (*BY_CLOUDFORMATION, *FOR_ATHENA_BY_CLOUDFORMATION, *UNRECORDED)
        wrong = []
        for action in missing:
            left = {*access.actions, *stacks} - {action}
            self.grader_has(policy_files.policy(left), EVE)
            code, row = self.changed(*task)
            told = json.dumps(row["problem"])
            if code not in {ExitCode.FAILED, ExitCode.CANNOT_LOOK} or action not in told:
                wrong.append(f"{action}: {code} {told}")
        return wrong

    def changed(self, *task: str) -> tuple[int, Any]:
        """What a task does in Eve's account: the exit code, and her row."""
        arn = f"arn:aws:iam::{EVE}:role/{GRADER_ROLE}"
        self.class_.list.write_text(
            f"student,account,role_arn,external_id\nEve,{EVE},{arn},{EXTERNAL_ID}"
        )
        self.class_.said()
        code = self.class_.run(*task, "--format", "json", deliver=False)
        [row] = json.loads(self.class_.said().out)["accounts"]
        return code, row


@pytest.fixture
def trainer(class_: Class, by_hand: ByHand, monkeypatch: pytest.MonkeyPatch) -> Iterator[Trainer]:
    """Calls are judged from now on; Ada and Bob have done the lab."""
    by_hand.iam.create_user(UserName="trainer")
    key = by_hand.iam.create_access_key(UserName="trainer")["AccessKey"]
    made = Trainer(class_, by_hand)
    for each in (ADA, BOB):
        work(class_.aws, each, REFERENCE)
        made.enters(each)
        made.grader_has(json.loads(policy_files.text("check")), each)
        enforce_rights_after(by_hand, b"inf")
    class_.aws.deliver_now()
    made.has(json.loads(policy_files.text("class")))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
    yield made
    enforce_rights_after(by_hand, b"inf")


def test_the_policies_are_enough(trainer: Trainer) -> None:
    book = trainer.check()
    assert [each["status"] for each in book.values()] == ["PASS", "PASS"], book
    assert [each["points"] for each in book.values()] == [str(ALL)] * 2


def test_a_trainer_who_may_not_assume_is_told(trainer: Trainer) -> None:
    trainer.has(policy_files.policy(["s3:ListBucket"]))
    ada, bob = trainer.check().values()
    for each in (ada, bob):
        assert each["status"] == "ERROR"
        assert "could not be assumed" in each["problem"]
        assert "sts:AssumeRole" in each["what_to_do"]


def test_what_is_denied_is_one_row_and_loses_no_points(trainer: Trainer) -> None:
    for external_id in ("another", ""):
        ada, bob = trainer.check(external_id).values()
        assert (ada["status"], bob["status"]) == ("ERROR", "PASS"), external_id
        assert "external id" in ada["what_to_do"]
        assert (ada["errors"], ada["failed"]) == (str(ALL), "0")
    trainer.grader_has(policy_files.policy(["s3:ListBucket"]))
    ada, bob = trainer.check().values()
    assert (ada["status"], bob["status"]) == ("ERROR", "PASS")
    assert ada["failed"] == "0"
    for action in ("cloudtrail:LookupEvents", "s3:GetObject", "dynamodb:Scan"):
        trainer.grader_has(policy_files.policy(each for each in LOOKING.actions if each != action))
        [ada] = trainer.check(only_ada=True).values()
        assert (ada["status"], ada["failed"]) == ("ERROR", "0"), action
        assert ada["error_steps"] != "", action
    assert trainer.class_.run("report") == ExitCode.CANNOT_LOOK


def some_of(actions: Iterable[str], *some: str) -> list[str]:
    """All in the long profile (`make test-all`): one lab's verbs take each away in every test."""
    return sorted(each for each in actions if IS_LONG or each in some)


def test_each_task_needs_each_action_of_the_role(
    trainer: Trainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The role's policies are those of one lab's verbs, and are enough for no more."""
    enforce_rights_after(trainer.by_hand, b"inf")
    trainer.enters(EVE)
    enough = {}
    for names, task in ((("check", "doctor", "up", "down"), "plan"), (("up",), "up")):
        actions = (action for name in names for action in policy_files.POLICIES[name])
        trainer.grader_has(policy_files.policy(actions), EVE)
        code, row = trainer.changed(task)
        enough[task] = (code, row["problem"])
    used = {*DEPLOYING.always} - {"cloudformation:ExecuteChangeSet", "s3:ListBucket"}
    some = some_of(used, "cloudformation:CreateChangeSet", "cloudformation:GetTemplate")
    assert trainer.silent_without(DEPLOYING, some, "up") == []
    used = {*REMOVING.always} - {"dynamodb:DeleteTable", "dynamodb:ListTagsOfResource"}
    used -= {"cloudformation:DeleteStack"}  # the others are asked for before it
    some = [*some_of(used, "cloudtrail:DescribeTrails"), "cloudformation:DeleteStack"]
    assert trainer.silent_without(REMOVING, some, "down") == []
    trainer.grader_has(json.loads(policy_files.text("down")), EVE)
    code, row = trainer.changed("down")
    enough["down"] = (code, row["problem"])
    assert enough == {"plan": (0, None), "up": (0, None), "down": (0, None)}


def test_a_lab_made_by_hand_goes_with_its_policy_and_not_without_an_action(
    trainer: Trainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    enforce_rights_after(trainer.by_hand, b"inf")
    trainer.enters(EVE)
    work(trainer.class_.aws, EVE, REFERENCE)
    trainer.class_.aws.deliver_now()
    changing = ("cloudtrail:StopLogging", "s3:DeleteBucketPolicy", "s3:DeleteObjectVersion")
    for action in changing:
        monkeypatch.setattr("sys.stdin", io.StringIO("1\n"))
        by_hand = trainer.silent_without(REMOVING_BY_HAND, [action], "down", "--by-hand")
        assert by_hand == []
    trainer.grader_has(json.loads(policy_files.text("down-by-hand")), EVE)
    monkeypatch.setattr("sys.stdin", io.StringIO("1\n"))
    code, row = trainer.changed("down", "--by-hand")
    assert (code, row["problem"], row["others"]) == (0, None, [])
    assert len(row["things"]) == 5

"""The documented access lists, held to what the local AWS asks for where it judges requests."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cloudtrail.policies.policy_from_records import needs_of
from lab_steps.call_errors import action_of, advice_on, where_nobody_listens
from lab_steps.command_line import opening
from lab_steps.targets.choosing import choose_target
from lab_steps.walkthrough import policy_files
from lab_steps.walkthrough.iam_actions import (
    ASKING_ATHENA,
    BY_CLOUDFORMATION,
    DEPLOYING,
    DOING_ALL,
    FOR_ATHENA_BY_CLOUDFORMATION,
    LOOKING,
    REMOVING,
    REMOVING_BY_HAND,
    STANDING,
    UNRECORDED,
    WORKING,
    Access,
)
from local_aws import LocalAws
from tests.lab_steps.by_hand import ACCOUNT, ByHand, enforce_rights_after
from tests.lab_steps.conftest import CliRun
from tests.local_aws.delivered import client, history
from tests.profiles import IS_LONG

ADMINISTRATOR = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}
_OF_STACKS = (*BY_CLOUDFORMATION, *FOR_ATHENA_BY_CLOUDFORMATION, *UNRECORDED)
_CHANGING_STACKS = {"cloudformation:ExecuteChangeSet", "cloudformation:DeleteStack"}


class Student:
    """A user whose rights change, at a local AWS that judges requests by them."""

    def __init__(self, by_hand: ByHand) -> None:
        self.keys = self._user(by_hand, "student")
        admin = self._user(by_hand, "admin")
        self._iam = client(by_hand.aws, "iam", **admin)
        _put(by_hand.iam, "admin", ADMINISTRATOR)

    def may(self, *actions: str) -> None:
        """From now on do these and nothing else, with what stacks need where stacks are changed."""
        stacks = _CHANGING_STACKS & set(actions) and _OF_STACKS
        _allow(self._iam, "student", *sorted({*actions, *stacks}))

    def may_all_of(self, *actions: str) -> None:
        """From now on do these, as patterns, on everything."""
        allowed = {"Effect": "Allow", "Action": actions, "Resource": "*"}
        _put(self._iam, "student", {"Version": "2012-10-17", "Statement": [allowed]})

    def deny(self, *actions: str) -> None:
        """Besides, never do these."""
        document = {"Effect": "Deny", "Action": actions, "Resource": "*"}
        self._iam.put_user_policy(
            UserName="student",
            PolicyName="never",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [document]}),
        )

    @staticmethod
    def _user(by_hand: ByHand, name: str) -> dict[str, str]:
        by_hand.iam.create_user(UserName=name)
        key = by_hand.iam.create_access_key(UserName=name)["AccessKey"]
        return {"key": key["AccessKeyId"], "secret": key["SecretAccessKey"]}


def _allow(iam: Any, user: str, *actions: str) -> None:
    """On what the lab makes, as the policies have it that are handed out."""
    _put(iam, user, policy_files.policy(actions))


def _put(iam: Any, user: str, policy: Any) -> None:
    document = json.dumps(policy)
    iam.put_user_policy(UserName=user, PolicyName="list", PolicyDocument=document)


@pytest.fixture
def student(
    aws: LocalAws, by_hand: ByHand, cli: CliRun, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Student]:
    """Who calls from now on. One target serves all commands: making clients takes longest."""
    student = Student(by_hand)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", student.keys["key"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", student.keys["secret"])
    target = choose_target(profile=None, endpoint_url=aws.endpoint_url, region=None)
    monkeypatch.setattr(opening, "choose_target", lambda **_: target)
    enforce_rights_after(by_hand, b"0")
    yield student
    enforce_rights_after(by_hand, b"inf")


@pytest.fixture
def silent_without(student: Student, cli: CliRun) -> Callable[..., list[str]]:
    """Of the `missing` actions those whose lack `verb` does not stop at and name.

    `make test` takes away every other one.
    """

    def actions(access: Access, missing: tuple[str, ...], *verb: str) -> list[str]:
        wrong = []
        for action in missing if IS_LONG else missing[::2]:
            student.may(*(each for each in access.actions if each != action))
            code, out, err = cli(*verb)
            told = out + err
            if (
                code not in {1, 3, 5}
                or action not in told
                or "Traceback" in told
                or " FAIL" in told
            ):
                wrong.append(f"{action}: {code} {told[-300:]}")
        return wrong

    return actions


def test_each_verb_works_with_its_list(student: Student, cli: CliRun, tmp_path: Path) -> None:
    each = [
        (DEPLOYING, ("up",)),
        (DOING_ALL, ("run",)),
        (LOOKING, ("check",)),
        (LOOKING, ("report", "--output", str(tmp_path / "report"))),
        (LOOKING, ("bundle", "--output", str(tmp_path / "bundle.zip"))),
        (LOOKING, ("watch", "--deadline", "5")),
        (STANDING, ("status",)),
        (REMOVING, ("down",)),
    ]
    ended = {}
    for access, verb in each:
        student.may(*access.always)
        code, out, err = cli(*verb)
        ended[verb[0]] = (code, out[-4000:] + err[-400:] if code else "")
    assert ended == {verb[0]: (0, "") for _, verb in each}


def test_up_and_status_need_each_action(
    silent_without: Callable[..., list[str]], student: Student, cli: CliRun
) -> None:
    made = ("cloudformation:ExecuteChangeSet", "s3:ListBucket")
    assert silent_without(DEPLOYING, made, "up") == []
    student.may(*DEPLOYING.actions)
    assert cli("up")[0] == 0
    used = tuple(each for each in DEPLOYING.always if each not in made)
    assert silent_without(DEPLOYING, used, "up") == []
    assert silent_without(STANDING, STANDING.always, "status") == []


def test_run_check_and_down_need_each_action(
    silent_without: Callable[..., list[str]], student: Student, cli: CliRun
) -> None:
    made = ("dynamodb:CreateTable", "dynamodb:TagResource")
    assert silent_without(DOING_ALL, made, "run") == []
    student.may(*DOING_ALL.always)
    assert cli("run")[0] == 0
    used = tuple(each for each in WORKING.always if each not in made)
    assert silent_without(DOING_ALL, used, "run", "--timeout", "0") == []
    assert silent_without(LOOKING, LOOKING.always, "check", "--timeout", "0") == []
    changing = ("cloudformation:DeleteStack", "dynamodb:DeleteTable")
    looking = tuple(each for each in REMOVING.always if each not in changing)
    assert silent_without(REMOVING, (*looking, *changing), "down") == []


def test_check_through_athena_needs_each_action(
    silent_without: Callable[..., list[str]], student: Student, cli: CliRun
) -> None:
    pytest.importorskip("duckdb")
    student.may(*DEPLOYING.always)
    assert cli("up", "--athena")[0] == 0
    student.may(*DOING_ALL.always)
    assert cli("run")[0] == 0
    ask = ("check", "--engine", "athena", "--timeout", "0")
    student.may(*ASKING_ATHENA.always)
    code, out, err = cli(*ask)
    assert code == 0, out + err
    own = tuple(each for each in ASKING_ATHENA.always if each not in LOOKING.always)
    assert silent_without(ASKING_ATHENA, own, *ask) == []
    student.may(*REMOVING.always)
    assert cli("down")[0] == 0


def test_down_by_hand_needs_each_action(
    silent_without: Callable[..., list[str]],
    student: Student,
    by_hand: ByHand,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    enforce_rights_after(by_hand, b"inf")
    by_hand.lab()
    by_hand.aws.deliver_now()
    enforce_rights_after(by_hand, b"0")
    monkeypatch.setattr("sys.stdin", Typed())
    changing = (
        "cloudtrail:StopLogging",
        *("s3:DeleteBucketPolicy", "s3:DeleteObjectVersion", "s3:DeleteBucket"),
        "cloudtrail:DeleteTrail",
        "dynamodb:DeleteTable",
    )
    looking = tuple(each for each in REMOVING_BY_HAND.always if each not in changing)
    assert silent_without(REMOVING_BY_HAND, (*looking, *changing), "down", "--by-hand") == []


class Typed:
    """A person who types the account's number, whenever asked."""

    def readline(self) -> str:
        return f"{ACCOUNT}\n"


def test_what_a_run_and_its_stacks_need_is_listed(aws: LocalAws, cli: CliRun) -> None:
    assert (cli("run")[0], cli("run")[0], cli("down")[0]) == (0, 0, 0)
    made = [
        record
        for record in history(aws)
        if record.get("sourceIPAddress") == "cloudformation.amazonaws.com"
        and record["userIdentity"].get("invokedBy") == "cloudformation.amazonaws.com"
    ]
    called = {(r["eventSource"].split(".")[0], r["eventName"]) for r in made}
    actions = {_action(*each) for each in called}
    assert actions | {"lambda:InvokeFunction"} == set(BY_CLOUDFORMATION)
    derived = set(needs_of(aws.records(), "arn:aws:iam::123456789012:root"))
    listed = {*DOING_ALL.always, *REMOVING.always, *BY_CLOUDFORMATION, *UNRECORDED}
    assert listed - derived == set()
    assert derived - listed == {"account:GetRegionOptStatus"}


def _action(service: str, event: str) -> str:
    return action_of(service, event.removesuffix("20150331"))


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("because no identity-based policy allows the s3:X action", "Allow the caller s3:X."),
        ("with an explicit deny in an identity-based policy", "one denies the caller s3:X"),
        ("with an explicit deny in a service control policy", "the organization does not let"),
        ("because no service control policy allows the s3:X action", "the organization does not"),
        ("with an explicit deny in a resource control policy: arn:aws:x", "resource control pol"),
        ("because no permissions boundary allows the s3:X action", "permissions boundary must"),
        ("because no session policy allows the s3:X action", "The policy of the caller's session"),
        ("", "Allow the caller s3:X."),
    ],
)
def test_what_to_do_about_a_refusal_goes_by_the_kind_of_policy(said: str, told: str) -> None:
    sentence = (
        f"User: arn:aws:iam::1:user/jo is not authorized to perform: s3:X on resource: * {said}"
    )
    assert told in str(advice_on(f"CREATE_FAILED: {sentence}"))


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://127.0.0.1:5000/", "local --port 5000"),
        ("http://localhost/my-logs?list-type=2", "local --port 80"),
        ("https://sts.us-east-1.amazonaws.com/", "Check the network"),
        ("http://aws.test:4566/", "Check the network"),
    ],
)
def test_a_local_aws_is_started_where_nobody_listens_on_this_machine(url: str, told: str) -> None:
    assert told in where_nobody_listens(url)

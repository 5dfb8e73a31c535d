"""Credentials that end at work: renewed, or told at once; and whose call a call was."""

from __future__ import annotations

import json
import os
import re
import subprocess
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from lab_steps.errors import ExitCode, ExpiredError
from lab_steps.targets.choosing import choose_target
from lab_steps.targets.target import Target
from lab_steps.walkthrough.workload import Workload
from local_aws import LocalAws
from tests.lab_steps.by_hand import ACCOUNT, ByHand
from tests.lab_steps.conftest import CliRun
from tests.lab_steps.step_numbers import ALL_PASSED
from tests.waiting import LONG

MINUTES = timedelta(minutes=16)


def session_keys(by_hand: ByHand) -> dict[str, str]:
    """Keys of a role's session that ends in a quarter of an hour."""
    if "worker" not in {each["RoleName"] for each in by_hand.iam.list_roles()["Roles"]}:
        by_hand.iam.create_role(RoleName="worker", AssumeRolePolicyDocument='{"Statement": []}')
        arn = "arn:aws:iam::aws:policy/AdministratorAccess"
        by_hand.iam.attach_role_policy(RoleName="worker", PolicyArn=arn)
    role = f"arn:aws:iam::{ACCOUNT}:role/worker"
    given: dict[str, Any] = by_hand.sts.assume_role(
        RoleArn=role, RoleSessionName="jo", DurationSeconds=900
    )["Credentials"]
    return {
        "aws_access_key_id": given["AccessKeyId"],
        "aws_secret_access_key": given["SecretAccessKey"],
        "aws_session_token": given["SessionToken"],
    }


@pytest.fixture
def profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by_hand: ByHand) -> Path:
    """A profile `sandbox` with the keys of a session, which other tools rewrite."""
    path = tmp_path / "credentials"
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(path))
    write(path, session_keys(by_hand))
    return path


def write(path: Path, keys: dict[str, str]) -> None:
    lines = [f"{name} = {value}" for name, value in keys.items()]
    path.write_text("\n".join(["[sandbox]", *lines, ""]), encoding="utf-8")


@pytest.fixture
def sandbox(profile: Path, aws: LocalAws) -> Target:
    target = choose_target(
        profile="sandbox", endpoint_url=aws.endpoint_url, region=None, timeout=None
    )
    assert target
    return target


def test_new_keys_in_the_profile_are_taken_up_and_the_call_is_made_again(
    sandbox: Target, profile: Path, by_hand: ByHand, aws: LocalAws
) -> None:
    client = sandbox.client("dynamodb")
    assert client.list_tables()["TableNames"] == []
    aws.advance(MINUTES)
    write(profile, session_keys(by_hand))
    assert client.list_tables()["TableNames"] == []
    assert sandbox.client("s3").list_buckets()["Buckets"] == []
    assert len(list(aws.records(event_name="ListTables"))) == 2


@pytest.mark.parametrize("service", ["dynamodb", "s3", "sts", "cloudformation"])
def test_without_new_ones_it_is_told_at_once(
    service: str, sandbox: Target, aws: LocalAws, profile: Path
) -> None:
    client, sent = sandbox.client(service), list[Any]()
    asks: dict[str, Callable[[], Any]] = {
        "dynamodb": lambda: client.list_tables(),
        "s3": lambda: client.list_buckets(),
        "sts": lambda: client.get_caller_identity(),
        "cloudformation": lambda: client.describe_stacks(),
    }
    ask = asks[service]
    ask()
    aws.advance(MINUTES)
    client.meta.events.register("before-send", lambda request, **_: sent.append(request))
    with pytest.raises(ExpiredError, match="The credentials have expired") as ended:
        ask()
    assert "it continues where it stopped" in ended.value.advice
    assert len(sent) == 1


def test_a_check_says_it_once_and_a_run_goes_on_where_it_was(
    cli: CliRun, by_hand: ByHand, aws: LocalAws, profile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = ["--profile", "sandbox"]
    work, begun = Workload._change_throughput, list[Any]()

    def ends_in_the_middle(self: Workload) -> None:
        if not begun:
            begun.append(aws.advance(MINUTES))
        work(self)

    monkeypatch.setattr(Workload, "_change_throughput", ends_in_the_middle)
    code, out, err = cli("run", *where)
    assert (code, "The credentials have expired" in err) == (ExitCode.CANNOT_LOOK, True)
    code, out, err = cli("check", *where)
    assert (code, "ERROR" in out) == (ExitCode.CANNOT_LOOK, False)
    assert err.count("The credentials have expired") + err.count("credentials were refused") == 1
    write(profile, session_keys(by_hand))
    code, out, err = cli("run", *where)
    assert (code, ALL_PASSED in out) == (0, True), out + err
    made = [each["eventName"] for each in aws.records(event_name=["CreateTable", "CreateStack"])]
    assert made.count("CreateTable") == 1
    assert cli("down", *where)[0] == 0


def test_a_runs_calls_are_found_by_the_command_in_its_result(cli: CliRun, aws: LocalAws) -> None:
    aws.forget_records()
    code, out, _ = cli("run", "--format", "json")
    assert code == 0
    calls = json.loads(out)["calls"]
    own = [
        each
        for each in aws.records()
        if "amazonaws.com" not in str(each.get("sourceIPAddress"))
        and "amazonaws.com" not in str(each["userAgent"])
    ]
    assert len(own) > 50
    agent = f"run/{calls['run_id']}"
    assert [each for each in own if agent not in str(each["userAgent"])] == []
    management = Counter(each["eventName"] for each in own if each["managementEvent"])
    cli("check", "--step", "1")  # the calls of another
    environment = {**os.environ, "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
    shown = subprocess.run(
        calls["command"], shell=True, capture_output=True, env=environment, text=True, check=True
    )
    counted = re.findall(r"^([A-Z]\w+) +(\d+) ", shown.stdout, re.MULTILINE)
    assert {name: int(count) for name, count in counted} == management
    cli("down")


def test_where_somebody_signs_in_again_the_call_is_made_again(
    sandbox: Target, profile: Path, by_hand: ByHand, aws: LocalAws
) -> None:
    client, said = sandbox.client("dynamodb"), list[str]()

    def sign_in(what: str, is_done: Callable[[], bool]) -> bool:
        said.append(what)
        assert not is_done()
        write(profile, session_keys(by_hand))
        return is_done()

    sandbox.sign_in = sign_in
    client.list_tables()
    aws.advance(MINUTES)
    assert client.list_tables()["TableNames"] == []
    assert len(said) == 1
    assert said[0].startswith("The credentials have expired: The security token included")


def test_keys_of_another_account_are_not_taken_up(
    sandbox: Target, profile: Path, by_hand: ByHand, aws: LocalAws
) -> None:
    client, sandbox.account = sandbox.client("dynamodb"), ACCOUNT
    client.list_tables()
    aws.advance(MINUTES)
    write(profile, {"aws_access_key_id": "999999999999", "aws_secret_access_key": "x"})
    with pytest.raises(ExpiredError, match="of account 999999999999: wanted account") as ended:
        client.list_tables()
    assert "Sign in to that account again" in ended.value.advice


def test_calls_at_once_with_old_keys_are_all_made_again(
    sandbox: Target, profile: Path, by_hand: ByHand, aws: LocalAws
) -> None:
    client = sandbox.client("dynamodb")
    client.list_tables()
    aws.advance(MINUTES)
    write(profile, session_keys(by_hand))
    barrier = threading.Barrier(4)

    def together(**_: Any) -> None:
        barrier.wait(LONG)

    client.meta.events.register("before-send", together)
    with ThreadPoolExecutor(4) as pool:
        answers = [pool.submit(client.list_tables) for _ in range(4)]
        assert [each.result()["TableNames"] for each in answers] == [[]] * 4

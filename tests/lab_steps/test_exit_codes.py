"""Each exit code, and what is said with it."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab_steps.targets import target
from lab_steps.verbs import explain
from local_aws import LocalAws
from tests.lab_steps.by_hand import ACCOUNT, DATA, ByHand, enforce_rights_after
from tests.lab_steps.conftest import CliRun


def test_what_is_still_pending_at_the_deadline_is_exit_code_4(cli: CliRun, by_hand: ByHand) -> None:
    by_hand.management_trail()
    by_hand.data_trail()
    by_hand.table()
    assert cli("check", "--step", "34", "--timeout", "0")[0] == 4


def test_what_could_not_be_checked_is_exit_code_3(
    cli: CliRun, by_hand: ByHand, aws: LocalAws
) -> None:
    by_hand.lab()
    aws.deliver_now()
    bucket = by_hand.buckets[DATA]
    key = by_hand.s3.list_objects_v2(Bucket=bucket)["Contents"][0]["Key"]
    by_hand.s3.put_object(Bucket=bucket, Key=key, Body=b"")
    code, out, _ = cli("check", "--step", "36")
    assert (code, key in out) == (3, True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["explain", "1000"], "There is no step 1000"),
        (["explain", "six"], "'six' is not a step"),
        (["explain", "1-3"], "'1-3' is not a step: write one number"),
        (["hint", "1-3"], "'1-3' is not a step: write one number"),
        (["check", "--step", "5-3"], "did you mean 3-5?"),
        (["check", "--step", "1-99999999999999"], "There is no step 99999999999999"),
        (["check"], "`check` needs a lab"),
        (["up"], "`up` needs a lab"),
        (["check", "--endpoint-url", "nowhere"], "is not an endpoint URL"),
        (["check", "--profile", "there-is-none"], "There is no profile 'there-is-none'"),
        (["run", "--region", "us-esat-1"], "not available in Region 'us-esat-1'"),
        (["run", "--suffix", "Not_Allowed"], "suffix: wanted lower-case"),
        (["run", "--account", "111122223333"], "there is no --profile or --endpoint-url"),
        (["plan", "--prefix", "/x/"], "without / at either end, got '/x/'\n"),
    ],
)
def test_bad_usage_is_exit_code_2_with_a_message(
    arguments: list[str], message: str, cli: CliRun
) -> None:
    code, _, err = cli(*arguments, here=False)
    assert code == 2
    assert message in err
    assert "Traceback" not in err


@pytest.mark.parametrize("verb", ["check", "run", "up", "down"])
def test_an_account_that_is_no_number_of_12_digits_is_exit_code_2(
    verb: str, cli: CliRun, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli(verb, "--account", "12")
    assert stopped.value.code == 2
    assert "wanted an account's 12 digits, got '12'" in capsys.readouterr().err


def test_nobody_at_the_endpoint_is_exit_code_3(cli: CliRun) -> None:
    code, _, err = cli("check", "--endpoint-url", "http://127.0.0.1:9", here=False)
    assert code == 3
    assert "Is it running?" in err


@pytest.mark.parametrize("arguments", [["run"], ["status"], ["hint", "3"]])
def test_a_state_directory_that_cannot_be_is_exit_code_3(
    arguments: list[str], cli: CliRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LAB_STATE_DIR", str(tmp_path / "file"))
    code, _, err = cli(*arguments, here=arguments[0] != "hint")
    assert code == 3
    assert str(tmp_path / "file") in err
    assert "LAB_STATE_DIR" in err


def test_a_defect_of_the_program_is_exit_code_3_and_told_as_such(
    cli: CliRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explain, "run", lambda _: 1 // 0)
    code, _, err = cli("explain", here=False)
    assert code == 3
    assert "ZeroDivisionError" in err
    assert "bug in the lab's own program" in err


def test_an_endpoint_that_hangs_is_given_up_after_seconds_that_are_told(
    cli: CliRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(target, "ASKING_SECONDS", 1)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "any")  # what does not say that it is a local AWS wants keys
    with socket.create_server(("127.0.0.1", 0)) as silent:
        code, _, err = cli("check", "--endpoint-url", _address(silent), here=False)
    assert code == 3
    assert re.search(r"did not answer: gave up after \d+ seconds\.", err)


def _address(server: socket.socket) -> str:
    return f"http://127.0.0.1:{server.getsockname()[1]}"


def test_a_bundle_that_was_saved_is_exit_code_0_whatever_the_verdict(
    cli: CliRun, by_hand: ByHand, tmp_path: Path
) -> None:
    by_hand.management_trail()
    path = tmp_path / "new folder" / "lab.zip"
    code, out, _ = cli("bundle", "--output", str(path), "--timeout", "0")
    assert (code, "failed" in out) == (0, True)
    assert f"check --bundle '{path}'" in out
    assert cli("check", "--bundle", str(path), here=False)[0] == 1
    code, out, _ = cli("bundle", "--output", str(path), "--timeout", "0", "--format", "json")
    assert (code, json.loads(out)["saved"]) == (0, str(path))
    assert json.loads(out)["counts"]["FAIL"] > 0


@pytest.fixture
def without_rights(
    by_hand: ByHand, state_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """The caller is a role that may ask who it is, and nothing else."""
    role = f"arn:aws:iam::{ACCOUNT}:role/nobody"
    document = json.dumps({"Version": "2012-10-17", "Statement": []})
    by_hand.iam.create_role(RoleName="nobody", AssumeRolePolicyDocument=document)
    given = by_hand.sts.assume_role(RoleArn=role, RoleSessionName="student")["Credentials"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", given["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", given["SecretAccessKey"])
    monkeypatch.setenv("AWS_SESSION_TOKEN", given["SessionToken"])
    enforce_rights_after(by_hand, b"1")
    yield
    enforce_rights_after(by_hand, b"inf")


@pytest.mark.usefixtures("without_rights")
def test_status_tells_what_it_may_not_look_at_and_all_else(cli: CliRun) -> None:
    code, out, err = cli("status")
    assert code == 3
    assert "  trail student-data-events: not known" in out
    assert "Allow the caller cloudtrail:DescribeTrails" in err
    assert "Allow the caller dynamodb:DescribeTable" in err
    told = json.loads(cli("status", "--format", "json")[1])
    assert told["stacks"]["student-data-events"] == "not known"
    assert any("cloudformation:DescribeStacks" in why for why in told["unknown"])


@pytest.mark.usefixtures("without_rights")
def test_what_aws_refuses_on_the_way_is_exit_code_3(cli: CliRun) -> None:
    code, _, err = cli("up")
    assert code == 3
    assert "when calling the ListAccountAliases operation" in err
    assert "Traceback" not in err


@pytest.mark.usefixtures("without_rights")
def test_what_may_not_be_looked_at_is_an_error_never_a_failure(cli: CliRun) -> None:
    code, out, _ = cli("check", "--timeout", "0", "--format", "json")
    outcomes = {each["number"]: each["outcome"] for each in json.loads(out)["steps"]}
    assert code == 3
    assert "FAIL" not in outcomes.values()
    assert outcomes[19] == "ERROR"

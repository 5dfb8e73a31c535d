"""The account guard: what an account says of itself, and what is asked of the person."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from lab_steps.command_line.confirming import typed
from lab_steps.errors import ExitCode, UsageError
from lab_steps.targets.consent import GROUP
from local_aws import LocalAws
from tests.conftest import OneAtATime
from tests.lab_steps.by_hand import ACCOUNT, ByHand
from tests.lab_steps.conftest import CliRun
from tests.lab_steps.standing import ORGANIZATION

MARKED = ["--log-group-name", GROUP]


@pytest.fixture
def aws(aws_with: OneAtATime) -> LocalAws:
    """An account like any: nobody has said yet that it is for labs."""
    return aws_with(organization=ORGANIZATION)


@pytest.fixture
def _own_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


@pytest.fixture
def as_user(cli: CliRun, by_hand: ByHand, _own_list: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user calls from now on: an account's root user changes nothing."""
    by_hand.iam.create_user(UserName="jo")
    arn = "arn:aws:iam::aws:policy/AdministratorAccess"
    by_hand.iam.attach_user_policy(UserName="jo", PolicyArn=arn)
    key = by_hand.iam.create_access_key(UserName="jo")["AccessKey"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])


def mark(by_hand: ByHand, consent: str) -> None:
    by_hand.logs.create_log_group(logGroupName=GROUP, tags={"consent": consent})


def stacks(by_hand: ByHand) -> list[Any]:
    return list(by_hand.cloudformation.describe_stacks()["Stacks"])


@pytest.mark.usefixtures("as_user")
@pytest.mark.parametrize("verb", ["run", "up", "down"])
def test_an_account_that_nobody_meant_for_labs_is_refused_with_what_marks_it(
    verb: str, cli: CliRun, by_hand: ByHand, aws: LocalAws
) -> None:
    code, _, err = cli(verb, "--account", ACCOUNT, "--yes")
    assert (code, stacks(by_hand)) == (ExitCode.REFUSED, [])
    where = f"aws --endpoint-url {aws.endpoint_url} --region us-east-1 logs create-log-group"
    assert f"{where} --log-group-name {GROUP} --tags consent=named" in err
    assert f"echo {ACCOUNT} >> " in err


@pytest.mark.usefixtures("as_user")
def test_a_marked_account_is_changed_when_it_is_named_and_confirmed(
    cli: CliRun, by_hand: ByHand, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark(by_hand, "named")
    code, _, err = cli("up", "--yes")
    assert (code, f"say so: --account {ACCOUNT}" in err) == (ExitCode.REFUSED, True)
    monkeypatch.setattr("sys.stdin", io.StringIO("yes\n"))
    code, _, err = cli("up", "--account", ACCOUNT)
    assert (code, "Not confirmed: nothing was changed." in err) == (ExitCode.USAGE, True)
    assert stacks(by_hand) == []
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{ACCOUNT}\n"))
    code, _, err = cli("up", "--account", ACCOUNT)
    assert code == 0, err
    assert f"account {ACCOUNT}:\n  " in err
    assert cli("down", "--account", ACCOUNT, "--yes")[0] == 0


@pytest.mark.usefixtures("as_user")
def test_the_persons_own_list_does_for_the_mark(
    cli: CliRun, tmp_path: Path, by_hand: ByHand
) -> None:
    path = tmp_path / "cloudtrail-lab" / "accounts"
    path.parent.mkdir()
    path.write_text(f"# mine\n{ACCOUNT}  # sandbox\n\n", encoding="utf-8")
    code, _, err = cli("up", "--account", ACCOUNT, "--yes")
    assert code == 0, err
    assert cli("down", "--account", ACCOUNT, "--yes")[0] == 0
    path.write_text("sandbox\n", encoding="utf-8")
    code, _, err = cli("up", "--account", ACCOUNT, "--yes")
    assert (code, "accounts, line 1: wanted an account's 12 digits, got 'sandbox'" in err) == (
        ExitCode.USAGE,
        True,
    )
    assert stacks(by_hand) == []


@pytest.mark.usefixtures("_own_list")
def test_the_root_user_changes_nothing(cli: CliRun, by_hand: ByHand) -> None:
    mark(by_hand, "named")
    code, _, err = cli("up", "--account", ACCOUNT, "--yes")
    assert (code, "the root user of account" in err) == (ExitCode.REFUSED, True)
    assert stacks(by_hand) == []


@pytest.mark.parametrize("alias", ["acme-prod", "production", "prd-eu", "acme-live-2"])
def test_an_account_that_looks_like_production_is_refused_whatever_its_mark(
    alias: str, cli: CliRun, by_hand: ByHand
) -> None:
    mark(by_hand, "unasked")
    by_hand.iam.create_account_alias(AccountAlias=alias)
    code, _, err = cli("up", "--account", ACCOUNT)
    assert (code, f"has the alias {alias}" in err) == (ExitCode.REFUSED, True)
    assert stacks(by_hand) == []


@pytest.mark.parametrize("alias", ["product-lab", "sandbox-7", "liverpool"])
def test_other_aliases_are_names_like_any(alias: str, cli: CliRun, by_hand: ByHand) -> None:
    mark(by_hand, "unasked")
    by_hand.iam.create_account_alias(AccountAlias=alias)
    assert cli("down")[0] == 0


def test_a_mark_that_says_something_else_is_refused(cli: CliRun, by_hand: ByHand) -> None:
    mark(by_hand, "maybe")
    code, _, err = cli("up", "--account", ACCOUNT)
    assert (code, "to be named or unasked, got 'maybe'" in err) == (ExitCode.USAGE, True)


def test_another_account_than_the_named_one_is_not_changed(cli: CliRun, by_hand: ByHand) -> None:
    mark(by_hand, "unasked")
    code, _, err = cli("down", "--account", "999999999999")
    assert (code, "--account says 999999999999" in err) == (ExitCode.REFUSED, True)


@pytest.mark.parametrize("line", ["yes", ""])
def test_what_happens_is_confirmed_by_typing_the_account(
    line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(line))
    with pytest.raises(UsageError, match="nothing was changed"):
        typed(ACCOUNT, "removes from", ["table Users"])
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{ACCOUNT}\n"))
    typed(ACCOUNT, "removes from", ["table Users"])
    assert f"This removes from account {ACCOUNT}:\n  table Users" in capsys.readouterr().err

"""What a local AWS tells beside AWS's APIs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lab_steps.checking.patience import LOCAL_PATIENCE
from lab_steps.checking.user_agents import CHECK
from lab_steps.targets.control import Console, OthersCalls, console_of, told
from lab_steps.targets.target import Target
from local_aws import LocalAws
from local_aws.console.user import ConsoleUser
from tests.conftest import OneAtATime


def test_calls_of_others_are_told_once_each_and_those_of_checks_are_not(
    target: Target, aws: LocalAws
) -> None:
    calls = OthersCalls(target)
    assert calls.came()
    assert calls.came() is False
    target.client("dynamodb", CHECK).list_tables()
    assert calls.came() is False
    for _ in range(3):
        aws.client("dynamodb").list_tables()
    assert calls.came()
    assert calls.came() is False


def test_a_server_that_starts_anew_is_asked_anew(target: Target) -> None:
    calls = OthersCalls(target)
    calls.came()
    calls._position = 10**9
    assert calls.came()
    assert calls.came() is False


def test_who_is_no_local_aws_tells_nothing(target: Target) -> None:
    elsewhere = replace(target, endpoint_url="http://127.0.0.1:9")
    assert OthersCalls(elsewhere).came() is None
    assert told(None, "status") is None
    assert console_of(elsewhere) is None


def test_the_console_of_a_local_aws_has_the_user_it_was_started_with(
    aws_with: OneAtATime, target: Target
) -> None:
    assert console_of(target) == Console(f"{target.endpoint_url}/_console/")
    aws = aws_with(console_user=ConsoleUser("jo", "pass"))
    there = replace(target, endpoint_url=aws.endpoint_url)
    assert console_of(there) == Console(f"{aws.endpoint_url}/_console/", "jo", "pass")
    named = replace(there, endpoint_url=aws.endpoint_url.replace("127.0.0.1", "localhost"))
    assert console_of(named) == console_of(there)


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("eu-west-1", "eu-west-1.console.aws.amazon.com"),
        ("us-gov-west-1", "us-gov-west-1.console.amazonaws-us-gov.com"),
        ("cn-north-1", "cn-north-1.console.amazonaws.cn"),
    ],
)
def test_the_console_of_an_account_is_its_partitions(region: str, host: str) -> None:
    found = console_of(Target("account", region, LOCAL_PATIENCE))
    assert found == Console(f"https://{host}/cloudtrailv2/home?region={region}")

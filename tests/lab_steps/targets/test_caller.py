"""Who calls, and by which clock: what the first call to a place says, and what it cannot."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from lab_steps.errors import CannotLookError
from lab_steps.targets.caller import Caller, caller, clock_ahead
from lab_steps.targets.target import Target
from local_aws import LocalAws
from tests.lab_steps.targets.test_target import _bare_environment, answering, choose

__all__ = ["_bare_environment"]


def test_the_root_user_is_known_by_its_arn() -> None:
    assert Caller("1" * 12, timedelta(), f"arn:aws:iam::{'1' * 12}:root").is_root
    assert not Caller("1" * 12, timedelta(), f"arn:aws:iam::{'1' * 12}:user/root").is_root


@pytest.fixture
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some keys in the environment."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "any")


@pytest.mark.usefixtures("_keys")
def test_nobody_listening_is_said_with_what_to_do() -> None:
    with pytest.raises(CannotLookError, match="Could not connect") as error:
        caller(choose(endpoint_url="http://127.0.0.1:9"))
    assert "python -m lab_steps local --port 9" in error.value.advice


def test_nobody_listening_is_said_also_where_there_are_no_keys() -> None:
    with pytest.raises(CannotLookError, match="Unable to locate credentials") as error:
        caller(choose(endpoint_url="http://127.0.0.1:9"))
    assert "python -m lab_steps local" in error.value.advice
    assert "--profile" in error.value.advice


@pytest.mark.usefixtures("_keys")
def test_an_endpoint_in_trouble_is_not_taken_for_refused_credentials() -> None:
    with answering(500, b"") as url, pytest.raises(CannotLookError, match="is in trouble") as error:
        caller(choose(endpoint_url=url))
    assert error.value.advice == "Nothing is lost: repeat the command later."


@pytest.mark.usefixtures("_keys")
@pytest.mark.parametrize("body", [b"<html>It works!</html>", b"hello", b""])
def test_a_server_that_is_no_aws_is_said(body: bytes) -> None:
    wanted = pytest.raises(CannotLookError, match="does not answer as AWS does")
    with answering(200, body) as url, wanted as error:
        caller(choose(endpoint_url=url))
    assert "Is it the right address?" in error.value.advice


def test_no_credentials_are_said_with_what_to_do() -> None:
    with pytest.raises(CannotLookError, match="Unable to locate credentials") as error:
        caller(choose(profile="sandbox"))
    assert "--profile" in error.value.advice


def test_the_targets_clock_is_followed(aws: LocalAws, target: Target) -> None:
    assert abs(caller(target).now() - datetime.now(UTC)) < timedelta(minutes=1)
    assert caller(target).account == "123456789012"


@pytest.mark.parametrize(
    ("asked", "answered", "ahead"),
    [
        ("11:59:59.9", "12:00:00.1", 0),
        ("12:00:00.9", "12:00:01.2", 0),
        ("12:00:00.2", "12:00:30.0", 0),  # an answer that was long on its way
        ("11:59:30.0", "12:00:00.2", 0),  # or a request
        ("11:00:00.1", "11:00:05.1", 3595),
        ("12:00:10.1", "12:00:15.1", -10),
    ],
)
def test_a_slow_answer_is_no_clock_that_differs(asked: str, answered: str, ahead: int) -> None:
    times = (datetime.fromisoformat(f"2026-03-14T{each}+00:00") for each in (asked, answered))
    found = clock_ahead({"date": "Sat, 14 Mar 2026 12:00:00 GMT"}, *times)
    assert found == timedelta(seconds=ahead)

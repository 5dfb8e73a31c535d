"""The account guard."""

from __future__ import annotations

import pytest

from lab_steps.checking.patience import AWS_PATIENCE
from lab_steps.errors import ExitCode, RefusedError, UsageError
from lab_steps.place.guard import permit_changes
from lab_steps.place.target import Target

ACCOUNT = "111122223333"


def target(endpoint_url: str | None = None) -> Target:
    return Target("account", "us-east-1", AWS_PATIENCE, endpoint_url, profile="sandbox")


def test_an_account_is_not_changed_unless_it_is_named() -> None:
    with pytest.raises(RefusedError, match=f"would change account {ACCOUNT}") as refused:
        permit_changes(target(), ACCOUNT, None, "up")
    assert f"--account {ACCOUNT}" in refused.value.next_step
    assert refused.value.exit_code is ExitCode.REFUSED


def test_another_account_than_the_named_one_is_not_changed() -> None:
    with pytest.raises(RefusedError, match="--account says 999999999999"):
        permit_changes(target(), ACCOUNT, "999999999999", "down")


def test_the_named_account_is_changed() -> None:
    permit_changes(target(), ACCOUNT, ACCOUNT, "run")


@pytest.mark.parametrize("url", ["http://127.0.0.1:5000", "http://localhost:1", "http://[::1]:80"])
def test_an_endpoint_on_this_machine_needs_no_name(url: str) -> None:
    permit_changes(target(url), ACCOUNT, None, "run")


@pytest.mark.parametrize(
    "url", ["https://aws.example.com", "http://10.0.0.7:4566", "http://127.0.0.1.example.com"]
)
def test_an_endpoint_elsewhere_is_an_account(url: str) -> None:
    with pytest.raises(RefusedError):
        permit_changes(target(url), ACCOUNT, None, "run")


def test_an_account_is_twelve_digits() -> None:
    with pytest.raises(UsageError, match="12 digits"):
        permit_changes(target(), ACCOUNT, "sandbox", "run")

"""The organization's trail as docs/organization-trail.md makes it, and who may grade by it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from moto.core.authorization import enable_iam_authentication

from lab_steps.errors import ExitCode
from lab_steps.walkthrough import policy_files
from lab_steps.walkthrough.iam_actions import OF_ORGANIZATION
from local_aws import LocalAws
from local_aws.commands.policy_proof import actions_in, without
from tests.conftest import OneAtATime
from tests.lab_steps.classes.conftest import Class
from tests.lab_steps.classes.organization import BUCKET, TRAINER, Organization
from tests.lab_steps.mutants import pasting
from tests.lab_steps.mutants.pasting import Shell, _cli_port, shell
from tests.lab_steps.mutants.reference_lab import REFERENCE
from tests.lab_steps.mutants.test_pasted import BLOCK
from tests.lab_steps.standing import MARK

__all__ = ["_cli_port", "shell"]

ORGANIZATION = "set -e\naws organizations create-organization --feature-set ALL\n"
"""What docs/class.md begins with, and a class's accounts are in."""


@pytest.fixture
def aws(aws_with: OneAtATime) -> LocalAws:
    """A local AWS without an organization."""
    return aws_with(log_group=MARK)


@pytest.fixture
def class_(class_: Class, shell: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Class:
    """Its trainer is whoever calls, in the shell, too."""
    del shell  # it clears the environment first
    pasting._driver.cache_clear()  # it keeps the credentials that it first finds
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", TRAINER)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    monkeypatch.setenv("AWS_ENDPOINT_URL", class_.aws.endpoint_url)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return class_


def blocks() -> list[str]:
    """The commands of the page, block by block."""
    page = Path("docs/organization-trail.md").read_text(encoding="utf-8")
    return BLOCK.findall(page)


def test_the_commands_of_the_page_make_a_trail_that_a_class_is_graded_by(
    class_: Class, shell: Shell
) -> None:
    making, grading, deploying = blocks()
    shell.paste(ORGANIZATION + making)
    organization = Organization(class_)
    organization.join(REFERENCE)
    check = f"BUCKET={BUCKET}\n{grading.replace('class.csv', str(class_.list))}"
    assert "1 student: 1 PASS" in shell.paste(check)
    [row] = class_.book().values()
    assert (row["points"], row["possible"]) == ("20", "20")
    context = dict(re.findall(r"-c (athena:[a-z_]+)=(\S+)", deploying))
    assert set(context) == {
        f"athena:{key}" for key in ("tables", "class", "organization", "management_bucket")
    }


def test_the_policy_is_enough_and_what_is_taken_away_is_named(
    class_: Class, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.paste(ORGANIZATION + blocks()[0])
    organization = Organization(class_)
    organization.join(REFERENCE)
    iam = organization.client("iam")
    iam.create_user(UserName="grader")
    key = iam.create_access_key(UserName="grader")["AccessKey"]
    policy = json.loads(policy_files.text(OF_ORGANIZATION))

    def check(document: Any) -> tuple[int, str]:
        named = {"UserName": "grader", "PolicyName": "grading"}
        iam.put_user_policy(**named, PolicyDocument=json.dumps(document))
        with monkeypatch.context() as patched, enable_iam_authentication():
            patched.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
            patched.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
            return organization.check("--no-cache"), class_.said().err

    code, said = check(policy)
    assert code == ExitCode.PASSED
    assert "credentials may not" not in said
    for action in actions_in(policy):
        code, said = check(without(policy, action))
        assert code == (ExitCode.CANNOT_LOOK if action.startswith("s3:") else ExitCode.PASSED)
        assert action.removeprefix("cloudtrail:") in said

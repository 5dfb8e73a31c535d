"""Every command that people are shown before they begin works when it is pasted into bash."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lab_steps.__main__ import main
from lab_steps.checking.pasting import Place
from lab_steps.checking.step import Step
from lab_steps.verbs.explain import WITH_CLI
from lab_steps.walkthrough.lab import WALKTHROUGH
from local_aws import LocalAws
from tests.lab_steps.mutants.pasting import Shell
from tests.lab_steps.mutants.reference_lab import REFERENCE, build
from tests.local_aws.delivered import ACCOUNT

LINE = re.compile(r"(?:\A|\n)  (\S.*)\n")


@pytest.fixture(params=["us-east-1", "eu-central-1"])
def _there(
    request: pytest.FixtureRequest,
    aws: LocalAws,
    state_directory: Path,
    shell: Shell,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The environment of a student at work on a local AWS."""
    del shell, state_directory  # they clear the environment first
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.endpoint_url)
    monkeypatch.setenv("AWS_DEFAULT_REGION", request.param)
    monkeypatch.setenv("COLUMNS", "80")


def explained(step: Step, capsys: pytest.CaptureFixture[str]) -> str:
    """The command that `explain` prints."""
    assert main(["explain", str(step.number)]) == 0
    found = LINE.search(capsys.readouterr().out.partition(WITH_CLI)[2])
    assert found
    return found[1]


def hinted(step: Step, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The commands in what `hint --all` prints."""
    assert main(["hint", str(step.number), "--all"]) == 0
    return re.findall(r"CLI: (.*)", capsys.readouterr().out)


@pytest.mark.usefixtures("_there")
def test_the_commands_of_all_steps_and_hints_make_a_lab_that_passes(
    aws: LocalAws, shell: Shell, capsys: pytest.CaptureFixture[str]
) -> None:
    said = {}
    for step in WALKTHROUGH.steps:
        if step.number == 29:
            for command in hinted(WALKTHROUGH.step(34), capsys):
                shell.paste(command)
            aws.deliver_now()
        said[step.number] = shell.paste(explained(step, capsys))
        for command in hinted(step, capsys) if step.number != 34 else []:
            shell.paste(command)
    assert f"{ACCOUNT}" in said[1]
    assert "CreateTable" in said[34]
    assert "PutItem" in said[37]
    aws.deliver_now()
    assert main(["check", "--timeout", "0", "--format", "text"]) == 0
    assert "38 passed" in capsys.readouterr().out


def test_an_account_that_is_not_known_is_asked_for_by_the_command() -> None:
    place = Place("us-east-1")
    assert place.command("aws s3 ls s3://logs-<account>") == (
        "ACCOUNT=$(aws --region us-east-1 sts get-caller-identity --query Account --output text) "
        "&& aws --region us-east-1 s3 ls s3://logs-$ACCOUNT"
    )
    assert "'arn:'\"$ACCOUNT\"':x'" in place.command("aws s3 x 'arn:<account>:x'")


@pytest.mark.parametrize("part", ["$(reboot)", "a b", "x;y", "a'b"])
def test_what_is_no_word_is_filled_into_no_command(part: str) -> None:
    with pytest.raises(ValueError, match="letters, digits and hyphens"):
        Place("us-east-1", part)


STUDENTS = Path(__file__).parents[3] / "docs" / "students.md"
BLOCK = re.compile(r"^ *```\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)


@pytest.mark.usefixtures("state_directory")
def test_every_command_of_the_students_page_works(aws: LocalAws, shell: Shell) -> None:
    build(aws, REFERENCE)
    blocks = BLOCK.findall(STUDENTS.read_text(encoding="utf-8"))
    lines = [line.strip() for block in blocks for line in block.splitlines()]
    exports = " && ".join(lines[:2]).replace("http://127.0.0.1:5000", aws.endpoint_url)
    commands = lines[2:]
    assert len(commands) > 10
    said = {each: shell.paste(f"{exports} && {each}") for each in commands}
    assert "38 of 38 steps passed" in said["python -m lab_steps watch"]
    assert "hint 3 of 3" in said["python -m lab_steps hint 15 --all"]
    assert shell.paste("head -c 15 lab.html") == "<!doctype html>"

"""Every command that people are shown before they begin works when it is pasted into bash."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lab_steps.__main__ import main
from lab_steps.checking.commands import CommandContext
from lab_steps.checking.step import Step
from lab_steps.targets.consent import GROUP, TAG, Consent
from lab_steps.verbs.explain import WITH_CLI
from lab_steps.walkthrough.lab import WALKTHROUGH
from local_aws import LocalAws
from local_aws.log_group_fixture import TaggedLogGroup
from local_aws.server import DEFAULT_PORT
from tests.lab_steps.classes.students import grader
from tests.lab_steps.mutants.pasting import Shell
from tests.lab_steps.mutants.reference_lab import REFERENCE, build
from tests.lab_steps.step_numbers import ALL, ALL_PASSED
from tests.local_aws.delivered import ACCOUNT
from tests.profiles import IS_LONG

LINE = re.compile(r"(?:\A|\n)  (\S.*)\n")


@pytest.fixture(params=["us-east-1", "eu-central-1"] if IS_LONG else ["eu-central-1"])
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
    assert ALL_PASSED in capsys.readouterr().out


def test_an_account_that_is_not_known_is_asked_for_by_the_command() -> None:
    place = CommandContext("us-east-1")
    assert place.command("aws s3 ls s3://logs-<account>") == (
        "ACCOUNT=$(aws --region us-east-1 sts get-caller-identity --query Account --output text) "
        "&& aws --region us-east-1 s3 ls s3://logs-$ACCOUNT"
    )
    assert "'arn:'\"$ACCOUNT\"':x'" in place.command("aws s3 x 'arn:<account>:x'")


@pytest.mark.parametrize("part", ["$(reboot)", "a b", "x;y", "a'b"])
def test_what_is_no_word_is_filled_into_no_command(part: str) -> None:
    with pytest.raises(ValueError, match="letters, digits and hyphens"):
        CommandContext("us-east-1", part)


DOCUMENTS = Path(__file__).parents[3]
BLOCK = re.compile(r"^ *```(?:console)?\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)


def blocks_of(document: str) -> dict[str, str]:
    """The code blocks of a page by their first lines."""
    found = BLOCK.findall((DOCUMENTS / document).read_text(encoding="utf-8"))
    return {block.partition("\n")[0]: block for block in found}


def commands_of(document: str) -> list[str]:
    """The commands in the code blocks of a page: of a console's those with a prompt."""
    lines: list[str] = []
    for block in BLOCK.findall((DOCUMENTS / document).read_text(encoding="utf-8")):
        lines += re.findall(r"^\$ (.*)$", block, re.MULTILINE) or [
            each.strip() for each in block.splitlines()
        ]
    return lines


@pytest.mark.usefixtures("state_directory")
def test_every_command_of_the_students_page_works(aws: LocalAws, shell: Shell) -> None:
    build(aws, REFERENCE)
    first, second, *commands = commands_of("docs/students.md")
    exports = f"{first} && {second}".replace(f"http://127.0.0.1:{DEFAULT_PORT}", aws.endpoint_url)
    assert len(commands) > 10
    said = {each: shell.paste(f"{exports} && {each}") for each in commands}
    assert f"{ALL} of {ALL} steps passed" in said["python -m lab_steps watch"]
    assert "hint 3 of 3" in said["python -m lab_steps hint 15 --all"]
    assert shell.paste("head -c 15 lab.html") == "<!doctype html>"
    [handing_in] = commands_of("docs/trainers.md")
    assert "Saved to ada.zip" in shell.paste(f"{exports} && {handing_in}")


@pytest.fixture
def _profiles(
    aws: LocalAws,
    shell: Shell,
    state_directory: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The profiles of the pages for people with accounts, which lead to the local AWS."""
    del state_directory  # it clears the environment first
    settings = f"region = us-east-1\nendpoint_url = {aws.endpoint_url}\n"
    keys = "aws_access_key_id = test\naws_secret_access_key = test\n"
    names = ("sandbox", "student7")
    config = tmp_path / "config"
    config.write_text("".join(f"[profile {each}]\n{settings}{keys}" for each in names))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))


@pytest.mark.usefixtures("_profiles")
def test_every_command_of_the_page_on_grading_works(aws: LocalAws, shell: Shell) -> None:
    build(aws, REFERENCE)
    aws.deliver_now()
    commands = commands_of("docs/grading.md")
    assert len(commands) == 7
    said = {each: shell.paste(each) for each in commands}
    assert ALL_PASSED in said["python -m lab_steps check  --bundle student7.zip"]
    made = ["student7.html", "student7.json", "student7.xml", "student7.zip"]
    assert shell.paste("ls student*").split() == made


FOR_LABS = {"delivery_delay": 0.2, "log_group": TaggedLogGroup(GROUP, TAG, Consent.UNASKED)}


@pytest.mark.parametrize("aws", [{**FOR_LABS, "organization": None}], indirect=True)
@pytest.mark.usefixtures("state_directory")
def test_the_commands_of_the_page_on_classes_work_in_their_order(
    aws: LocalAws, shell: Shell
) -> None:
    """But for those of the CDK, which tests/stacks deploys: a role without limits is in place."""
    blocks = blocks_of("docs/class.md")
    for name in ("names.csv", "weights.csv"):
        shell.paste(f"cat > {name} <<'END'\n{blocks[f'$ cat {name}'].partition(chr(10))[2]}END")
    exports = f"export AWS_ENDPOINT_URL={aws.endpoint_url} AWS_DEFAULT_REGION=us-east-1"
    made = blocks["aws organizations create-organization --feature-set ALL"]
    listed = blocks["echo student,account,role_arn,external_id > class.csv"]
    shell.paste(f"{exports}; set -e\n{made}\n{listed}")
    rows = [row.split(",") for row in shell.paste("cat class.csv").splitlines()]
    assert [row[0] for row in rows] == ["student", '"Ada Lovelace"', '"Grace Hopper"']
    assert [grader(aws, row[1]) for row in rows[1:]] == [row[2] for row in rows[1:]]
    commands = [each for each in commands_of("docs/class.md") if " class " in each]
    said = {
        each.partition(" class ")[2]: shell.paste(f"{exports} && {each} || [ $? -eq 4 ]")
        for each in commands
    }
    assert [each.split()[0] for each in said] == ["plan", "up", "check", "report", "down"]
    plan, up, check, report, down = said.values()
    assert "2 accounts, list prices" in plan
    assert "2 of 2 accounts without a problem" in up
    assert "2 students: 2 " in check
    assert "2 students: 2 " in report
    assert "2 of 2 accounts without a problem" in down


@pytest.mark.parametrize("aws", [FOR_LABS], indirect=True)
@pytest.mark.usefixtures("_profiles")
def test_the_commands_of_the_page_on_an_account_work(shell: Shell) -> None:
    commands = [each for each in commands_of("docs/account.md") if each.startswith("python")]
    assert [each.split()[3] for each in commands] == ["doctor", "plan", "run", "check", "down"]
    said = [shell.paste(each.replace("111122223333", ACCOUNT)) for each in commands]
    assert ALL_PASSED in said[2]
    assert "9 passed" in said[3]

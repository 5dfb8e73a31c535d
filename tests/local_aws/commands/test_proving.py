"""`local-aws policy --prove -- COMMAND`, of real commands, in processes of their own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.lab_steps.mutants.pasting import _cli_port, put_aws
from tests.local_aws.commands.conftest import Command, Said
from tests.local_aws.processes import runs
from tests.waiting import LONG, until

__all__ = ["_cli_port"]

PROGRAM = """
import boto3
from botocore.exceptions import ClientError

s3 = boto3.client("s3")
s3.create_bucket(Bucket="files-of-app")
print("made a bucket")
try:
    boto3.client("sqs").list_queues()
except ClientError:
    print("goes on")
"""


Prove = Callable[..., Said]


@pytest.fixture
def prove(local_aws: Command, monkeypatch: pytest.MonkeyPatch) -> Prove:
    """Prove a command, with the programs that are beside this Python."""
    programs = str(Path(sys.executable).parent)
    monkeypatch.setenv("PATH", os.pathsep.join([programs, os.environ["PATH"]]))
    return lambda *words: local_aws("policy", "--prove", *words)


def program(folder: Path, text: str) -> list[str]:
    file = folder / "program.py"
    file.write_text(text)
    return ["--", sys.executable, str(file)]


def test_a_program_s_policy_is_proved_and_what_it_does_without_is_told(
    prove: Prove, tmp_path: Path
) -> None:
    code, said, errors = prove("--format", "json", *program(tmp_path, PROGRAM))
    assert code == 0, errors
    told: dict[str, Any] = json.loads(said)
    assert (told["proved"], told["enough"], told["failure"]) == (True, True, None)
    assert [(each["action"], each["verdict"]) for each in told["actions"]] == [
        ("s3:CreateBucket", "needed"),
        ("sqs:ListQueues", "not missed"),
    ]
    assert told["policy"]["Statement"][0]["Resource"] == ["arn:aws:s3:::files-of-app"]
    assert errors.count("made a bucket") == 1  # of the first run alone
    assert "1/2  without s3:CreateBucket  needed: refused, exit code 1" in errors
    assert "the command also succeeds without these: remove those that do not matter: sqs" in (
        errors
    )
    assert "cannot be proved here: " in errors


def test_a_shell_script_of_the_aws_cli_is_proved(
    prove: Prove,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put_aws(tmp_path, request.getfixturevalue("_cli_port"))
    monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path), os.environ["PATH"]]))
    script = tmp_path / "deploy.sh"
    script.write_text(
        "set -e\naws s3api create-bucket --bucket files-of-script\n"
        "aws sns create-topic --name news\n"
    )
    code, said, errors = prove("--", "sh", str(script))
    assert code == 0, errors
    statements = json.loads(said)["Statement"]
    actions = [action for each in statements for action in each["Action"]]
    assert actions == ["s3:CreateBucket", "sns:CreateTopic"]
    assert "proved: enough, and without each of the 2 actions a call is refused" in errors


def test_a_command_that_does_not_repeat_itself_is_told(
    prove: Prove, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = PROGRAM + "import os; os.mkdir('left behind')\n"
    code, _, errors = prove(*program(tmp_path, text))
    assert code == 1
    assert "not proved: a second run on an empty local AWS ended with 1, but nothing was" in (
        errors
    )
    assert "FileExistsError" in errors
    assert "without s3:CreateBucket" not in errors


def test_a_command_that_calls_something_else_each_time_is_told(
    prove: Prove, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = "import boto3, os\n"
    text += "name = 'topics' if os.path.exists('seen') else 'queues'\n"
    text += "open('seen', 'w').close()\n"
    text += "getattr(boto3.client({'topics': 'sns', 'queues': 'sqs'}[name]), f'list_{name}')()\n"
    code, _, errors = prove(*program(tmp_path, text))
    assert code == 1
    assert "with the policy, these were refused: sns:ListTopics on *" in errors
    assert "does not repeat itself: this time it also called sns:ListTopics" in errors


def test_a_command_that_names_things_anew_is_told(prove: Prove, tmp_path: Path) -> None:
    text = "import boto3, uuid\nboto3.client('s3').create_bucket(Bucket=f'b-{uuid.uuid4()}')\n"
    code, _, errors = prove(*program(tmp_path, text))
    assert code == 1
    assert "these were refused: s3:CreateBucket on arn:aws:s3:::b-" in errors
    assert "does the command use new names each time?" in errors


@pytest.mark.parametrize(
    ("words", "wanted", "told"),
    [
        ((), 2, "wanted --prove -- COMMAND, got no command"),
        (("--since", "2026-11-27T15:00:00Z", "--", "true"), 2, "--prove starts its own local AWS"),
        (("--", "true"), 2, "not proved: there were no calls"),
        (("--", "false"), 1, "with everything allowed, the command ended with 1"),
        (("--", "no-such-command"), 126, "'no-such-command' cannot be run"),
    ],
)
def test_what_cannot_be_proved_is_told(
    words: tuple[str, ...], wanted: int, told: str, prove: Prove
) -> None:
    code, _, errors = prove(*words)
    assert (code, told in errors) == (wanted, True), errors
    assert "Traceback" not in errors


def test_ctrl_c_ends_the_command_and_writes_what_is_known(tmp_path: Path) -> None:
    text = PROGRAM + (
        "import os, pathlib, time\n"
        "if os.path.exists('first'):\n"
        "    pathlib.Path('second').write_text(str(os.getpid()))\n"  # once it is read
        "    time.sleep(100)\n"
        "pathlib.Path('first').touch()\n"
    )
    os.mkfifo(tmp_path / "second")
    words = [sys.executable, "-m", "local_aws", "policy", "--prove", *program(tmp_path, text)]
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    with subprocess.Popen(
        words,
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr
        for line in process.stderr:
            if "recorded " in line:
                break
        second = int((tmp_path / "second").read_text())
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=LONG)
    assert process.returncode == 130, err
    assert "s3:CreateBucket" in out
    assert "not proved: it was interrupted" in err
    until(lambda: not runs(second))

"""`start`, `stop`, `status`, `logs`, `env` and `run`, as a shell calls them."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from local_aws.commands import register
from local_aws.commands.run import signals_passed_on
from tests.local_aws.commands.conftest import Command
from tests.local_aws.wire import json_call, send
from tests.waiting import LONG

NONE = "no local AWS is running; start one with: python -m local_aws start --background\n"
FUNCTIONS = "Lambda functions run as your own processes"
MAKE_CALLS = """
import boto3, botocore.exceptions, sys
table = boto3.client("dynamodb")
for _ in range(3):
    table.list_tables()
try:
    table.describe_table(TableName="Missing")
except botocore.exceptions.ClientError:
    sys.exit(7)
"""


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A register of the test's own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "local-aws"


def test_nothing_runs_before_a_start(local_aws: Command) -> None:
    assert local_aws("status") == (3, NONE, "")
    assert local_aws("env") == (1, "", f"local_aws: {NONE}")
    assert local_aws("stop") == (0, "no local AWS is running\n", "")
    code, _, errors = local_aws("logs")
    assert (code, errors) == (1, "local_aws: none has been started with start --background yet\n")


def test_the_register_is_the_users_alone() -> None:
    assert register.running() is None
    kept = register.folder() / "server.json"
    assert [stat.S_IMODE(each.stat().st_mode) for each in (kept.parent, kept)] == [0o700, 0o600]


@pytest.mark.parametrize("command", [["status"], ["env"], ["stop"], ["start", "--background"]])
def test_a_register_that_cannot_be_written_is_one_line(
    command: list[str], local_aws: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(in_the_way))
    code, said, errors = local_aws(*command)
    assert (code, said, errors.count("\n")) == (2, "", 1)
    assert f"{in_the_way}/local-aws: Not a directory; " in errors
    assert errors.endswith("set XDG_STATE_HOME to a folder that you can write\n")


def test_one_in_the_background_from_start_to_stop(local_aws: Command) -> None:
    start = [sys.executable, "-m", "local_aws", "start", "--background", "--port", "0"]
    word, url = subprocess.run(start, stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    assert word == "ready"
    try:
        assert send(url, json_call("dynamodb", "ListTables")).status == 200
        code, _, errors = local_aws("start", "--background")
        assert code == 2
        assert f"a local AWS is already running, at {url} (process " in errors
        code, said, _ = local_aws("status")
        line, _, answer = said.partition("\n")
        assert code == 0
        assert line.startswith(f"running at {url}, process ")
        assert json.loads(answer)["endpoint_url"] == url
        shell = (
            f'eval "$({sys.executable} -m local_aws env)"; echo "$AWS_ENDPOINT_URL $AWS_PROFILE"'
        )
        pointed = subprocess.run(
            ["bash", "-c", shell],
            env={**os.environ, "AWS_PROFILE": "real"},
            capture_output=True,
            text=True,
            check=True,
        )
        assert pointed.stdout == f"{url} \n"
    finally:
        stopped = local_aws("stop")
    assert stopped == (0, f"stopped {url}\n", "")
    assert local_aws("status")[0] == 3
    code, said, _ = local_aws("logs")
    assert code == 0
    assert said.startswith(FUNCTIONS)
    assert said.endswith("stopped\n")


def test_one_that_cannot_start_in_the_background_says_why(local_aws: Command) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, said, errors = local_aws("start", "--background", "--port", port)
    assert (code, said) == (2, "")
    assert errors.startswith(f"local_aws: port {port} of 127.0.0.1 cannot be used")


def test_one_in_the_foreground_is_known_and_a_killed_one_is_not() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "local_aws", "start", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout
        url = process.stdout.readline().split()[1]
        server = register.running()
        assert server
        assert (server.url, server.pid) == (url, process.pid)
        with pytest.raises(register.AlreadyServed, match="stop it with python -m local_aws stop"):
            register.require_none()
        process.kill()
        process.wait()
    assert register.running() is None


def test_only_one_is_registered_at_a_time(state: Path) -> None:
    server = register.Running("http://127.0.0.1:1", 1, "2026-01-01T00:00:00Z")
    with register.registered() as write:
        assert register.running() is None
        with pytest.raises(register.AlreadyServed, match="but not ready yet"):
            register.registered().__enter__()
        write(server)
        assert register.running() == server
    assert register.running() is None
    assert state.stat().st_mode & 0o777 == 0o700


def test_run_points_the_command_at_a_server_and_tells_what_it_called(local_aws: Command) -> None:
    code, said, errors = local_aws("run", "--no-functions", "--", sys.executable, "-c", MAKE_CALLS)
    assert (code, said) == (7, "")
    assert errors == (
        "local_aws: 4 calls, 1 failed\n"
        "       3  dynamodb:ListTables by root\n"
        "       1  dynamodb:DescribeTable ResourceNotFoundException by root\n"
    )


@pytest.mark.parametrize(
    ("command", "code", "message"),
    [
        (["sh", "-c", "kill -9 $$"], 128 + signal.SIGKILL, "there were no calls: does the"),
        (["no-such-command"], 127, "command 'no-such-command' not found"),
        (["/"], 126, "'/' cannot be run: Permission denied"),
        (["echo", "--", "x"], 0, "there were no calls"),
    ],
)
def test_run_ends_as_its_command(
    command: list[str], code: int, message: str, local_aws: Command
) -> None:
    ended, said, errors = local_aws("run", "--", *command)
    assert ended == code
    assert message in errors
    assert said == ("-- x\n" if command[0] == "echo" else "")


def test_a_signal_from_before_the_command_began_reaches_it() -> None:
    with signals_passed_on() as passed_on_to:
        signal.raise_signal(signal.SIGTERM)
        with subprocess.Popen(["sleep", "60"]) as command:
            passed_on_to(command)
            assert command.wait(timeout=LONG) == -signal.SIGTERM


def test_a_signal_to_run_is_the_commands() -> None:
    shell = "trap 'exit 5' TERM; echo begun; while :; do sleep 0.1; done"
    with subprocess.Popen(
        [sys.executable, "-m", "local_aws", "run", "--", "sh", "-c", shell],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "begun\n"
        process.terminate()
        process.communicate(timeout=LONG)
    assert process.returncode == 5


def test_options_of_serving_may_stand_before_or_after_the_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from local_aws.__main__ import _parser

    before = _parser().parse_args(["--port", "5", "start"])
    after = _parser().parse_args(["start", "--port", "5", "--throttling"])
    assert (before.port, before.throttling, before.background) == (5, False, False)
    assert (after.port, after.throttling, after.functions) == (5, True, True)

"""Commands that are interrupted or killed: what they say, leave, and go on with."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab_steps.__main__ import main
from local_aws import LocalAws
from tests.lab_steps.by_hand import DATA, ByHand
from tests.lab_steps.conftest import CliRun
from tests.lab_steps.step_numbers import ALL_PASSED
from tests.lab_steps.terminal.pseudo_terminal import in_terminal
from tests.waiting import LONG


def test_ctrl_c_while_it_starts_says_that_nothing_began(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("lab_steps.__main__._walkthrough", lambda: signal.raise_signal(2))
    assert main(["check"]) == 130
    told = "\nInterrupted before anything began: repeat the command.\n"
    assert capsys.readouterr().err == told


def test_in_a_scripts_background_ctrl_c_stays_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[object] = []

    def walkthrough() -> None:
        found.extend(map(signal.getsignal, (signal.SIGINT, signal.SIGTERM)))
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr("lab_steps.__main__._walkthrough", walkthrough)
    with as_in_the_background(), pytest.raises(SystemExit, match="143"):
        main(["check"])
    assert found[0] is signal.SIG_IGN
    assert callable(found[1])


@contextlib.contextmanager
def as_in_the_background() -> Iterator[None]:
    """SIGINT as a script has it for what it starts with `&`."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def test_ctrl_c_while_waiting_says_how_to_resume(
    aws: LocalAws, by_hand: ByHand, state_directory: Path
) -> None:
    by_hand.management_trail()
    by_hand.data_trail()
    by_hand.table()
    command = [
        *(sys.executable, "-m", "lab_steps", "check", "--endpoint-url", aws.endpoint_url),
        *("--step", "34", "--timeout", "600"),
    ]
    with subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr
        assert "waiting for CloudTrail's delivery" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=LONG)
    assert process.returncode == 130
    assert "Interrupted. Nothing was left behind." in err


def test_a_run_that_was_killed_is_resumed(
    aws: LocalAws, cli: CliRun, by_hand: ByHand, state_directory: Path
) -> None:
    command = [sys.executable, "-m", "lab_steps", "run", "--suffix", "mine"]
    with subprocess.Popen(
        [*command, "--endpoint-url", aws.endpoint_url],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "LAB_STATE_DIR": str(state_directory)},
        text=True,
    ) as process:
        assert process.stderr
        for line in process.stderr:
            if "CreateTable" in line:
                process.kill()
                break
    code, out, _ = cli("run")
    assert (code, ALL_PASSED in out) == (0, True), out
    trail = by_hand.cloudtrail.describe_trails(trailNameList=[DATA])["trailList"][0]
    assert trail["S3BucketName"].endswith("-mine")
    assert cli("down")[0] == 0


def test_ended_by_sigterm_it_leaves_the_terminal_in_order(
    silent_endpoint: str, state_directory: Path
) -> None:
    command = [sys.executable, "-m", "lab_steps", "check", "--endpoint-url", silent_endpoint]
    shown = in_terminal(command, 80, end_at=b"who we are, for")
    assert shown.exit_code == 128 + signal.SIGTERM, shown.raw
    assert [line for line in shown.lines if line] == []
    assert not shown.cursor_is_hidden

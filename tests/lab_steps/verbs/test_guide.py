"""The guide as a process: what it prints, how it ends, and what it is beside."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest

from tests.lab_steps.step_numbers import ALL
from tests.profiles import IS_LONG
from tests.waiting import LONG

HIDDEN = ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_ACCESS_KEY_ID", "DISPLAY")


@dataclass(frozen=True)
class Started:
    process: subprocess.Popen[str]
    console: str
    guide: str


def command(folder: Path, *options: str) -> subprocess.Popen[str]:
    environment = {name: each for name, each in os.environ.items() if name not in HIDDEN}
    return subprocess.Popen(
        [sys.executable, "-m", "lab_steps", "guide", "--no-browser", *options],
        env={**environment, "TMPDIR": str(folder), "LAB_STATE_DIR": str(folder / "lab")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextlib.contextmanager
def started(folder: Path) -> Iterator[Started]:
    """A guide on the spot, which prints its addresses once it can be read."""
    with command(folder) as process:
        try:
            assert process.stdout
            lines = [process.stdout.readline().split() for _ in range(2)]
            assert lines[0][2:] == ["user", "student", "password", "cloudtrail-lab"]
            yield Started(process, lines[0][1], lines[1][1])
        finally:
            process.kill()


def is_open(url: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", urlsplit(url).port)) == 0


def test_two_at_once_each_with_a_local_aws_end_by_a_signal_and_leave_nothing() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with started(folder) as one, started(folder) as other:
            assert one.guide != other.guide
            for each in (one, other):
                assert f"2 of {ALL} steps passed".encode() in urlopen(each.guide).read()
                assert b"local AWS" in urlopen(each.console).read()
                ctrl_c = signal.SIGINT if each is one else signal.SIGTERM
                each.process.send_signal(ctrl_c)
                _, said = each.process.communicate(timeout=LONG)
                assert each.process.returncode == (0 if each is one else 128 + ctrl_c)
                assert "Traceback" not in said
                assert not is_open(each.guide)
                assert not is_open(each.console)
        assert list(folder.iterdir()) == []


SIGNALLED = """
import os, sys
from cheroot.workers.threadpool import WorkerThread
from lab_steps.__main__ import command

which, number = int(sys.argv[1]), int(sys.argv[2])
begun, start = [], WorkerThread.start

def started(thread):
    start(thread)
    begun.append(thread)
    if len(begun) == which:
        os.kill(os.getpid(), number)

WorkerThread.start = started
sys.argv[1:] = ["guide", "--no-browser"]
command()
"""


ENDS = list(product((5, 30), ((signal.SIGINT, 0), (signal.SIGTERM, 143))))


@pytest.mark.parametrize(("thread", "end"), ENDS if IS_LONG else ENDS[1:3])
def test_a_signal_while_a_servers_threads_start_ends_it(
    thread: int, end: tuple[int, int], state_directory: Path
) -> None:
    """The fifth thread is one of the local AWS, the thirtieth of the guide; `make test` has each
    and each signal once."""
    del state_directory
    number, code = end
    ended = subprocess.run(
        [sys.executable, "-c", SIGNALLED, str(thread), str(int(number))],
        env={name: each for name, each in os.environ.items() if name not in HIDDEN},
        capture_output=True,
        text=True,
        timeout=LONG,
    )
    assert (ended.returncode, "Traceback" in ended.stderr) == (code, False)


@pytest.mark.parametrize(
    ("options", "code", "told"),
    [
        (["--port", "x"], 2, "wanted a port from 0 to 65535, got 'x'"),
        (["--account", "111122223333"], 2, "Without --account, `guide` starts a local AWS."),
        (["--endpoint-url", "http://127.0.0.1:9"], 3, "http://127.0.0.1:9"),
    ],
)
def test_what_cannot_be_is_told(options: list[str], code: int, told: str, tmp_path: Path) -> None:
    with command(tmp_path, *options) as process:
        _, said = process.communicate(timeout=LONG)
    assert told in said
    assert process.returncode == code

"""Workers: each does one thing at a time, and none outlives who started it."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lab_steps.classes import worker_processes
from lab_steps.errors import CannotLookError, LabError
from tests.local_aws.processes import runs
from tests.waiting import LONG, until

CYCLES = 5_000


class Cycle:
    """It refers to itself, as botocore's sessions do."""

    def __init__(self) -> None:
        self.own = [self]


SCRIPT = """
import os, sys, time
from pathlib import Path
from lab_steps.classes import worker_processes
from lab_steps.errors import ExpiredError

folder = Path(sys.argv[1])

def work(number):
    (folder / f"{number}.begun").write_text(str(os.getpid()))
    if sys.argv[2] == "fails" and number == 3:
        raise ExpiredError("it has ended", "sign in")
    if sys.argv[2] == "hangs" and number > 1:
        time.sleep(600)
    if sys.argv[2] == "dies" and number == 2:
        os._exit(9)
    return number * number

try:
    for found in worker_processes.done(work, range(6), 2):
        print(found, flush=True)
except Exception as error:
    print(type(error).__name__, error, getattr(error, "advice", ""))
"""


def ran(tmp_path: Path, how: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path), how],
        capture_output=True,
        text=True,
        check=True,
        timeout=LONG,
    )
    return done.stdout.splitlines()


def test_all_is_done_in_processes_of_their_own(tmp_path: Path) -> None:
    assert sorted(map(int, ran(tmp_path, "works"))) == [0, 1, 4, 9, 16, 25]
    pids = {each.read_text() for each in tmp_path.glob("*.begun")}
    assert str(os.getpid()) not in pids


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_one_student_leaves_is_cleared_up_while_others_are_worked_on(jobs: int) -> None:
    gc.freeze()  # what other tests left is neither looked through
    gc.collect()  # nor counted: Python looks when there is a quarter more
    young, older, full = gc.get_threshold()
    gc.set_threshold(young, older, 1000)  # as the command line does
    try:
        left = list(worker_processes.done(_makes_cycles, range(60), jobs))
    finally:
        gc.set_threshold(young, older, full)
    assert max(left) < 30 * CYCLES


def _makes_cycles(_: int) -> int:
    made = [Cycle() for _ in range(CYCLES)]
    gc.collect(1)  # they live on, as clients do while a student is worked on
    gc.collect(1)
    assert made
    return sum(type(each) is Cycle for each in gc.get_objects())


def test_what_the_work_raises_ends_it(tmp_path: Path) -> None:
    assert ran(tmp_path, "fails")[-1] == "ExpiredError it has ended sign in"


def test_a_worker_that_is_killed_is_told(tmp_path: Path) -> None:
    assert "CannotLookError A worker process was killed" in ran(tmp_path, "dies")[-1]


def test_a_worker_that_was_killed_before_it_is_given_more_is_told() -> None:
    others = set(multiprocessing.active_children())
    found = worker_processes.done(_process_id, range(20), 2)
    os.kill(next(found), signal.SIGKILL)
    workers = set(multiprocessing.active_children()) - others
    until(lambda: not any(each.is_alive() for each in workers))
    with pytest.raises(CannotLookError, match="A worker process was killed"):
        list(found)


def _process_id(_: int) -> int:
    return os.getpid()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_workers_end_with_who_started_them(tmp_path: Path, number: int) -> None:
    command = [sys.executable, "-c", SCRIPT, str(tmp_path), "hangs"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        begun = [tmp_path / "2.begun", tmp_path / "3.begun"]
        until(lambda: all(each.exists() and each.read_text() for each in begun))
        process.send_signal(number)
    workers = [int(each.read_text()) for each in begun]
    until(lambda: not any(map(runs, workers)))


def test_one_job_is_done_here_and_leaves_the_look_for_garbage_as_it_was() -> None:
    usual = gc.get_threshold()
    assert list(worker_processes.done(lambda _: os.getpid(), [1, 2], 1)) == [os.getpid()] * 2
    assert gc.get_threshold() == usual


def test_what_is_raised_here_is_raised() -> None:
    def work(_: int) -> int:
        raise LabError("no")

    with pytest.raises(LabError, match="no"):
        list(worker_processes.done(work, [1], 5))

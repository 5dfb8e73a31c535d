from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec import structs

from tests.trail_logs.log_samples import file_of, key_of, record, write
from tests.waiting import LONG
from trail_logs import workers
from trail_logs.expectations import Expectation
from trail_logs.reader import read
from trail_logs.sources.folder import FolderSource
from trail_logs.sources.log_source import LogFile, NoSuchLocationError, read_body

EXPECTATIONS = [
    Expectation("put", event_names=("PutItem",), parameters=(("tableName", "Users"),)),
    Expectation("all"),
]
MANY = 450  # more than both processes take at a time


def test_two_processes_read_what_one_does(tmp_path: Path) -> None:
    for number in range(MANY):
        data = b"damaged" if number % 90 == 0 else file_of(record(), record("GetItem"))
        write(tmp_path, key_of(), data)
    one, two = (read(FolderSource(tmp_path), EXPECTATIONS, processes=n) for n in (1, 2))
    assert one == two
    assert (one.files, len(one.damaged)) == (MANY, 5)


def test_fetched_bytes_reach_the_workers(tmp_path: Path) -> None:
    class InMemory(FolderSource):
        def bodies(self, files):  # type: ignore[no-untyped-def]
            return ((file, read_body(body, file.size)) for file, body in super().bodies(files))

    for _ in range(MANY):
        write(tmp_path, key_of(), file_of(record()))
    one = read(FolderSource(tmp_path), EXPECTATIONS, processes=1)
    assert read(InMemory(tmp_path), EXPECTATIONS, processes=3) == one


def test_batches_and_answers_may_be_larger_than_a_pipe_holds(tmp_path: Path) -> None:
    class InMemory(FolderSource):
        def bodies(self, files):  # type: ignore[no-untyped-def]
            return ((file, read_body(body, file.size)) for file, body in super().bodies(files))

    data = file_of(*(record(requestID=secrets.token_hex(40)) for _ in range(300)))
    for _ in range(MANY):
        write(tmp_path, key_of(), data)
    (answer,) = read(InMemory(tmp_path), EXPECTATIONS[:1], processes=2).answers
    assert answer.count == 300


@pytest.mark.parametrize("processes", [1, 2])
def test_a_file_that_vanishes_is_an_error_in_every_process(tmp_path: Path, processes: int) -> None:
    class Vanishing(FolderSource):
        def files(self, scope):  # type: ignore[no-untyped-def]
            return [structs.replace(file, key=f"gone/{file.key}") for file in super().files(scope)]

    for _ in range(MANY):
        write(tmp_path, key_of(), file_of(record()))
    with pytest.raises(NoSuchLocationError, match="gone/"):
        read(Vanishing(tmp_path), EXPECTATIONS, processes=processes)


def test_a_worker_that_is_killed_is_an_error_not_a_short_count(tmp_path: Path) -> None:
    """The source kills the reader's only child while its files are being handed out."""

    class Killing(FolderSource):
        def bodies(self, files):  # type: ignore[no-untyped-def]
            for number, (file, body) in enumerate(super().bodies(files)):
                if number == 300:
                    os.kill(children_of(os.getpid()).pop(), signal.SIGKILL)
                yield file, body

    for _ in range(MANY * 2):
        write(tmp_path, key_of(), file_of(record()))
    with pytest.raises(workers.WorkerError, match="exit code -9"):
        read(Killing(tmp_path), EXPECTATIONS, processes=2)


def children_of(pid: int) -> list[int]:
    found = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(pid)],
                           capture_output=True, text=True, check=False)  # fmt: skip
    return [int(line.split()[0]) for line in found.stdout.splitlines() if "logs.workers" in line]


def test_a_worker_without_work_ends() -> None:
    done = subprocess.run([sys.executable, "-m", "trail_logs.workers"], input=b"", timeout=LONG)
    assert done.returncode == 0


def test_small_sets_stay_in_one_process() -> None:
    lab = [LogFile(f"{number}", 20_000, "") for number in range(60)]
    assert workers.processes_for(lab) == 1


def test_large_sets_use_every_processor() -> None:
    company = [LogFile(f"{number}", 100_000, "") for number in range(20_000)]
    assert workers.processes_for(company) == len(os.sched_getaffinity(0))

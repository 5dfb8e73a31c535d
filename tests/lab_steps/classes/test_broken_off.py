"""A class's check killed or interrupted in the middle, and accounts that do not answer."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lab_steps.errors import ExitCode
from lab_steps.targets import target
from tests.lab_steps.classes.conftest import ADA, BOB, EVE, Class
from tests.lab_steps.classes.students import grader
from tests.local_aws.processes import runs
from tests.waiting import LONG, until


def looked_at(journal: Path) -> list[str]:
    """The students in whole lines of the journal, one for each time."""
    lines = journal.read_bytes().split(b"\n")[:-1] if journal.exists() else []
    return [each["student"] for each in map(json.loads, lines) if "student" in each]


NEVER_DONE = """
import runpy, time
from lab_steps.targets.roles import Role

assumed = Role._assumed
last = ("210000000003", "210000000004")
Role._assumed = lambda role: time.sleep(3600) if role.arn.split(":")[4] in last else assumed(role)
runpy.run_module("lab_steps", run_name="__main__", alter_sys=True)
"""
"""A check of which the last two students are never looked at: it is at work until it is killed."""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_check_that_is_killed_goes_on_where_it_was(class_: Class, number: int) -> None:
    accounts = [f"{each:012}" for each in range(210_000_000_000, 210_000_000_005)]
    for each in accounts:
        grader(class_.aws, each)
    class_.written(**{f"S{number}": each for number, each in enumerate(accounts)})
    place = ["--endpoint-url", class_.aws.endpoint_url, "--jobs", "2"]
    command = [sys.executable, "-c", NEVER_DONE, "class", "check", str(class_.list), *place]
    journal = class_.results / "journal.jsonl"
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        until(lambda: looked_at(journal))
        workers = children(process.pid)
        process.send_signal(number)
        _, told = process.communicate(timeout=LONG)
        code = process.returncode
    assert (b"repeat the command to continue" in told) is (number == signal.SIGINT)
    assert code == (-number if number == signal.SIGKILL else ExitCode.INTERRUPTED)
    assert workers
    until(lambda: not any(map(runs, workers)))
    before = looked_at(journal)
    assert 0 < len(before) < len(accounts)
    assert class_.run("check") == ExitCode.FAILED
    assert f"{len(set(before))} of 5 students" in class_.said().err
    assert sorted(looked_at(journal)) == [f"S{each}" for each in range(5)]
    assert len(class_.book()) == 5
    written = {each.suffix for each in (class_.results / "students").iterdir()}
    assert written == {".html", ".json", ".zip"}


def children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(each) for each in found.split()]


def test_an_account_that_does_not_answer_is_one_row(
    class_: Class, silent_endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(target, "ASKING_SECONDS", 0.3)
    class_.student(ADA)
    places = {"ada": class_.aws.endpoint_url, "eve": silent_endpoint}
    keys = {"ada": ADA, "eve": EVE}
    (tmp_path / "config").write_text(
        "".join(
            f"[profile {n}]\nendpoint_url = {u}\nregion = us-east-1\n" for n, u in places.items()
        )
    )
    (tmp_path / "credentials").write_text(
        "".join(
            f"[{n}]\naws_access_key_id = {k}\naws_secret_access_key = x\n" for n, k in keys.items()
        )
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    class_.list.write_text(f"student,account,profile\nAda,{ADA},ada\nEve,{EVE},eve\n")
    class_.aws.deliver_now()
    assert class_.at_profiles("check") == ExitCode.CANNOT_LOOK
    book = class_.book()
    assert (book["Ada"]["status"], book["Eve"]["status"]) == ("PASS", "ERROR")
    assert "did not answer" in book["Eve"]["problem"]


def test_the_end_of_the_trainers_credentials_ends_the_check_at_once(
    class_: Class, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thousand rows would all say the same."""
    from lab_steps.errors import ExpiredError
    from lab_steps.targets.roles import Role

    class_.student(ADA)
    class_.written(Ada=ADA, Bob=BOB)

    def ended(role: Role) -> dict[str, str]:
        raise ExpiredError("The credentials have expired", "Sign in again.")

    assumed = Role._assumed
    monkeypatch.setattr(
        Role, "_assumed", lambda role: (assumed if ADA in role.arn else ended)(role)
    )
    assert class_.run("check") == ExitCode.CANNOT_LOOK
    said = class_.said()
    assert "The credentials have expired" in said.err
    assert "students:" not in said.out
    monkeypatch.setattr(Role, "_assumed", assumed)
    grader(class_.aws, BOB)
    assert class_.run("check") == ExitCode.FAILED
    assert "1 of 2 students" in class_.said().err


def test_two_checks_do_not_write_at_once(class_: Class) -> None:
    from lab_steps.classes.folder import ResultsFolder

    class_.written(Ada=ADA)
    with ResultsFolder(class_.results).locked():
        assert class_.run("check") == ExitCode.CANNOT_LOOK
    assert f"process {os.getpid()}" in class_.said().err

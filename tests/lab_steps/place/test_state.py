"""State on disk: before the action, whole or not at all, one run at a time."""

from __future__ import annotations

import fcntl
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from lab_steps.errors import CannotLookError
from lab_steps.place.state import Phase, StateFile, state_file


@pytest.fixture
def state(tmp_path: Path) -> StateFile:
    return StateFile(tmp_path / "lab" / "state.json")


def test_an_action_is_noted_before_it_is_done_and_after(state: StateFile) -> None:
    with state.doing("stack x"):
        begun = state.load().actions["stack x"]
        assert (begun.phase, begun.done) == (Phase.STARTED, None)
    done = state.load().actions["stack x"]
    assert done.phase is Phase.DONE
    assert done.done
    assert done.done >= done.started


def test_an_action_that_fails_stays_started(state: StateFile) -> None:
    with pytest.raises(RuntimeError), state.doing("stack x"):
        raise RuntimeError
    assert state.load().actions["stack x"].phase is Phase.STARTED


def test_a_run_keeps_the_parameters_it_was_started_with(state: StateFile) -> None:
    state.begin({"suffix": "a"})
    assert state.begin({"suffix": "b"}).parameters == {"suffix": "a"}


def test_what_is_forgotten_is_gone(state: StateFile) -> None:
    state.begin({"suffix": "a"})
    state.forget()
    state.forget()
    assert state.load().parameters == {}


def test_writing_leaves_no_other_files(state: StateFile) -> None:
    state.begin({"suffix": "a"})
    assert [path.name for path in state.path.parent.iterdir()] == ["state.json"]


def test_a_state_that_cannot_be_read_is_named(state: StateFile) -> None:
    state.begin({"suffix": "lab"})
    state.path.write_text("{")
    with pytest.raises(CannotLookError, match=r"state\.json cannot be read"):
        state.load()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (
            b'{"format":99,"regions":[]}',
            "a newer version of this program wrote it (wanted format 2",
        ),
        (b'{"format":1,"deeds":{}}', "wanted format 2, got 1"),
        (b'{"format":2,"actions":{"deploy":5}}', "Expected `object`, got `int`"),
        (b'{"actions":{"a":{"phase":"DONE","started":"2026-01-01T00:00:00"}}}', "a time in UTC"),
        (b'{"actions":{"a":{"phase":"DONE","started":"9999-12-31T23:59:59Z"}}}', "of this century"),
        (b'{"x":"\xff"}', "it is not UTF-8"),
        (b"[" * 100_000, "Expected `object`, got `array`"),
        (b'{"x":' + b"[" * 500 + b"]" * 500 + b"}", "nested deeper"),
    ],
)
def test_a_state_that_no_run_wrote_is_refused_with_what_to_do(
    content: bytes, told: str, state: StateFile
) -> None:
    state.path.parent.mkdir()
    state.path.write_bytes(content)
    with pytest.raises(CannotLookError, match=re.escape(told)) as refused:
        state.load()
    assert refused.value.advice


def test_a_lock_that_holds_anything_is_a_lock(state: StateFile) -> None:
    lock = state.path.with_suffix(".lock")
    lock.parent.mkdir()
    lock.write_bytes(b"\xff\x1b[2J" * 100_000)
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(CannotLookError, match="Another run") as refused, state.locked():
            pass
    assert len(str(refused.value)) < 200


def test_a_second_run_is_told_which_process_is_at_it(state: StateFile) -> None:
    told = pytest.raises(CannotLookError, match=rf"process {os.getpid()}\b")
    with state.locked(), told, state.locked():
        raise AssertionError
    with state.locked():
        pass


def test_a_killed_run_leaves_no_lock(state: StateFile) -> None:
    die = f"""
import os, signal
from pathlib import Path
from lab_steps.place.state import StateFile
state = StateFile(Path({str(state.path)!r}))
with state.locked(), state.doing("stack x"):
    os.kill(os.getpid(), signal.SIGKILL)
"""
    ran = subprocess.run([sys.executable, "-c", die], check=False)
    assert ran.returncode == -9
    with state.locked():
        assert state.load().actions["stack x"].phase is Phase.STARTED


def test_each_target_account_and_region_has_a_state_of_its_own() -> None:
    places = [
        ("aws", "111122223333", "us-east-1"),
        ("aws", "111122223333", "eu-west-1"),
        ("aws", "444455556666", "us-east-1"),
        ("http://127.0.0.1:5000", "111122223333", "us-east-1"),
    ]
    assert len({state_file(*place).path for place in places}) == len(places)

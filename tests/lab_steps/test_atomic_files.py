"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import textwrap
from contextlib import suppress
from pathlib import Path

import pytest

from lab_steps.atomic_files import FOR_ALL, remove, replacing, write_atomically
from tests.waiting import LONG

KILLED_WHILE_WRITING = """
import os, pathlib, signal, sys
from lab_steps.atomic_files import replacing
with replacing(pathlib.Path(sys.argv[1])) as file:
    file.write(b"half of it")
    file.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""
TWO_HUNDRED_TIMES = """
import pathlib, sys
from lab_steps.atomic_files import write_atomically
for _ in range(200):
    write_atomically(pathlib.Path(sys.argv[1]), sys.argv[2].encode() * 20_000)
"""


def python(program: str, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program), *arguments], stderr=subprocess.PIPE
    )


def killed_while_writing(path: Path) -> None:
    with python(KILLED_WHILE_WRITING, str(path)) as writer:
        assert writer.wait(LONG) == -signal.SIGKILL


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def test_folders_are_made_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "one" / "two" / "note.json"
    write_atomically(path, b"{}")
    assert path.read_bytes() == b"{}"
    assert names(path.parent) == ["note.json"]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "note.json"
    write_atomically(path, b"old")
    with suppress(KeyboardInterrupt), replacing(path) as file:
        file.write(b"new")
        raise KeyboardInterrupt
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["note.json"]


def test_what_a_killed_writer_left_is_gone_with_the_next_write(tmp_path: Path) -> None:
    path = tmp_path / "note.json"
    write_atomically(path, b"old")
    killed_while_writing(path)
    assert path.read_bytes() == b"old"
    assert len(names(tmp_path)) == 2
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert names(tmp_path) == ["note.json"]


def test_what_a_killed_writer_left_is_removed_with_its_file(tmp_path: Path) -> None:
    path = tmp_path / "note.json"
    killed_while_writing(path)
    remove(path)
    assert not names(tmp_path)


def test_two_that_write_at_once_leave_a_whole_file_of_one(tmp_path: Path) -> None:
    path = tmp_path / "note.json"
    writers = [python(TWO_HUNDRED_TIMES, str(path), letter) for letter in "ab"]
    for each in writers:
        _, said = each.communicate(timeout=LONG)
        assert (each.returncode, said) == (0, b"")
    assert path.read_bytes() in {b"a" * 20_000, b"b" * 20_000}
    assert names(tmp_path) == ["note.json"]


def test_a_file_that_is_replaced_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.touch()
    path.chmod(0o640)
    write_atomically(path, b"new", FOR_ALL)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_new_note_is_for_its_owner_alone(tmp_path: Path) -> None:
    write_atomically(tmp_path / "note.json", b"new")
    assert stat.S_IMODE((tmp_path / "note.json").stat().st_mode) == 0o600


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "link.html").symlink_to(tmp_path / "real.html")
    write_atomically(tmp_path / "link.html", b"new")
    assert (tmp_path / "link.html").is_symlink()
    assert (tmp_path / "real.html").read_bytes() == b"new"


def test_a_link_to_itself_becomes_a_file(tmp_path: Path) -> None:
    (tmp_path / "loop.html").symlink_to(tmp_path / "loop.html")
    write_atomically(tmp_path / "loop.html", b"new")
    assert (tmp_path / "loop.html").read_bytes() == b"new"


@pytest.mark.parametrize("trap", ["link", "second name", "pipe"])
def test_nothing_is_written_through_what_lies_in_the_way(tmp_path: Path, trap: str) -> None:
    victim, partial = tmp_path / "victim", tmp_path / ".note.json.partial"
    victim.write_bytes(b"precious")
    match trap:
        case "link":
            partial.symlink_to(victim)
        case "second name":
            partial.hardlink_to(victim)
        case _:
            os.mkfifo(partial)
    with pytest.raises(OSError, match=r"\.note\.json\.partial"):
        write_atomically(tmp_path / "note.json", b"new")
    assert victim.read_bytes() == b"precious"

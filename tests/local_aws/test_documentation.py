"""docs/local-aws.md: the commands of its first section, run as they stand there."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab_steps.mutants.pasting import _cli_port, put_aws
from tests.waiting import LONG

__all__ = ["_cli_port"]

DOCUMENT = Path(__file__).parents[2] / "docs" / "local-aws.md"
CONSOLE = re.compile(r"^```console\n(.*?)^```", re.DOTALL | re.MULTILINE)
TEST = """
def test_it():
    import boto3
    boto3.client("dynamodb").list_tables()
"""


def console_blocks(section: str) -> list[list[str]]:
    """The commands of each console block of a section, without what they print."""
    text = DOCUMENT.read_text().split(f"\n## {section}\n")[1].split("\n## ")[0]
    return [list(_commands(block)) for block in CONSOLE.findall(text)]


def commands_in(document: Path, title: str) -> list[str]:
    """The commands of the first console block after the heading that begins with `title`."""
    [block, *_] = CONSOLE.findall(document.read_text().split(f"\n## {title}")[1])
    return list(_commands(block))


def _commands(block: str) -> Iterator[str]:
    lines = iter(block.splitlines())
    for line in lines:
        if line.startswith("$ "):
            command = line.removeprefix("$ ")
            while not _is_whole(command) or command.endswith("\\"):
                command += "\n" + next(lines)
            yield command


def _is_whole(command: str) -> bool:
    try:
        shlex.split(command, comments=True)
    except ValueError:
        return False
    return True


@pytest.fixture
def shell(tmp_path: Path, _cli_port: int) -> dict[str, str]:
    """An environment where this checkout's command is installed, and nothing runs."""
    programs = tmp_path / "bin"
    programs.mkdir()
    put_aws(programs, _cli_port)
    command = programs / "local-aws"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m local_aws "$@"\n')
    command.chmod(0o755)
    (tmp_path / "test_it.py").write_text(TEST)
    path = os.pathsep.join([str(programs), str(Path(sys.executable).parent), os.environ["PATH"]])
    checkout = str(DOCUMENT.parents[1])
    nowhere = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    return {"PATH": path, "PYTHONPATH": checkout, "HOME": str(tmp_path), **nowhere}


def test_the_first_section_runs(shell: dict[str, str], tmp_path: Path) -> None:
    first, run, cli = console_blocks("Quick start")
    install, *first = first
    assert install.startswith("pip install ")
    assert (first[0], first[-1]) == ("local-aws start --background", "local-aws stop")
    assert run == ["local-aws run -- pytest"]
    script = ["set -e", "trap 'local-aws stop >&2' EXIT", *first, *first[:2], *cli, *run]
    ended = subprocess.run(
        ["bash", "-c", "\n".join(script)],
        cwd=tmp_path,
        env=shell,
        capture_output=True,
        text=True,
        timeout=LONG,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert '"eventName": "CreateBucket"' in ended.stdout
    assert "1 passed" in ended.stdout
    assert "       1  dynamodb:ListTables by root\n" in ended.stderr

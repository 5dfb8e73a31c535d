"""A shell that commands are pasted into: bash, the real AWS CLI and the runner, without a start.

Each takes most of a second to start, so `aws` and `python -m lab_steps` are scripts that hand their
arguments to this process and give back what it says. All between is bash's: quotes, `&&`, `$(...)`.
A class is worked on by forks, which must not be those of a process with threads: it is started.
"""

from __future__ import annotations

import contextlib
import functools
import os
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab_steps.__main__ import main
from tests.local_aws.aws_cli import captured, driver, exit_code
from tests.waiting import LONG

_HERE = """exec 3<>/dev/tcp/127.0.0.1/{port}
names=(${{!AWS_@}} ${{!LAB_@}} COLUMNS)
printf '%s\\0' "$PWD" "${{#names[@]}}" >&3
for name in "${{names[@]}}"; do printf '%s\\0' "$name=${{!name}}" >&3; done
printf '%s\\0' "$#" "$@" >&3
read -r -u 3 code length
head -c "$length" <&3
cat <&3 >&2
exit "$code"
"""
_AWS = f"""#!/bin/bash
set -- aws "$@"
{_HERE}"""
_PYTHON = f"""#!/bin/bash
[ "$1 $2" = "-m lab_steps" ] && [ "$3" != class ] || exec {{python}} "$@"
shift
{_HERE}"""


class _Cli(socketserver.StreamRequestHandler):
    """Runs one call of the AWS CLI, or of our runner."""

    def handle(self) -> None:
        folder, told, arguments = self._word(), self._words(), self._words()
        environment = dict(each.split("=", 1) for each in told)
        with contextlib.chdir(folder), captured(environment) as (out, error):
            code = exit_code(lambda: _run(arguments, environment))
        binary = out.buffer.getvalue()
        self.wfile.write(f"{code} {len(binary)}\n".encode() + binary + error.buffer.getvalue())

    def _words(self) -> list[str]:
        return [self._word() for _ in range(int(self._word()))]

    def _word(self) -> str:
        word = bytearray()
        while (byte := self.rfile.read(1)) not in (b"\0", b""):
            word += byte
        return word.decode()


def _run(arguments: list[str], environment: dict[str, str]) -> int | None:
    program, *rest = arguments
    if program == "lab_steps":
        return main(rest)
    profile = rest[rest.index("--profile") + 1] if "--profile" in rest else None
    found: int | None = _driver(frozenset(environment.items()), profile).main(rest)
    return found


@functools.lru_cache(4)
def _driver(_environment: frozenset[tuple[str, str]], _profile: str | None) -> Any:
    return driver()


def put_aws(folder: Path, port: int) -> None:
    """The AWS CLI without its start, as a program in `folder`."""
    _put(folder / "aws", _AWS.format(port=port))


def _put(program: Path, script: str) -> None:
    program.write_text(script)
    program.chmod(0o755)


class Shell:
    """Bash with `aws` and `python`, in an empty folder."""

    def __init__(self, folder: Path, port: int) -> None:
        tools = folder / "bin"
        tools.mkdir(parents=True)
        put_aws(tools, port)
        _put(tools / "python", _PYTHON.format(port=port, python=sys.executable))
        self._folder = folder
        self._path = f"{tools}:{os.environ['PATH']}"

    def paste(self, command: str) -> str:
        """What the command says; it has to succeed."""
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self._folder,
            env={**os.environ, "PATH": self._path, "PYTHONPATH": str(Path.cwd())},
            capture_output=True,
            text=True,
            timeout=LONG,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout


@pytest.fixture(scope="session")
def _cli_port() -> Iterator[int]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Cli) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@pytest.fixture
def shell(_cli_port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A shell with credentials and nothing else: no Region, no endpoint, no profile."""
    environment: dict[str, Any] = {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_PAGER": "",
        "COLUMNS": "80",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    return Shell(tmp_path / "shell", _cli_port)

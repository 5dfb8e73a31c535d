"""A shell that commands are pasted into: bash, and the real AWS CLI without its start.

The CLI takes most of a second to start, so `aws` is a script that hands its arguments to the CLI in
this process and gives back what it says. Everything between is bash's: quotes, `&&`, `$(...)`.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import io
import os
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

_AWS = """#!/bin/bash
exec 3<>/dev/tcp/127.0.0.1/{port}
names=(${{!AWS_@}})
printf '%s\\0' "$PWD" "${{#names[@]}}" >&3
for name in "${{names[@]}}"; do printf '%s\\0' "$name=${{!name}}" >&3; done
printf '%s\\0' "$#" "$@" >&3
read -r -u 3 code
cat <&3
exit "$code"
"""
_PYTHON = """#!/bin/bash
exec {python} "$@"
"""


class _Cli(socketserver.StreamRequestHandler):
    """Runs one call of the AWS CLI."""

    def handle(self) -> None:
        folder, environment, arguments = self._word(), self._words(), self._words()
        said = io.StringIO()
        binary = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
        with (
            contextlib.chdir(folder),
            mock.patch.dict(os.environ, dict(each.split("=", 1) for each in environment)),
            contextlib.redirect_stdout(binary),
            contextlib.redirect_stderr(said),
        ):
            code = _run(arguments, frozenset(environment))
        out = binary.buffer.getvalue()
        self.wfile.write(f"{code}\n".encode() + out + said.getvalue().encode())

    def _words(self) -> list[str]:
        return [self._word() for _ in range(int(self._word()))]

    def _word(self) -> str:
        word = bytearray()
        while (byte := self.rfile.read(1)) not in (b"\0", b""):
            word += byte
        return word.decode()


def _run(arguments: list[str], environment: frozenset[str]) -> int:
    try:
        return int(_driver(environment).main(arguments) or 0)
    except SystemExit as ended:
        return int(ended.code or 0)


@functools.lru_cache(4)
def _driver(_environment: frozenset[str]) -> Any:
    module = importlib.import_module("awscli.clidriver")
    # When it is first imported it sets this for good, but the environment is put back after a call.
    os.environ["AWS_DATA_PATH"] = str(Path(str(module.__file__)).with_name("data"))
    return module.create_clidriver()


class Shell:
    """Bash with `aws` and `python`, in an empty folder."""

    def __init__(self, folder: Path, port: int) -> None:
        tools = folder / "bin"
        tools.mkdir(parents=True)
        scripts = {"aws": _AWS.format(port=port), "python": _PYTHON.format(python=sys.executable)}
        for name, script in scripts.items():
            (tools / name).write_text(script)
            (tools / name).chmod(0o755)
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
            timeout=120,
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

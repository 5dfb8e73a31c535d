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

import pytest

_AWS = """#!/bin/bash
exec 3<>/dev/tcp/127.0.0.1/{port}
printf '%s\\0' "$PWD" "$#" "$@" >&3
read -r -u 3 code
cat <&3
exit "$code"
"""


class _Cli(socketserver.StreamRequestHandler):
    """Runs one call of the AWS CLI."""

    def handle(self) -> None:
        folder, count = self._word(), int(self._word())
        said = io.StringIO()
        binary = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
        with (
            contextlib.chdir(folder),
            contextlib.redirect_stdout(binary),
            contextlib.redirect_stderr(said),
        ):
            code = _run([self._word() for _ in range(count)])
        out = binary.buffer.getvalue()
        self.wfile.write(f"{code}\n".encode() + out + said.getvalue().encode())

    def _word(self) -> str:
        word = bytearray()
        while (byte := self.rfile.read(1)) not in (b"\0", b""):
            word += byte
        return word.decode()


def _run(arguments: list[str]) -> int:
    try:
        return int(_driver().main(arguments) or 0)
    except SystemExit as ended:
        return int(ended.code or 0)


@functools.cache
def _driver() -> Any:
    return importlib.import_module("awscli.clidriver").create_clidriver()


class Shell:
    """Bash with `aws` and `python`, in an empty folder."""

    def __init__(self, folder: Path, port: int) -> None:
        tools = folder / "bin"
        tools.mkdir(parents=True)
        (tools / "aws").write_text(_AWS.format(port=port))
        (tools / "aws").chmod(0o755)
        (tools / "python").symlink_to(sys.executable)
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

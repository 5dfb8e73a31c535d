"""A process that runs a function once, watched until it has ended."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from local_aws.forks import Forks

RUNTIMES = Path(__file__).with_name("runtimes")

INTERPRETER = {
    "LANG": "en_US.UTF-8",
    "TZ": ":UTC",
    "NO_PROXY": "*",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONUNBUFFERED": "1",
}
"""Variables that interpreters read, set for every function."""

_KILLED_WITHIN = 60.0
"""Seconds for the supervisor to end all that a function started, even on a busy machine."""
_LARGEST_LOG, _MOST_LINES = 1 << 20, 10_000
"""Bytes and lines of one PutLogEvents.

The log leaves out what a function prints beyond that, and says so.
"""


forks = Forks(
    lambda: [sys.executable, str(RUNTIMES / "warm.py")],
    {"PATH": os.defpath, "HOME": "/nonexistent", **INTERPRETER},
)


class FunctionProcess(Struct):
    """A function's supervisor: its number in `forks`, and the server's ends of its pipes."""

    number: int
    stdin: int
    stdout: int
    stderr: int


def start(
    command: list[str], folder: Path, environment: Mapping[str, str], *, memory: int, storage: int
) -> FunctionProcess:
    """Start a command in a folder under a supervisor, and return once it is about to begin.

    `memory` and `storage` are the bytes that each process and each file may have.
    """
    pipes = [os.pipe() for _ in range(3)]
    (its_in, stdin), (stdout, its_out), (stderr, its_err) = pipes
    number = forks.fork(its_in, its_out, its_err)
    for each in (its_in, its_out, its_err):
        os.close(each)
    order = {
        "command": command,
        "folder": str(folder),
        "environment": environment,
        "memory": memory,
        "storage": storage,
    }
    with contextlib.suppress(BrokenPipeError):  # it was killed: `watch` will see that
        os.write(stdin, json.dumps(order).encode() + b"\n")
    os.read(stdout, 1)  # The fork is ready: loading does not count as the function's time.
    return FunctionProcess(number, stdin, stdout, stderr)


def watch(process: FunctionProcess, seconds: float) -> tuple[str | None, str]:
    """The exit status, None if the time was up, and what the process printed.

    Afterwards nothing of it runs any more. A process that keeps its output open is not waited for.
    """
    printed = _Printed()
    try:
        with os.fdopen(process.stdin, "wb"):
            status = _read(process, printed, seconds)
        if status is None:
            _read(process, printed, _KILLED_WITHIN)
        return status, printed.text()
    finally:
        forks.end(process.number)
        os.close(process.stdout)
        os.close(process.stderr)


class _Printed:
    """What a function prints, up to the limits of its log."""

    def __init__(self) -> None:
        self._kept = bytearray()
        self._left_out = 0

    def add(self, data: bytes) -> None:
        kept = data[: _LARGEST_LOG - len(self._kept)]
        self._kept += kept
        self._left_out += len(data) - len(kept)

    def text(self) -> str:
        lines = self._kept.decode(errors="replace").splitlines(keepends=True)
        left_out = self._left_out + sum(len(line.encode()) for line in lines[_MOST_LINES:])
        text = "".join(lines[:_MOST_LINES])
        return f"{text}\n[{left_out} bytes more were left out]\n" if left_out else text


def _read(process: FunctionProcess, printed: _Printed, seconds: float) -> str | None:
    """Read until the supervisor has ended; its exit status, None if that takes longer."""
    status = b""
    deadline = time.monotonic() + seconds
    with selectors.DefaultSelector() as selector:
        for pipe in (process.stdout, process.stderr):
            os.set_blocking(pipe, False)
            selector.register(pipe, selectors.EVENT_READ)
        while (left := deadline - time.monotonic()) > 0:
            for key, _ in selector.select(left):
                data = os.read(key.fd, _LARGEST_LOG)
                if key.fd == process.stderr:
                    printed.add(data)
                status += data if key.fd == process.stdout else b""
                if not data:
                    selector.unregister(key.fileobj)
            if process.stdout not in selector.get_map():
                _read_rest(process.stderr, printed)
                return status.decode()
    return None


def _read_rest(output: int, printed: _Printed) -> None:
    """Read what is in the pipe, without waiting for more."""
    with contextlib.suppress(BlockingIOError):
        printed.add(os.read(output, _LARGEST_LOG))

"""A process that runs a function once, watched until it has ended."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

RUNTIMES = Path(__file__).with_name("runtimes")

_KILLED_WITHIN = 60.0
"""Seconds for the supervisor to end all that a function started, on a busy machine, too."""
_LARGEST_LOG, _MOST_LINES = 1 << 20, 10_000
"""Of one PutLogEvents; what a function prints above is left out of its log, and said so."""


def start(
    command: list[str], folder: Path, environment: Mapping[str, str], *, memory: int, storage: int
) -> subprocess.Popen[bytes]:
    """Start a command in a folder under the supervisor, which holds it to these bytes."""
    supervisor = [sys.executable, "-I", "-S", str(RUNTIMES / "supervisor.py")]
    return subprocess.Popen(  # noqa: S603 - the function's own code is what is to run
        [*supervisor, str(memory), str(storage), *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
        env=environment,
        start_new_session=True,
    )


def watch(process: subprocess.Popen[bytes], seconds: float) -> tuple[str | None, str]:
    """The exit status, None for a process whose time was up, and what it printed.

    Nothing of it runs afterwards, and nobody waits for what keeps its output open.
    """
    assert process.stdin
    printed = _Printed()
    try:
        status = _read(process, printed, seconds)
        if status is None:
            process.stdin.close()
            _read(process, printed, _KILLED_WITHIN)
        return status, printed.text()
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            assert pipe
            pipe.close()


class _Printed:
    """What a function prints, as far as its log takes it."""

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


def _read(process: subprocess.Popen[bytes], printed: _Printed, seconds: float) -> str | None:
    """Read until the supervisor has ended; its exit status, None if that takes longer."""
    assert process.stdout
    assert process.stderr
    status = b""
    deadline = time.monotonic() + seconds
    with selectors.DefaultSelector() as selector:
        for pipe in (process.stdout, process.stderr):
            os.set_blocking(pipe.fileno(), False)
            selector.register(pipe, selectors.EVENT_READ)
        while (left := deadline - time.monotonic()) > 0:
            for key, _ in selector.select(left):
                data = os.read(key.fd, _LARGEST_LOG)
                if key.fileobj is process.stderr:
                    printed.add(data)
                status += data if key.fileobj is process.stdout else b""
                if not data:
                    selector.unregister(key.fileobj)
            if process.stdout not in selector.get_map():
                _read_rest(process.stderr.fileno(), printed)
                return status.decode()
    return None


def _read_rest(output: int, printed: _Printed) -> None:
    """What is in the pipe, without waiting for more."""
    with contextlib.suppress(BlockingIOError):
        printed.add(os.read(output, _LARGEST_LOG))

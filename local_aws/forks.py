"""Processes forked from one that has loaded what they need, which is most of a start.

The loaded process has a single thread, because a fork has no other. It ends with the server: then
its socket is closed. `Forks` is the server's side, `serve` the loaded process's.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Mapping

_BEGIN, _END = b"+", b"-"
_TOLD = 9
"""Bytes of a message to the loaded process: begin or end, and the fork's number."""
_MOST_FILES = 3


class Forks:
    """The process that is forked: `command` in `environment`.

    It starts when it is first needed, and again after it was killed.
    """

    def __init__(self, command: Callable[[], list[str]], environment: Mapping[str, str]) -> None:
        self._command, self._environment = command, environment
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket
        self._numbers = itertools.count()

    def start(self) -> None:
        """Start the process that is forked, unless it runs."""
        with self._lock:
            self._started()

    def fork(self, *files: int) -> int:
        """Fork a process that gets these files, and return its number."""
        with self._lock:
            number = next(self._numbers)
            socket.send_fds(self._started(), [_told(_BEGIN, number)], files)
        return number

    def end(self, number: int) -> None:
        """Kill a process and its whole group, if it still runs."""
        with self._lock, contextlib.suppress(OSError):
            if self._process:
                self._control.sendall(_told(_END, number))

    def close(self) -> None:
        """End the process that is forked, and all forks that still run. Idempotent."""
        with self._lock:
            if self._process:
                self._control.close()
                self._process.wait()
            self._process = None

    def _started(self) -> socket.socket:
        if self._process is None or self._process.poll() is not None:
            if self._process:
                self._control.close()
            self._control, its = socket.socketpair()
            with its:
                self._process = subprocess.Popen(  # noqa: S603 - our own code
                    self._command(),
                    stdin=its.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env=self._environment,
                    cwd="/",
                    start_new_session=True,
                )
        return self._control


def _told(what: bytes, number: int) -> bytes:
    return what + number.to_bytes(_TOLD - 1)


def serve() -> list[int]:
    """Fork until the server is gone.

    Return in each fork, in its own process group, with its files.
    """
    control, running = socket.socket(fileno=0), dict[int, int]()
    while True:
        told, files, _, _ = socket.recv_fds(control, _TOLD, _MOST_FILES)
        if len(told) < _TOLD:
            os._exit(0)
        number = int.from_bytes(told[1:])
        if told[:1] == _BEGIN:
            process = os.fork()
            if not process:
                os.setpgid(0, 0)
                control.close()
                return files
            # Also here: the fork may have to end before it gets to its own call.
            with contextlib.suppress(OSError):
                os.setpgid(process, process)
            for each in files:
                os.close(each)
            running[number] = process
        elif process := running.pop(number, 0):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process, signal.SIGKILL)
            os.waitpid(process, 0)

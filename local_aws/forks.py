"""Processes that are forked from one which has loaded what they need: that is most of a start.

That one has a single thread, as a fork would lack any other. It ends with the server, whose end of
its socket is closed then. `Forks` is the server's side, `serve` the process's.
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
"""Bytes of a message to that process: to begin or to end, and the fork's number."""
_MOST_FILES = 3


class Forks:
    """The process that is forked, by `command`, in `environment`. It starts when it is first
    needed, and again after it was killed."""

    def __init__(self, command: Callable[[], list[str]], environment: Mapping[str, str]) -> None:
        self._command, self._environment = command, environment
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket
        self._numbers = itertools.count()

    def start(self) -> None:
        """Have it load, unless it runs."""
        with self._lock:
            self._started()

    def fork(self, *files: int) -> int:
        """Begin a process that has these files; its number."""
        with self._lock:
            number = next(self._numbers)
            socket.send_fds(self._started(), [_told(_BEGIN, number)], files)
        return number

    def end(self, number: int) -> None:
        """Kill a process with all of its group, if there still is one."""
        with self._lock, contextlib.suppress(OSError):
            if self._process:
                self._control.sendall(_told(_END, number))

    def close(self) -> None:
        """End it, and with it all that still runs. Idempotent."""
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
    """Fork until the server is gone; returns in the forks, each in its own process group, with
    the files that it was given."""
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
            # Here too, as it may be ended before it came so far.
            with contextlib.suppress(OSError):
                os.setpgid(process, process)
            for each in files:
                os.close(each)
            running[number] = process
        elif process := running.pop(number, 0):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process, signal.SIGKILL)
            os.waitpid(process, 0)

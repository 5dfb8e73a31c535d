"""Runs a function's process, and ends it together with everything that it started.

Standard input connects it to the server: when that closes, because the server closes it or dies,
everything ends. Standard output gets a byte at the start, and the exit status at the end. Standard
error is the function's output.

On Linux, processes that left the process group end, too: the supervisor adopts the orphans of its
descendants. Elsewhere only the process group ends.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import select
import signal
import sys
from collections.abc import Callable

_LINUX = sys.platform == "linux"
_PR_SET_CHILD_SUBREAPER = 36


def run(memory: int, file: int, begin: Callable[[], int]) -> None:
    """Run the process that `begin` starts until it ends, or the server wants it to end.

    It and each process that it starts may use `memory` bytes, and write files of `file` bytes.
    """
    if _LINUX:
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)
    _bound(memory, file)
    waking = _wake_at_a_childs_end()
    os.write(1, b"+")
    function = begin()
    status = _wait(function, waking)
    _end_all(function)
    if status is not None:
        os.write(1, b"%d" % os.waitstatus_to_exitcode(status))


def spawn(command: list[str]) -> int:
    """Start a new process without input."""
    return os.posix_spawn(
        command[0],
        command,
        os.environ,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_DUP2, 2, 1),
        ],
    )


def _bound(memory: int, file: int) -> None:
    """Limit what each process may use, as far as the system can."""
    for limit, most in (
        (resource.RLIMIT_DATA, memory),
        (resource.RLIMIT_FSIZE, file),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(limit, (most, most))


def _wake_at_a_childs_end() -> int:
    waking, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.signal(signal.SIGCHLD, lambda _signal, _frame: None)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    return waking


def _wait(function: int, waking: int) -> int | None:
    """The function's status; None if the server wanted it to end first."""
    while True:
        ready, _, _ = select.select([0, waking], [], [])
        if 0 in ready:
            return None
        os.read(waking, 4096)
        for pid, status in iter(_ended_child, None):
            if pid == function:
                return status


def _ended_child() -> tuple[int, int] | None:
    """Process id and status of a child that has ended, None for none."""
    with contextlib.suppress(ChildProcessError):
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid:
            return pid, status
    return None


def _end_all(function: int) -> None:
    """End every child until there is none: the children of an ended one become ours."""
    while True:
        for pid in _children() if _LINUX else [function]:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def _children() -> list[int]:
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{pid}/stat", "rb") as stat:  # it has ended
            if int(stat.read().rpartition(b")")[2].split()[1]) == os.getpid():
                found.append(int(pid))
    return found

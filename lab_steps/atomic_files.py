"""Files that are either complete or not there: what commands note for the next one, and reports.

Until it is complete, a file is next to its final place, as `.NAME.partial`, locked by the writer. A
killed writer leaves at most that one file, and the next writer reuses it.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from lab_steps.errors import CannotLookError

PRIVATE = 0o600
FOR_ALL = 0o666
"""Permissions of a new file, less the umask; one that is replaced keeps its own."""


def write_atomically(path: Path, content: bytes, mode: int = PRIVATE) -> None:
    """Write a file so that a crash leaves the old one or the new one, never a half.

    Missing folders are made; a link is followed. Raises OSError.
    """
    with replacing(path, mode) as file:
        file.write(content)


@contextmanager
def replacing(path: Path, mode: int = PRIVATE) -> Iterator[IO[bytes]]:
    """A file to write and read, which takes the place of `path` when the block ends well.

    Of two that write the same file at once, one waits for the other. Raises OSError.
    """
    path = _real(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = _partial(path)
    with locked(partial, mode) as file:
        try:
            file.truncate()
            yield file
            file.flush()
            os.fsync(file.fileno())
            if path.exists():
                os.fchmod(file.fileno(), stat.S_IMODE(path.stat().st_mode))
            partial.replace(path)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise


def remove(path: Path) -> None:
    """Remove a file, and what a killed writer of it may have left."""
    path.unlink(missing_ok=True)
    partial = _partial(_real(path))
    if partial.exists():
        with locked(partial, PRIVATE):
            partial.unlink()


def _real(path: Path) -> Path:
    """The file that a link leads to; the link itself if it leads to itself."""
    return Path(os.path.realpath(path))


def _partial(path: Path) -> Path:
    return path.with_name(f".{path.name}.partial")


@contextmanager
def locked(path: Path, mode: int = PRIVATE) -> Iterator[IO[bytes]]:
    """The file at `path`, locked; waits while another process has it locked.

    The lock ends with its process, however that ends. Raises OSError.
    """
    while True:
        handle = _opened(path, mode)
        with os.fdopen(handle, "r+b") as file:
            fcntl.flock(handle, fcntl.LOCK_EX)
            if _is_at(path, os.fstat(handle)):
                yield file
                return


@contextmanager
def held(path: Path, what: str) -> Iterator[None]:
    """Keep other processes from `what`, by a lock on the file at `path`.

    Raises CannotLookError if one has the lock.

    The lock ends with its process, however that ends.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="ascii", errors="replace") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read(20).strip() or "unknown"
            raise CannotLookError(
                f"Another run (process {holder}) is {what}.",
                "Wait until it ends, or stop it. Then repeat the command.",
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield
        with contextlib.suppress(OSError):
            lock.truncate(0)


def _opened(path: Path, mode: int) -> int:
    """A handle of our own file at `path`: in other people's folders, no one else's file is written
    to."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, mode)
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or found.st_nlink > 1:
        os.close(handle)
        raise FileExistsError(errno.EEXIST, "it is not ours, and it is in the way", str(path))
    return handle


def _is_at(path: Path, opened: os.stat_result) -> bool:
    """Whether `path` is still the opened file: another writer may have moved or removed it."""
    try:
        return os.path.samestat(path.stat(follow_symlinks=False), opened)
    except FileNotFoundError:
        return False

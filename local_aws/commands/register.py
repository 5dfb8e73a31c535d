"""Which local AWS of this user is running: one file, locked for as long as its server lives.

The lock ends with the process, for any reason. So a leftover file, or a process id that now belongs
to another process, is never mistaken for a server.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import msgspec

from local_aws.commands import COMMAND

NONE = f"no local AWS is running; start one with: {COMMAND} start --background"


class Running(msgspec.Struct, frozen=True):
    """A server: where it answers, its process, and when it was started (UTC)."""

    url: str
    pid: int
    since: str


class NoRegister(Exception):
    """The folder of the register cannot be written."""


class AlreadyServed(Exception):
    """A local AWS of this user is running, or about to."""


def folder() -> Path:
    """The folder of the register and the log, created if necessary. Raises NoRegister."""
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    found = Path(state) / "local-aws"
    with _writing_in(found):
        found.mkdir(mode=0o700, parents=True, exist_ok=True)
    return found


@contextlib.contextmanager
def _writing_in(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise NoRegister(
            f"{error.filename}: {error.strerror}; which local AWS is running is noted in "
            f"{folder}: set XDG_STATE_HOME to a folder that you can write"
        ) from error


def log_file() -> Path:
    """The output of the server in the background."""
    return folder() / "server.log"


def running() -> Running | None:
    """The server that is running, if one is."""
    with _opened() as file:
        if _locked(file, fcntl.LOCK_SH | fcntl.LOCK_NB):
            return None
        content = file.read()
    return msgspec.json.decode(content, type=Running) if content else None


@contextlib.contextmanager
def registered() -> Iterator[Callable[[Running], None]]:
    """Within the block, be this user's only server.

    The function that it gives registers the address.

    Raises AlreadyServed.
    """
    with _opened() as file:
        if not _locked(file, fcntl.LOCK_EX | fcntl.LOCK_NB):
            raise _already_served(running())
        file.truncate(0)

        def write(server: Running) -> None:
            file.write(msgspec.json.encode(server))
            file.flush()

        yield write
        file.truncate(0)


def require_none() -> None:
    """Raise AlreadyServed if a server is running."""
    server = running()
    if server is not None:
        raise _already_served(server)


def _already_served(server: Running | None) -> AlreadyServed:
    which = f"at {server.url} (process {server.pid})" if server else "but not ready yet"
    return AlreadyServed(
        f"a local AWS is already running, {which}: stop it with {COMMAND} stop, or start another "
        f"with {COMMAND} run -- COMMAND or {COMMAND} --port 0"
    )


def wait_until_ended() -> None:
    """Return when no server is running."""
    with _opened() as file:
        fcntl.flock(file, fcntl.LOCK_SH)


def _opened() -> IO[bytes]:
    where = folder()
    with _writing_in(where):
        opened = os.open(where / "server.json", os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    return os.fdopen(opened, "r+b", buffering=0)


def _locked(file: IO[bytes], how: int) -> bool:
    try:
        fcntl.flock(file, how)
    except BlockingIOError:
        return False
    return True

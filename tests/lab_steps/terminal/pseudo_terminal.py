"""A program in a pseudo-terminal of some width, and what stands there in the end."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import termios
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyte

ROWS = 24
_SCROLLED = 10_000


@dataclass(frozen=True)
class Shown:
    """What a terminal shows, scrolled lines first; `raw` is all that was written to it."""

    exit_code: int
    lines: tuple[str, ...]
    cursor_is_hidden: bool
    raw: bytes


def in_terminal(
    command: Sequence[str], columns: int, environment: Mapping[str, str] | None = None
) -> Shown:
    """Run `command` in a terminal of 24 rows; `environment` is added to that of this process."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, columns, 0, 0))
    with subprocess.Popen(
        command,
        stdin=follower,
        stdout=follower,
        stderr=follower,
        env={**os.environ, "TERM": "xterm-256color", **(environment or {})},
        start_new_session=True,
    ) as process:
        os.close(follower)
        raw = b"".join(iter(lambda: _read(leader), b""))
        os.close(leader)
    screen = pyte.HistoryScreen(columns, ROWS, history=_SCROLLED)
    pyte.ByteStream(screen).feed(raw)
    scrolled = ["".join(row[at].data for at in range(columns)) for row in screen.history.top]
    lines = tuple(line.rstrip() for line in [*scrolled, *screen.display])
    return Shown(process.returncode, lines, screen.cursor.hidden, raw)


def _read(leader: int) -> bytes:
    """What was written; nothing when the program has ended (Linux answers EIO)."""
    try:
        return os.read(leader, 65_536)
    except OSError:
        return b""

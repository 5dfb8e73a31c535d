"""Other people's text, made safe for a terminal.

`guarded` is the one place that ensures it: everything the command line prints goes through it. Code
that colors text or moves the cursor on purpose (rich, a progress line) makes its text legible
itself and writes to the stream behind it, `unguarded`.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import IO, Any, TextIO, cast

import msgspec

from lab_steps.credential_redaction import redacted


def one_line(text: str) -> str:
    """`text` with every character that is not printable spelled out (`\\x1b`, `\\n`, `\\u202e`).

    Then an item, a user agent or a saved result cannot move the cursor, reverse text, or start a
    line that looks like ours.
    """
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else _spelled_out(each) for each in text)


def legible(text: str) -> str:
    """`text` with `one_line` applied to each of its lines."""
    return "\n".join(one_line(line) for line in text.split("\n"))


def in_one_line_each(value: Any) -> Any:
    """A JSON value with `one_line` applied to every text in it."""
    if isinstance(value, str):
        return one_line(value)
    if isinstance(value, dict):
        return {one_line(key): in_one_line_each(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [in_one_line_each(each) for each in value]
    return value


def json_text(value: Any, indent: int = 2) -> str:
    """`value` as printable JSON, on one line for a negative `indent`."""
    return printable_json(msgspec.json.format(msgspec.json.encode(value), indent=indent).decode())


def printable_json(text: str) -> str:
    """JSON whose strings have an escape (`\\u202e`) for each character that is not printable."""
    if text.replace("\n", "").isprintable():
        return text
    return "".join(
        each if each.isprintable() or each == "\n" else _json_escape(each) for each in text
    )


@contextmanager
def guarded() -> Iterator[None]:
    """Everything printed meanwhile is legible, has no secret, and fits the stream's encoding.

    Output to a closed stream (`>&-`: Python has no object for it) is lost.
    """
    with (
        Path(os.devnull).open("w", encoding="utf-8") as nowhere,
        redirect_stdout(cast("IO[str]", _Guarded(sys.stdout or nowhere))),
        redirect_stderr(cast("IO[str]", _Guarded(sys.stderr or nowhere))),
    ):
        yield


def unguarded(stream: TextIO) -> TextIO:
    """The stream behind a guarded one."""
    return stream.stream if isinstance(stream, _Guarded) else stream


class _Guarded:
    """A text stream that writes legible text, and otherwise acts like the stream behind it."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = unguarded(stream)
        if isinstance(self.stream, io.TextIOWrapper):
            self.stream.reconfigure(errors="backslashreplace")

    def write(self, text: str) -> int:
        self.stream.write(legible(redacted(text)))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


def _spelled_out(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _json_escape(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))

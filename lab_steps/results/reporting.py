"""`report`: a result in the requested format, on standard output or in a file."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path

from lab_steps import documents
from lab_steps.atomic_files import FOR_ALL, write_atomically
from lab_steps.documents import DocumentError
from lab_steps.errors import UsageError
from lab_steps.process import COMMAND
from lab_steps.results import plain_text
from lab_steps.results.result import Result, decoded, without_secrets
from lab_steps.terminal.legible import json_text

STDIN = "-"
WIDTH = 100
"""Columns of a text report in a file."""


def load(where: str) -> Result:
    """The result in a file, or on standard input for `-`. Raises UsageError."""
    name = "standard input" if where == STDIN else where
    try:
        return decoded(_content(where))
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror}.") from error
    except DocumentError as error:
        raise UsageError(
            f"{name} is not a result that can be reported: {error}.",
            error.advice or f"Create one with: {COMMAND} check --format json > result.json",
        ) from error


def _content(where: str) -> bytes:
    most = documents.MAX_BYTES + 1
    if where == STDIN:
        return sys.stdin.buffer.read(most)
    with Path(where).open("rb") as file:
        return file.read(most)


def write(result: Result, form: str, output: str | None) -> None:
    """Write `result` as `text`, `json`, `junit` or `html`. Raises UsageError for the file.

    A file is replaced when the new one is complete; a pipe or a device is written to directly.
    """
    result = without_secrets(result)
    if output is None and form == "text":
        plain_text.show(result, plain_text.console())
        return
    written = FORMS[form](result).encode()
    if output is None:
        sys.stdout.buffer.write(written)
        sys.stdout.buffer.flush()
        return
    path = Path(output)
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(written)
        else:
            write_atomically(path, written, FOR_ALL)
    except OSError as error:
        raise UsageError(f"{output} cannot be written: {error.strerror}.") from error
    print(f"Written to {output}", file=sys.stderr)


def _text(result: Result) -> str:
    from rich.console import Console

    out = io.StringIO()
    plain_text.show(
        result, Console(file=out, width=WIDTH, highlight=False, markup=False, emoji=False)
    )
    return out.getvalue()


def _json(result: Result) -> str:
    return json_text(result) + "\n"


def _junit(result: Result) -> str:
    from lab_steps.results.junit import junit

    return junit(result)


def _html(result: Result) -> str:
    from lab_steps.results.html import html

    return html(result)


FORMS: dict[str, Callable[[Result], str]] = {
    "text": _text,
    "json": _json,
    "junit": _junit,
    "html": _html,
}

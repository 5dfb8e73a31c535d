"""`report`: a result in the form that is wanted, on standard output or in a file."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from lab_steps.errors import UsageError
from lab_steps.results import text
from lab_steps.results.result import SCHEMA_VERSION, Result

STDIN = "-"
WIDTH = 100
"""Columns of a text report in a file."""


def load(where: str) -> Result:
    """The result in a file, or on standard input for `-`. Raises UsageError."""
    try:
        data = sys.stdin.buffer.read() if where == STDIN else Path(where).read_bytes()
    except OSError as error:
        raise UsageError(f"{where} cannot be read: {error.strerror}.") from error
    return decoded(data, "standard input" if where == STDIN else where)


def decoded(data: bytes, name: str) -> Result:
    """The result that `data` is the JSON of. Raises UsageError, which calls it `name`."""
    try:
        result = msgspec.json.decode(data, type=Result)
    except msgspec.DecodeError as error:
        raise UsageError(
            f"{name} is no result of this lab: {error}.",
            "Make one with: python -m lab_steps check --format json > result.json",
        ) from error
    if result.schema_version != SCHEMA_VERSION:
        raise UsageError(
            f"{name} has schema version {result.schema_version}; this program reads version "
            f"{SCHEMA_VERSION}.",
            "Use the program that wrote it, or check again.",
        )
    return result


def write(result: Result, form: str, output: str | None) -> None:
    """Write `result` as `text`, `json`, `junit` or `html`. Raises UsageError for the file."""
    if output is None and form == "text":
        text.show(result, text.console())
        return
    written = FORMS[form](result)
    if output is None:
        sys.stdout.buffer.write(written.encode())
        sys.stdout.buffer.flush()
        return
    try:
        Path(output).write_bytes(written.encode())
    except OSError as error:
        raise UsageError(f"{output} cannot be written: {error.strerror}.") from error
    print(f"Written to {output}", file=sys.stderr)


def _text(result: Result) -> str:
    from rich.console import Console

    out = io.StringIO()
    text.show(result, Console(file=out, width=WIDTH, highlight=False, markup=False, emoji=False))
    return out.getvalue()


def _json(result: Result) -> str:
    return msgspec.json.format(msgspec.json.encode(result), indent=2).decode() + "\n"


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

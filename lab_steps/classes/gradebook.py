"""The gradebook: grades as CSV for spreadsheets, and as JSON.

A name is a student's own text: where a spreadsheet would take it for a formula, an apostrophe is
put before that (OWASP, CSV Injection). In many countries a semicolon begins a cell, too.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from lab_steps.classes.grades import Grade, Mark, StepGrade
from lab_steps.terminal.legible import json_text

SCHEMA_VERSION = 1
_FORMULA = re.compile(r"(^|[;\t])(?=\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n])")
_BYTE_ORDER_MARK = "\ufeff"
"""Shows spreadsheets that the text is UTF-8."""

_FIRST = ("student", "account", "region", "status", "points", "late", "undated", "pending")
_SECOND = ("errors", "failed", "possible", "percent", "not_told")
_THIRD = ("late_steps", "undated_steps", "pending_steps", "error_steps", "not_told_steps")
_LAST = ("looked", "problem", "what_to_do", "report")


class Gradebook(msgspec.Struct, frozen=True, kw_only=True):
    """All grades of a class. `weights` are points by step, `due` when work is late."""

    schema_version: int = SCHEMA_VERSION
    lab: str
    made: datetime
    due: datetime | None
    weights: dict[str, float]
    students: tuple[Grade, ...]


def as_json(book: Gradebook) -> str:
    """`gradebook.json`."""
    return json_text(book) + "\n"


def as_csv(book: Gradebook) -> str:
    """`gradebook.csv`: a student a line. Under `step 7` are the points of what passed, whether in
    time or not; nothing if it is not decided."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    steps = [f"step {number}" for number in book.weights]
    writer.writerow([*_FIRST, *_SECOND, *_THIRD, *steps, *_LAST])
    for each in book.students:
        writer.writerow(list(_cells(each)))
    return _BYTE_ORDER_MARK + out.getvalue()


def disarmed(value: Any) -> Any:
    """A text that no spreadsheet takes for a formula; anything else as it is."""
    return _FORMULA.sub(r"\1'", value) if isinstance(value, str) else value


def _cells(grade: Grade) -> Sequence[Any]:
    told: Mapping[str, Any] = {
        **msgspec.structs.asdict(grade),
        "percent": round(100 * grade.points / grade.possible, 1) if grade.possible else "",
        "looked": f"{grade.looked:%Y-%m-%d %H:%M:%S}" if grade.looked else "",
        "late_steps": _row(grade.numbers(Mark.LATE)),
        "undated_steps": _row(grade.numbers(Mark.UNDATED)),
        "pending_steps": _row(grade.numbers(Mark.PENDING)),
        "error_steps": _row(grade.numbers(Mark.ERROR)),
        "not_told_steps": _row(grade.numbers(Mark.NOT_TOLD)),
    }
    before = [told[name] for name in (*_FIRST, *_SECOND, *_THIRD)]
    after = [told[name] for name in _LAST]
    return [_cell(each) for each in (*before, *map(_points, grade.steps), *after)]


def _cell(value: Any) -> Any:
    return f"{value:g}" if isinstance(value, float) else disarmed(value)


def _row(numbers: list[int]) -> str:
    return " ".join(map(str, numbers))


def _points(step: StepGrade) -> float | str:
    if step.mark in {Mark.PASSED, Mark.LATE, Mark.UNDATED}:
        return step.worth
    return 0 if step.mark is Mark.FAILED else ""

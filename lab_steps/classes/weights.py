"""How many points each step is worth, from a file: CSV or TOML.

    step,points            [points]
    1-32,1                 "1-32" = 1
    33,2.5                 33 = 2.5

A step that the file does not name is worth USUAL; without a file, every step is.
"""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Iterator
from pathlib import Path

from lab_steps.errors import UsageError
from lab_steps.lab import Lab

USUAL = 1.0
MOST = 1000.0

_HEADER = ["step", "points"]
_Line = tuple[str, str, str]
"""A line of the file: its place, a step or a range, and the points."""


def weights(lab: Lab, path: Path) -> dict[int, float]:
    """Points of all steps. UsageError for a file that cannot be used, with all that is wrong."""
    found = {step.number: USUAL for step in lab.steps}
    problems: list[str] = []
    named: dict[int, str] = {}
    for where, steps, points in _lines(path, problems):
        worth = _points(points)
        if worth is None:
            problems.append(f"{where}: wanted points from 0 to {MOST:g}, got {points!r}")
        numbers = _numbers(lab, steps)
        if not numbers:
            problems.append(
                f"{where}: wanted a step or a range of {lab.numbers}, such as 7 or 33-37, got "
                f"{steps!r}"
            )
        for number in numbers:
            if number in named:
                problems.append(f"{where}: step {number} already has its points in {named[number]}")
            named.setdefault(number, where)
            found[number] = worth or 0.0
    if not problems and not any(found.values()):
        problems.append("wanted a step that is worth something, got 0 points for all")
    if problems:
        raise UsageError(
            "\n".join([f"{path} cannot be used as weights:", *problems]),
            "Write lines `step,points` under that header (.csv), or a table [points] (.toml).",
        )
    return found


def _lines(path: Path, problems: list[str]) -> Iterator[_Line]:
    readers = {".csv": _of_csv, ".toml": _of_toml}
    if path.suffix.lower() not in readers:
        raise UsageError(f"Wanted weights in a .csv or .toml file, got {path}.")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError:
        problems.append("wanted UTF-8")
        return
    yield from readers[path.suffix.lower()](text, problems)


def _of_csv(text: str, problems: list[str]) -> Iterator[_Line]:
    first = next((each for each in text.splitlines() if each.strip()), "")
    reader = csv.reader(io.StringIO(text), delimiter=max(",;\t", key=first.count))
    rows = [(reader.line_num, [each.strip() for each in row]) for row in reader if any(row)]
    if not rows or [each.lower() for each in rows[0][1]] != _HEADER:
        problems.append(f"line 1: wanted the header `step,points`, got {first[:60]!r}")
        return
    for line, row in rows[1:]:
        if len(row) != len(_HEADER):
            problems.append(f"line {line}: wanted 2 fields, got {len(row)}")
        else:
            yield f"line {line}", row[0], row[1]


def _of_toml(text: str, problems: list[str]) -> Iterator[_Line]:
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problems.append(f"it is not TOML: {error}")
        return
    table = told.get("points")
    if set(told) != {"points"} or not isinstance(table, dict):
        got = ", ".join(told) or "nothing"
        problems.append(f"wanted one table [points], got {got}")
        return
    for steps, points in table.items():
        yield f"points.{steps}", steps, str(points)


def _points(text: str) -> float | None:
    try:
        worth = float(text)
    except ValueError:
        return None
    return worth if 0 <= worth <= MOST else None


def _numbers(lab: Lab, text: str) -> list[int]:
    """The steps of `7` or `33-37`; none for anything else."""
    first, _, last = text.partition("-")
    if not all(each.isascii() and each.isdecimal() for each in (first, last or first)):
        return []
    if text.endswith("-"):
        return []
    low, high = int(first), int(last or first)
    known = {step.number for step in lab.steps}
    return [each for each in sorted(known) if low <= each <= high] if {low, high} <= known else []

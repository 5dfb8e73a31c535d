"""The one table that `make bench` prints."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement: `value` with its unit, `ratio` to what it is compared with, `note`."""

    name: str
    value: str
    ratio: float | None
    note: str = ""


def lines(rows: Iterable[Row]) -> Iterable[str]:
    """The rows as lines of equal columns, each as soon as it is measured."""
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        yield f"{row.name:<42} {row.value:>20} {ratio:>7}  {row.note}".rstrip()

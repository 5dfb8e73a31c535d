"""The one table that `make bench` prints."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement: `value` with its unit, `ratio` to what it is compared with, `note`.

    `spread` has the lowest and the highest of what the ratio, or else the value, is the median of.
    """

    name: str
    value: str
    ratio: float | None
    note: str = ""
    spread: str = ""


def measured(
    name: str, values: Sequence[float], unit: str, note: str = "", ratios: Sequence[float] = ()
) -> Row:
    """The row of the medians of `values`, written as `unit` says (`{:.2f} s`), and of `ratios`."""
    middle = median(ratios) if ratios else None
    return Row(name, unit.format(median(values)), middle, note, spread(ratios or values))


def spread(values: Sequence[float]) -> str:
    """The lowest and the highest of several values, to three digits."""
    return f"{min(values):.3g} to {max(values):.3g}" if len(values) > 1 else ""


def lines(rows: Iterable[Row]) -> Iterable[str]:
    """The rows as lines of equal columns, each as soon as it is measured."""
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        yield f"{row.name:<42} {row.value:>20} {ratio:>7}  {row.spread:<14}  {row.note}".rstrip()

"""The one table that `make bench` prints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import floor, log10
from statistics import median

HEAD = f"{'':<47} {'median':>9} {'':<13} {'low to high':<17} {'ratio':>6} {'low to high':<15}"


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement: what each run gave, in `unit`, and its `ratios` to what `note` names."""

    name: str
    values: Sequence[float]
    unit: str
    note: str = ""
    ratios: Sequence[float] = ()

    def line(self) -> str:
        """The medians, each with the lowest and the highest of the runs if there are several."""
        return (
            f"{self.name:<47} {digits(median(self.values)):>9} {self.unit:<13} "
            f"{spread(self.values):<17} {_ratio(self.ratios):>6} {spread(self.ratios):<15} "
            f"{self.note}"
        ).rstrip()


def verdict(held: bool, wanted: str) -> str:
    """Whether what is wanted was measured."""
    return f"{'held' if held else 'MISSED'}: {wanted}"


def digits(value: float) -> str:
    """A number to three digits, or to the unit where it has more."""
    places = 2 - floor(log10(abs(value))) if value else 0
    return f"{value:,.{min(max(places, 0), 3)}f}"


def spread(values: Sequence[float]) -> str:
    """The lowest and the highest of several values."""
    return f"{digits(min(values))} to {digits(max(values))}" if len(values) > 1 else ""


def lines(rows: Iterable[Row]) -> Iterator[str]:
    """The rows as lines of equal columns, each as soon as it is measured."""
    return (row.line() for row in rows)


def _ratio(ratios: Sequence[float]) -> str:
    return f"{median(ratios):.2f}" if ratios else ""

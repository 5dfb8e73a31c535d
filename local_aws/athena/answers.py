"""What a query reads and answers, as values; these need neither DuckDB nor sqlglot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

Partition = Mapping[str, str]
"""Values of a table's partition columns."""


@dataclass(frozen=True, slots=True)
class LogFile:
    """An object of a bucket."""

    path: str
    partition: Partition
    size: int
    read: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an answer, with Athena's name of its type."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a statement answered, as texts; None is SQL's null."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str | None, ...], ...]

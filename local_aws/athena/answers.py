"""What a query reads and returns, as values. They need neither DuckDB nor sqlglot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from msgspec import Struct

Partition = Mapping[str, str]
"""Values of a table's partition columns."""


class Catalog(Protocol):
    """What a query can see of an account. All raise QueryFailed for what does not exist.

    Nothing else reaches the process in which a query runs: names go out, data comes in.
    """

    def definition(self, database: str, table: str) -> Mapping[str, Any]:
        """Glue's definition of a table."""

    def objects(self, bucket: str, prefix: str) -> Sequence[tuple[str, int]]:
        """Keys under a prefix in order, each with its object's size in bytes."""

    def read(self, bucket: str, key: str) -> bytes:
        """An object's bytes, counted as scanned. Raises ScanCutOff if that is too much."""


class TableFile(Struct, frozen=True):
    """An object in a partition of a table."""

    key: str
    partition: Partition


class Column(Struct, frozen=True):
    """A column of an answer, with Athena's name of its type."""

    name: str
    type: str


class ResultSet(Struct, frozen=True):
    """The answer of a statement as text; None is SQL's null."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str | None, ...], ...]

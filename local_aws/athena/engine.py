"""Running a statement: the log files it scans, loaded into DuckDB, and what that answers."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import sqlglot
from sqlglot import exp

from local_aws.athena.answers import Answer, Column, LogFile
from local_aws.athena.exceptions import QueryFailed, QueryStopped, ScanCutOff
from local_aws.athena.tables import LogTable, as_line, log_table, rows

PATH = "$path"
_CATALOG = "awsdatacatalog"
_LONGEST_ROW = 1 << 28
_TYPES = {
    "VARCHAR": "varchar",
    "JSON": "varchar",
    "BIGINT": "bigint",
    "HUGEINT": "bigint",
    "INTEGER": "integer",
    "BOOLEAN": "boolean",
    "DOUBLE": "double",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
}
"""DuckDB's names of types, and Athena's; others are shown as DuckDB has them, lower case."""


FilesOf = Callable[[LogTable], Sequence[LogFile]]
"""All files of a table. Raises QueryFailed where they cannot be listed."""

DefinitionOf = Callable[[str, str], dict[str, Any]]
"""Glue's definition of a table, by database and name. Raises QueryFailed for none."""


@dataclass
class Engine:
    """Runs one statement. `scanned` is the compressed bytes of the files read so far.

    `stopped` is asked between files, so that a long query ends soon after it is stopped.
    """

    definition_of: DefinitionOf
    files_of: FilesOf
    cut_off_bytes: int | None
    stopped: Callable[[], bool]
    scanned: int = 0

    def run(self, sql: str, database: str) -> Answer:
        """The answer; `database` is that of tables named without one. Raises QueryStopped."""
        statement = parsed(sql)
        with duckdb.connect() as connection, tempfile.TemporaryDirectory() as scratch:
            for (schema, name), selects in _tables(statement, database).items():
                self._load(connection, Path(scratch), schema, name, selects)
            connection.execute("SET enable_external_access = false; SET lock_configuration = true")
            try:
                found = connection.execute(statement.sql("duckdb"))
            except duckdb.Error as error:
                raise QueryFailed(f"SYNTAX_ERROR: {error}") from error
            columns = tuple(_column(name, str(kind)) for name, kind, *_ in found.description or ())
            return Answer(columns, tuple(tuple(map(_text, row)) for row in found.fetchall()))

    def _load(
        self,
        connection: duckdb.DuckDBPyConnection,
        scratch: Path,
        schema: str,
        name: str,
        selects: Sequence[exp.Select],
    ) -> None:
        """Make the table, of the files in the partitions that any of `selects` asks for."""
        table = log_table(self.definition_of(schema, name))
        files = _wanted(connection, table, self.files_of(table), selects)
        source = scratch / f"{schema}.{name}.json"
        with source.open("w", encoding="utf-8") as out:
            for file in files:
                out.writelines(f"{as_line(row)}\n" for row in self._rows(table, file))
        columns = {**table.columns, **table.keys, PATH: exp.DataType.build("text")}
        types = {column: kind.sql("duckdb") for column, kind in columns.items()}
        target = exp.table_(name, db=schema, quoted=True).sql("duckdb")
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {exp.to_identifier(schema, quoted=True)}")
        connection.execute(
            f"CREATE TABLE {target} AS SELECT * FROM read_json(?, columns = ?,"  # noqa: S608 (quoted)
            f" format = 'newline_delimited', maximum_object_size = {_LONGEST_ROW})",
            [str(source), types],
        )

    def _rows(self, table: LogTable, file: LogFile) -> Iterator[dict[str, Any]]:
        if self.stopped():
            raise QueryStopped("Query cancelled by user")
        self.scanned += file.size
        if self.cut_off_bytes is not None and self.scanned > self.cut_off_bytes:
            self.scanned = self.cut_off_bytes
            raise ScanCutOff
        for row in rows(table, file.path, file.read()):
            yield {**row, **file.partition, PATH: file.path}


def parsed(sql: str) -> exp.Expr:
    """The statement. Raises QueryFailed for text that is no Athena SQL."""
    try:
        return sqlglot.parse_one(sql, read="athena")
    except sqlglot.ParseError as error:
        raise QueryFailed(f"SYNTAX_ERROR: {error}") from error


def _tables(statement: exp.Expr, database: str) -> dict[tuple[str, str], list[exp.Select]]:
    """Database and name of the tables, each with the selects that read it.

    All are named in full in `statement` afterwards, as DuckDB has them.
    """
    named = {each.alias for each in statement.find_all(exp.CTE)}
    found: dict[tuple[str, str], list[exp.Select]] = {}
    for table in list(statement.find_all(exp.Table)):
        if not table.db and table.name in named:
            continue
        if not isinstance(table.this, exp.Identifier):
            raise QueryFailed(f"SYNTAX_ERROR: {table.sql('athena')} is no table")
        if table.catalog.lower() not in ("", _CATALOG):
            raise QueryFailed(f"CATALOG_NOT_FOUND: Catalog '{table.catalog}' does not exist")
        key = ((table.db or database).lower(), table.name.lower())
        table.set("catalog", None)
        table.set("db", exp.to_identifier(key[0], quoted=True))
        table.set("this", exp.to_identifier(key[1], quoted=True))
        select = table.find_ancestor(exp.Select)
        found.setdefault(key, []).extend([select] if select else [])
    return found


def _wanted(
    connection: duckdb.DuckDBPyConnection,
    table: LogTable,
    files: Sequence[LogFile],
    selects: Sequence[exp.Select],
) -> list[LogFile]:
    """The files in partitions that a select's conditions on partition columns leave over."""
    keys = list(table.keys)
    partitions = sorted({tuple(file.partition[key] for key in keys) for file in files})
    if not partitions:
        return []
    columns = ", ".join(f"{exp.to_identifier(key, quoted=True)} VARCHAR" for key in keys)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE partitions ({columns})")
    marks = ", ".join("?" * len(keys))
    connection.executemany(f"INSERT INTO partitions VALUES ({marks})", partitions)  # noqa: S608
    kept: set[tuple[str, ...]] = set()
    for select in selects:
        wanted = exp.select("*").from_("partitions").where(*_on_partitions(select, set(keys)))
        kept.update(connection.execute(wanted.sql("duckdb")).fetchall())
    return [file for file in files if tuple(file.partition[key] for key in keys) in kept]


def _on_partitions(select: exp.Select, keys: set[str]) -> list[exp.Expr]:
    """The conditions of a select that are about partition columns alone."""
    where = select.args.get("where")
    conditions = list(where.this.flatten()) if where and isinstance(where.this, exp.And) else []
    if where and not conditions:
        conditions = [where.this]
    return [
        each.copy()
        for each in conditions
        if {column.name for column in each.find_all(exp.Column)} <= keys
        and not each.find(exp.Subquery)
    ]


def _column(name: str, kind: str) -> Column:
    return Column(name, _TYPES.get(kind, kind.lower()))


def _text(value: object) -> str | None:
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)

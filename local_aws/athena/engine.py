"""Runs a statement: loads the log files that it scans into DuckDB, and returns the result.

It runs in its own process (`engine_process`), because a statement's memory and time cannot be
limited from inside: one DuckDB list took 20 GB despite its limit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import duckdb
import sqlglot
from msgspec import Struct
from sqlglot import exp

from local_aws.athena.answers import Catalog, Column, ResultSet, TableFile
from local_aws.athena.exceptions import Exhausted, QueryFailed
from local_aws.athena.tables import GlueTable, as_line, log_table, rows

PATH = "$path"
LARGEST_STATEMENT = 262_144
"""Bytes of a QueryString (Athena API: StartQueryExecution)."""

_CATALOG = "awsdatacatalog"
_BATCH = 1 << 22
_LARGEST_ANSWER = 1 << 26
_LONGEST_REASON = 2000
LOCKED: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "allow_persistent_secrets": "false",
    "python_enable_replacements": "false",
    "secret_directory": "",
    "temp_directory": "",
    "memory_limit": "1GB",
    "threads": "2",
    "lock_configuration": "true",
}
"""DuckDB's configuration: from its first statement on, it only reaches what it is given."""

_FUNCTIONS = frozenset(
    {"bit_count", "from_base", "geometric_mean", "histogram", "json_array", "json_array_length"}
    | {"json_exists", "map_concat", "map_entries", "map_values", "timezone_hour"}
    | {"timezone_minute", "to_base", "url_decode", "url_encode"}
)
"""Athena's functions for which sqlglot has no node.

Other unknown names would be DuckDB's own, some of which tell about the process (`current_setting`)
or wait (`sleep_ms`).
"""

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
"""DuckDB's names of types, and Athena's. Other types have DuckDB's name in lower case."""


class Engine(Struct, frozen=True):
    """Runs one statement over the tables of `catalog`; `now` ends open date partitions."""

    catalog: Catalog
    now: datetime

    def run(self, sql: str, database: str) -> ResultSet:
        """The answer. `database` is for tables named without one. Raises QueryStopped."""
        statement = parsed(sql)
        tables = _tables(statement, database)
        try:
            with duckdb.connect(":memory:", config=LOCKED) as connection:
                for (schema, name), selects in tables.items():
                    self._load(connection, schema, name, selects)
                return _answer(connection, statement.sql("duckdb"))
        except duckdb.OutOfMemoryException as error:
            raise Exhausted("a query of the local AWS may use 1 GB of memory.") from error
        except duckdb.Error as error:
            raise QueryFailed(f"SYNTAX_ERROR: {error}"[:_LONGEST_REASON]) from error

    def _load(
        self,
        connection: duckdb.DuckDBPyConnection,
        schema: str,
        name: str,
        selects: Sequence[exp.Select],
    ) -> None:
        """Make the table from the files in the partitions that any of `selects` asks for."""
        table = log_table(self.catalog.definition(schema, name))
        files = _wanted(connection, table, self._files(table), selects)
        columns = {**table.columns, **table.keys, PATH: exp.DataType.build("text")}
        types = {column: kind.sql("duckdb") for column, kind in columns.items()}
        target = exp.table_(name, db=schema, quoted=True).sql("duckdb")
        declared = ", ".join(f"{_quoted(column)} {kind}" for column, kind in types.items())
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {_quoted(schema)}")
        connection.execute(f"CREATE TABLE {target} ({declared})")
        shape = exp.Literal.string(f"[{as_line(types)}]").sql("duckdb")
        for batch in _batches(as_line(row) for file in files for row in self._rows(table, file)):
            connection.execute(
                f"INSERT INTO {target} SELECT row.* FROM "  # noqa: S608 (all names are quoted)
                f"(SELECT unnest(from_json_strict(?::VARCHAR, {shape})) AS row)",
                [f"[{','.join(batch)}]"],
            )

    def _files(self, table: GlueTable) -> list[TableFile]:
        """The objects in a partition of the table, by key."""
        found = []
        for key, _size in self.catalog.objects(table.bucket, table.root):
            partition = table.partition_of(key, self.now)
            if partition is not None:
                found.append(TableFile(key, partition))
        return found

    def _rows(self, table: GlueTable, file: TableFile) -> Iterator[dict[str, Any]]:
        path = f"s3://{table.bucket}/{file.key}"
        for row in rows(table, path, self.catalog.read(table.bucket, file.key)):
            yield {**row, **file.partition, PATH: path}


def parsed(sql: str) -> exp.Query:
    """The statement. Raises QueryFailed for any text other than one query in Athena's SQL."""
    if len(sql.encode()) > LARGEST_STATEMENT:
        raise QueryFailed(f"SYNTAX_ERROR: a query may have {LARGEST_STATEMENT} bytes")
    try:
        statements = sqlglot.parse(sql, read="athena")
    except sqlglot.errors.SqlglotError as error:
        raise QueryFailed(f"SYNTAX_ERROR: {error}"[:_LONGEST_REASON]) from error
    if len(statements) != 1:
        raise QueryFailed("SYNTAX_ERROR: Only one sql statement is allowed.")
    (statement,) = statements
    if not isinstance(statement, exp.Query):
        raise QueryFailed("NOT_SUPPORTED: the local AWS runs queries, but no other statements.")
    for call in statement.find_all(exp.Anonymous, exp.AnonymousAggFunc):
        if call.name.lower() not in _FUNCTIONS:
            raise QueryFailed(f"FUNCTION_NOT_FOUND: Function '{call.name}' not registered")
    return statement


def _answer(connection: duckdb.DuckDBPyConnection, sql: str) -> ResultSet:
    (statement,) = connection.extract_statements(sql)
    if statement.type != duckdb.StatementType.SELECT:
        raise QueryFailed("NOT_SUPPORTED: the local AWS runs queries, but no other statements.")
    found = connection.execute(statement)
    columns = tuple(_column(name, str(kind)) for name, kind, *_ in found.description or ())
    return ResultSet(columns, tuple(_bounded(iter(found.fetchone, None))))


def _bounded(found: Iterable[tuple[Any, ...]]) -> Iterator[tuple[str | None, ...]]:
    """Rows as text. Raises Exhausted for more than an answer may have."""
    size = 0
    for row in found:
        texts = tuple(map(_text, row))
        size += sum(len(text or "") + 1 for text in texts)
        if size > _LARGEST_ANSWER:
            raise Exhausted(f"an answer of the local AWS may have {_LARGEST_ANSWER} characters.")
        yield texts


def _batches(lines: Iterable[str]) -> Iterator[list[str]]:
    """Lines in lists of a few megabytes, which DuckDB gets at once."""
    batch: list[str] = []
    size = 0
    for line in lines:
        batch.append(line)
        size += len(line)
        if size >= _BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _quoted(name: str) -> str:
    return exp.to_identifier(name, quoted=True).sql("duckdb")


def _tables(statement: exp.Expr, database: str) -> dict[tuple[str, str], list[exp.Select]]:
    """Database and name of the tables, each with the selects that read it.

    Afterwards `statement` names all of them in full, as DuckDB needs it.
    """
    named = {each.alias for each in statement.find_all(exp.CTE)}
    found: dict[tuple[str, str], list[exp.Select]] = {}
    for table in list(statement.find_all(exp.Table)):
        if not table.db and table.name in named:
            continue
        if not isinstance(table.this, exp.Identifier):
            raise QueryFailed(f"SYNTAX_ERROR: {table.sql('athena')} is not a table")
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
    table: GlueTable,
    files: Sequence[TableFile],
    selects: Sequence[exp.Select],
) -> list[TableFile]:
    """The files in the partitions that fit a select's conditions on partition columns."""
    keys = list(table.keys)
    if not keys:
        return list(files)
    partitions = sorted({tuple(file.partition[key] for key in keys) for file in files})
    if not partitions:
        return []
    columns = ", ".join(f"{_quoted(key)} VARCHAR" for key in keys)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE partitions ({columns})")
    marks = ", ".join("?" * len(keys))
    connection.executemany(f"INSERT INTO partitions VALUES ({marks})", partitions)  # noqa: S608
    kept: set[tuple[str, ...]] = set()
    for select in selects:
        wanted = exp.select("*").from_("partitions").where(*_on_partitions(select, set(keys)))
        kept.update(connection.execute(wanted.sql("duckdb")).fetchall())
    return [file for file in files if tuple(file.partition[key] for key in keys) in kept]


def _on_partitions(select: exp.Select, keys: set[str]) -> list[exp.Expr]:
    """The conditions of a select that are only about partition columns."""
    where = select.args.get("where")
    conditions = list(where.this.flatten()) if where and isinstance(where.this, exp.And) else []
    if where and not conditions:
        conditions = [where.this]
    return [
        each.copy()
        for each in conditions
        if {column.name for column in each.find_all(exp.Column)} <= keys
        and not each.find(exp.Query)
    ]


def _column(name: str, kind: str) -> Column:
    return Column(name, _TYPES.get(kind, kind.lower()))


def _text(value: object) -> str | None:
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)

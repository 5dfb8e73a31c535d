"""Statements that define databases and tables, which are created in Glue as Athena does it.

Other statements that are not queries (INSERT INTO, CREATE TABLE AS, UNLOAD, views, partitions) fail
and say so.
Source: Athena UG, "DDL statements".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlglot
from moto.glue.exceptions import AlreadyExistsException, EntityNotFoundException
from moto.glue.models import GlueBackend, glue_backends
from sqlglot import exp
from sqlglot.errors import SqlglotError

from local_aws.athena.answers import Column, ResultSet
from local_aws.athena.exceptions import QueryFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

_NOTHING = ResultSet((), ())
_SHOWN = ("TABLES", "DATABASES", "SCHEMAS")


def define(sql: str, database: str, account_id: str, region: str) -> ResultSet:
    """Execute the statement. Raises QueryFailed if that is impossible."""
    glue = glue_backends[account_id][region]
    try:
        statement = sqlglot.parse_one(sql, dialect="athena")
    except SqlglotError as error:
        raise QueryFailed(f"FAILED: ParseException {error}") from error
    try:
        return _define(statement, database.lower(), glue)
    except (AlreadyExistsException, EntityNotFoundException) as error:
        kind = type(error).__name__
        raise QueryFailed(
            "FAILED: Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. "
            f"{kind}(message:{error.message})"
        ) from error


def _define(statement: exp.Expr, database: str, glue: GlueBackend) -> ResultSet:
    match statement:
        case exp.Create(args={"kind": "DATABASE" | "SCHEMA"}):
            _create_database(statement, glue)
        case exp.Create(args={"kind": "TABLE"}) if statement.args.get("expression") is None:
            _create_table(statement, database, glue)
        case exp.Drop(args={"kind": "DATABASE" | "SCHEMA"}):
            _drop_database(statement, glue)
        case exp.Drop(args={"kind": "TABLE"}):
            _drop_table(statement, database, glue)
        case exp.Command(this="SHOW"):
            return _show(str(statement.expression.name), database, glue)
        case _:
            raise _unsupported(statement)
    return _NOTHING


def _unsupported(statement: exp.Expr) -> QueryFailed:
    first = statement.sql("athena").split("(")[0][:60].strip()
    return QueryFailed(
        f"NOT_SUPPORTED: the local AWS does not run {first!r}: it runs queries, and creates, drops "
        "and shows databases and external tables."
    )


def _create_database(statement: exp.Create, glue: GlueBackend) -> None:
    name = statement.this.name.lower()
    if name in glue.databases and statement.args.get("exists"):
        return
    properties = _properties(statement)
    given = {"Name": name, **_described(properties), **_located(properties)}
    glue.create_database(name, given)


def _create_table(statement: exp.Create, database: str, glue: GlueBackend) -> None:
    schema = statement.this
    properties = _properties(statement)
    if not isinstance(schema, exp.Schema) or not _has(properties, exp.ExternalProperty):
        raise _unsupported(statement)
    table = schema.this
    database = (table.db or database).lower()
    name = table.name.lower()
    there = database in glue.databases and name in glue.databases[database].tables
    if there and statement.args.get("exists"):
        return
    storage = {
        "Columns": [_column(each) for each in schema.expressions],
        **_located(properties),
        **_formats(properties),
    }
    if "Location" not in storage:
        raise QueryFailed(f"FAILED: SemanticException table {name} has no LOCATION")
    parameters = {"EXTERNAL": "TRUE"} | {
        each.this.name: each.args["value"].name for each in properties if type(each) is exp.Property
    }
    glue.create_table(
        database,
        name,
        {
            "Name": name,
            **_described(properties),
            "TableType": "EXTERNAL_TABLE",
            "StorageDescriptor": storage,
            "PartitionKeys": list(_keys(properties)),
            "Parameters": parameters,
        },
    )


def _keys(properties: list[exp.Expr]) -> Iterator[dict[str, str]]:
    for each in properties:
        if isinstance(each, exp.PartitionedByProperty):
            for column in each.this.expressions:
                yield _column(column)


def _column(column: exp.ColumnDef) -> dict[str, str]:
    kind = column.args["kind"].sql("hive").lower().replace(": ", ":").replace(", ", ",")
    described = {"Name": column.name.lower(), "Type": kind}
    for constraint in column.find_all(exp.CommentColumnConstraint):
        described["Comment"] = constraint.name
    return described


def _formats(properties: list[exp.Expr]) -> dict[str, Any]:
    """SERDE and STORED AS, as members of a storage descriptor."""
    found: dict[str, Any] = {}
    for each in properties:
        if isinstance(each, exp.FileFormatProperty) and isinstance(
            each.this, exp.InputOutputFormat
        ):
            found["InputFormat"] = each.this.args["input_format"].name
            found["OutputFormat"] = each.this.args["output_format"].name
        if isinstance(each, exp.RowFormatSerdeProperty):
            given = each.args.get("serde_properties")
            pairs = given.expressions if given else []
            found["SerdeInfo"] = {
                "SerializationLibrary": each.this.name,
                "Parameters": {pair.this.name: pair.args["value"].name for pair in pairs},
            }
    return found


def _drop_database(statement: exp.Drop, glue: GlueBackend) -> None:
    name = _dropped(statement).name.lower()
    if name not in glue.databases and statement.args.get("exists"):
        return
    found = glue.get_database(name)
    if found.tables and not statement.args.get("cascade"):
        raise QueryFailed(
            "FAILED: Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. "
            f"InvalidOperationException(message:Database {name} is not empty. One or more tables "
            "exist.)"
        )
    glue.delete_database(name)


def _drop_table(statement: exp.Drop, database: str, glue: GlueBackend) -> None:
    table = _dropped(statement)
    database, name = (table.db or database).lower(), table.name.lower()
    there = database in glue.databases and name in glue.databases[database].tables
    if there or not statement.args.get("exists"):
        glue.delete_table(database, name)


def _dropped(statement: exp.Drop) -> exp.Table:
    return next(iter(statement.find_all(exp.Table)))


def _show(what: str, database: str, glue: GlueBackend) -> ResultSet:
    words = what.upper().split()
    if words[:1] == ["TABLES"] and len(words) in (1, 3):
        wanted = what.split()[2].strip('`"').lower() if len(words) == 3 else database
        return _listed("tab_name", glue.get_database(wanted).tables)
    if words in (["DATABASES"], ["SCHEMAS"]):
        return _listed("database_name", glue.databases)
    raise QueryFailed(
        f"NOT_SUPPORTED: the local AWS does not run 'SHOW {what}': it shows {', '.join(_SHOWN)}."
    )


def _listed(name: str, values: Any) -> ResultSet:
    return ResultSet((Column(name, "string"),), tuple((each,) for each in sorted(values)))


def _properties(statement: exp.Create) -> list[exp.Expr]:
    found = statement.args.get("properties")
    return list(found.expressions) if found else []


def _has(properties: list[exp.Expr], kind: type[exp.Expr]) -> bool:
    return any(isinstance(each, kind) for each in properties)


def _described(properties: list[exp.Expr]) -> dict[str, str]:
    comments = [each.name for each in properties if isinstance(each, exp.SchemaCommentProperty)]
    return {"Description": comments[0]} if comments else {}


def _located(properties: list[exp.Expr]) -> dict[str, str]:
    places = [each.name for each in properties if isinstance(each, exp.LocationProperty)]
    return {"Location": places[0]} if places else {}

"""The Athena table, over log files in a local folder, in DuckDB: what the statement runs on here.

Types and names are those of the documented table; the path is what Athena's "$path" gives.
Nothing is detected from the data: DuckDB drops keys that it first sees late.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb

_ISSUER = {"arn": "VARCHAR", "userName": "VARCHAR"}
_IDENTITY = {
    "type": "VARCHAR",
    "arn": "VARCHAR",
    "userName": "VARCHAR",
    "accountId": "VARCHAR",
    "sessionContext": {"sessionIssuer": _ISSUER},
}
_RECORD = {
    "eventVersion": "VARCHAR",
    "userIdentity": _IDENTITY,
    **dict.fromkeys(
        ("eventTime", "eventSource", "eventName", "awsRegion", "userAgent", "errorCode"), "VARCHAR"
    ),
    **dict.fromkeys(
        ("eventID", "readOnly", "eventType", "recipientAccountId", "eventCategory"), "VARCHAR"
    ),
    "requestParameters": "VARCHAR",
    "resources": [{"ARN": "VARCHAR"}],
    "insightDetails": {"eventSource": "VARCHAR", "eventName": "VARCHAR"},
}
_DAY = r"/(\d{4}/\d{2}/\d{2})/[^/]*$"


def connected(tables: dict[str, tuple[Path, str]]) -> duckdb.DuckDBPyConnection:
    """A database with the schema `logs`; for each table, its folder and its bucket's name."""
    database = duckdb.connect()
    database.execute("CREATE SCHEMA logs")
    for name, (folder, bucket) in tables.items():
        _create(database, name, folder, bucket)
    return database


def rows(database: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    """The answer's rows, by column name."""
    found = database.execute(sql)
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _create(database: duckdb.DuckDBPyConnection, name: str, folder: Path, bucket: str) -> None:
    columns = ", ".join(f'record."{column}" AS {column.lower()}' for column in _RECORD)
    database.execute(
        f"""
        CREATE VIEW logs.{name} AS
        SELECT {columns}, "$path", regexp_extract("$path", $day$.*{_DAY}$day$, 1) AS "timestamp",
               regexp_extract("$path", '/(CloudTrail[A-Za-z-]*)/', 1) AS folder
        FROM (
          SELECT unnest(from_json(json->'Records', '[{json.dumps(_RECORD)}]')) AS record,
                 's3://{bucket}' || filename[{len(str(folder)) + 1}:] AS "$path"
          FROM read_json_objects('{folder}/**/*.json.gz', format='unstructured', filename=true)
        )
        """
    )

"""The API: starting, describing, reading and stopping queries.

Names and messages: Amazon Athena API Reference.
"""

from __future__ import annotations

import json
from typing import Any

from moto.athena.responses import AthenaResponse
from moto.moto_api._internal import mock_random

from local_aws.athena import queries
from local_aws.athena.answers import Column, ResultSet
from local_aws.athena.queries import Query
from local_aws.athena.workgroups import (
    InvalidRequest,
    delete_work_group,
    limits_of,
    update_work_group,
)

_CATALOG = "AwsDataCatalog"
MOST_ROWS = 1000
"""Rows of one page of GetQueryResults; also the default."""


class LocalAthenaResponse(AthenaResponse):
    """moto's answers, except that queries really run."""

    def get_named_query(self) -> Any:
        """GetNamedQuery; moto's fails if the query does not exist."""
        self._check_named_query()
        return super().get_named_query()

    def delete_named_query(self) -> str:
        """DeleteNamedQuery, which moto does not have."""
        del self.athena_backend.named_queries[self._check_named_query()]
        return "{}"

    def _check_named_query(self) -> str:
        name = str(self._get_param("NamedQueryId"))
        if name not in self.athena_backend.named_queries:
            raise InvalidRequest(f"NamedQuery {name} was not found")
        return name

    def start_query_execution(self) -> Any:
        """Run a query or a definition. If moto was given results, it answers with them."""
        sql = self._get_param("QueryString") or ""
        backend = self.athena_backend
        if backend.query_results_queue:
            return super().start_query_execution()
        if not queries.is_statement(sql):
            word = (sql.split() or ["<EOF>"])[0]
            raise InvalidRequest(f"line 1:1: mismatched input '{word}'")
        workgroup = self._get_param("WorkGroup") or "primary"
        limits = limits_of(backend, workgroup, self._get_param("ResultConfiguration") or {})
        context = self._get_param("QueryExecutionContext") or {}
        if context.get("Catalog", _CATALOG).lower() != _CATALOG.lower():
            raise InvalidRequest(f"Wanted catalog {_CATALOG}, got {context['Catalog']}.")
        reuse = self._get_param("ResultReuseConfiguration") or {}
        query = Query(
            str(mock_random.uuid4()),
            sql,
            context.get("Database") or "default",
            context,
            backend.work_groups[workgroup],
            limits,
            parameters=tuple(self._get_param("ExecutionParameters") or ()),
            token=self._get_param("ClientRequestToken"),
            reuse=reuse.get("ResultReuseByAgeConfiguration") or {},
        )
        started = queries.start(backend, query)
        # moto's ListDatabases lists what this call notes.
        backend._process_ddl(sql, context)  # type: ignore[arg-type]
        return json.dumps({"QueryExecutionId": started.id})

    def get_query_execution(self) -> Any:
        """State, reason and statistics of a query."""
        query = self._query()
        if query is None:
            return super().get_query_execution()
        return json.dumps({"QueryExecution": _described(query)})

    def get_query_results(self) -> Any:
        """A page of rows; the first row of the first page is the header."""
        query = self._query()
        if query is None:
            return super().get_query_results()
        return json.dumps(
            page(
                queries.ended(query),
                int(self._get_param("NextToken") or 0),
                min(int(self._get_param("MaxResults") or MOST_ROWS), MOST_ROWS),
            )
        )

    def stop_query_execution(self) -> Any:
        query = self._query()
        if query is None:
            return super().stop_query_execution()
        queries.cancel(query)
        return json.dumps({})

    def update_work_group(self) -> str:
        """Change a workgroup's description and configuration; moto's method cannot."""
        update_work_group(
            self.athena_backend,
            self._get_param("WorkGroup"),
            self._get_param("Description"),
            self._get_param("ConfigurationUpdates") or {},
            self._get_param("State"),
        )
        return json.dumps({})

    def delete_work_group(self) -> str:
        """Delete a workgroup; one with queries only if RecursiveDeleteOption says so."""
        recursive = bool(self._get_param("RecursiveDeleteOption"))
        delete_work_group(self.athena_backend, self._get_param("WorkGroup"), recursive=recursive)
        return json.dumps({})

    def _query(self) -> Query | None:
        """The query that the request names; None if it is one of moto's."""
        query_id = self._get_param("QueryExecutionId")
        found = self.athena_backend.executions.get(query_id)
        if found is None:
            raise InvalidRequest(f"QueryExecution {query_id} was not found")
        return found if isinstance(found, Query) else None


def page(answer: ResultSet, first: int, count: int) -> dict[str, Any]:
    """The rows from `first` on; the header counts as a row."""
    header = tuple(column.name for column in answer.columns)
    every = (header, *answer.rows)
    result: dict[str, Any] = {
        "UpdateCount": 0,
        "ResultSet": {
            "Rows": [{"Data": [_datum(value) for value in row]} for row in every[first:][:count]],
            "ResultSetMetadata": {"ColumnInfo": [_described_column(c) for c in answer.columns]},
        },
    }
    if first + count < len(every):
        result["NextToken"] = str(first + count)
    return result


def _datum(value: str | None) -> dict[str, str]:
    return {} if value is None else {"VarCharValue": value}


def _described_column(column: Column) -> dict[str, Any]:
    return {
        "CatalogName": "hive",
        "SchemaName": "",
        "TableName": "",
        "Name": column.name,
        "Label": column.name,
        "Type": column.type,
        "Precision": 2147483647 if column.type == "varchar" else 19,
        "Scale": 0,
        "Nullable": "UNKNOWN",
        "CaseSensitive": column.type == "varchar",
    }


def _described(query: Query) -> dict[str, Any]:
    status = {"State": query.status, "SubmissionDateTime": query.submitted}
    if query.reason:
        status["StateChangeReason"] = query.reason
    if query.completed is not None:
        status["CompletionDateTime"] = query.completed
    is_query = queries.is_query(query.query)
    parameters = {"ExecutionParameters": list(query.parameters)} if query.parameters else {}
    return {
        "QueryExecutionId": query.id,
        "Query": query.query,
        "StatementType": "DML" if is_query else "DDL",
        **({"SubstatementType": "SELECT"} if is_query else {}),
        **parameters,
        "ResultConfiguration": {
            "OutputLocation": query.output,
            **_settled(query),
        },
        "ResultReuseConfiguration": {
            "ResultReuseByAgeConfiguration": {"Enabled": False, **query.reuse}
        },
        "QueryExecutionContext": dict(query.context),
        "Status": status,
        "Statistics": {
            "EngineExecutionTimeInMillis": query.milliseconds,
            "DataScannedInBytes": query.scanned,
            "TotalExecutionTimeInMillis": query.milliseconds,
            "QueryQueueTimeInMillis": 0,
            "ServiceProcessingTimeInMillis": 0,
            "ResultReuseInformation": {"ReusedPreviousResult": query.reused},
        },
        "WorkGroup": query.workgroup.name,
        "EngineVersion": query.workgroup.configuration["EngineVersion"],
    }


def _settled(query: Query) -> dict[str, Any]:
    limits = query.limits
    encrypted = {"EncryptionConfiguration": dict(limits.encryption)} if limits.encryption else {}
    return encrypted | ({"ExpectedBucketOwner": limits.bucket_owner} if limits.bucket_owner else {})

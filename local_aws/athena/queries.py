"""A query's life: queued, run in the background, its result written where the workgroup says."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from moto.athena.models import AthenaBackend, WorkGroup
from moto.core.exceptions import JsonRESTError
from moto.glue.models import glue_backends
from moto.iam.access_control import PermissionResult
from moto.moto_api._internal import mock_random
from moto.s3.models import FakeBucket, FakeKey

from local_aws.athena.answers import Answer, LogFile
from local_aws.athena.exceptions import InvalidRequest, QueryFailed, QueryStopped
from local_aws.athena.workgroups import Limits
from local_aws.cloudtrail.destinations import bucket_owner

if TYPE_CHECKING:
    from local_aws.athena.engine import Engine
    from local_aws.athena.tables import LogTable

logger = logging.getLogger(__name__)
_running: set[threading.Thread] = set()
_QUERY = re.compile(
    r"(\s|\(|--[^\n]*\n|/\*.*?\*/)*(SELECT|WITH|VALUES|TABLE)\b", re.IGNORECASE | re.DOTALL
)


@dataclass
class Query:
    """One execution, in moto's place of one: what GetQueryExecution shows of it.

    Times are seconds since the epoch, as the API has them.
    """

    id: str
    query: str
    database: str
    context: Mapping[str, Any]
    workgroup: WorkGroup
    limits: Limits
    status: str = "QUEUED"
    reason: str | None = None
    submitted: float = field(default_factory=time.time)
    completed: float | None = None
    scanned: int = 0
    milliseconds: int = 0
    answer: Answer | None = None
    stop: threading.Event = field(default_factory=threading.Event)

    @property
    def output(self) -> str:
        """Where the result is written: s3://bucket/[folder/]id.csv."""
        return f"{self.limits.output_location}{self.id}.csv"

    def end(self, state: str, reason: str | None = None) -> None:
        """Reach the last state; a query that has ended stays as it is."""
        if self.completed is None:
            self.status, self.reason, self.completed = state, reason, time.time()


def start(
    backend: AthenaBackend,
    sql: str,
    workgroup: str,
    limits: Limits,
    context: Mapping[str, Any],
) -> Query:
    """Begin a query in the background."""
    group = backend.work_groups[workgroup]
    database = context.get("Database") or "default"
    query = Query(str(mock_random.uuid4()), sql, database, context, group, limits)
    backend.executions[query.id] = query  # type: ignore[assignment] # moto shows ours as its own
    thread = threading.Thread(
        target=_run, args=(backend, query), name=f"athena-{query.id}", daemon=True
    )
    _running.add(thread)
    thread.start()
    return query


def wait_for_all(seconds: float) -> None:
    """Wait until no query runs, at most so long."""
    for thread in list(_running):
        thread.join(seconds)


def is_query(sql: str) -> bool:
    """Whether the text is a query, not a definition or a change of data."""
    return _QUERY.match(sql) is not None


def _run(backend: AthenaBackend, query: Query) -> None:
    began = time.monotonic()
    query.status = "RUNNING"
    engine: Engine | None = None
    try:
        engine = _engine(backend, query)
        answer = engine.run(query.query, query.database)
        _write(query, answer)
        query.answer = answer
        state: tuple[str, str | None] = ("SUCCEEDED", None)
    except QueryStopped as stopped:
        state = (stopped.state, str(stopped))
    except Exception as error:
        logger.exception("query %s broke", query.id)
        state = ("FAILED", f"GENERIC_INTERNAL_ERROR: {type(error).__name__}: {error}")
    finally:
        _running.discard(threading.current_thread())
    query.scanned = engine.scanned if engine else 0
    query.milliseconds = round((time.monotonic() - began) * 1000)
    query.end(*state)


def _engine(backend: AthenaBackend, query: Query) -> Engine:
    """What runs the query. Raises QueryFailed where what it is made of is not installed."""
    try:
        import duckdb  # noqa: F401
        import sqlglot  # noqa: F401

        from local_aws.athena.engine import Engine
    except ModuleNotFoundError as error:
        raise QueryFailed(
            f"Athena on the local AWS needs {error.name} to run queries: pip install duckdb "
            "sqlglot, then start the local AWS again."
        ) from None
    catalog = _Catalog(backend.account_id, backend.region_name)
    cut_off = query.limits.cut_off_bytes
    return Engine(catalog.definition_of, catalog.files_of, cut_off, query.stop.is_set)


def _write(query: Query, answer: Answer) -> None:
    """The result as CSV, every value quoted, a null empty, as Athena writes it."""
    header = tuple(column.name for column in answer.columns)
    text = "".join(f"{','.join(map(_quoted, row))}\n" for row in (header, *answer.rows))
    bucket, _, key = query.output.removeprefix("s3://").partition("/")
    owner = bucket_owner(bucket)
    if owner is None:
        raise QueryFailed(
            f"Unable to verify/create output bucket {bucket}: it does not exist. (Athena's result "
            "location is the workgroup's.)"
        )
    owner.put_object(bucket, key, text.encode(), encryption="AES256")


def _quoted(value: str | None) -> str:
    return "" if value is None else '"' + value.replace('"', '""') + '"'


@dataclass(frozen=True, slots=True)
class _Catalog:
    """Glue's tables and S3's objects, as a query of this account and Region sees them."""

    account_id: str
    region: str

    def definition_of(self, database: str, name: str) -> dict[str, Any]:
        """Glue's definition of the table."""
        glue = glue_backends[self.account_id][self.region]
        if database not in glue.databases:
            raise QueryFailed(f"SCHEMA_NOT_FOUND: Schema '{database}' does not exist")
        try:
            return glue.get_table(database, name).as_dict()
        except JsonRESTError:
            raise QueryFailed(
                f"TABLE_NOT_FOUND: Table 'awsdatacatalog.{database}.{name}' does not exist"
            ) from None

    def files_of(self, table: LogTable) -> list[LogFile]:
        """The objects that lie in a partition of the table, by key."""
        owner = bucket_owner(table.bucket)
        if owner is None:
            raise QueryFailed(
                f"HIVE_FILESYSTEM_ERROR: The specified bucket does not exist: {table.bucket}"
            )
        bucket = owner.get_bucket(table.bucket)
        _require_readable(bucket)
        now = datetime.now(UTC)
        found = []
        for key, stored in sorted(bucket.keys.items()):
            if not key.startswith(table.root) or not isinstance(stored, FakeKey):
                continue
            partition = table.partition_of(key, now)
            if partition is not None:
                path = f"s3://{table.bucket}/{key}"
                found.append(LogFile(path, partition, stored.size, _reader(stored)))
        return found


def _require_readable(bucket: FakeBucket) -> None:
    for action, resource in (("s3:ListBucket", bucket.arn), ("s3:GetObject", bucket.arn + "/")):
        if bucket.get_permission(action, resource) is PermissionResult.DENIED:
            raise QueryFailed(
                f"PERMISSION_DENIED: s3://{bucket.name}: Access Denied (Service: Amazon S3; "
                "Status Code: 403; Error Code: AccessDenied)"
            )


def _reader(stored: FakeKey) -> Callable[[], bytes]:
    return lambda: stored.value


def ended(query: Query) -> Answer:
    """The answer of a query that succeeded. Raises InvalidRequest for any other."""
    if query.answer is None or query.status != "SUCCEEDED":
        if query.completed is None:
            raise InvalidRequest(f"Query has not yet finished. Current state: {query.status}")
        raise InvalidRequest(
            f"Query did not finish successfully. Final query state: {query.status}"
        )
    return query.answer


def cancel(query: Query) -> None:
    """Stop a query; one that has ended stays as it is."""
    query.stop.set()
    query.end("CANCELLED", "Query cancelled by user")

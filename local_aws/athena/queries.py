"""Queries in the background: queued, run, and their results written where the workgroup says."""

from __future__ import annotations

import importlib.util
import logging
import re
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from moto.athena.models import AthenaBackend, WorkGroup
from moto.core.exceptions import JsonRESTError
from moto.glue.models import glue_backends
from moto.s3.models import FakeBucket, FakeKey
from msgspec import Struct, field

from local_aws.athena import engine_process
from local_aws.athena.answers import ResultSet
from local_aws.athena.engine_process import EngineProcess, Engines
from local_aws.athena.exceptions import QueryFailed, QueryStopped, ScanCutOff
from local_aws.athena.workgroups import InvalidRequest, Limits
from local_aws.cloudtrail.delivery.destinations import bucket_owner
from local_aws.moto_changes.s3.bucket_access import denies_owner

logger = logging.getLogger(__name__)
_running: dict[threading.Thread, Query] = {}
_QUERY = re.compile(
    r"(?>\s|\(|--[^\n]*\n|/\*.*?\*/)*+(SELECT|WITH|VALUES|TABLE)\b", re.IGNORECASE | re.DOTALL
)
_VERB = re.compile(
    r"(?>\s|--[^\n]*\n|/\*.*?\*/)*+"
    r"(ALTER|CREATE|DELETE|DESCRIBE|DROP|EXPLAIN|INSERT|MERGE|MSCK|OPTIMIZE|SHOW|UNLOAD|UPDATE|VACUUM"
    r"|PREPARE|EXECUTE|DEALLOCATE)\b",
    re.IGNORECASE | re.DOTALL,
)
_PLACE = re.compile(
    r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|--[^\n]*|/\*.*?\*/|(?P<place>\?)""", re.DOTALL
)
_AT_ONCE = 4
_slots = threading.BoundedSemaphore(_AT_ONCE)
_changing = threading.Lock()

engines = Engines()


class Query(Struct):
    """One execution, instead of moto's: what GetQueryExecution shows.

    Times are seconds since the epoch, as the API has them.
    """

    id: str
    query: str
    database: str
    context: Mapping[str, Any]
    workgroup: WorkGroup
    limits: Limits
    parameters: tuple[str, ...] = ()
    token: str | None = None
    reuse: Mapping[str, Any] = field(default_factory=dict)
    reused: bool = False
    status: str = "QUEUED"
    reason: str | None = None
    submitted: float = field(default_factory=time.time)
    completed: float | None = None
    scanned: int = 0
    milliseconds: int = 0
    answer: ResultSet | None = None
    process: EngineProcess | None = None

    @property
    def output(self) -> str:
        """Where the result is written: s3://bucket/[folder/]id.csv, or .txt for a definition."""
        suffix = "csv" if is_query(self.query) else "txt"
        return f"{self.limits.output_location}{self.id}.{suffix}"

    @property
    def statement(self) -> str:
        """The text with its parameters instead of `?`.

        Raises QueryFailed for too many or too few.
        """
        return with_parameters(self.query, self.parameters)

    def asks_the_same_as(self, other: Query) -> bool:
        """Whether both have the same text, parameters, context and workgroup."""
        return (self.query, self.parameters, dict(self.context), self.workgroup.name) == (
            other.query,
            other.parameters,
            dict(other.context),
            other.workgroup.name,
        )

    def begin(self, process: EngineProcess) -> bool:
        """Become RUNNING in this process; return False if the query has been cancelled."""
        with _changing:
            if self.completed is not None:
                return False
            self.status, self.process = "RUNNING", process
            return True

    def end(self, state: str, reason: str | None = None) -> None:
        """Set the last state; a query that has ended stays as it is."""
        with _changing:
            if self.completed is None:
                self.status, self.reason, self.completed = state, reason, time.time()


def start(backend: AthenaBackend, query: Query) -> Query:
    """Run the query in the background, or return the earlier one with its ClientRequestToken.

    Raises InvalidRequest if the token came with another query.
    """
    executions: Mapping[str, object] = backend.executions
    earlier = [each for each in executions.values() if isinstance(each, Query)]
    for each in earlier:
        if query.token is not None and each.token == query.token:
            if not query.asks_the_same_as(each):
                raise InvalidRequest("Idempotent parameters do not match")
            return each
    backend.executions[query.id] = query  # type: ignore[assignment] # moto shows ours as its own
    found = _to_reuse(query, earlier)
    if found is not None:
        query.answer, query.reused = found.answer, True
        query.end("SUCCEEDED")
        return query
    thread = threading.Thread(
        target=_run, args=(backend, query), name=f"athena-{query.id}", daemon=True
    )
    _running[thread] = query
    thread.start()
    return query


def _to_reuse(query: Query, earlier: Iterable[Query]) -> Query | None:
    """The latest query whose result may be reused (Athena UG/reusing-query-results)."""
    if not query.reuse.get("Enabled") or not is_query(query.query):
        return None
    since = time.time() - 60 * int(query.reuse.get("MaxAgeInMinutes", 60))
    fitting = (
        each
        for each in earlier
        if each.status == "SUCCEEDED"
        and not each.reused
        and (each.completed or 0) >= since
        and query.asks_the_same_as(each)
    )
    return max(fitting, key=lambda each: each.completed or 0, default=None)


def with_parameters(sql: str, parameters: Sequence[str]) -> str:
    """The statement with each `?` replaced by the parameter at its position.

    Source: Athena UG, querying-with-prepared-statements. Raises QueryFailed if there are more or
    fewer parameters than places.
    """
    given = list(parameters)
    places = [found for found in _PLACE.finditer(sql) if found["place"]]
    if len(places) != len(given):
        raise QueryFailed(
            f"SYNTAX_ERROR: Incorrect number of parameters: expected {len(places)} but found "
            f"{len(given)}"
        )
    return _PLACE.sub(lambda found: given.pop(0) if found["place"] else found[0], sql)


def cancel_all(seconds: float) -> None:
    """Stop every query, and wait at most `seconds` for each to end."""
    for thread, query in list(_running.items()):
        cancel(query)
        thread.join(seconds)


def is_query(sql: str) -> bool:
    """Whether the text is a query, not a definition or a change of data."""
    return _QUERY.match(sql) is not None


def is_statement(sql: str) -> bool:
    """Whether the text begins like a query, a definition or a change of data."""
    return is_query(sql) or _VERB.match(sql) is not None


def _run(backend: AthenaBackend, query: Query) -> None:
    with _slots:
        began = time.monotonic()
        catalog = _Catalog(backend.account_id, backend.region_name, query.limits.cut_off_bytes)
        state, reason = _outcome(query, catalog)
    query.scanned = catalog.scanned
    query.milliseconds = round((time.monotonic() - began) * 1000)
    query.end(state, reason)
    del _running[threading.current_thread()]


def _outcome(query: Query, catalog: _Catalog) -> tuple[str, str | None]:
    """Run the query, and return its last state and the reason."""
    try:
        _require_engine()
        statement = query.statement
        if is_query(statement):
            process = engines.begin()
            if not query.begin(process):
                process.close()
                return query.status, query.reason
            seconds = engine_process.QUERY_SECONDS
            answer = process.run(statement, query.database, catalog, seconds)
        else:
            from local_aws.athena.definitions import define  # needs sqlglot

            answer = define(statement, query.database, catalog.account_id, catalog.region)
        _write(query, answer)
        query.answer = answer
    except QueryStopped as stopped:
        return stopped.state, str(stopped)
    except Exception as error:
        logger.exception("query %s broke", query.id)
        name = type(error).__name__
        return "FAILED", f"GENERIC_INTERNAL_ERROR: {name}: see the local AWS's log."
    return "SUCCEEDED", None


def _require_engine() -> None:
    """Raise QueryFailed if DuckDB or sqlglot is not installed."""
    for name in ("duckdb", "sqlglot"):
        if importlib.util.find_spec(name) is None:
            raise QueryFailed(
                f"Athena on the local AWS needs {name} to run queries: pip install duckdb "
                "sqlglot, then start the local AWS again."
            )


def _write(query: Query, answer: ResultSet) -> None:
    """Write the result as Athena does: as CSV, with every value quoted, and null empty.

    The answer of a definition is plain text.
    """
    header = tuple(column.name for column in answer.columns)
    text = "".join(f"{','.join(map(_quoted, row))}\n" for row in (header, *answer.rows))
    if not is_query(query.query):
        text = "".join(f"{name}\n" for (name,) in answer.rows)
    bucket, _, key = query.output.removeprefix("s3://").partition("/")
    owner = bucket_owner(bucket)
    if owner is None:
        raise QueryFailed(
            f"Unable to verify/create output bucket {bucket}: it does not exist. (Athena's result "
            "location is the workgroup's.)"
        )
    arn = f"{owner.get_bucket(bucket).arn}/{key}"
    if denies_owner(owner.get_bucket(bucket), "s3:PutObject", arn):
        raise QueryFailed(f"Access denied when writing to location: {query.output}")
    if query.limits.bucket_owner not in (None, owner.account_id):
        raise QueryFailed(f"Access denied when writing to location: {query.output}")
    wanted = query.limits.encryption
    by_key = wanted.get("EncryptionOption") == "SSE_KMS"
    owner.put_object(
        bucket,
        key,
        text.encode(),
        encryption="aws:kms" if by_key else "AES256",
        kms_key_id=wanted.get("KmsKey") if by_key else None,
    )


def _quoted(value: str | None) -> str:
    return "" if value is None else '"' + value.replace('"', '""') + '"'


class _Catalog(Struct):
    """Glue's tables and S3's objects, as a query of this account and Region sees them.

    `scanned` counts the compressed bytes of the files read so far.
    """

    account_id: str
    region: str
    cut_off_bytes: int | None
    scanned: int = 0

    def definition(self, database: str, table: str) -> dict[str, Any]:
        glue = glue_backends[self.account_id][self.region]
        if database not in glue.databases:
            raise QueryFailed(f"SCHEMA_NOT_FOUND: Schema '{database}' does not exist")
        try:
            return glue.get_table(database, table).as_dict()
        except JsonRESTError:
            raise QueryFailed(
                f"TABLE_NOT_FOUND: Table 'awsdatacatalog.{database}.{table}' does not exist"
            ) from None

    def objects(self, bucket: str, prefix: str) -> list[tuple[str, int]]:
        stored = sorted(_readable(bucket).keys.items())
        return [
            (key, each.size)
            for key, each in stored
            if key.startswith(prefix) and isinstance(each, FakeKey)
        ]

    def read(self, bucket: str, key: str) -> bytes:
        """The object's bytes.

        Raises ScanCutOff if the query scans more than the workgroup allows.
        """
        stored = _readable(bucket).keys.get(key)
        if not isinstance(stored, FakeKey):
            raise QueryFailed(f"HIVE_CURSOR_ERROR: s3://{bucket}/{key}: it was deleted meanwhile")
        self.scanned += stored.size
        if self.cut_off_bytes is not None and self.scanned > self.cut_off_bytes:
            self.scanned = self.cut_off_bytes
            raise ScanCutOff
        return bytes(stored.value)


def _readable(name: str) -> FakeBucket:
    """The bucket. Raises QueryFailed if it does not exist, or its policy denies reading."""
    owner = bucket_owner(name)
    if owner is None:
        raise QueryFailed(f"HIVE_FILESYSTEM_ERROR: The specified bucket does not exist: {name}")
    bucket = owner.get_bucket(name)
    for action, resource in (("s3:ListBucket", bucket.arn), ("s3:GetObject", bucket.arn + "/")):
        if denies_owner(bucket, action, resource):
            raise QueryFailed(
                f"PERMISSION_DENIED: s3://{bucket.name}: Access Denied (Service: Amazon S3; "
                "Status Code: 403; Error Code: AccessDenied)"
            )
    return bucket


def ended(query: Query) -> ResultSet:
    """The answer of a query that has succeeded. Raises InvalidRequest for any other."""
    if query.answer is None or query.status != "SUCCEEDED":
        if query.completed is None:
            raise InvalidRequest(f"Query has not yet finished. Current state: {query.status}")
        raise InvalidRequest(
            f"Query did not finish successfully. Final query state: {query.status}"
        )
    return query.answer


def cancel(query: Query) -> None:
    """Stop a query; one that has ended stays as it is."""
    query.end("CANCELLED", "Query cancelled by user")
    if query.process:
        query.process.kill()

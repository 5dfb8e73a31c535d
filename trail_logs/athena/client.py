"""Runs one Athena statement for all expectations, and explains every error.

AthenaError (a LogSourceError, so "could not look")
+-- TableMissingError     there is no such table in the Glue catalog
+-- TableElsewhereError   the table does not read the log files in question
+-- QueryFailedError      Athena refused the statement, or it failed
+-- QueryCancelledError   somebody stopped the query
|   +-- ScanCutOffError   it scanned more than the workgroup's limit
+-- QueryTimeoutError     it did not end in time, and we stopped it
+-- AthenaThrottledError  Athena takes no more requests now
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from trail_logs.athena.answers import Row, answers_of, reading_of
from trail_logs.athena.statement import LogTable, statement, text
from trail_logs.expectations import Answer, Expectation
from trail_logs.prices import dollars
from trail_logs.reader import Reading
from trail_logs.sources.log_source import AccessDeniedError, LogSourceError, UnreachableError

_LAST_STATES = frozenset({"SUCCEEDED", "FAILED", "CANCELLED"})
_CUT_OFF = "Bytes scanned limit was exceeded"

DEPLOY = (
    "Create the tables and the workgroup with: python -m lab_steps up --athena (add this "
    "command's --profile or --endpoint-url, and --account)."
)
ACTIONS = (
    "athena:StartQueryExecution, GetQueryExecution, GetQueryResults and StopQueryExecution; "
    "glue:GetTable, GetDatabase and GetPartitions; s3:GetObject and ListBucket on the log "
    "buckets; and s3:GetBucketLocation, GetObject, PutObject on the workgroup's result bucket"
)
_REMEDIES = {
    "TABLE_NOT_FOUND": DEPLOY,
    "SCHEMA_NOT_FOUND": DEPLOY,
    "HIVE_CURSOR_ERROR": "A log file is damaged. To see which, check without --engine athena.",
    "HIVE_BAD_DATA": "A log file is damaged. To see which, check without --engine athena.",
    "PERMISSION_DENIED": f"Grant {ACTIONS}.",
    "Access Denied": f"Grant {ACTIONS}.",
}

_FIRST_WAIT, _LONGEST_WAIT = 0.2, 5.0
_THROTTLED = frozenset({"TooManyRequestsException", "ThrottlingException", "Throttling"})
_DENIED = frozenset({"AccessDeniedException", "AccessDenied"})
_NO_CREDENTIALS = frozenset({"UnrecognizedClientException", "ExpiredTokenException"})


class AthenaError(LogSourceError):
    """Athena gave no answer."""


class TableMissingError(AthenaError):
    """There is no such table in the account's Glue catalog."""


class TableElsewhereError(AthenaError):
    """The table does not read the log files in question."""


class QueryFailedError(AthenaError):
    """Athena refused the statement, or it failed."""


class QueryCancelledError(AthenaError):
    """Someone stopped the query."""


class ScanCutOffError(QueryCancelledError):
    """The query scanned more than the workgroup's BytesScannedCutoffPerQuery."""


class QueryTimeoutError(AthenaError):
    """The query did not end in time."""


class AthenaThrottledError(AthenaError):
    """Athena takes no more requests now."""


@dataclass(frozen=True, slots=True)
class Workgroup:
    """Where queries run, and the tables they read, by the expectations' location."""

    name: str
    tables: Mapping[str, LogTable]


@dataclass(frozen=True, slots=True)
class Scan:
    """A query that was started: its state and what it scanned, as far as is known."""

    query_id: str
    state: str
    bytes_scanned: int

    @property
    def dollars(self) -> float:
        """What the scan costs by the list price."""
        return dollars(self.bytes_scanned)


@dataclass(frozen=True, slots=True)
class AthenaReading:
    """Answers as the local reader gives them, and what they cost.

    `readings`, by the expectations' location, say what was found there. For damaged records they
    name an account's first file with some. A damaged file fails the query, and a file without
    records is not counted.
    """

    answers: tuple[Answer, ...]
    readings: Mapping[str, Reading]
    scan: Scan


def ask(
    client: Any,
    workgroup: Workgroup,
    expectations: Sequence[Expectation],
    since: datetime,
    until: datetime | None = None,
    *,
    timeout: float = 300.0,
    started: Callable[[Scan], None] | None = None,
) -> AthenaReading:
    """Answer all expectations with one query over the days from `since` to `until` (now).

    `client` is boto3's Athena client, `timeout` in seconds. A query that we stop waiting for,
    because time is up or someone pressed Ctrl-C, is stopped. `started` gets the outcome of every
    started query, including failed ones. Raises AthenaError and its siblings AccessDeniedError and
    UnreachableError.
    """
    sql = text(statement(expectations, workgroup.tables, since, until or datetime.now(UTC)))
    with _errors(f"Athena, workgroup {workgroup.name}"):
        query_id = client.start_query_execution(QueryString=sql, WorkGroup=workgroup.name)[
            "QueryExecutionId"
        ]
        with _followed(client, query_id, started or (lambda _: None)) as following:
            scan = following.finished(timeout)
        rows = list(_rows(client, query_id))
    answers = tuple(answers_of(expectations, rows))
    readings = {location: reading_of(location, answers, rows) for location in workgroup.tables}
    return AthenaReading(answers, readings, scan)


@dataclass
class _Following:
    """A running query; `execution` is its latest description."""

    client: Any
    query_id: str
    execution: dict[str, Any] = field(default_factory=dict)

    @property
    def scan(self) -> Scan:
        """The query's scan, as far as is known."""
        state = self.execution.get("Status", {}).get("State", "QUEUED")
        scanned = self.execution.get("Statistics", {}).get("DataScannedInBytes", 0)
        return Scan(self.query_id, state, scanned)

    @property
    def has_ended(self) -> bool:
        """Whether the query has ended."""
        return self.scan.state in _LAST_STATES

    def finished(self, timeout: float) -> Scan:
        """Wait for the query, and return its scan. Raises AthenaError unless it succeeds."""
        deadline, wait, pause = time.monotonic() + timeout, _FIRST_WAIT, threading.Event()
        while True:
            self.look()
            if self.has_ended:
                _require_success(self.query_id, self.execution)
                return self.scan
            if time.monotonic() >= deadline:
                raise QueryTimeoutError(
                    f"Athena's query {self.query_id} did not end within {timeout:g} s and was "
                    "stopped.",
                    "Try again later, or see in Athena's console what keeps the workgroup busy.",
                )
            pause.wait(min(wait, max(deadline - time.monotonic(), 0)))
            wait = min(wait * 1.6, _LONGEST_WAIT)

    def look(self) -> None:
        """Get the query's latest description."""
        answer = self.client.get_query_execution(QueryExecutionId=self.query_id)
        self.execution = answer["QueryExecution"]


@contextmanager
def _followed(client: Any, query_id: str, started: Callable[[Scan], None]) -> Iterator[_Following]:
    """Follow a query. If we leave before its end, it is stopped. `started` is called in any
    case."""
    following = _Following(client, query_id)
    try:
        yield following
    finally:
        if not following.has_ended:
            with suppress(ClientError, BotoCoreError):
                client.stop_query_execution(QueryExecutionId=query_id)
                following.look()
        started(following.scan)


def _require_success(query_id: str, execution: Mapping[str, Any]) -> None:
    status = execution["Status"]
    reason = status.get("StateChangeReason") or "no reason was given"
    if status["State"] == "FAILED":
        raise QueryFailedError(f"Athena's query {query_id} failed: {reason}", _remedy(reason))
    if status["State"] == "CANCELLED" and _CUT_OFF in reason:
        raise ScanCutOffError(
            f"Athena's query {query_id} was stopped by the workgroup's scan limit: {reason}",
            "Raise the limit (cdk deploy -c athena:tables=true -c athena:cut_off_bytes=...), or "
            "put fewer accounts and days into the tables.",
        )
    if status["State"] == "CANCELLED":
        raise QueryCancelledError(
            f"Athena's query {query_id} was cancelled: {reason}", "Nothing is wrong: try again."
        )


def _remedy(reason: str) -> str:
    """What to do about a failed query, by the error code at the start of its reason."""
    return next((todo for mark, todo in _REMEDIES.items() if mark in reason), "")


def _rows(client: Any, query_id: str) -> Iterator[Row]:
    """The result's rows by column name; the first row of the first page is the header."""
    names: list[str] | None = None
    pages = client.get_paginator("get_query_results").paginate(QueryExecutionId=query_id)
    for page in pages:
        for row in page["ResultSet"]["Rows"]:
            values = [datum.get("VarCharValue") for datum in row["Data"]]
            if names is None:
                names = [str(value) for value in values]
            else:
                yield dict(zip(names, values, strict=True))


@contextmanager
def _errors(asked: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        raise explained(error.response["Error"], asked) from error
    except BotoCoreError as error:
        raise UnreachableError(f"Athena does not answer: {error}") from error


def explained(error: Mapping[str, Any], asked: str) -> LogSourceError:
    """A client error's `Error` as one of ours, with what to do; `asked` is what raised it."""
    code = str(error.get("Code", ""))
    message = f"{asked}: {code}: {error.get('Message')}"
    if code in _THROTTLED:
        return AthenaThrottledError(message, "Try again in a minute.")
    if code in _DENIED:
        return AccessDeniedError(message, f"Grant {ACTIONS}.")
    if code in _NO_CREDENTIALS:
        return AccessDeniedError(message, "Sign in again (aws sso login, or new keys).")
    missing = code == "InvalidRequestException" and "is not found" in message
    return QueryFailedError(message, DEPLOY if missing else "")

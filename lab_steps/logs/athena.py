"""Asking Amazon Athena: one statement for all expectations, run to its end or to a clear error.

AthenaError (a LogSourceError, so "could not look")
+-- QueryFailedError      Athena refused the statement, or it failed
+-- QueryCancelledError   somebody, or the workgroup's scan cut-off, stopped it
+-- QueryTimeoutError     it did not end in time (it is stopped)
+-- AthenaThrottledError  Athena takes no more requests now
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lab_steps.logs.athena_sql import SEPARATOR, LogTable, statement, text
from lab_steps.logs.expectations import Answer, Evidence, Expectation
from lab_steps.logs.sources import AccessDeniedError, LogSourceError, UnreachableError

DOLLARS_PER_TERABYTE = 5.0
PRICE_AS_OF = "2026-11"
"""The price in most Regions, per terabyte scanned, rounded up to a megabyte, at least ten."""

MEGABYTE = 1_000_000
_LEAST_BYTES = 10 * MEGABYTE
_FIRST_WAIT, _LONGEST_WAIT = 0.2, 5.0
_THROTTLED = frozenset({"TooManyRequestsException", "ThrottlingException", "Throttling"})
_DENIED = frozenset(
    {"AccessDeniedException", "UnrecognizedClientException", "ExpiredTokenException"}
)

Row = Mapping[str, str | None]


class AthenaError(LogSourceError):
    """Athena gave no answer."""


class QueryFailedError(AthenaError):
    """Athena refused the statement, or it failed."""


class QueryCancelledError(AthenaError):
    """The query was stopped: by somebody, or by the workgroup's scan cut-off."""


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
class AthenaReading:
    """Answers as the local reader gives them (evidence has no excerpt), and what they cost."""

    answers: tuple[Answer, ...]
    query_id: str
    bytes_scanned: int

    @property
    def dollars(self) -> float:
        """What the scan costs at DOLLARS_PER_TERABYTE."""
        return dollars(self.bytes_scanned)

    @property
    def cost(self) -> str:
        """Bytes and price for people."""
        return (
            f"{self.bytes_scanned / MEGABYTE:,.1f} MB scanned, about ${self.dollars:.5f}"
            f" (${DOLLARS_PER_TERABYTE:g} a TB, at least 10 MB; as of {PRICE_AS_OF})"
        )


def ask(
    client: Any,
    workgroup: Workgroup,
    expectations: Sequence[Expectation],
    since: datetime,
    until: datetime | None = None,
    *,
    timeout: float = 300.0,
) -> AthenaReading:
    """Answer all expectations with one query over the days from `since` to `until` (now).

    `client` is boto3's Athena client, `timeout` in seconds. Raises AthenaError and its
    siblings AccessDeniedError and UnreachableError.
    """
    sql = text(statement(expectations, workgroup.tables, since, until or datetime.now(UTC)))
    with _errors():
        query_id = client.start_query_execution(QueryString=sql, WorkGroup=workgroup.name)[
            "QueryExecutionId"
        ]
        execution = _finished(client, query_id, timeout)
        rows = list(_rows(client, query_id))
    scanned = execution.get("Statistics", {}).get("DataScannedInBytes", 0)
    return AthenaReading(tuple(answers_of(expectations, rows)), query_id, scanned)


def dollars(bytes_scanned: int) -> float:
    """The price of a scan: whole megabytes, ten at least."""
    megabytes = -(-max(bytes_scanned, _LEAST_BYTES) // MEGABYTE)
    return megabytes * MEGABYTE / 1e12 * DOLLARS_PER_TERABYTE


def answers_of(expectations: Sequence[Expectation], rows: Sequence[Row]) -> Iterator[Answer]:
    """The answers in the statement's rows: one for each account that has records."""
    for number, expectation in enumerate(expectations):
        own = {row["account"] or "": row for row in rows if row["location"] == expectation.location}
        named = [expectation.account] if expectation.account else sorted(own) or [""]
        for account in named:
            row = own.get(account)
            yield (
                _answer(expectation, account, number, row) if row else Answer(expectation, account)
            )


def _answer(expectation: Expectation, account: str, number: int, row: Row) -> Answer:
    return Answer(
        expectation,
        account,
        int(row[f"count_{number}"] or 0),
        _evidence(row[f"first_{number}"]),
        _evidence(row[f"last_{number}"]),
    )


def _evidence(sighting: str | None) -> Evidence | None:
    if not sighting:
        return None
    time_text, event_id, name, path = sighting.split(SEPARATOR, 3)
    bucket, _, key = path.removeprefix("s3://").partition("/")
    return Evidence(bucket, key, event_id, datetime.fromisoformat(time_text), name)


def _finished(client: Any, query_id: str, timeout: float) -> dict[str, Any]:
    """The execution once it has succeeded; it is stopped when its time is up."""
    deadline, wait, pause = time.monotonic() + timeout, _FIRST_WAIT, threading.Event()
    while True:
        execution: dict[str, Any] = client.get_query_execution(QueryExecutionId=query_id)[
            "QueryExecution"
        ]
        if _succeeded(execution):
            return execution
        if time.monotonic() >= deadline:
            client.stop_query_execution(QueryExecutionId=query_id)
            raise QueryTimeoutError(
                f"Athena's query {query_id} did not end within {timeout:g} s and was stopped.",
                "Ask for fewer days, or wait longer.",
            )
        pause.wait(min(wait, max(deadline - time.monotonic(), 0)))
        wait = min(wait * 1.6, _LONGEST_WAIT)


def _succeeded(execution: Mapping[str, Any]) -> bool:
    """True at the end, False before it. Raises for every other end."""
    status = execution["Status"]
    state, query_id = status["State"], execution["QueryExecutionId"]
    reason = status.get("StateChangeReason") or "no reason was given"
    if state == "FAILED":
        raise QueryFailedError(f"Athena's query {query_id} failed: {reason}")
    if state == "CANCELLED":
        raise QueryCancelledError(
            f"Athena's query {query_id} was cancelled: {reason}",
            "Ask for fewer days, or raise the workgroup's scan cut-off.",
        )
    return bool(state == "SUCCEEDED")


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
def _errors() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        raise _explained(error.response["Error"]) from error
    except BotoCoreError as error:
        raise UnreachableError(f"Athena does not answer: {error}") from error


def _explained(error: Mapping[str, Any]) -> LogSourceError:
    code, message = (
        str(error.get("Code", "")),
        f"Athena: {error.get('Code')}: {error.get('Message')}",
    )
    if code in _THROTTLED:
        return AthenaThrottledError(message, "Try again in a minute.")
    if code in _DENIED:
        return AccessDeniedError(message, "Grant athena:StartQueryExecution and its siblings.")
    return QueryFailedError(message)

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.request import Request, urlopen

import boto3
import pytest
from botocore.config import Config

from tests.trail_logs.log_samples import ACCOUNT, NOON, OTHER_ACCOUNT
from trail_logs.athena.client import (
    AthenaError,
    AthenaThrottledError,
    QueryCancelledError,
    QueryFailedError,
    QueryTimeoutError,
    Scan,
    ScanCutOffError,
    Workgroup,
    ask,
)
from trail_logs.athena.statement import SPANS, LogTable, StatementTooLongError
from trail_logs.expectations import Expectation, InvalidExpectationError
from trail_logs.prices import dollars
from trail_logs.sources.log_source import AccessDeniedError, UnreachableError

WORKGROUP = Workgroup("primary", {"": LogTable("logs", "trail")})
PUT = Expectation("put", event_names=("PutItem",))
QUIET = Expectation("no data", category="Data", account=OTHER_ACCOUNT)
HEADER = [
    *("location", "account", *SPANS),
    *("count_0", "first_0", "last_0", "first_excerpt_0", "last_excerpt_0"),
    *("count_1", "first_1", "last_1", "first_excerpt_1", "last_excerpt_1"),
]
ONE = HEADER[: len(HEADER) - 5]
SPAN = ["4", "3", "2", "2026-03-14T11:00:00Z", "2026-03-14T13:00:00Z", "0", ""]
EXCERPT_TEXT = (
    "dynamodb.amazonaws.com\tus-east-1\tData\tIAMUser\tarn:user\tarn:a\narn:b\t"
    '{"tableName":"Users"}'
)
FIRST = "2026-03-14T12:00:00Z id-1 PutItem s3://bucket/AWSLogs/a key"
LAST = "2026-03-14T12:00:09Z id-2 PutItem s3://bucket/AWSLogs/other"
Client = Callable[..., Any]


@pytest.fixture
def athena(moto_url: str, session: boto3.Session) -> Iterator[Any]:
    """Athena of moto, answering with what `queue` was given."""
    client = session.client("athena", endpoint_url=moto_url)
    yield client
    client.close()


def queue(moto_url: str, *rows: list[str | None]) -> None:
    """What moto's next query answers."""
    data = [{"Data": [{"VarCharValue": v} if v is not None else {} for v in row]} for row in rows]
    columns = [{"Name": name, "Type": "varchar"} for name in HEADER]
    result = {"rows": data, "column_info": columns}
    _post(f"{moto_url}/moto-api/static/athena/query-results", {"results": [result]})


def _post(url: str, body: object) -> None:
    headers = {"Content-Type": "application/json"}
    with urlopen(Request(url, json.dumps(body).encode(), headers)):
        pass


def test_rows_become_the_readers_answers(moto_url: str, athena: Any) -> None:
    found = ["2", FIRST, LAST, EXCERPT_TEXT, EXCERPT_TEXT, "0", None, None, None, None]
    queue(moto_url, [*HEADER], ["", ACCOUNT, *SPAN, *found])
    reading = ask(athena, WORKGROUP, [PUT, QUIET], NOON)
    put, quiet = reading.answers
    assert (put.account, put.count) == (ACCOUNT, 2)
    assert put.first is not None
    assert (put.first.location, put.first.key) == ("bucket", "AWSLogs/a key")
    assert (put.first.event_id, put.first.event_time) == ("id-1", NOON)
    assert put.last is not None
    assert put.last.event_name == "PutItem"
    assert (quiet.account, quiet.count) == (OTHER_ACCOUNT, 0)


def test_evidence_has_an_excerpt_of_the_record(moto_url: str, athena: Any) -> None:
    queue(moto_url, [*ONE], ["", ACCOUNT, *SPAN, "1", FIRST, FIRST, EXCERPT_TEXT, EXCERPT_TEXT])
    (answer,) = ask(athena, WORKGROUP, [PUT], NOON).answers
    assert answer.first is not None
    assert json.loads(answer.first.excerpt) == {
        "eventTime": "2026-03-14T12:00:00Z",
        "eventID": "id-1",
        "eventName": "PutItem",
        "eventSource": "dynamodb.amazonaws.com",
        "awsRegion": "us-east-1",
        "eventCategory": "Data",
        "userIdentity": {"type": "IAMUser", "arn": "arn:user"},
        "resources": [{"ARN": "arn:a"}, {"ARN": "arn:b"}],
        "requestParameters": {"tableName": "Users"},
    }


def test_rows_tell_what_the_location_holds(moto_url: str, athena: Any) -> None:
    queue(moto_url, [*ONE], ["", ACCOUNT, *SPAN, "0", None, None, None, None])
    reading = ask(athena, WORKGROUP, [PUT], NOON).readings[""]
    assert (reading.files, reading.records, reading.duplicates) == (2, 4, 1)
    assert reading.accounts[ACCOUNT].latest == NOON + timedelta(hours=1)
    assert reading.answers[0].count == 0


def test_damaged_records_are_counted_and_the_first_file_is_named(
    moto_url: str, athena: Any
) -> None:
    nothing = ["0", None, None, None, None]
    damaged = ["2", "s3://bucket/AWSLogs/a key"]
    rows = [
        ["", ACCOUNT, *SPAN[:5], *damaged, *nothing],
        ["", OTHER_ACCOUNT, "0", "0", "1", None, None, *damaged, *nothing],
    ]
    queue(moto_url, [*ONE], *rows)
    reading = ask(athena, WORKGROUP, [PUT], NOON).readings[""]
    assert [(each.key, each.records) for each in reading.damaged] == [("AWSLogs/a key", 2)] * 2
    assert [each.account for each in reading.answers] == [ACCOUNT]
    assert set(reading.accounts) == {ACCOUNT}


def test_no_rows_are_answers_of_nothing_found(moto_url: str, athena: Any) -> None:
    queue(moto_url, [*HEADER])
    (answer,) = ask(athena, WORKGROUP, [PUT], NOON).answers
    assert (answer.account, answer.count, answer.first) == ("", 0, None)


class Wire:
    """An endpoint that answers Athena's operations with prepared answers, one after another.

    The last of an operation's answers is repeated. moto has no failed queries and no pages.
    """

    def __init__(self, answers: dict[str, list[tuple[int, dict[str, Any]]]]) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        wire = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                operation = self.headers["X-Amz-Target"].rpartition(".")[2]
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                wire.asked.append((operation, body))
                left = answers[operation]
                status, answer = left.pop(0) if len(left) > 1 else left[0]
                self._answer(status, json.dumps(answer).encode())

            def _answer(self, status: int, data: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", "application/x-amz-json-1.1")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def wired(session: boto3.Session) -> Iterator[Client]:
    """Makes a client of a Wire with these answers; its `wire` tells what was asked."""
    wires: list[Wire] = []

    def client(**answers: list[tuple[int, dict[str, Any]]]) -> Any:
        wire = Wire({"StartQueryExecution": [(200, {"QueryExecutionId": "q-1"})]} | answers)
        wires.append(wire)
        config = Config(retries={"total_max_attempts": 1})
        return session.client("athena", endpoint_url=wire.url, config=config), wire

    yield client
    for wire in wires:
        wire.server.shutdown()
        wire.server.server_close()


def execution(state: str, reason: str = "", scanned: int = 0) -> tuple[int, dict[str, Any]]:
    status = {"State": state, "StateChangeReason": reason}
    found = {
        "QueryExecutionId": "q-1",
        "Status": status,
        "Statistics": {"DataScannedInBytes": scanned},
    }
    return 200, {"QueryExecution": found}


def page(rows: list[list[str]], token: str | None = None) -> tuple[int, dict[str, Any]]:
    data = [{"Data": [{"VarCharValue": value} for value in row]} for row in rows]
    return 200, {"ResultSet": {"Rows": data}} | ({"NextToken": token} if token else {})


def test_it_polls_until_the_query_has_ended_and_reads_every_page(wired: Client) -> None:
    client, wire = wired(
        GetQueryExecution=[
            execution("QUEUED"),
            execution("RUNNING"),
            execution("SUCCEEDED", scanned=5_000_000_000),
        ],
        GetQueryResults=[
            page([ONE, ["", ACCOUNT, *SPAN, "1", FIRST, FIRST, "", ""]], "more"),
            page([["", OTHER_ACCOUNT, *SPAN, "3", FIRST, LAST, "", ""]]),
        ],
    )
    reading = ask(client, WORKGROUP, [PUT], NOON)
    assert [(each.account, each.count) for each in reading.answers] == [
        (ACCOUNT, 1),
        (OTHER_ACCOUNT, 3),
    ]
    assert [name for name, _ in wire.asked] == [
        "StartQueryExecution",
        *["GetQueryExecution"] * 3,
        *["GetQueryResults"] * 2,
    ]
    assert (reading.scan.bytes_scanned, reading.scan.dollars) == (5_000_000_000, 0.025)


@pytest.mark.parametrize(
    ("state", "reason", "error"),
    [
        ("FAILED", "TABLE_NOT_FOUND: line 1:1", QueryFailedError),
        ("FAILED", "PERMISSION_DENIED: s3", QueryFailedError),
        ("FAILED", "HIVE_BAD_DATA: s3://a/b", QueryFailedError),
        ("CANCELLED", "Bytes scanned limit was exceeded", ScanCutOffError),
        ("CANCELLED", "Query cancelled by user", QueryCancelledError),
    ],
)
def test_every_other_end_is_an_error_with_athenas_reason_and_what_to_do(
    wired: Client, state: str, reason: str, error: type[AthenaError]
) -> None:
    client, wire = wired(GetQueryExecution=[execution(state, reason)])
    with pytest.raises(error, match=reason) as raised:
        ask(client, WORKGROUP, [PUT], NOON)
    assert raised.value.advice
    assert [name for name, _ in wire.asked] == ["StartQueryExecution", "GetQueryExecution"]


def test_a_failed_query_is_paid_for_too(wired: Client) -> None:
    client, _ = wired(GetQueryExecution=[execution("FAILED", "why", scanned=7)])
    scans: list[Scan] = []
    with pytest.raises(QueryFailedError):
        ask(client, WORKGROUP, [PUT], NOON, started=scans.append)
    assert scans == [Scan("q-1", "FAILED", 7)]


def test_a_missing_workgroup_is_an_error_that_names_how_it_is_made(wired: Client) -> None:
    answer = {"__type": "InvalidRequestException", "Message": "WorkGroup is not found."}
    client, _ = wired(StartQueryExecution=[(400, answer)])
    with pytest.raises(QueryFailedError, match="WorkGroup is not found") as raised:
        ask(client, WORKGROUP, [PUT], NOON)
    assert "workgroup primary" in str(raised.value)
    assert "up --athena" in raised.value.advice


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("TooManyRequestsException", AthenaThrottledError),
        ("AccessDeniedException", AccessDeniedError),
        ("ExpiredTokenException", AccessDeniedError),
        ("InvalidRequestException", QueryFailedError),
    ],
)
def test_a_refused_request_is_a_typed_error(
    wired: Client, code: str, error: type[Exception]
) -> None:
    refused = (400, {"__type": code, "Message": "not now"})
    client, _ = wired(StartQueryExecution=[refused])
    with pytest.raises(error, match=f"{code}: not now"):
        ask(client, WORKGROUP, [PUT], NOON)


def test_a_query_that_does_not_end_is_stopped(wired: Client) -> None:
    client, wire = wired(GetQueryExecution=[execution("RUNNING")], StopQueryExecution=[(200, {})])
    with pytest.raises(QueryTimeoutError, match="did not end within"):
        ask(client, WORKGROUP, [PUT], NOON, timeout=0.3)
    assert ("StopQueryExecution", {"QueryExecutionId": "q-1"}) in wire.asked


def test_ctrl_c_stops_the_query(wired: Client) -> None:
    client, wire = wired(GetQueryExecution=[execution("RUNNING")], StopQueryExecution=[(200, {})])
    scans: list[Scan] = []

    def interrupt(**_: Any) -> None:
        raise KeyboardInterrupt

    client.meta.events.register("after-call.athena.GetQueryExecution", interrupt)
    with pytest.raises(KeyboardInterrupt):
        ask(client, WORKGROUP, [PUT], NOON, started=scans.append)
    assert ("StopQueryExecution", {"QueryExecutionId": "q-1"}) in wire.asked


def test_an_endpoint_that_does_not_answer_is_unreachable(session: boto3.Session) -> None:
    config = Config(retries={"total_max_attempts": 1}, connect_timeout=1)
    client = session.client("athena", endpoint_url="http://127.0.0.1:9", config=config)
    with pytest.raises(UnreachableError):
        ask(client, WORKGROUP, [PUT], NOON)
    client.close()


def test_the_statement_is_bounded_by_the_days_in_question(wired: Client) -> None:
    client, wire = wired(GetQueryExecution=[execution("SUCCEEDED")], GetQueryResults=[page([ONE])])
    ask(client, WORKGROUP, [PUT], NOON, NOON)
    assert "BETWEEN '2026/03/14' AND '2026/03/15'" in wire.asked[0][1]["QueryString"]
    assert wire.asked[0][1]["WorkGroup"] == "primary"


def test_accounts_are_partitions_where_the_table_has_them_and_all_expectations_name_one(
    wired: Client,
) -> None:
    client, wire = wired(GetQueryExecution=[execution("SUCCEEDED")], GetQueryResults=[page([ONE])])
    by_account = Workgroup("primary", {"": LogTable("logs", "trail", by_account=True)})
    ask(client, by_account, [QUIET], NOON)
    ask(client, by_account, [QUIET, PUT], NOON)
    one, all_accounts = (body["QueryString"] for name, body in wire.asked if name.startswith("St"))
    assert f"AND account IN ('{OTHER_ACCOUNT}')" in one
    assert "account IN" not in all_accounts


def test_more_expectations_than_a_statement_takes_are_refused(athena: Any) -> None:
    many = [Expectation(f"{n}", event_names=("x" * 500,)) for n in range(600)]
    with pytest.raises(StatementTooLongError, match="262,144"):
        ask(athena, WORKGROUP, many, NOON)


def test_an_expectation_about_an_unknown_location_is_refused(athena: Any) -> None:
    with pytest.raises(InvalidExpectationError, match="no table for 'elsewhere'"):
        ask(athena, WORKGROUP, [Expectation("e", location="elsewhere")], NOON)


def test_a_scan_costs_at_least_ten_megabytes() -> None:
    assert dollars(0) == dollars(10_000_000) == pytest.approx(0.00005)
    assert dollars(10_000_001) == pytest.approx(0.000055)
    assert dollars(10**12) == pytest.approx(5.0)


def test_insights_are_not_asked_of_a_table_that_has_none(athena: Any) -> None:
    with pytest.raises(InvalidExpectationError, match="so it has none"):
        ask(athena, WORKGROUP, [Expectation("i", category="Insight")], NOON)

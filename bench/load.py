"""Load: many threads call while both trails deliver and one is stopped and restarted.

Every call must be in the files of the trail that records it, exactly once, and nowhere else,
and the server's memory must stay flat. Calls carry their number as the item's key, so that each
is found again; those that arrive while StopLogging or StartLogging is under way may fall
on either side, and are only checked for not being there twice.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from bench.local_aws import client_of, make_table, make_trails
from bench.servers import served
from bench.table import Row, verdict
from cloudtrail.log_files import read_log_file

THREADS = 16
CALLS, FULL_CALLS = 20_000, 50_000
PAUSES = 3
_AUTHORIZATION = (
    "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, "
    "SignedHeaders=host;x-amz-target, Signature=00"
)


class _Caller(threading.Thread):
    """One client: every tenth call is a management event, the others are data events."""

    def __init__(self, url: str, numbers: range) -> None:
        super().__init__()
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
        self._numbers = numbers
        self.spans: dict[int, tuple[float, float]] = {}

    def run(self) -> None:
        for number in self._numbers:
            started = time.monotonic()
            self._call(number)
            self.spans[number] = (started, time.monotonic())
        self._connection.close()

    def _call(self, number: int) -> None:
        operation, body = (
            ("DescribeTable", {"TableName": f"call-{number}"})
            if is_management(number)
            else ("GetItem", {"TableName": "Users", "Key": {"id": {"N": str(number)}}})
        )
        self._connection.request(
            "POST",
            "/",
            json.dumps(body),
            {
                "Authorization": _AUTHORIZATION,
                "Content-Type": "application/x-amz-json-1.0",
                "X-Amz-Target": f"DynamoDB_20120810.{operation}",
            },
        )
        self._connection.getresponse().read()


def is_management(number: int) -> bool:
    """Whether the call of that number is a management event."""
    return number % 10 == 0


def rows(full: bool) -> Iterator[Row]:
    """Run the load and verify the files; a call that is lost or twice is in the note."""
    calls = FULL_CALLS if full else CALLS
    with served("ours") as server:
        url = server.endpoint_url
        make_trails(url)
        make_table(url)
        _run(url, range(-THREADS * 20, 0))
        before = server.megabytes()
        started = time.monotonic()
        spans, pauses = _run(url, range(calls))
        seconds = time.monotonic() - started
        after = server.megabytes()
        found = _delivered(url)
    wrong = _wrong(spans, pauses, found)
    yield Row(f"{calls:,} calls, {THREADS} threads", [calls / seconds], "calls/s")
    told = verdict(not wrong, "in the right trail's files, once")
    yield Row("lost, double or misplaced", [wrong], "calls", told)
    yield Row("memory before", [before], "MB")
    yield Row("memory for a thousand calls", [(after - before) * 1e6 / calls], "kB")


Span = tuple[float, float]


def _run(url: str, numbers: range) -> tuple[dict[int, Span], list[Span]]:
    """Make the calls; say when each was under way, and when the data trail was not logging."""
    callers = [_Caller(url, numbers[first::THREADS]) for first in range(THREADS)]
    for caller in callers:
        caller.start()
    trails, pauses = client_of("cloudtrail", url), []
    for share in range(1, PAUSES + 1):
        _await(callers, len(numbers) * share // (PAUSES + 1))
        stopping = time.monotonic()
        trails.stop_logging(Name="data")
        stopped = time.monotonic()
        _await(callers, len(numbers) * share // (PAUSES + 1) + THREADS * 5)
        starting = time.monotonic()
        trails.start_logging(Name="data")
        pauses += [(stopping, stopped), (starting, time.monotonic())]
    for caller in callers:
        caller.join()
    return {number: span for each in callers for number, span in each.spans.items()}, pauses


def _await(callers: list[_Caller], calls: int) -> None:
    while sum(len(caller.spans) for caller in callers) < calls and any(
        caller.is_alive() for caller in callers
    ):
        time.sleep(0.005)


def _delivered(url: str) -> dict[str, Counter[int]]:
    """How often each call's number is in the files of each trail."""
    request = urllib.request.Request(f"{url}/_local-aws/deliver", method="POST")
    urllib.request.urlopen(request, timeout=120).read()
    s3 = client_of("s3", url)
    found: dict[str, Counter[int]] = {}
    for trail in ("management", "data"):
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=f"logs-{trail}")
        keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
        found[trail] = Counter(
            number
            for key in keys
            for record in read_log_file(
                s3.get_object(Bucket=f"logs-{trail}", Key=key)["Body"].read()
            )
            if (number := _number(record)) is not None
        )
    return found


def _number(record: dict[str, Any]) -> int | None:
    asked = record["requestParameters"] or {}
    if record["eventName"] == "GetItem":
        return int(asked["key"]["id"])
    name = asked.get("tableName", "")
    is_numbered = record["eventName"] == "DescribeTable" and name.startswith("call-")
    return int(name.removeprefix("call-")) if is_numbered else None


def _wrong(spans: dict[int, Span], changes: list[Span], found: dict[str, Counter[int]]) -> int:
    """Count the calls whose number of records is not what the trails' states at the time
    require."""
    wrong = 0
    for number, span in spans.items():
        home, other = ("management", "data") if is_management(number) else ("data", "management")
        wanted = {1} if home == "management" else _wanted(span, changes)
        if found[home][number] not in wanted or found[other][number]:
            wrong += 1
    return wrong


def _wanted(span: Span, changes: list[Span]) -> set[int]:
    """How many records of a data event may there be: its trail logs before the first change."""
    if any(span[0] <= end and start <= span[1] for start, end in changes):
        return {0, 1}
    return {1} if sum(end < span[0] for _, end in changes) % 2 == 0 else {0}

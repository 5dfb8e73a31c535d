"""Growth: what waits for Event history, a page of keys or log files, as there are more of them."""

from __future__ import annotations

import re
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from statistics import median
from urllib.parse import quote

from bench.local_aws import ACCOUNT, client_of
from bench.log_sets import LogSet, prepared
from bench.measure import candidate, interleaved
from bench.table import Row, verdict
from cloudtrail.compact_json import to_json
from cloudtrail.event_history import HistoryEvent, history_event, parse_lookup
from cloudtrail.event_store import EventHistory
from cloudtrail.records.calls import Call, Record
from cloudtrail.records.identity import Root
from cloudtrail.records.record import record_of

EVENTS = (1_000, 10_000, 100_000, 1_000_000)
KEYS = (1_000, 10_000, 100_000)
FILES = (60, 2_000, 20_000, 200_000)
ACCOUNTS = (1, 10, 100, 1_000)
RECORDS = 2
"""Records in each file: the files are small, as in many quiet accounts, and their number is what
counts."""

ROUNDS = 7
LOG_ROUNDS = 3
"""One for the most files, which take as long as all others."""

MOST_MILLISECONDS = {"history": 10, "page": 60}
WHOLE_SECONDS = 6
"""To list the bucket with the most keys, page by page."""


def rows(_: bool) -> Iterator[Row]:
    """All of them, as growth only shows in the large ones."""
    yield from _history_rows()
    yield from _key_rows()
    yield from _log_rows([LogSet(f"files-{each}", each, RECORDS) for each in FILES])
    yield from _log_rows([LogSet(f"accounts-{each}", FILES[1], RECORDS, each) for each in ACCOUNTS])


def _history_rows() -> Iterator[Row]:
    """LookupEvents of a name that no event has: the look alone, without the server."""
    history, made, now = EventHistory(), 0, datetime.now(UTC)
    query = parse_lookup(
        {"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "NoSuchName"}]}
    )
    for size in EVENTS:
        for number in range(made, size):
            history.append(_event(now - timedelta(seconds=(EVENTS[-1] - number) / 2)))
        made = size
        times = _milliseconds(lambda: history.events().lookup(query, now=now))
        yield Row(f"LookupEvents, no such name, of {size:,}", times, "ms", _most("history", times))


def _most(what: str, times: Sequence[float]) -> str:
    most = MOST_MILLISECONDS[what]
    return verdict(median(times) <= most, f"at most {most} ms")


def _event(at: datetime) -> HistoryEvent:
    stamp = f"{at:%Y-%m-%dT%H:%M:%SZ}"
    record: Record = {**_RECORD, "eventTime": stamp, "eventID": str(uuid.uuid4())}
    return history_event(record, to_json(record))


_RECORD = record_of(
    Call(
        time=datetime(2026, 3, 1, tzinfo=UTC),
        service="dynamodb",
        operation="DescribeTable",
        region="us-east-1",
        account_id=ACCOUNT,
        identity=Root(ACCOUNT, "AKIAIOSFODNN7EXAMPLE"),
        source_ip_address="192.0.2.1",
        user_agent="Boto3/1.44.5",
        request_id=str(uuid.uuid4()),
        event_id=str(uuid.uuid4()),
        parameters={"TableName": "Users"},
        table_keys={},
    )
)


def _key_rows() -> Iterator[Row]:
    """A page of ListObjectsV2 in the middle of a bucket and of a small prefix; the whole bucket."""
    from moto.s3.models import s3_backends

    from local_aws import LocalAws

    with LocalAws() as aws:
        client_of("s3", aws.endpoint_url).create_bucket(Bucket="keys")
        backend, made = s3_backends[ACCOUNT]["aws"], 0
        for size in KEYS:
            for number in range(made, size):
                backend.put_object("keys", f"{number % 100:02d}/{number:08d}", b"")
            made = size
            for title, asked in (
                ("a page of keys", "start-after=50/"),
                ("a small prefix", "prefix=77/000000"),
            ):
                times = _milliseconds(partial(_page, aws.endpoint_url, asked))
                yield Row(f"ListObjectsV2, {title} of {size:,}", times, "ms", _most("page", times))
        began = time.perf_counter()
        assert _all_keys(aws.endpoint_url) == made
        seconds = time.perf_counter() - began
        told = verdict(seconds <= WHOLE_SECONDS, f"at most {WHOLE_SECONDS} s")
        yield Row(f"ListObjectsV2, all {made:,} keys", [seconds], "s", told)


def _all_keys(url: str) -> int:
    """How many keys the pages of a bucket have, from the first to the last."""
    keys, asked = 0, ""
    while True:
        page = _page(url, asked)
        keys += page.count(b"<Key>")
        more = _MORE.search(page)
        if not more:
            return keys
        asked = f"continuation-token={quote(more[1], safe='')}"


_MORE = re.compile(rb"<NextContinuationToken>(.*?)<")


def _log_rows(log_sets: Sequence[LogSet]) -> Iterator[Row]:
    """Log checks of ever more files, or accounts, beside inflating them alone."""
    for log_set in log_sets:
        folder = str(prepared(log_set))
        commands = {name: candidate(name, folder) for name in ("inflate", "ours")}
        found = interleaved(commands, LOG_ROUNDS if log_set.files < FILES[-1] else 1)
        ours = found["ours"]
        yield Row(
            f"log checks, {log_set.files:,} files, {log_set.accounts:,} accounts",
            ours.seconds,
            "s",
            f"times inflating alone; {median(ours.seconds) / log_set.files * 1e6:,.0f} µs a file, "
            f"{ours.megabytes:.0f} MB",
            ours.ratios_to(found["inflate"]),
        )


def _page(url: str, asked: str) -> bytes:
    request = urllib.request.Request(f"{url}/keys?list-type=2&{asked}", headers=_SIGNED)
    with urllib.request.urlopen(request, timeout=60) as answer:
        page: bytes = answer.read()
    return page


_SIGNED = {
    "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, "
    "SignedHeaders=host, Signature=00"
}


def _milliseconds(ask: Callable[[], object]) -> list[float]:
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        ask()
        times.append((time.perf_counter() - began) * 1000)
    return times

"""Growth: what waits for Event history, a page of keys or log files, as there are more of them."""

from __future__ import annotations

import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from bench.local_aws import ACCOUNT, client_of
from bench.log_sets import LogSet, prepared
from bench.measure import candidate, interleaved
from bench.table import Row, measured, spread
from cloudtrail.event_history import HistoryEvent, history_event, parse_lookup
from cloudtrail.event_store import EventHistory
from cloudtrail.records.calls import Call, Record
from cloudtrail.records.identity import Root
from cloudtrail.records.record import record_of, to_json

EVENTS = (1_000, 10_000, 100_000, 1_000_000)
KEYS = (1_000, 10_000, 100_000)
FILES = (60, 2_000, 20_000, 200_000)
ACCOUNTS = (1, 10, 100, 1_000)
RECORDS = 2
"""In each file: small ones, as of many quiet accounts, whose number is what counts."""

ROUNDS = 7
LOG_ROUNDS = 2
MOST_MILLISECONDS = {"history": 10, "page": 60}


def rows(quick: bool) -> Iterator[Row]:
    """All; `quick` ends at a hundredth of the most."""
    yield from _history_rows(EVENTS[:2] if quick else EVENTS)
    yield from _key_rows(KEYS[:1] if quick else KEYS)
    yield from _log_rows(
        [LogSet(f"files-{each}", each, RECORDS) for each in (FILES[:2] if quick else FILES)]
    )
    files = FILES[1] if quick else FILES[2]
    yield from _log_rows(
        [LogSet(f"accounts-{each}-{files}", files, RECORDS, each) for each in ACCOUNTS]
    )


def _history_rows(sizes: tuple[int, ...]) -> Iterator[Row]:
    """LookupEvents of a name that no event has: the look alone, without the server."""
    history, now = EventHistory(), datetime.now(UTC)
    query = parse_lookup(
        {"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "NoSuchName"}]}
    )
    for size in sizes:
        while len(history) < size:
            history.append(_event(now - timedelta(seconds=(sizes[-1] - len(history)) / 2)))
        times = _milliseconds(lambda: history.events().lookup(query, now=now))
        note = f"wanted: at most {MOST_MILLISECONDS['history']} at 500,000"
        yield measured(f"LookupEvents, no such name, of {size:,}", times, "{:.2f} ms", note)


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


def _key_rows(sizes: tuple[int, ...]) -> Iterator[Row]:
    """A page of ListObjectsV2 in the middle of a bucket, and of a small prefix."""
    from moto.s3.models import s3_backends

    from local_aws import LocalAws

    with LocalAws() as aws:
        s3 = client_of("s3", aws.endpoint_url)
        s3.create_bucket(Bucket="keys")
        backend, made = s3_backends[ACCOUNT]["aws"], 0
        for size in sizes:
            for number in range(made, size):
                backend.put_object("keys", f"{number % 100:02d}/{number:08d}", b"")
            made = size
            for title, asked in (
                ("a page of keys", "start-after=50/"),
                ("a small prefix", "prefix=77/000000"),
            ):
                times = _milliseconds(partial(_page, aws.endpoint_url, asked))
                note = f"wanted: at most {MOST_MILLISECONDS['page']}"
                yield measured(f"ListObjectsV2, {title} of {size:,}", times, "{:.1f} ms", note)


def _log_rows(log_sets: Sequence[LogSet]) -> Iterator[Row]:
    """Log checks of ever more files, or accounts, beside inflating them alone."""
    for log_set in log_sets:
        folder = str(prepared(log_set))
        names = ("inflate", "ours")
        found = interleaved({each: candidate(each, folder) for each in names}, LOG_ROUNDS, names[0])
        ours = found["ours"]
        yield Row(
            f"log checks, {log_set.files:,} files, {log_set.accounts:,} accounts",
            f"{ours.seconds:.2f} s",
            ours.ratio,
            f"times inflating alone; {ours.seconds / log_set.files * 1e6:,.0f} µs a file, "
            f"{ours.megabytes:.0f} MB",
            spread(ours.ratios),
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

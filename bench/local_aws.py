"""The local AWS: what recording costs against plain moto_server, and how fast it delivers."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from statistics import median
from typing import Any

from bench.table import Row, verdict
from cloudtrail.log_files import log_file
from cloudtrail.policies.bucket_policy import delivery_policy
from cloudtrail.records.calls import Call, Record
from cloudtrail.records.identity import Root
from cloudtrail.records.record import record_of, to_json
from cloudtrail.selectors.matching import compile_selectors
from cloudtrail.trails import AdvancedEventSelector, FieldSelector, Trail

ACCOUNT = "123456789012"
ROUNDS, CALLS, CLIENTS, MANY = 5, 600, 4, 16
RECORDS, FILE = 60_000, 500
TARGET_RATE = 100_000
MOST_START, MOST_WAIT = 1.3, 25
PEERS = {"moto": ("moto_server", 1.0), "moto_here": ("moto, our web server", 0.85)}
"""What is called beside the local AWS, and how many times its calls we answer at least. moto_server
closes each connection."""


def rows(full: bool) -> Iterator[Row]:
    """Every measurement of the local AWS; `full` makes three times as many calls."""
    yield _delivery_row()
    yield from _start_rows()
    yield from _call_rows(3 * CALLS if full else CALLS)


# Delivery: select for two trails, serialise, compress, on one core.


def _delivery_row() -> Row:
    records = [_record(number) for number in range(RECORDS)]
    trails = lab_trails()
    rates = [_delivery_rate(records, trails) for _ in range(ROUNDS)]
    told = verdict(median(rates) >= TARGET_RATE, f"at least {TARGET_RATE:,}, on one core")
    return Row("delivery path, 2 trails", rates, "records/s", told)


def _delivery_rate(records: list[Record], trails: tuple[Trail, Trail]) -> float:
    started = time.process_time()
    for first in range(0, len(records), FILE):
        chosen: dict[str, list[bytes]] = {trail.name: [] for trail in trails}
        for record in records[first : first + FILE]:
            content = to_json(record)
            for trail in trails:
                if compile_selectors(trail)(record):
                    chosen[trail.name].append(content)
        for contents in chosen.values():
            log_file(contents)
    return len(records) / (time.process_time() - started)


def _record(number: int) -> Record:
    operation = ("PutItem", "GetItem", "ListTables", "DescribeTable")[number % 4]
    return record_of(
        Call(
            time=datetime(2026, 3, 1, 12, number % 60, tzinfo=UTC),
            service="dynamodb",
            operation=operation,
            region="us-east-1",
            account_id=ACCOUNT,
            identity=Root(ACCOUNT, "AKIAIOSFODNN7EXAMPLE"),
            source_ip_address="192.0.2.1",
            user_agent="Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux#6.1 lang/python#3.11",
            request_id=str(uuid.uuid4()),
            event_id=str(uuid.uuid4()),
            parameters=_PARAMETERS[operation](number),
            table_keys={"Users": ("id",)},
        )
    )


_PARAMETERS: dict[str, Any] = {
    "PutItem": lambda n: {"TableName": "Users", "Item": {"id": {"N": str(n)}, "Name": {"S": "x"}}},
    "GetItem": lambda n: {"TableName": "Users", "Key": {"id": {"N": str(n)}}},
    "ListTables": lambda _: {},
    "DescribeTable": lambda _: {"TableName": "Users"},
}


def lab_trails() -> tuple[Trail, Trail]:
    """The lab's two trails, `management` and `data`."""

    def trail(name: str, *wanted: tuple[str, str]) -> Trail:
        fields = tuple(FieldSelector(field, equals=(value,)) for field, value in wanted)
        return Trail(
            name,
            "us-east-1",
            ACCOUNT,
            f"logs-{name}",
            is_multi_region=True,
            event_selectors=(),
            advanced_event_selectors=(AdvancedEventSelector(fields, name),),
        )

    return (
        trail("management", ("eventCategory", "Management")),
        trail("data", ("eventCategory", "Data"), ("resources.type", "AWS::DynamoDB::Table")),
    )


# Servers: calls per second and time until ready, in turn with moto_server.


def _start_rows() -> Iterator[Row]:
    times: dict[str, list[float]] = {"moto": [], "ours": []}
    for _ in range(ROUNDS):
        for name, kept in times.items():
            started = time.perf_counter()
            with served(name):
                kept.append(time.perf_counter() - started)
    ratios = _pairwise(times["ours"], times["moto"])
    told = verdict(median(ratios) <= MOST_START, f"at most {MOST_START} times moto_server's")
    yield Row("start to ready, moto_server", times["moto"], "s")
    yield Row("start to ready, local AWS", times["ours"], "s", told, ratios)


def _call_rows(calls: int) -> Iterator[Row]:
    with served("moto") as moto, served("moto_here") as here, served("ours") as ours:
        make_trails(ours)
        urls = {"moto": moto, "moto_here": here, "ours": ours}
        for url in urls.values():
            make_table(url)
            _calls_per_second(url, calls // 4)
        found: dict[str, list[float]] = {name: [] for name in urls}
        waits: list[float] = []
        for _ in range(ROUNDS):
            for name, url in urls.items():
                found[name].append(_calls_per_second(url, calls))
            waits.append(percentile(put_times(ours, MANY, calls), 99) * 1000)
    for name, (title, least) in PEERS.items():
        ratios = _pairwise(found["ours"], found[name])
        told = f"{CLIENTS} boto3 threads; local AWS "
        told += verdict(median(ratios) >= least, f"at least {least} times that")
        yield Row(f"PutItem and GetItem, {title}", found[name], "calls/s", told, ratios)
    yield Row("PutItem and GetItem, local AWS", found["ours"], "calls/s", "both trails delivering")
    told = verdict(median(waits) <= MOST_WAIT, f"at most {MOST_WAIT} ms")
    yield Row(f"PutItem, {MANY} clients, 99 of 100 within", waits, "ms", told)


def _pairwise(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """Round by round, how many times the other's ours is."""
    return [mine / other for mine, other in zip(ours, theirs, strict=True)]


@contextmanager
def served(name: str) -> Iterator[str]:
    """Run moto_server ("moto"), moto behind our web server ("moto_here") or the local AWS ("ours")
    as a process; yields its URL."""
    port = _free_port()
    command = {
        "moto": ["-m", "moto.server", "-p", str(port)],
        "moto_here": ["-m", "bench.moto_here", str(port)],
        "ours": ["-m", "local_aws", "--port", str(port)],
    }[name]
    server = subprocess.Popen(
        [sys.executable, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}"
    try:
        _await_answer(url, server)
        yield url
    finally:
        server.terminate()
        server.wait(10)


def _await_answer(url: str, server: subprocess.Popen[bytes], patience: float = 60) -> None:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{url}/moto-api/data.json", timeout=5).read()
        except urllib.error.URLError:
            if server.poll() is not None:
                raise RuntimeError(f"the server at {url} ended with {server.returncode}") from None
            time.sleep(0.01)
        else:
            return
    raise TimeoutError(f"{url} did not answer within {patience:.0f} s")


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def client_of(service: str, url: str) -> Any:
    """A boto3 client of the server at `url`."""
    import boto3

    session = boto3.Session("test", "test", region_name="us-east-1")
    return session.client(service, endpoint_url=url)  # type: ignore[call-overload]


def make_table(url: str) -> None:
    """Create the table `Users`."""
    client_of("dynamodb", url).create_table(
        TableName="Users",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "N"}],
        BillingMode="PAY_PER_REQUEST",
    )


def make_trails(url: str) -> None:
    """Create, with their buckets, and start the lab's two trails."""
    from cloudtrail.trails import advanced_event_selectors_to_api

    s3, trails = client_of("s3", url), client_of("cloudtrail", url)
    for trail in lab_trails():
        policy = delivery_policy(trail.bucket, "", ACCOUNT, trail.arn)
        s3.create_bucket(Bucket=trail.bucket)
        s3.put_bucket_policy(Bucket=trail.bucket, Policy=json.dumps(policy))
        trails.create_trail(Name=trail.name, S3BucketName=trail.bucket, IsMultiRegionTrail=True)
        trails.put_event_selectors(
            TrailName=trail.name,
            AdvancedEventSelectors=advanced_event_selectors_to_api(trail.advanced_event_selectors),
        )
        trails.start_logging(Name=trail.name)


def put_times(url: str, clients: int, calls: int) -> list[float]:
    """How long each of so many PutItem calls took, of clients that keep their connections."""

    def work(_: int) -> list[float]:
        connection, times = http.client.HTTPConnection(url.removeprefix("http://")), []
        for number in range(calls // clients):
            item = {"id": {"N": str(number)}, "Name": {"S": "x"}}
            began = time.perf_counter()
            body = json.dumps({"TableName": "Users", "Item": item})
            connection.request("POST", "/", body, _PUT_ITEM)
            connection.getresponse().read()
            times.append(time.perf_counter() - began)
        connection.close()
        return times

    with ThreadPoolExecutor(clients) as pool:
        return [each for times in pool.map(work, range(clients)) for each in times]


_PUT_ITEM = {
    "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, "
    "SignedHeaders=host;x-amz-target, Signature=00",
    "Content-Type": "application/x-amz-json-1.0",
    "X-Amz-Target": "DynamoDB_20120810.PutItem",
}


def percentile(values: Sequence[float], share: int) -> float:
    """What `share` of a hundred values are at most."""
    return sorted(values)[len(values) * share // 100]


def _calls_per_second(url: str, calls: int) -> float:
    clients = [client_of("dynamodb", url) for _ in range(CLIENTS)]

    def work(client: Any) -> None:
        for number in range(calls // CLIENTS // 2):
            client.put_item(TableName="Users", Item={"id": {"N": str(number)}, "Name": {"S": "x"}})
            client.get_item(TableName="Users", Key={"id": {"N": str(number)}})

    with ThreadPoolExecutor(CLIENTS) as pool:
        started = time.perf_counter()
        list(pool.map(work, clients))
        return calls / (time.perf_counter() - started)

"""The local AWS: what recording costs against plain moto_server, and how fast it delivers."""

from __future__ import annotations

import http.client
import json
import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from statistics import median
from typing import Any

from bench.servers import served
from bench.table import Row, verdict
from cloudtrail.compact_json import to_json
from cloudtrail.log_files import log_file
from cloudtrail.policies.bucket_policy import delivery_policy
from cloudtrail.records.calls import Call, Record
from cloudtrail.records.identity import Root
from cloudtrail.records.record import record_of
from cloudtrail.selectors.matching import compile_selectors
from cloudtrail.trails import AdvancedEventSelector, FieldSelector, Trail

ACCOUNT = "123456789012"
ROUNDS, CALLS, MANY = 5, 400, 16
RECORDS, FILE = 60_000, 500
TARGET_RATE = 100_000
MOST_START, MOST_WAIT = 1.3, 25
PEERS = {
    "moto": ("moto_server", 2.0),
    "moto_here": ("moto, our web server", 0.85),
    "nothing_here": ("nothing, our web server", 0.0),
}
"""Peers of the local AWS, and how many times their calls a second it must at least answer.
moto_server closes each connection; an application that does nothing is the lower bound."""


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
    walls: dict[str, list[float]] = {"moto": [], "ours": []}
    spent: dict[str, list[float]] = {"moto": [], "ours": []}
    for _ in range(ROUNDS):
        for name, kept in walls.items():
            started = time.perf_counter()
            with served(name) as server:
                kept.append(time.perf_counter() - started)
                spent[name].append(server.cpu())
    for what, times in (("start to ready", walls), ("its CPU time", spent)):
        ratios = _pairwise(times["ours"], times["moto"])
        told = verdict(median(ratios) <= MOST_START, f"at most {MOST_START} times moto_server's")
        yield Row(f"{what}, moto_server", times["moto"], "s")
        yield Row(f"{what}, local AWS", times["ours"], "s", told, ratios)


def _call_rows(calls: int) -> Iterator[Row]:
    rates: dict[str, list[float]] = {name: [] for name in (*PEERS, "ours")}
    spent: dict[str, list[float]] = {name: [] for name in (*PEERS, "ours")}
    waits: list[float] = []
    with ExitStack() as stack:
        servers = {name: stack.enter_context(served(name)) for name in rates}
        make_trails(servers["ours"].endpoint_url)
        for name, server in servers.items():
            if name != "nothing_here":
                make_table(server.endpoint_url)
            put_times(server.endpoint_url, 1, calls // 2)
        for _ in range(ROUNDS):
            for name, server in servers.items():
                before = server.cpu()
                rates[name].append(calls / sum(put_times(server.endpoint_url, 1, calls)))
                spent[name].append((server.cpu() - before) / calls * 1000)
            waits.append(
                percentile(put_times(servers["ours"].endpoint_url, MANY, calls), 99) * 1000
            )
    for name, (title, least) in PEERS.items():
        ratios = _pairwise(rates["ours"], rates[name])
        told = f"local AWS at least {least} times that"
        told = verdict(median(ratios) >= least, told) if least else "the floor"
        yield Row(f"PutItem, one client, {title}", rates[name], "calls/s", told, ratios)
        ratios = _pairwise(spent[name], spent["ours"])
        yield Row(f"its CPU time, {title}", spent[name], "ms a call", "", ratios)
    yield Row("PutItem, one client, local AWS", rates["ours"], "calls/s", "both trails delivering")
    yield Row("its CPU time, local AWS", spent["ours"], "ms a call")
    told = verdict(median(waits) <= MOST_WAIT, f"at most {MOST_WAIT} ms")
    yield Row(f"PutItem, {MANY} clients, 99 of 100 within", waits, "ms", told)


def _pairwise(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """The ratio of ours to theirs, round by round."""
    return [mine / other for mine, other in zip(ours, theirs, strict=True)]


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
    """The value that `share` percent of the values do not exceed."""
    return sorted(values)[len(values) * share // 100]

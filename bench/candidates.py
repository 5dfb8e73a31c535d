"""What is measured, each in a process of its own: `python -m bench.candidates NAME FOLDER`.

All answer the same: how many records and repeats a folder holds, how many distinct
CreateTable calls on the table Users, and how many records of PutItem.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

Answer = dict[str, int]


def ours_1(folder: str) -> Answer:
    """The log checks on one process."""
    return _ours(folder, 1)


def ours_2(folder: str) -> Answer:
    """The log checks on two."""
    return _ours(folder, 2)


def ours(folder: str) -> Answer:
    """The log checks as they choose."""
    return _ours(folder, None)


def _ours(folder: str, processes: int | None) -> Answer:
    from trail_logs.expectations import Expectation
    from trail_logs.reader import read
    from trail_logs.sources.folder import FolderSource

    expectations = [
        Expectation("made", event_names=("CreateTable",), parameters=(("tableName", "Users"),)),
        Expectation("put", event_names=("PutItem",), category="Data"),
    ]
    reading = read(FolderSource(folder), expectations, processes=processes)
    return {
        "records": reading.records,
        "repeats": reading.duplicates,
        "made": sum(answer.count for answer in reading.of("made")),
        "put": sum(answer.count for answer in reading.of("put")),
    }


def nothing(_: str) -> None:
    """Python's own start."""


def inflate(folder: str) -> None:
    """Reading and inflating alone with ISA-L, one core: the floor of all that reads."""
    for path in _paths(folder):
        inflated(path.read_bytes())


def logs(folder: str) -> Answer:
    """`lab_steps logs`: all events counted by name and by time."""
    from contextlib import redirect_stdout
    from io import StringIO

    from lab_steps.__main__ import main

    with redirect_stdout(StringIO()) as printed:
        code = main(["logs", folder, "--format", "json"])
    if code:
        raise RuntimeError(f"logs ended with exit code {code}")
    told = json.loads(printed.getvalue())
    counts = {each["eventName"]: each["count"] for each in told["events"]}
    records, matching = told["records"], told["matching"]
    return {"records": records, "repeats": records - matching, "put": counts["PutItem"]}


def gunzip(folder: str) -> None:
    """Reading and inflating alone with the standard library, one core."""
    import gzip

    for path in _paths(folder):
        gzip.decompress(path.read_bytes())


def stdlib(folder: str) -> Answer:
    """gzip and json of the standard library."""
    import gzip

    return _counted(json.loads(gzip.decompress(path.read_bytes())) for path in _paths(folder))


def orjson(folder: str) -> Answer:
    """isal and orjson, whole records."""
    import orjson as library

    return _counted(library.loads(inflated(path.read_bytes())) for path in _paths(folder))


def duckdb(folder: str) -> Answer:
    """DuckDB, told the columns it needs and that a file is one line; on all processors."""
    import duckdb as library

    library.execute("SET preserve_insertion_order = false")

    columns = (
        "eventID VARCHAR, eventName VARCHAR, recipientAccountId VARCHAR,"
        " requestParameters STRUCT(tableName VARCHAR)"
    )
    files = library.read_json(
        f"{folder}/**/*.json.gz",
        format="newline_delimited",
        columns={"Records": f"STRUCT({columns})[]"},
    )
    row = files.query("files", DUCKDB).fetchone()
    assert row is not None
    return dict(zip(("records", "repeats", "made", "put"), row, strict=True))


DUCKDB = """
SELECT count(*), count(*) - count(DISTINCT r.eventID),
  count(DISTINCT CASE WHEN r.eventName = 'CreateTable'
    AND r.requestParameters.tableName = 'Users' THEN r.eventID END),
  count(DISTINCT CASE WHEN r.eventName = 'PutItem' THEN r.eventID END)
FROM (SELECT unnest(Records) AS r FROM files)
"""


def polars(folder: str) -> Answer:
    """Polars, streaming, told the schema; a file is one line of it. On all processors."""
    import polars as pl

    record = pl.Struct(
        {
            "eventID": pl.String,
            "eventName": pl.String,
            "requestParameters": pl.Struct({"tableName": pl.String}),
        }
    )
    made = (pl.col("eventName") == "CreateTable") & (
        pl.col("requestParameters").struct.field("tableName") == "Users"
    )
    put, event_id = pl.col("eventName") == "PutItem", pl.col("eventID")
    counts = (
        pl.scan_ndjson(f"{folder}/**/*.json.gz", schema={"Records": pl.List(record)})
        .explode("Records")
        .unnest("Records")
        .select(
            records=pl.len(),
            repeats=pl.len() - event_id.n_unique(),
            made=event_id.filter(made).n_unique(),
            put=event_id.filter(put).n_unique(),
        )
    )
    answer: Answer = counts.collect(engine="streaming").row(0, named=True)
    return answer


JQ = """xargs -0 zcat | jq -rc '.Records[] | [.eventID, .eventName,
  (if .eventName == "CreateTable" then .requestParameters.tableName else "" end)] | @tsv'
"""


def jq(folder: str) -> Answer:
    """zcat into jq, twice at the same time, each a filter of a line a record; counted here."""
    import subprocess
    from concurrent.futures import ThreadPoolExecutor

    paths = [str(path) for path in _paths(folder)]

    def filtered(some: list[str]) -> bytes:
        names = "\0".join(some).encode()
        return subprocess.run(
            ["sh", "-c", JQ],
            input=names,
            stdout=subprocess.PIPE,
            check=True,
        ).stdout

    with ThreadPoolExecutor(2) as pool:
        lines = b"".join(pool.map(filtered, (paths[::2], paths[1::2]))).splitlines()
    rows = [line.split(b"\t") for line in lines]
    made = {row[0] for row in rows if row[1:] == [b"CreateTable", b"Users"]}
    put = {row[0] for row in rows if row[1] == b"PutItem"}
    repeats = len(rows) - len({row[0] for row in rows})
    return {"records": len(rows), "repeats": repeats, "made": len(made), "put": len(put)}


def trailscraper(folder: str) -> Answer:
    """trailscraper's own loader, and the same counts of what it loads."""
    from datetime import UTC, datetime

    from bench.trailscraper import packages

    sys.path.insert(0, str(packages()))
    sources = importlib.import_module("trailscraper.record_sources.local_directory_record_source")
    loaded = sources.LocalDirectoryRecordSource(folder).load_from_dir(
        datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
    )
    return _counted([{"Records": (record.raw_source for record in loaded)}])


def fetch_ours(address: str) -> Answer:
    """A bucket at `URL/bucket` listed, fetched and checked by the log checks."""
    from trail_logs.expectations import Expectation
    from trail_logs.reader import read
    from trail_logs.sources.bucket import BucketSource

    url, _, bucket = address.rpartition("/")
    source = BucketSource(_session(), bucket, endpoint_url=url)
    reading = read(source, [Expectation("put", event_names=("PutItem",))])
    return {"files": reading.files, "records": reading.records}


def fetch_boto3(address: str) -> Answer:
    """The same with boto3 alone, one object after another, and the standard library."""
    return _fetched_by_boto3(address, 1)


def fetch_boto3_threads(address: str) -> Answer:
    """The same in 32 threads, beyond which boto3 gets no faster."""
    return _fetched_by_boto3(address, 32)


def _fetched_by_boto3(address: str, threads: int) -> Answer:
    import gzip
    from concurrent.futures import ThreadPoolExecutor

    from botocore.config import Config

    url, _, bucket = address.rpartition("/")
    config = Config(max_pool_connections=threads)
    client = _session().client("s3", endpoint_url=url, config=config)
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    keys = [each["Key"] for page in pages for each in page.get("Contents", ())]

    def records(key: str) -> int:
        data = client.get_object(Bucket=bucket, Key=key)["Body"].read()
        return len(json.loads(gzip.decompress(data))["Records"])

    with ThreadPoolExecutor(threads) as pool:
        return {"files": len(keys), "records": sum(pool.map(records, keys))}


def _session() -> Any:
    import boto3

    return boto3.Session("AKIAIOSFODNN7EXAMPLE", "secret", region_name="us-east-1")


def inflated(data: bytes) -> bytes:
    """isal's inflate."""
    from isal import igzip

    text: bytes = igzip.decompress(data)  # type: ignore[no-untyped-call]
    return text


def _paths(folder: str) -> Iterator[Path]:
    return Path(folder).rglob("*.json.gz")


def _counted(documents: Iterable[dict[str, Any]]) -> Answer:
    ids: set[str] = set()
    made: set[str] = set()
    put: set[str] = set()
    records = 0
    for document in documents:
        for record in document["Records"]:
            records += 1
            ids.add(record["eventID"])
            if record["eventName"] == "PutItem":
                put.add(record["eventID"])
            if _makes_users(record):
                made.add(record["eventID"])
    return {"records": records, "repeats": records - len(ids), "made": len(made), "put": len(put)}


def _makes_users(record: dict[str, Any]) -> bool:
    makes = record["eventName"] == "CreateTable"
    return makes and bool(record["requestParameters"]["tableName"] == "Users")


CANDIDATES: dict[str, Callable[[str], Answer | None]] = {
    each.__name__: each
    for each in (
        *(ours, ours_1, ours_2, logs, nothing, inflate, gunzip),
        *(stdlib, orjson, duckdb, polars, jq, trailscraper),
        *(fetch_ours, fetch_boto3, fetch_boto3_threads),
    )
}

if __name__ == "__main__":
    _, name, argument = sys.argv
    answer = CANDIDATES[name](argument)
    if answer is not None:
        print(json.dumps(answer))

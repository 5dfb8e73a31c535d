"""What no statement reaches, and what ends one that takes too much."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from cloudtrail.log_files import log_file
from local_aws.athena import engine_process
from local_aws.athena.exceptions import QueryFailed
from tests.local_aws.athena.grader import (
    ALL,
    DAY,
    LOGS,
    PUT,
    RESULTS,
    TABLE,
    Grader,
    make_table,
)
from tests.local_aws.delivered import ACCOUNT
from tests.local_aws.processes import runs
from tests.waiting import until

if TYPE_CHECKING:
    from local_aws.athena.engine import Engine

pytest.importorskip("duckdb")


SECRET = "outside-of-every-bucket"
HOSTILE = [
    "SELECT * FROM read_text('{file}')",
    "SELECT * FROM read_blob('{file}')",
    "SELECT * FROM read_csv('{file}')",
    "SELECT * FROM read_csv_auto('{file}')",
    "SELECT * FROM read_json_auto('{file}')",
    "SELECT * FROM read_parquet('{file}')",
    "SELECT * FROM parquet_metadata('{file}')",
    "SELECT * FROM sniff_csv('{file}')",
    "SELECT * FROM glob('{folder}/*')",
    "SELECT * FROM query('SELECT content FROM read_text(''{file}'')')",
    "SELECT * FROM query_table('{file}')",
    "SELECT * FROM '{file}'",
    'SELECT * FROM "{file}"',
    'SELECT * FROM logs."{file}"',
    'SELECT * FROM main."{file}"',
    "SELECT * FROM read_text('http://127.0.0.1:4566/_local-aws/status')",
    "SELECT * FROM read_text('s3://bucket/key')",
    "SELECT count(*) FROM logs.trail WHERE region = (SELECT content FROM read_text('{file}'))",
    "SELECT count(*) FROM logs.trail WHERE region IN (SELECT content FROM read_text('{file}'))",
    "SELECT count(*) FROM logs.trail WHERE EXISTS (SELECT * FROM read_text('{file}'))",
    "SELECT count(*) FROM logs.trail WHERE region = cast(getenv('SECRET') AS int)",
    "SELECT 1 FROM logs.trail WHERE region = (SELECT max(content) FROM read_text('{file}'))",
    "SELECT count(*) FROM logs.trail, LATERAL (SELECT * FROM read_text('{file}'))",
    "WITH a AS (SELECT * FROM read_text('{file}')) SELECT * FROM a",
    "WITH a AS (COPY (SELECT 1) TO '{folder}/written') SELECT * FROM a",
    "SELECT 1; COPY (SELECT 1) TO '{folder}/written'",
    "SELECT 1; ATTACH '{folder}/written'",
    "SELECT 1; EXPORT DATABASE '{folder}/written'",
    "SELECT 1; INSTALL httpfs; LOAD httpfs",
    "SELECT 1; SET enable_external_access = true",
    "SELECT 1; PRAGMA enable_profiling",
    "SELECT getenv('SECRET')",
    "SELECT current_setting('secret_directory')",
    "SELECT getvariable('x')",
    "SELECT write_log('x')",
    "SELECT pg_sleep(600), sleep_ms(600000)",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM duckdb_secrets()",
    "SELECT * FROM pragma_database_list()",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM pg_catalog.pg_settings",
    "SELECT * FROM python_map_function('os')",
    "SELECT * FROM sys",
]


class OneFile:
    """A catalog of one table, over a bucket with one log file."""

    def definition(self, database: str, table: str) -> dict[str, Any]:
        if (database, table) != ("logs", "trail"):
            raise QueryFailed(f"TABLE_NOT_FOUND: {database}.{table}")
        return TABLE

    def objects(self, bucket: str, prefix: str) -> list[tuple[str, int]]:
        return [(f"AWSLogs/{ACCOUNT}/CloudTrail/us-east-1/{DAY}/a.json.gz", 1)]

    def read(self, bucket: str, key: str) -> bytes:
        return log_file([json.dumps(PUT).encode()])


def test_a_hostile_statement_reaches_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from local_aws.athena.engine import Engine

    outside = tmp_path / "outside.json"
    outside.write_text(json.dumps({"content": SECRET}))
    monkeypatch.setenv("SECRET", SECRET)
    engine = Engine(OneFile(), datetime.now(UTC))
    assert engine.run("SELECT count(*) FROM logs.trail", "default").rows == (("1",),)
    for sql in HOSTILE:
        told = refusal(
            engine, sql.replace("{file}", f"{outside}").replace("{folder}", f"{tmp_path}")
        )
        assert SECRET not in told, sql
        assert str(Path.home()) not in told, sql
        assert [each.name for each in tmp_path.iterdir()] == ["outside.json"], sql


def refusal(engine: Engine, sql: str) -> str:
    """What is said of a statement that fails."""
    try:
        answer = engine.run(sql, "logs")
    except QueryFailed as failed:
        return str(failed)
    pytest.fail(f"{sql} was answered: {answer}")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT length(rpad('x', 100000000000, 'y'))",
        "SELECT cardinality(sequence(1, 400000000))",
        "SELECT array_agg(rpad('x', 4000000, 'y')) FROM unnest(sequence(1, 100000)) AS t(n)",
        "SELECT rpad('x', 100000, 'y') FROM unnest(sequence(1, 100000)) AS t(n)",
        "SELECT " + "(" * 20_000 + "1" + ")" * 20_000,
        "SELECT '" + "x" * 262_144 + "'",
    ],
    ids=lambda sql: sql[:70],
)
def test_a_greedy_statement_fails_and_the_next_query_runs(
    grader: Grader, monkeypatch: pytest.MonkeyPatch, sql: str
) -> None:
    monkeypatch.setattr(engine_process, "QUERY_SECONDS", 10.0)
    assert grader.reason(sql)
    assert grader.rows("SELECT 1") == [["1"]]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_text('{file}')",
        "SELECT * FROM '{file}'",
        "SELECT * FROM glob('/*')",
        "COPY (SELECT 1) TO '{file}'",
        "ATTACH '{file}'",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET memory_limit = '100GB'",
        "PRAGMA enable_profiling = 'json'; PRAGMA profiling_output = '{file}'; SELECT 1",
        "SELECT * FROM variable",
    ],
)
def test_duckdb_itself_lets_nothing_in_or_out(tmp_path: Path, sql: str) -> None:
    import duckdb

    from local_aws.athena.engine import LOCKED

    outside = tmp_path / "outside.json"
    outside.write_text("{}")
    variable = object()
    with duckdb.connect(":memory:", config=LOCKED) as connection, pytest.raises(duckdb.Error):
        connection.execute(sql.replace("{file}", str(outside)))
    assert outside.read_text() == "{}"
    assert variable


ENDLESS = (
    "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT max(n) FROM t",
    "SELECT " + "date(" * 60 + "1" + ")" * 60,
)


@pytest.mark.parametrize("sql", ENDLESS, ids=["in DuckDB", "in the parser"])
def test_a_query_that_does_not_end_is_ended(
    grader: Grader, monkeypatch: pytest.MonkeyPatch, sql: str
) -> None:
    monkeypatch.setattr(engine_process, "QUERY_SECONDS", 1.5)
    assert grader.reason(sql).startswith("Query timeout")


def test_a_query_that_does_not_end_can_be_stopped(grader: Grader) -> None:
    query_id = grader.start(ENDLESS[0])
    grader.athena.stop_query_execution(QueryExecutionId=query_id)
    assert grader.ended(query_id)["Status"]["State"] == "CANCELLED"
    assert grader.rows("SELECT 1") == [["1"]]


def test_the_processes_of_a_query_end_with_the_server(tmp_path: Path) -> None:
    script = tmp_path / "server.py"
    script.write_text(
        "import sys\n"
        "import os\n"
        "from local_aws.athena.engine_process import Engines\n"
        "engines = Engines()\n"
        "class Asked:\n"
        "    def definition(self, *_):\n"
        "        forked = os.popen(f'ps -o pid= --ppid {engines._process.pid}').read()\n"
        "        print(engines._process.pid, forked, flush=True)\n"
        "        os.read(0, 1)\n"
        "    objects = read = definition\n"
        "engines.begin().run('SELECT * FROM logs.t', 'default', Asked(), 600)\n"
    )
    command = [sys.executable, str(script)]
    environment = {"PYTHONPATH": str(Path(__file__).parents[3])}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, env=environment) as server:
        assert server.stdout
        forked, loaded = map(int, server.stdout.readline().split())
        server.kill()
    until(lambda: not runs(loaded))
    until(lambda: not runs(forked))


def test_queries_run_again_after_their_process_was_killed(grader: Grader) -> None:
    from local_aws.athena.queries import engines

    assert grader.rows("SELECT 1") == [["1"]]
    loaded = engines._process
    assert loaded
    loaded.kill()
    loaded.wait()
    assert grader.rows("SELECT 2") == [["2"]]


@pytest.mark.parametrize(
    "name", ["../../{folder}/written", "/{folder}/written", 'a"; SELECT 1; --']
)
def test_names_of_glue_never_become_paths_or_statements(
    grader: Grader, tmp_path: Path, name: str
) -> None:
    name = name.replace("{folder}", str(tmp_path)).lower()
    make_table(grader, name)
    grader.put(PUT)
    quoted = name.replace('"', '""')
    assert grader.rows(f'SELECT count(*) FROM logs."{quoted}"') == [["1"]]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"storage.location.template": "s3://b/${account}${region}/"}, "one .* per folder"),
        ({"storage.location.template": f"s3://{LOGS}/(a+)+$/${{account}}"}, None),
        ({"storage.location.template": "file:///etc/${account}/"}, "does not exist"),
    ],
)
def test_a_template_is_no_pattern_and_no_path(
    grader: Grader, changes: dict[str, str], reason: str | None
) -> None:
    make_table(grader, "hostile", **changes)
    grader.put(PUT)
    sql = "SELECT count(*) FROM logs.hostile"
    if reason is None:
        assert grader.rows(sql) == [["0"]]
    else:
        assert re.search(reason, grader.reason(sql))


@pytest.mark.parametrize("location", ["/tmp/", "file:///tmp/", "s3://", "s3://../x/", "s3:///etc/"])
def test_a_result_goes_to_s3_alone(grader: Grader, location: str) -> None:
    with pytest.raises(ClientError, match="is not a valid S3 path"):
        grader.start(ALL, "primary", ResultConfiguration={"OutputLocation": location})


def test_a_result_is_not_written_where_the_bucket_denies_it(grader: Grader) -> None:
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{RESULTS}/*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    grader.s3.put_bucket_policy(Bucket=RESULTS, Policy=policy)
    assert grader.reason(ALL).startswith("Access denied when writing to location: s3://")


def test_comments_are_told_in_linear_time() -> None:
    from local_aws.athena.queries import is_query

    began = time.process_time()
    assert not is_query("/**/" * 50_000 + "x")
    assert time.process_time() - began < 5

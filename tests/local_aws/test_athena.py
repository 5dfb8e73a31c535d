"""Athena's queries, run over log files that lie in buckets."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudtrail.log_files import log_file
from local_aws import LocalAws
from local_aws.athena import engine_process
from local_aws.athena.exceptions import QueryFailed
from tests.local_aws.delivered import ACCOUNT, client, history
from tests.local_aws.processes import runs
from tests.waiting import until

pytest.importorskip("duckdb")

LOGS, RESULTS, OTHERS = "trail-logs", "graders-results", "other-results"
DAY = "2026/03/14"
PARTITIONS = ("account", "folder", "region", "timestamp")
COLUMNS = {
    "useridentity": "struct<type:string,sessioncontext:struct<attributes:map<string,string>>>",
    **dict.fromkeys(("eventname", "eventid", "requestparameters", "readonly"), "string"),
    "resources": "array<struct<arn:string>>",
}
PROJECTION = {
    "projection.enabled": "true",
    "projection.account.type": "enum",
    "projection.account.values": f"{ACCOUNT},111122223333",
    "projection.folder.type": "enum",
    "projection.folder.values": "CloudTrail",
    "projection.region.type": "enum",
    "projection.region.values": "us-east-1,eu-west-1",
    "projection.timestamp.type": "date",
    "projection.timestamp.format": "yyyy/MM/dd",
    "projection.timestamp.range": "2026/03/01,NOW",
    "storage.location.template": f"s3://{LOGS}/AWSLogs/${{account}}/${{folder}}/${{region}}/"
    "${timestamp}",
}
ALL = 'SELECT count(*) AS n FROM "logs"."trail"'


class Grader:
    """A client that asks Athena."""

    def __init__(self, aws: LocalAws) -> None:
        self.athena, self.s3 = client(aws, "athena"), client(aws, "s3")
        self.glue = client(aws, "glue")

    def put(self, *records: dict[str, Any], account: str = ACCOUNT, **place: str) -> int:
        """Put a log file, and tell its size."""
        data = log_file([json.dumps(each).encode() for each in records])
        return self.put_bytes(data, account=account, **place)

    def put_bytes(
        self,
        data: bytes,
        account: str = ACCOUNT,
        day: str = DAY,
        region: str = "us-east-1",
        name: str = "a.json.gz",
    ) -> int:
        key = f"AWSLogs/{account}/CloudTrail/{region}/{day}/{name}"
        self.s3.put_object(Bucket=LOGS, Key=key, Body=data)
        return len(data)

    def start(self, sql: str, workgroup: str = "graders", **more: Any) -> str:
        started = self.athena.start_query_execution(QueryString=sql, WorkGroup=workgroup, **more)
        return str(started["QueryExecutionId"])

    def ended(self, query_id: str) -> dict[str, Any]:
        """The execution, once it has ended."""

        def ended() -> dict[str, Any] | None:
            found = self.athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
            running = found["Status"]["State"] in ("QUEUED", "RUNNING")
            return None if running else dict(found)

        return until(ended)

    def reason(self, sql: str) -> str:
        """Why a query failed."""
        status = self.ended(self.start(sql))["Status"]
        assert status["State"] == "FAILED"
        return str(status["StateChangeReason"])

    def rows(self, sql: str) -> list[list[str | None]]:
        """The rows of a query, without its header."""
        query_id = self.start(sql)
        status = self.ended(query_id)["Status"]
        assert status["State"] == "SUCCEEDED", status
        return self.page(query_id)[0][1:]

    def page(self, query_id: str, **more: Any) -> tuple[list[list[str | None]], str | None]:
        answer = self.athena.get_query_results(QueryExecutionId=query_id, **more)
        rows = answer["ResultSet"]["Rows"]
        values = [[datum.get("VarCharValue") for datum in row["Data"]] for row in rows]
        return values, answer.get("NextToken")


@pytest.fixture
def grader(aws: LocalAws) -> Grader:
    """A table over a bucket, and a workgroup with a cut-off of ten megabytes."""
    found = Grader(aws)
    for bucket in (LOGS, RESULTS, OTHERS):
        found.s3.create_bucket(Bucket=bucket)
    found.glue.create_database(DatabaseInput={"Name": "logs"})
    make_table(found)
    configuration = {
        "ResultConfiguration": {"OutputLocation": f"s3://{RESULTS}/"},
        "EnforceWorkGroupConfiguration": True,
        "BytesScannedCutoffPerQuery": 10_000_000,
    }
    found.athena.create_work_group(Name="graders", Configuration=configuration, Description="")
    return found


TABLE: dict[str, Any] = {
    "Name": "trail",
    "PartitionKeys": [{"Name": each, "Type": "string"} for each in PARTITIONS],
    "Parameters": PROJECTION,
    "StorageDescriptor": {
        "Columns": [{"Name": column, "Type": kind} for column, kind in COLUMNS.items()],
        "InputFormat": "com.amazon.emr.cloudtrail.CloudTrailInputFormat",
    },
}


def make_table(grader: Grader, name: str = "trail", **changes: str) -> None:
    table = {**TABLE, "Name": name, "Parameters": PROJECTION | changes}
    grader.glue.create_table(DatabaseName="logs", TableInput=table)


PUT: dict[str, Any] = {
    "eventName": "PutItem",
    "eventID": "id-1",
    "readOnly": False,
    "requestParameters": {"tableName": "Users", "n": 1.50, "key": {"id": "7"}},
    "resources": [{"ARN": "arn:a"}, {"ARN": "arn:b"}],
    "userIdentity": {"type": "Root", "sessionContext": {"attributes": {"mfa": "true"}}},
}


def test_records_are_rows_as_the_tables_serde_makes_them(grader: Grader) -> None:
    grader.put(PUT, {"eventName": "ListTables"})
    sql = """SELECT eventname, json_extract_scalar(requestparameters, '$.key.id'), readonly,
      requestparameters, resources[2].arn, useridentity.sessioncontext.attributes['mfa']
      FROM logs.trail ORDER BY eventname DESC"""
    parameters = '{"tableName": "Users", "n": 1.5, "key": {"id": "7"}}'
    assert grader.rows(sql) == [
        ["PutItem", "7", "false", parameters, "arn:b", "true"],
        ["ListTables", None, None, None, None, None],
    ]


def test_the_file_and_the_partition_of_a_row_can_be_asked_for(grader: Grader) -> None:
    grader.put(PUT)
    sql = 'SELECT "$path", account, folder, region, "timestamp" FROM "logs"."trail"'
    path = f"s3://{LOGS}/AWSLogs/{ACCOUNT}/CloudTrail/us-east-1/{DAY}/a.json.gz"
    assert grader.rows(sql) == [[path, ACCOUNT, "CloudTrail", "us-east-1", DAY]]


@pytest.mark.parametrize(
    "place",
    [
        {"account": "999988887777"},
        {"region": "sa-east-1"},
        {"day": "2026/02/28"},
        {"day": "2999/01/01"},
        {"day": "2026/3/14"},
        {"name": "_a.json.gz"},
    ],
    ids=str,
)
def test_objects_outside_of_the_projected_partitions_are_not_read(
    grader: Grader, place: dict[str, str]
) -> None:
    grader.put(PUT, **place)
    assert grader.rows(ALL) == [["0"]]


@pytest.mark.parametrize(
    ("condition", "days"),
    [
        ("", {DAY, "2026/03/15"}),
        (f"WHERE \"timestamp\" = '{DAY}'", {DAY}),
        ("WHERE \"timestamp\" BETWEEN '2026/03/15' AND '2026/03/16' AND eventname = 'x'",
         {"2026/03/15"}),
        ("WHERE region IN ('eu-west-1') AND eventname IS NOT NULL", set()),
    ],
)  # fmt: skip
def test_only_the_partitions_that_a_statement_asks_for_are_scanned(
    grader: Grader, condition: str, days: set[str]
) -> None:
    sizes = {DAY: grader.put(PUT), "2026/03/15": grader.put(PUT, PUT, day="2026/03/15")}
    execution = grader.ended(grader.start(f"{ALL} {condition}"))
    assert execution["Status"]["State"] == "SUCCEEDED"
    assert execution["Statistics"]["DataScannedInBytes"] == sum(sizes[day] for day in days)


def test_results_come_in_pages_with_the_header_first(grader: Grader) -> None:
    grader.put(*({"eventID": f"{n}"} for n in range(5)))
    query_id = grader.start("SELECT eventid FROM logs.trail ORDER BY eventid")
    grader.ended(query_id)
    first, token = grader.page(query_id, MaxResults=4)
    assert token
    second, none = grader.page(query_id, MaxResults=4, NextToken=token)
    assert first == [["eventid"], ["0"], ["1"], ["2"]]
    assert (second, none) == ([["3"], ["4"]], None)


def test_the_result_is_written_to_the_workgroups_location_whatever_the_request_says(
    grader: Grader,
) -> None:
    grader.put({"eventID": 'a "quoted", one'}, {"eventName": "x"})
    elsewhere = {"OutputLocation": f"s3://{OTHERS}/"}
    sql = "SELECT eventid, eventname FROM logs.trail ORDER BY eventname"
    query_id = grader.start(sql, ResultConfiguration=elsewhere)
    output = grader.ended(query_id)["ResultConfiguration"]["OutputLocation"]
    assert output == f"s3://{RESULTS}/{query_id}.csv"
    body = grader.s3.get_object(Bucket=RESULTS, Key=f"{query_id}.csv")["Body"].read().decode()
    assert body == '"eventid","eventname"\n,"x"\n"a ""quoted"", one",\n'
    assert "Contents" not in grader.s3.list_objects_v2(Bucket=OTHERS)


def test_a_workgroup_that_enforces_nothing_lets_the_request_say_where(grader: Grader) -> None:
    elsewhere = {"OutputLocation": f"s3://{OTHERS}/mine"}
    query_id = grader.start(ALL, "primary", ResultConfiguration=elsewhere)
    output = grader.ended(query_id)["ResultConfiguration"]["OutputLocation"]
    assert output == f"s3://{OTHERS}/mine/{query_id}.csv"


def test_a_query_that_scans_too_much_is_cancelled(grader: Grader) -> None:
    grader.put(PUT)
    grader.put_bytes(bytes(10_000_000), name="b.json.gz")
    execution = grader.ended(grader.start(ALL))
    assert execution["Status"]["State"] == "CANCELLED"
    assert execution["Status"]["StateChangeReason"] == "Bytes scanned limit was exceeded"
    assert execution["Statistics"]["DataScannedInBytes"] == 10_000_000


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("SELECT 1 FROM logs.nothing", "TABLE_NOT_FOUND: .*awsdatacatalog.logs.nothing"),
        ("SELECT 1 FROM nothing.trail", "SCHEMA_NOT_FOUND: Schema 'nothing'"),
        ("SELECT 1 FROM elsewhere.logs.trail", "CATALOG_NOT_FOUND"),
        ("SELECT nothing FROM logs.trail", "SYNTAX_ERROR: .*nothing"),
        ("SELECT (", "SYNTAX_ERROR"),
        ("SELECT 1; SELECT 2", "SYNTAX_ERROR: Only one sql statement is allowed."),
    ],
)
def test_a_statement_that_cannot_be_run_fails(grader: Grader, sql: str, reason: str) -> None:
    assert re.search(reason, grader.reason(sql), re.DOTALL)


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


@pytest.mark.parametrize("sql", HOSTILE, ids=lambda sql: sql[:70])
def test_a_hostile_statement_reaches_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sql: str
) -> None:
    from local_aws.athena.engine import Engine

    outside = tmp_path / "outside.json"
    outside.write_text(json.dumps({"content": SECRET}))
    monkeypatch.setenv("SECRET", SECRET)
    engine = Engine(OneFile(), datetime.now(UTC))
    assert engine.run("SELECT count(*) FROM logs.trail", "default").rows == (("1",),)
    with pytest.raises(QueryFailed) as failed:
        engine.run(sql.replace("{file}", str(outside)).replace("{folder}", str(tmp_path)), "logs")
    assert SECRET not in str(failed.value)
    assert str(Path.home()) not in str(failed.value)
    assert [each.name for each in tmp_path.iterdir()] == ["outside.json"]


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
    environment = {"PYTHONPATH": str(Path(__file__).parents[2])}
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


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"no gzip", "HIVE_CURSOR_ERROR"),
        (log_file([b"{}"] * 50)[:-12], "HIVE_CURSOR_ERROR"),
        (log_file([b"{"]), "HIVE_BAD_DATA"),
    ],
    ids=["no gzip", "truncated", "broken JSON"],
)
def test_a_damaged_file_fails_the_query_by_name(grader: Grader, data: bytes, reason: str) -> None:
    grader.put(PUT)
    grader.put_bytes(data, name="b.json.gz")
    told = grader.reason(ALL)
    assert told.startswith(reason)
    assert f"{DAY}/b.json.gz" in told


def test_a_file_without_bytes_has_no_rows(grader: Grader) -> None:
    grader.put(PUT)
    grader.put_bytes(b"", name="b.json.gz")
    assert grader.rows(ALL) == [["1"]]


def test_a_table_of_another_kind_is_not_pretended_to_be_read(grader: Grader) -> None:
    grader.glue.create_table(DatabaseName="logs", TableInput={"Name": "plain"})
    assert "plain is different" in grader.reason("SELECT 1 FROM logs.plain")


def test_a_bucket_that_denies_reading_fails_the_query(grader: Grader) -> None:
    grader.put(PUT)
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{LOGS}/*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    grader.s3.put_bucket_policy(Bucket=LOGS, Policy=policy)
    assert grader.reason(ALL).startswith("PERMISSION_DENIED")


@pytest.mark.parametrize(
    ("workgroup", "message"),
    [("nobodys", "WorkGroup is not found"), ("primary", "No output location provided")],
)
def test_a_query_without_a_place_is_refused(grader: Grader, workgroup: str, message: str) -> None:
    with pytest.raises(ClientError, match=message) as raised:
        grader.start(ALL, workgroup)
    assert raised.value.response["Error"]["Code"] == "InvalidRequestException"


def test_a_failed_query_has_no_results(grader: Grader) -> None:
    query_id = grader.start("SELECT 1 FROM logs.nothing")
    grader.ended(query_id)
    with pytest.raises(ClientError, match="Final query state: FAILED"):
        grader.page(query_id)


def test_a_query_that_is_stopped_is_cancelled(grader: Grader) -> None:
    for number in range(300):
        grader.put(*[PUT] * 50, name=f"{number}.json.gz")
    query_id = grader.start(ALL)
    grader.athena.stop_query_execution(QueryExecutionId=query_id)
    status = grader.ended(query_id)["Status"]
    assert (status["State"], status["StateChangeReason"]) == (
        "CANCELLED",
        "Query cancelled by user",
    )


def test_an_unknown_query_is_refused(grader: Grader) -> None:
    with pytest.raises(ClientError, match="QueryExecution q-1 was not found"):
        grader.athena.get_query_execution(QueryExecutionId="q-1")


@pytest.mark.parametrize("module", ["duckdb", "sqlglot"])
def test_without_what_it_is_made_of_a_query_fails_and_says_so(
    grader: Grader, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    told = grader.reason(ALL)
    assert f"needs {module} to run queries: pip install duckdb sqlglot" in told


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select 1", True),
        ("-- a comment\n /* and\nanother */ (WITH a AS (SELECT 1) SELECT 2)", True),
        ("SELECTION", False),
        ("CREATE TABLE a AS SELECT 1", False),
        ("", False),
    ],
)
def test_a_query_is_told_from_other_statements(sql: str, expected: bool) -> None:
    from local_aws.athena.queries import is_query

    assert is_query(sql) is expected


def test_a_workgroup_with_queries_is_deleted_only_with_them(grader: Grader) -> None:
    query_id = grader.start(ALL)
    grader.ended(query_id)
    with pytest.raises(ClientError, match="WorkGroup graders is not empty"):
        grader.athena.delete_work_group(WorkGroup="graders")
    grader.athena.delete_work_group(WorkGroup="graders", RecursiveDeleteOption=True)
    assert [each["Name"] for each in grader.athena.list_work_groups()["WorkGroups"]] == ["primary"]


def test_what_is_no_query_stays_motos(grader: Grader) -> None:
    output = {"OutputLocation": f"s3://{OTHERS}/"}
    query_id = grader.start("CREATE DATABASE mine", ResultConfiguration=output)
    assert grader.ended(query_id)["StatementType"] == "DDL"
    databases = grader.athena.list_databases(CatalogName="AwsDataCatalog")["DatabaseList"]
    assert "mine" in [each["Name"] for each in databases]


def test_the_record_of_a_query_leaves_out_its_text(aws: LocalAws, grader: Grader) -> None:
    query_id = grader.start(ALL)
    (record,) = [each for each in history(aws) if each["eventName"] == "StartQueryExecution"]
    assert record["requestParameters"]["queryString"] == "***OMITTED***"
    assert record["responseElements"] == {"queryExecutionId": query_id}


CLOUDTRAIL_TABLE = f"""
CREATE EXTERNAL TABLE IF NOT EXISTS logs.console (
    eventversion STRING,
    useridentity STRUCT<type:STRING,sessioncontext:STRUCT<attributes:STRUCT<mfa:STRING>>>,
    resources ARRAY<STRUCT<arn:STRING,accountid:STRING>>,
    eventname STRING COMMENT 'the call'
)
COMMENT 'as the console makes it'
ROW FORMAT SERDE 'org.apache.hive.hcatalog.data.JsonSerDe'
STORED AS INPUTFORMAT 'com.amazon.emr.cloudtrail.CloudTrailInputFormat'
OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'
LOCATION 's3://{LOGS}/AWSLogs/{ACCOUNT}/CloudTrail/'
TBLPROPERTIES ('classification'='cloudtrail');
"""


def succeeded(grader: Grader, sql: str, **more: Any) -> dict[str, Any]:
    found = grader.ended(grader.start(sql, **more))
    assert found["Status"]["State"] == "SUCCEEDED", found["Status"]
    return found


class TestDefinitions:
    def test_the_consoles_table_is_glues_and_is_read(self, grader: Grader) -> None:
        grader.put({"eventName": "Listed"}, {"eventName": "Put"})
        found = succeeded(grader, CLOUDTRAIL_TABLE)
        assert found["StatementType"] == "DDL"
        assert found["ResultConfiguration"]["OutputLocation"].endswith(".txt")
        table = grader.glue.get_table(DatabaseName="logs", Name="console")["Table"]
        columns = table["StorageDescriptor"]["Columns"]
        assert columns[2] == {
            "Name": "resources",
            "Type": "array<struct<arn:string,accountid:string>>",
        }
        assert columns[3]["Comment"] == "the call"
        assert table["Parameters"] == {"EXTERNAL": "TRUE", "classification": "cloudtrail"}
        assert grader.rows("SELECT count(*) FROM logs.console") == [["2"]]
        succeeded(grader, CLOUDTRAIL_TABLE)  # it is there already
        succeeded(grader, "DROP TABLE logs.console")
        assert "TABLE_NOT_FOUND" in grader.reason("SELECT * FROM logs.console")

    def test_databases_come_and_go(self, grader: Grader) -> None:
        succeeded(grader, "CREATE DATABASE IF NOT EXISTS fresh COMMENT 'new'")
        assert grader.glue.get_database(Name="fresh")["Database"]["Description"] == "new"
        assert "AlreadyExistsException" in grader.reason("CREATE DATABASE fresh")
        shown = succeeded(grader, "SHOW DATABASES")["QueryExecutionId"]
        assert ["fresh"] in grader.page(shown)[0]
        assert "is not empty" in grader.reason("DROP DATABASE logs")
        succeeded(grader, "DROP DATABASE fresh")
        assert "not found" in grader.reason("DROP DATABASE fresh").lower()

    @pytest.mark.parametrize(
        "sql",
        [
            "MSCK REPAIR TABLE logs.trail",
            "ALTER TABLE logs.trail ADD PARTITION (region='x')",
            "INSERT INTO logs.trail SELECT 1",
            "CREATE TABLE logs.copy AS SELECT 1",
            "CREATE VIEW logs.v AS SELECT 1",
            "UNLOAD (SELECT 1) TO 's3://b/'",
        ],
    )
    def test_what_is_not_run_says_so(self, grader: Grader, sql: str) -> None:
        assert grader.reason(sql).startswith("NOT_SUPPORTED: the local AWS does not run")

    def test_what_is_no_statement_is_refused(self, grader: Grader) -> None:
        with pytest.raises(ClientError, match="mismatched input 'nonsense'"):
            grader.start("nonsense")


class TestParameters:
    def test_execution_parameters_take_the_places(self, grader: Grader) -> None:
        sql = "SELECT ? AS a, '?' AS b, ? AS c"
        found = succeeded(grader, sql, ExecutionParameters=["'x'", "7"])
        assert found["ExecutionParameters"] == ["'x'", "7"]
        assert grader.page(found["QueryExecutionId"])[0][1:] == [["x", "?", "7"]]
        reason = grader.ended(grader.start(sql, ExecutionParameters=["1"]))["Status"]
        assert "expected 2 but found 1" in reason["StateChangeReason"]

    def test_a_token_starts_a_query_once(self, grader: Grader) -> None:
        token = "t" * 32
        first = grader.start("SELECT 1", ClientRequestToken=token)
        assert grader.start("SELECT 1", ClientRequestToken=token) == first
        with pytest.raises(ClientError, match="Idempotent parameters do not match"):
            grader.start("SELECT 2", ClientRequestToken=token)

    def test_a_result_is_reused_where_that_is_asked_for(self, grader: Grader) -> None:
        grader.put({"eventName": "Listed"})
        reuse = {"ResultReuseByAgeConfiguration": {"Enabled": True, "MaxAgeInMinutes": 5}}
        first = succeeded(grader, ALL, ResultReuseConfiguration=reuse)
        again = succeeded(grader, ALL, ResultReuseConfiguration=reuse)
        reused = [
            each["Statistics"]["ResultReuseInformation"]["ReusedPreviousResult"]
            for each in (first, again)
        ]
        assert reused == [False, True]
        assert again["Statistics"]["DataScannedInBytes"] == 0
        rows = [grader.page(each["QueryExecutionId"])[0] for each in (first, again)]
        assert rows[0] == rows[1]

    def test_results_are_encrypted_and_owned_as_asked_for(self, grader: Grader) -> None:
        location = {"OutputLocation": f"s3://{RESULTS}/"}
        by_key = {"EncryptionOption": "SSE_KMS", "KmsKey": "alias/aws/s3"}
        wanted = location | {"EncryptionConfiguration": by_key}
        found = succeeded(grader, "SELECT 1", workgroup="primary", ResultConfiguration=wanted)
        key = found["ResultConfiguration"]["OutputLocation"].removeprefix(f"s3://{RESULTS}/")
        assert grader.s3.head_object(Bucket=RESULTS, Key=key)["ServerSideEncryption"] == "aws:kms"
        another = location | {"ExpectedBucketOwner": "111122223333"}
        query = grader.start("SELECT 1", workgroup="primary", ResultConfiguration=another)
        assert "Access denied when writing" in grader.ended(query)["Status"]["StateChangeReason"]
        clients = location | {"EncryptionConfiguration": {**by_key, "EncryptionOption": "CSE_KMS"}}
        with pytest.raises(ClientError, match="CSE_KMS is not available on the local AWS"):
            grader.start("SELECT 1", workgroup="primary", ResultConfiguration=clients)

    def test_a_workgroup_may_be_disabled(self, grader: Grader) -> None:
        grader.athena.create_work_group(Name="off")
        grader.athena.update_work_group(WorkGroup="off", State="DISABLED")
        with pytest.raises(ClientError, match="WorkGroup off is disabled"):
            grader.start("SELECT 1", workgroup="off")

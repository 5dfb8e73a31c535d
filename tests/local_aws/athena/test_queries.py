"""Athena's queries, run over log files that lie in buckets."""

from __future__ import annotations

import json
import re
import sys

import pytest
from botocore.exceptions import ClientError

from cloudtrail.log_files import log_file
from local_aws import LocalAws
from tests.local_aws.athena.grader import (
    ALL,
    DAY,
    LOGS,
    OTHERS,
    PUT,
    RESULTS,
    Grader,
)
from tests.local_aws.delivered import ACCOUNT, history

pytest.importorskip("duckdb")


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

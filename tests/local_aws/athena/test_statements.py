"""Statements that define tables, and statements with parameters."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.athena.grader import (
    ALL,
    LOGS,
    RESULTS,
    Grader,
)
from tests.local_aws.delivered import ACCOUNT

pytest.importorskip("duckdb")


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

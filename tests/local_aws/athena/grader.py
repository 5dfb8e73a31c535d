"""A client that asks Athena about log files in a bucket."""

from __future__ import annotations

import json
from typing import Any

from cloudtrail.log_files import log_file
from local_aws import LocalAws
from tests.local_aws.delivered import ACCOUNT, client
from tests.waiting import until

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

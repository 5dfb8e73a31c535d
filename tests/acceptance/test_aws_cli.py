"""The lab by hand, with the real AWS CLI."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cloudtrail.log_files import parse_log_file_key, read_log_file
from cloudtrail.policies.bucket_policy import delivery_policy
from tests.acceptance.conftest import Server
from tests.local_aws.aws_cli import run_aws, start_aws

ACCOUNT = "123456789012"
TABLES_SELECTOR = [
    {
        "Name": "all tables",
        "FieldSelectors": [
            {"Field": "eventCategory", "Equals": ["Data"]},
            {"Field": "resources.type", "Equals": ["AWS::DynamoDB::Table"]},
        ],
    }
]


class Cli:
    def __init__(self, server: Server) -> None:
        self._environment = server.environment

    def __call__(self, *arguments: str) -> Any:
        """Run `aws ...`, which must succeed; returns its JSON, or its text."""
        result = run_aws(self._environment, *arguments)
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout) if result.stdout.startswith("{") else result.stdout

    def refused(self, *arguments: str) -> str:
        """Start `aws ...`, which must fail; returns what it complains of."""
        result = start_aws(self._environment, *arguments)
        assert result.returncode != 0, result.stdout
        return result.stderr


@pytest.fixture
def cli(server: Server) -> Cli:
    return Cli(server)


def make_trail(cli: Cli, name: str, *options: str) -> str:
    bucket = f"aws-cloudtrail-logs-{name}"
    arn = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/{name}"
    policy = delivery_policy(bucket, "", ACCOUNT, arn)
    cli("s3", "mb", f"s3://{bucket}")
    cli("s3api", "put-bucket-policy", "--bucket", bucket, "--policy", json.dumps(policy))
    created = cli(
        *("cloudtrail", "create-trail", "--name", name, "--s3-bucket-name", bucket),
        *options,
    )
    assert created["TrailARN"] == arn
    return bucket


def events(cli: Cli, bucket: str, folder: Path) -> dict[str, str]:
    """Copy the bucket with `aws s3 cp`; returns event name by the Region folder it lay in."""
    cli("s3", "cp", "--recursive", "--quiet", f"s3://{bucket}", str(folder))
    found = {}
    for path in folder.rglob("*.json.gz"):
        name = parse_log_file_key(str(path.relative_to(folder)))
        assert name
        for record in read_log_file(path.read_bytes()):
            found[record["eventName"]] = name.region
    return found


def test_lab_by_hand(cli: Cli, server: Server, tmp_path: Path) -> None:
    management = make_trail(cli, "student-management-events", "--is-multi-region-trail")
    data = make_trail(cli, "student-data-events")
    cli(
        *("cloudtrail", "put-event-selectors", "--trail-name", "student-data-events"),
        *("--advanced-event-selectors", json.dumps(TABLES_SELECTOR)),
    )
    for name in ("student-management-events", "student-data-events"):
        cli("cloudtrail", "start-logging", "--name", name)
    cli(
        *("dynamodb", "create-table", "--table-name", "Users"),
        *("--attribute-definitions", "AttributeName=id,AttributeType=N"),
        *("--key-schema", "AttributeName=id,KeyType=HASH", "--billing-mode", "PAY_PER_REQUEST"),
    )
    item = '{"id": {"N": "1"}, "Name": {"S": "Ada"}}'
    cli("dynamodb", "put-item", "--table-name", "Users", "--item", item)
    server.deliver()

    seen = events(cli, management, tmp_path / "management")
    assert seen["CreateTable"] == "us-east-1"
    assert "PutItem" not in seen
    assert events(cli, data, tmp_path / "data") == {"PutItem": "us-east-1"}

    attribute = "AttributeKey=EventName,AttributeValue=CreateTable"
    looked_up = cli("cloudtrail", "lookup-events", "--lookup-attributes", attribute)
    (event,) = looked_up["Events"]
    assert event["Resources"] == [{"ResourceType": "AWS::DynamoDB::Table", "ResourceName": "Users"}]


def test_validate_logs(cli: Cli, server: Server) -> None:
    bucket = make_trail(cli, "audit", "--enable-log-file-validation")
    cli("cloudtrail", "start-logging", "--name", "audit")
    cli("dynamodb", "list-tables")
    server.deliver()
    listed = cli("s3", "ls", "--recursive", f"s3://{bucket}").splitlines()
    (log_file,) = (line.split()[-1] for line in listed)
    server.advance(3600)
    arn = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/audit"
    command = (
        *("cloudtrail", "validate-logs", "--trail-arn", arn),
        *("--start-time", "2020-01-01T00:00:00Z", "--end-time", "2099-01-01T00:00:00Z"),
    )
    said = cli(*command)
    assert "1/1 digest files valid" in said
    assert "1/1 log files valid" in said
    cli("s3", "rm", f"s3://{bucket}/{log_file}")
    assert f"{log_file}\tINVALID: not found" in cli.refused(*command)


def test_refusal_is_told_by_its_name(cli: Cli) -> None:
    cli("s3", "mb", "s3://shut")
    said = cli.refused("cloudtrail", "create-trail", "--name", "audit", "--s3-bucket-name", "shut")
    assert "(InsufficientS3BucketPolicyException)" in said
    assert "Incorrect S3 bucket policy is detected for bucket: shut" in said

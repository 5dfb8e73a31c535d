"""trailscraper, a program of others that reads CloudTrail buckets, on a bucket of ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import boto3
import pytest

from bench.trailscraper import NotInstalledError
from bench.trailscraper import packages as trailscraper_with_packages
from cloudtrail.policies.bucket_policy import delivery_policy
from local_aws.__main__ import main
from tests.acceptance.conftest import Server
from tests.waiting import LONG

ACCOUNT = "123456789012"


@pytest.fixture(scope="session")
def packages() -> Path:
    try:
        return trailscraper_with_packages()
    except NotInstalledError as error:
        pytest.skip(str(error))


def trailscraper(packages: Path, server: Server, *arguments: str) -> str:
    result = subprocess.run(
        [sys.executable, "-c", "from trailscraper.cli import root_group; root_group()", *arguments],
        env={**os.environ, **server.environment, "PYTHONPATH": str(packages)},
        capture_output=True,
        text=True,
        timeout=LONG,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_it_downloads_and_selects_what_was_delivered(
    packages: Path, server: Server, tmp_path: Path
) -> None:
    session = boto3.Session("test", "test", region_name="us-east-1")
    s3 = session.client("s3", endpoint_url=server.endpoint_url)
    trails = session.client("cloudtrail", endpoint_url=server.endpoint_url)
    arn = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/audit"
    s3.create_bucket(Bucket="logs")
    policy = delivery_policy("logs", "some/prefix", ACCOUNT, arn)
    s3.put_bucket_policy(Bucket="logs", Policy=json.dumps(policy))
    trails.create_trail(Name="audit", S3BucketName="logs", S3KeyPrefix="some/prefix")
    trails.start_logging(Name="audit")
    session.client("sqs", endpoint_url=server.endpoint_url).create_queue(QueueName="jobs")
    server.deliver()

    folder = str(tmp_path)
    where = ("--bucket", "logs", "--prefix", "some/prefix/", "--log-dir", folder)
    trailscraper(
        packages, server, "download", *where, "--account-id", ACCOUNT, "--region", "us-east-1"
    )
    selected = json.loads(trailscraper(packages, server, "select", "--log-dir", folder))["Records"]
    assert [each["eventName"] for each in selected] == ["CreateQueue"]


def test_it_selects_from_an_exported_session(
    packages: Path, server: Server, tmp_path: Path
) -> None:
    session = boto3.Session("test", "test", region_name="us-east-1")
    session.client("sqs", endpoint_url=server.endpoint_url).create_queue(QueueName="jobs")
    assert main(["export", str(tmp_path), "--endpoint-url", server.endpoint_url]) == 0
    selected = json.loads(trailscraper(packages, server, "select", "--log-dir", str(tmp_path)))
    assert [each["eventName"] for each in selected["Records"]] == ["CreateQueue"]

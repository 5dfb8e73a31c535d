"""sceptre, which deploys a trail and its bucket as two stacks that depend on one another."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.acceptance.conftest import Server
from tests.acceptance.environments import programs
from tests.waiting import LONG

FILES = {
    # It looks at a stack every four seconds.
    "sitecustomize.py": "import time; wait = time.sleep; time.sleep = lambda s: wait(s / 20)",
    "config/config.yaml": "{project_code: audit, region: us-east-1}",
    "config/lab/bucket.yaml": "{template: {path: bucket.yaml}, stack_tags: {team: audit}}",
    "config/lab/trail.yaml": """
template: {path: trail.yaml}
parameters:
  Bucket: !stack_output lab/bucket.yaml::Name
  Global: "true"
""",
    "templates/bucket.yaml": """
Resources:
  Logs: {Type: AWS::S3::Bucket}
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Logs
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: {Service: cloudtrail.amazonaws.com}
            Action: s3:GetBucketAcl
            Resource: !GetAtt Logs.Arn
          - Effect: Allow
            Principal: {Service: cloudtrail.amazonaws.com}
            Action: s3:PutObject
            Resource: !Sub "${Logs.Arn}/AWSLogs/*"
Outputs:
  Name: {Value: !Ref Logs}
""",
    "templates/trail.yaml": """
Parameters:
  Bucket: {Type: String}
  Global: {Type: String, AllowedValues: [true, false]}
Resources:
  Trail:
    Type: AWS::CloudTrail::Trail
    Properties:
      IsLogging: true
      S3BucketName: !Ref Bucket
      IncludeGlobalServiceEvents: !Ref Global
""",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def sceptre(server: Server, project: Path, *arguments: str) -> str:
    run = subprocess.run(
        [programs("sceptre") / "sceptre", *arguments],
        cwd=project,
        env={**os.environ, **server.environment, "PYTHONPATH": str(project)},
        capture_output=True,
        text=True,
        timeout=LONG,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def test_it_launches_changes_and_deletes(server: Server, project: Path) -> None:
    session = boto3.Session("test", "test", region_name="us-east-1")
    trails: Any = session.client("cloudtrail", endpoint_url=server.endpoint_url)
    s3: Any = session.client("s3", endpoint_url=server.endpoint_url)

    sceptre(server, project, "launch", "--yes", "lab")
    (bucket,) = (each["Name"] for each in s3.list_buckets()["Buckets"])
    tags = {each["Key"]: each["Value"] for each in s3.get_bucket_tagging(Bucket=bucket)["TagSet"]}
    assert tags["team"] == "audit"
    assert made_trail(trails)["S3BucketName"] == bucket
    assert made_trail(trails)["IncludeGlobalServiceEvents"]
    assert "No difference to deployed stack" in sceptre(server, project, "diff", "lab/trail.yaml")

    settings = project / "config/lab/trail.yaml"
    text = settings.read_text(encoding="utf-8").replace('"true"', '"false"')
    settings.write_text(text, encoding="utf-8")
    sceptre(server, project, "update", "--yes", "lab/trail.yaml")
    assert not made_trail(trails)["IncludeGlobalServiceEvents"]

    sceptre(server, project, "delete", "--yes", "lab")
    assert s3.list_buckets()["Buckets"] == []
    stacks: Any = session.client("cloudformation", endpoint_url=server.endpoint_url)
    assert stacks.describe_stacks()["Stacks"] == []


def made_trail(trails: Any) -> dict[str, Any]:
    """The one trail that is not the organization's."""
    (trail,) = (
        each for each in trails.describe_trails()["trailList"] if not each["IsOrganizationTrail"]
    )
    found: dict[str, Any] = trail
    return found

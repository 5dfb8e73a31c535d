"""Cloud Custodian: its check of the account's trails, and a policy that runs on a new event."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import boto3
import pytest

from cloudtrail.policies.bucket_policy import delivery_policy
from tests.acceptance.conftest import Server
from tests.acceptance.environments import programs
from tests.waiting import LONG, until

ACCOUNT = "123456789012"
ARN = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/audit"


@pytest.fixture
def clients(server: Server) -> Any:
    session = boto3.Session("test", "test", region_name="us-east-1")
    return lambda service: session.client(service, endpoint_url=server.endpoint_url)


def start_trail(clients: Any, **options: Any) -> None:
    s3, trails = clients("s3"), clients("cloudtrail")
    s3.create_bucket(Bucket="logs")
    policy = delivery_policy("logs", "", ACCOUNT, ARN)
    s3.put_bucket_policy(Bucket="logs", Policy=json.dumps(policy))
    trails.create_trail(Name="audit", S3BucketName="logs", **options)
    trails.start_logging(Name="audit")


def custodian(server: Server, folder: Path, policy: dict[str, Any]) -> list[dict[str, Any]]:
    """Run a policy; returns the resources that it found."""
    written = folder / "policy.yml"
    written.write_text(json.dumps({"policies": [policy]}), encoding="utf-8")
    run = subprocess.run(
        [programs("cloud-custodian") / "custodian", "run", "-s", folder, "policy.yml"],
        cwd=folder,
        env={**os.environ, **server.environment},
        capture_output=True,
        text=True,
        timeout=LONG,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    found = folder / str(policy["name"]) / "resources.json"
    return json.loads(found.read_text(encoding="utf-8")) if found.exists() else []


def test_it_sees_whether_a_trail_is_as_wanted(server: Server, clients: Any, tmp_path: Path) -> None:
    checked = ("multi-region", "running", "file-digest", "include-management-events")
    wanted = {"type": "check-cloudtrail"} | dict.fromkeys(checked, True)
    policy = {"name": "no-trail", "resource": "aws.account", "filters": [wanted]}
    (missed,) = custodian(server, tmp_path, policy)
    assert missed["account_id"] == ACCOUNT
    start_trail(clients, IsMultiRegionTrail=True, EnableLogFileValidation=True)
    assert custodian(server, tmp_path, policy) == []


def test_a_policy_of_mode_cloudtrail_fires(server: Server, clients: Any, tmp_path: Path) -> None:
    """It is a function with a rule; a new bucket is tagged once its event has come there."""
    start_trail(clients)
    role(clients("iam"))
    tag_buckets = {
        "name": "tag-new-buckets",
        "resource": "aws.s3",
        "mode": {
            "type": "cloudtrail",
            "role": f"arn:aws:iam::{ACCOUNT}:role/custodian",
            "events": ["CreateBucket"],
        },
        "actions": [{"type": "tag", "tags": {"seen-by": "custodian"}}],
    }
    custodian(server, tmp_path, tag_buckets)
    clients("s3").create_bucket(Bucket="new-bucket")
    server.deliver()
    assert until(lambda: tags(clients("s3"), "new-bucket")) == {"seen-by": "custodian"}


def role(iam: Any) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}
    trusted = {"Version": "2012-10-17", "Statement": [trust | {"Action": "sts:AssumeRole"}]}
    iam.create_role(RoleName="custodian", AssumeRolePolicyDocument=json.dumps(trusted))
    arn = "arn:aws:iam::aws:policy/AdministratorAccess"
    iam.attach_role_policy(RoleName="custodian", PolicyArn=arn)


def tags(s3: Any, bucket: str) -> dict[str, str]:
    """A bucket's tags; it may have none."""
    try:
        found = s3.get_bucket_tagging(Bucket=bucket)["TagSet"]
    except s3.exceptions.ClientError:
        return {}
    return {each["Key"]: each["Value"] for each in found}

"""The JavaScript SDK v3, in Node."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import boto3

from cloudtrail.policies.bucket_policy import delivery_policy
from tests.acceptance.conftest import ORGANIZATION_TRAIL, Server
from tests.waiting import LONG

ACCOUNT = "123456789012"
ARN = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/from-javascript"
SCRIPT = Path(__file__).with_name("javascript.mjs")
NODE = Path(sys.executable).with_name("node")


def test_life_of_a_trail(server: Server) -> None:
    s3 = boto3.client(
        "s3", "us-east-1", endpoint_url=server.endpoint_url, aws_access_key_id="test",
        aws_secret_access_key="test",
    )  # fmt: skip
    s3.create_bucket(Bucket="logs")
    policy = delivery_policy("logs", "", ACCOUNT, ARN)
    s3.put_bucket_policy(Bucket="logs", Policy=json.dumps(policy))
    result = subprocess.run(
        [NODE, SCRIPT, "logs"],
        env={**os.environ, **server.environment},
        capture_output=True,
        text=True,
        timeout=LONG,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    seen = json.loads(result.stdout)
    agent = seen.pop("userAgent")
    # Event history has the newest first, and the bucket's calls by boto3 at its end.
    assert seen == {
        "arn": ARN,
        "isLogging": True,
        "started": True,
        "readWriteType": "WriteOnly",
        "trails": ["from-javascript", ORGANIZATION_TRAIL],
        "keyBytes": 270,
        "events": [
            *("ListPublicKeys", "DescribeTrails", "GetEventSelectors", "GetTrailStatus"),
            *("StartLogging", "PutEventSelectors", "CreateTrail"),
            *("PutBucketPolicy", "CreateBucket"),
        ],
        "refusal": {
            "known": True,
            "message": "Unknown trail: "
            f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/no-such-trail for the user: {ACCOUNT}",
        },
    }
    assert "Boto3" in agent

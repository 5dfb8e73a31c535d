"""What the local AWS changes in moto is undone when it stops, and only that is changed."""

from __future__ import annotations

import subprocess
import sys

from local_aws import LocalAws
from tests.local_aws.delivered import client

_COMPARE = """
import sys
import moto.backends, moto.core.responses, moto.s3.models
import moto.cloudtrail.models, moto.cloudtrail.urls
from moto.core.responses import BaseResponse
from moto.moto_api._internal.models import MotoAPIBackend
from moto.sts.models import AssumedRole, STSBackend
from local_aws import LocalAws

def state():
    return [
        moto.backends.get_backend,
        moto.backends.list_of_moto_modules,
        moto.core.responses.method_names_from_class,
        moto.cloudtrail.urls.url_paths,
        moto.cloudtrail.models.cloudtrail_backends,
        moto.s3.models.FakeBucket.get_permission,
        STSBackend.get_caller_identity,
        AssumedRole.user_id,
        BaseResponse.get_access_key,
        MotoAPIBackend.reset,
    ]

before = state()
with LocalAws() as aws:
    aws.client("s3").list_buckets()
    aws.client("cloudformation").list_stacks()
    aws.client("cloudtrail").list_trails()
    print(sum(one is not other for one, other in zip(before, state())))
print([one for one, other in zip(before, state()) if one is not other])
"""

_MOCK_AFTERWARDS = """
import boto3
from moto import mock_aws
from local_aws import LocalAws

with LocalAws() as aws:
    aws.client("s3").create_bucket(Bucket="lab-bucket")
    aws.client("cloudtrail").list_trails()

session = boto3.Session("test", "test", region_name="us-east-1")
with mock_aws():
    s3, trails, sts = (session.client(name) for name in ("s3", "cloudtrail", "sts"))
    print(s3.list_buckets()["Buckets"])
    s3.create_bucket(Bucket="lab-bucket")
    trails.create_trail(Name="lab", S3BucketName="lab-bucket")
    print([trail["Name"] for trail in trails.list_trails()["Trails"]])
    print(sts.get_caller_identity()["Arn"])
"""


def _printed(script: str) -> list[str]:
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=120
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.splitlines()


def test_every_change_is_undone_when_it_stops() -> None:
    changed, left = _printed(_COMPARE)
    assert int(changed) == 10
    assert left == "[]"


def test_motos_own_mocks_work_afterwards_as_they_always_do() -> None:
    assert _printed(_MOCK_AFTERWARDS) == [
        "[]",
        "['lab']",
        "arn:aws:sts::123456789012:user/moto",
    ]


def test_a_dummy_key_is_told_that_it_is_the_root_user(aws: LocalAws) -> None:
    told = client(aws, "sts").get_caller_identity()
    assert told["Arn"] == "arn:aws:iam::123456789012:root"
    assert told["UserId"] == told["Account"] == "123456789012"

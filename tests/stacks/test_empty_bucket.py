"""The Lambda function with moto's S3, AWS's own `cfnresponse` and an HTTP server that listens."""

from __future__ import annotations

import copy
import importlib
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from types import ModuleType, SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.s3.models import s3_backends
from moto.utilities.utils import load_resource_as_str
from mypy_boto3_s3 import S3Client
from mypy_boto3_s3.type_defs import TagTypeDef

BUCKET = "aws-cloudtrail-logs-data-events-123456789012-lab"
OLD_BUCKET = "aws-cloudtrail-logs-data-events-123456789012-old"
LOCKED_BUCKET = "aws-cloudtrail-logs-data-events-123456789012-locked"


@pytest.fixture(scope="module")
def function() -> Iterator[ModuleType]:
    """The function's module, with the `cfnresponse` that Lambda gives to inline code."""
    cfnresponse = ModuleType("cfnresponse")
    exec(load_resource_as_str("awslambda/resources/cfnresponse.py.txt"), cfnresponse.__dict__)
    sys.modules["cfnresponse"] = cfnresponse
    yield importlib.import_module("stacks.empty_bucket")
    cfnresponse.http.clear()
    del sys.modules["cfnresponse"], sys.modules["stacks.empty_bucket"]


@dataclass
class CloudFormation:
    """The end of CloudFormation that a custom resource answers to."""

    url: str
    answers: list[dict[str, Any]] = field(default_factory=list)

    def event(self, request_type: str, bucket: str, physical_id: str = BUCKET) -> dict[str, Any]:
        named = {} if request_type == "Create" else {"PhysicalResourceId": physical_id}
        return {
            "RequestType": request_type,
            "ResponseURL": self.url,
            "StackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/student-data-events/1",
            "RequestId": "6f3c7f6c-5d43-4a4e-9d0a-7f6c3f0f7f52",
            "LogicalResourceId": "EmptyBucket",
            "ResourceType": "Custom::EmptyBucket",
            "ResourceProperties": {"ServiceToken": "arn", "BucketName": bucket},
            **named,
        }


@pytest.fixture
def cloudformation() -> Iterator[CloudFormation]:
    class Answered(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            told.answers.append(json.loads(body))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing: the test reads the answers."""

    with HTTPServer(("127.0.0.1", 0), Answered) as server:
        told = CloudFormation(f"http://127.0.0.1:{server.server_port}/answer")
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield told
        server.shutdown()
        thread.join()


@pytest.fixture
def s3(only_moto: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Client]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with mock_aws():
        yield boto3.client("s3")


def make_bucket(s3: S3Client, name: str = BUCKET, *, marked: bool = True) -> None:
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=name == LOCKED_BUCKET)
    if marked:
        tags: list[TagTypeDef] = [
            {"Key": "Project", "Value": "cloudtrail-lab"},
            {"Key": "EmptyOnDelete", "Value": "true"},
        ]
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags})


def put(s3: S3Client, count: int, bucket: str = BUCKET) -> None:
    for number in range(count):
        s3.put_object(Bucket=bucket, Key=f"AWSLogs/{number}.json.gz", Body=b"{}")


def keys(s3: S3Client, bucket: str = BUCKET) -> list[str]:
    return [found["Key"] for found in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]


def run(function: ModuleType, event: dict[str, Any], milliseconds: int = 900_000) -> None:
    context = SimpleNamespace(
        log_stream_name="2026/11/22/[$LATEST]1",
        get_remaining_time_in_millis=lambda: milliseconds,
    )
    function.handler(event, context)


def test_delete_empties_the_bucket_and_says_so(
    function: ModuleType, cloudformation: CloudFormation, s3: S3Client
) -> None:
    make_bucket(s3)
    put(s3, 3)
    run(function, cloudformation.event("Delete", BUCKET))
    s3.delete_bucket(Bucket=BUCKET)
    (answer,) = cloudformation.answers
    assert answer["Status"] == "SUCCESS"
    assert answer["PhysicalResourceId"] == BUCKET
    assert answer["LogicalResourceId"] == "EmptyBucket"


def test_delete_takes_all_versions_and_delete_markers(
    function: ModuleType, cloudformation: CloudFormation, s3: S3Client
) -> None:
    make_bucket(s3)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    put(s3, 2)
    put(s3, 2)
    s3.delete_object(Bucket=BUCKET, Key="AWSLogs/0.json.gz")
    run(function, cloudformation.event("Delete", BUCKET))
    left = s3.list_object_versions(Bucket=BUCKET)
    assert "Versions" not in left
    assert "DeleteMarkers" not in left


def test_delete_takes_more_than_one_listing_holds(
    function: ModuleType, cloudformation: CloudFormation, s3: S3Client
) -> None:
    make_bucket(s3)
    put(s3, 1)
    stored = s3_backends["123456789012"]["aws"].buckets[BUCKET].keys
    (first,) = stored.values()
    for number in range(1000):
        key = f"another-{number}"
        stored[key] = copy.copy(first)
        stored[key].name = key
    run(function, cloudformation.event("Delete", BUCKET))
    assert keys(s3) == []


def test_delete_again_is_harmless(
    function: ModuleType, cloudformation: CloudFormation, s3: S3Client
) -> None:
    make_bucket(s3)
    put(s3, 1)
    for _ in range(2):
        run(function, cloudformation.event("Delete", BUCKET))
    assert [answer["Status"] for answer in cloudformation.answers] == ["SUCCESS", "SUCCESS"]


def test_delete_of_a_bucket_that_is_gone_succeeds(
    function: ModuleType, cloudformation: CloudFormation, s3: S3Client
) -> None:
    run(function, cloudformation.event("Delete", BUCKET))
    assert cloudformation.answers[0]["Status"] == "SUCCESS"


@pytest.mark.parametrize("request_type", ["Create", "Update"])
def test_nothing_is_deleted_on(
    function: ModuleType, cloudformation: CloudFormation, s3: S3Client, request_type: str
) -> None:
    make_bucket(s3)
    put(s3, 1)
    run(function, cloudformation.event(request_type, BUCKET))
    assert keys(s3) == ["AWSLogs/0.json.gz"]
    assert cloudformation.answers[0]["Status"] == "SUCCESS"


def test_a_bucket_that_is_retained_now_keeps_its_log_files(
    function: ModuleType, cloudformation: CloudFormation, s3: S3Client
) -> None:
    make_bucket(s3, marked=False)
    put(s3, 1)
    run(function, cloudformation.event("Delete", BUCKET))
    assert keys(s3) == ["AWSLogs/0.json.gz"]
    assert cloudformation.answers[0]["Status"] == "SUCCESS"


def test_a_changed_bucket_is_a_new_resource_so_that_the_old_one_is_emptied(
    function: ModuleType, cloudformation: CloudFormation, s3: S3Client
) -> None:
    make_bucket(s3, OLD_BUCKET)
    put(s3, 1, OLD_BUCKET)
    run(function, cloudformation.event("Update", BUCKET, physical_id=OLD_BUCKET))
    run(function, cloudformation.event("Delete", OLD_BUCKET, physical_id=OLD_BUCKET))
    assert [answer["PhysicalResourceId"] for answer in cloudformation.answers] == [
        BUCKET,
        OLD_BUCKET,
    ]
    assert keys(s3, OLD_BUCKET) == []


def test_deleting_a_resource_that_was_never_made_touches_no_bucket(
    function: ModuleType, cloudformation: CloudFormation, s3: S3Client
) -> None:
    make_bucket(s3)
    put(s3, 1)
    made_up = "student-data-events-EmptyBucket-1KX2J3"
    run(function, cloudformation.event("Delete", BUCKET, physical_id=made_up))
    assert keys(s3) == ["AWSLogs/0.json.gz"]
    assert cloudformation.answers[0]["Status"] == "SUCCESS"
    assert cloudformation.answers[0]["PhysicalResourceId"] == made_up


def test_running_out_of_time_is_answered_with_what_to_do(
    function: ModuleType, cloudformation: CloudFormation, s3: S3Client
) -> None:
    make_bucket(s3)
    put(s3, 1)
    run(function, cloudformation.event("Delete", BUCKET), milliseconds=29_000)
    (answer,) = cloudformation.answers
    assert answer["Status"] == "FAILED"
    assert answer["Reason"].endswith("too many objects for one run, delete the stack again")


def test_an_object_that_s3_keeps_is_answered_with_its_key_and_why(
    function: ModuleType, cloudformation: CloudFormation, s3: S3Client
) -> None:
    make_bucket(s3, LOCKED_BUCKET)
    put(s3, 1, LOCKED_BUCKET)
    s3.put_object_legal_hold(
        Bucket=LOCKED_BUCKET, Key="AWSLogs/0.json.gz", LegalHold={"Status": "ON"}
    )
    run(function, cloudformation.event("Delete", LOCKED_BUCKET, physical_id=LOCKED_BUCKET))
    (answer,) = cloudformation.answers
    assert answer["Status"] == "FAILED"
    assert "AWSLogs/0.json.gz: AccessDenied" in answer["Reason"]


def test_a_refused_call_is_answered_with_its_reason(
    function: ModuleType,
    cloudformation: CloudFormation,
    s3: S3Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_bucket(s3)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    run(function, cloudformation.event("Delete", BUCKET))
    (answer,) = cloudformation.answers
    assert answer["Status"] == "FAILED"
    assert answer["Reason"].startswith(f"{BUCKET} was not emptied: Unable to locate credentials")


def test_even_an_error_nobody_foresaw_is_answered(
    function: ModuleType, cloudformation: CloudFormation, s3: S3Client
) -> None:
    make_bucket(s3)
    put(s3, 1)
    context = SimpleNamespace(log_stream_name="1")  # not what Lambda passes
    with pytest.raises(AttributeError):
        function.handler(cloudformation.event("Delete", BUCKET), context)
    (answer,) = cloudformation.answers
    assert answer["Status"] == "FAILED"
    assert answer["Reason"] == f"{BUCKET} was not emptied: unexpected error"

"""Operations of S3 that moto takes for others: refused, and nothing is made or deleted."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local_aws import LocalAws
from tests.local_aws.delivered import client, history
from tests.local_aws.wire import Wire, send

ID = {"Id": "x"}
METRICS = {**ID, "MetricsConfiguration": ID}
TIERING = {
    **ID,
    "IntelligentTieringConfiguration": {
        **ID,
        "Status": "Enabled",
        "Tierings": [{"Days": 90, "AccessTier": "ARCHIVE_ACCESS"}],
    },
}
PAYER = {"RequestPaymentConfiguration": {"Payer": "Requester"}}
ABAC = {"AbacStatus": {"Status": "Enabled"}}


@pytest.fixture
def s3(aws: LocalAws) -> Any:
    s3 = client(aws, "s3")
    s3.create_bucket(Bucket="photos")
    s3.put_object(Bucket="photos", Key="cat", Body=b"cat")
    return s3


def refusal(s3: Any, method: str, bucket: str, given: dict[str, Any]) -> tuple[str, int]:
    with pytest.raises(ClientError) as refused:
        getattr(s3, method)(Bucket=bucket, **given)
    answer = refused.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]


@pytest.mark.parametrize(
    ("method", "given"),
    [
        ("put_bucket_metrics_configuration", METRICS),
        ("put_bucket_intelligent_tiering_configuration", TIERING),
        ("put_bucket_request_payment", PAYER),
        ("put_bucket_abac", ABAC),
        ("delete_bucket_metrics_configuration", ID),
        ("delete_bucket_analytics_configuration", ID),
        ("delete_bucket_inventory_configuration", ID),
        ("delete_bucket_metadata_table_configuration", {}),
    ],
)
def test_a_bucket_is_neither_made_nor_deleted(s3: Any, method: str, given: dict[str, Any]) -> None:
    assert refusal(s3, method, "missing", given) == ("NoSuchBucket", 404)
    assert refusal(s3, method, "photos", given) == ("NotImplemented", 501)
    assert [each["Name"] for each in s3.list_buckets()["Buckets"]] == ["photos"]


@pytest.mark.parametrize("kind", ["analytics", "intelligent_tiering", "metrics"])
def test_a_configuration_that_nobody_can_put_is_not_there(s3: Any, kind: str) -> None:
    read = f"get_bucket_{kind}_configuration"
    assert refusal(s3, read, "photos", ID) == ("NoSuchConfiguration", 404)


@pytest.mark.parametrize(
    ("method", "given"),
    [
        ("rename_object", {"RenameSource": "cat"}),
        ("get_object_retention", {}),
        ("get_object_torrent", {}),
    ],
)
def test_an_object_is_left_alone(s3: Any, method: str, given: dict[str, Any]) -> None:
    assert refusal(s3, method, "photos", {"Key": "cat", **given}) == ("NotImplemented", 501)
    assert s3.get_object(Bucket="photos", Key="cat")["Body"].read() == b"cat"


def test_who_may_not_is_told_so_and_recorded(aws: LocalAws, s3: Any) -> None:
    iam = client(aws, "iam")
    iam.create_user(UserName="alice")
    key = iam.create_access_key(UserName="alice")["AccessKey"]
    alice = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name="us-east-1")
    hers = alice.client(
        "s3", endpoint_url=aws.endpoint_url, config=Config(retries={"total_max_attempts": 1})
    )
    send(aws.endpoint_url, Wire("POST", "/moto-api/reset-auth", body=b"0"))
    denied = refusal(hers, "put_bucket_metrics_configuration", "photos", METRICS)
    send(aws.endpoint_url, Wire("POST", "/moto-api/reset-auth", body=b"inf"))
    assert denied == ("AccessDenied", 403)
    record = next(e for e in history(aws) if e["eventName"] == "PutBucketMetricsConfiguration")
    assert record["errorCode"] == "AccessDenied"

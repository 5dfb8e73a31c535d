"""Bucket policies: what their conditions mean for a client of this endpoint."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws import LocalAws
from local_aws.moto_changes.bucket_policies import applicable_statements

ONLY_TLS = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": ["arn:aws:s3:::files", "arn:aws:s3:::files/*"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


def put(aws: LocalAws, statement: dict[str, Any]) -> Any:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="files")
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    s3.put_object(Bucket="files", Key="key", Body=b"old")
    s3.put_bucket_policy(Bucket="files", Policy=json.dumps(policy))
    return s3


def test_loopback_counts_as_secure_transport(aws: LocalAws) -> None:
    s3 = put(aws, ONLY_TLS)
    s3.put_object(Bucket="files", Key="key", Body=b"new")
    assert s3.get_object(Bucket="files", Key="key")["Body"].read() == b"new"


def test_a_denial_of_secure_transport_denies(aws: LocalAws) -> None:
    s3 = put(aws, {**ONLY_TLS, "Condition": {"Bool": {"aws:SecureTransport": "true"}}})
    with pytest.raises(ClientError, match="403"):
        s3.put_object(Bucket="files", Key="key", Body=b"new")


def test_a_denial_without_condition_denies(aws: LocalAws) -> None:
    statement = {key: value for key, value in ONLY_TLS.items() if key != "Condition"}
    s3 = put(aws, statement)
    with pytest.raises(ClientError, match="403"):
        s3.get_object(Bucket="files", Key="key")


def test_leave_for_cloudtrail_alone_does_not_keep_the_owner_out(aws: LocalAws) -> None:
    s3 = put(
        aws,
        {
            "Effect": "Allow",
            "Principal": {"Service": "cloudtrail.amazonaws.com"},
            "Action": "s3:PutObject",
            "Resource": "arn:aws:s3:::files/*",
            "Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}},
        },
    )
    assert s3.put_object(Bucket="files", Key="key", Body=b"new")


def test_a_condition_on_what_moto_does_not_know_leaves_the_statement_out() -> None:
    unknown = {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}
    assert applicable_statements({"Statement": {**ONLY_TLS, "Condition": unknown}}) == []


def test_null_of_a_known_key_does_not_hold() -> None:
    absent = {"Null": {"aws:SecureTransport": "true"}}
    assert applicable_statements({"Statement": [{**ONLY_TLS, "Condition": absent}]}) == []

"""The public buckets of policy templates that `aws cloudtrail create-subscription` reads.

CloudTrail has one in every Region, `awscloudtrail-policy-REGION`; the aws CLI fills in what stands
in angle brackets and puts the result on a bucket or topic (awscli, customizations/cloudtrail).
"""

from __future__ import annotations

import json
import re
from typing import Any

OWNER = "086441151436"
"""CloudTrail's own account in us-east-1 (UG/receive-cloudtrail-log-files-from-multiple-regions)."""

_NAME = re.compile(r"awscloudtrail-policy-([a-z]{2}(?:-[a-z]+)+-\d)")
_PRINCIPAL = {"Service": "cloudtrail.amazonaws.com"}


def provide(name: str | None) -> None:
    """Make the bucket of this name, if it is one of CloudTrail's and does not exist yet."""
    from moto.s3.models import s3_backends

    found = _NAME.fullmatch(name or "")
    if found is None or name in s3_backends.bucket_accounts:
        return
    backend = s3_backends[OWNER]["aws"]
    bucket = backend.create_bucket(found[0], found[1])
    bucket.policy = json.dumps(
        _policy(_allow("Read", "*", "s3:GetObject", f"arn:aws:s3:::{name}/*"))
    ).encode()
    for key, policy in _TEMPLATES.items():
        backend.put_object(found[0], key, json.dumps(policy, indent=2).encode())


def _policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _allow(sid: str, principal: object, action: str, resource: str) -> dict[str, Any]:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": principal,
        "Action": action,
        "Resource": resource,
    }


_TEMPLATES = {
    "policy/S3/AWSCloudTrail-S3BucketPolicy-2014-12-17.json": _policy(
        _allow(
            "AWSCloudTrailAclCheck20131101",
            _PRINCIPAL,
            "s3:GetBucketAcl",
            "arn:aws:s3:::<BucketName>",
        ),
        _allow(
            "AWSCloudTrailWrite20131101",
            _PRINCIPAL,
            "s3:PutObject",
            "arn:aws:s3:::<BucketName>/<Prefix>/AWSLogs/<CustomerAccountID>/*",
        )
        | {"Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}},
    ),
    "policy/SNS/AWSCloudTrail-SnsTopicPolicy-2014-12-17.json": _policy(
        _allow(
            "AWSCloudTrailSNSPolicy20131101",
            _PRINCIPAL,
            "SNS:Publish",
            "arn:aws:sns:<Region>:<SNSTopicOwnerAccountId>:<SNSTopicName>",
        )
    ),
}

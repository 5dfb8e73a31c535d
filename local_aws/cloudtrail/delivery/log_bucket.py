"""Puts files into a trail's bucket as CloudTrail does: with calls that the policy must allow."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from cloudtrail.records.calls import Call
from cloudtrail.records.identity import AwsService
from cloudtrail.trails import Trail
from local_aws.cloudtrail.delivery import destinations
from local_aws.cloudtrail.delivery.outbox import HandOn
from local_aws.cloudtrail.exceptions import CloudTrailError
from local_aws.consumers.bucket_notifications import by_cloudtrail, notify
from local_aws.recording.requests import s3_ids

CLOUDTRAIL = AwsService("cloudtrail.amazonaws.com")
GIVE_UP = timedelta(days=30)
"""How long CloudTrail retries (UG, note on a misconfigured bucket)."""

JSON_GZIP = {"content-type": "application/json", "content-encoding": "gzip"}


_S3_ERRORS = {
    "S3BucketDoesNotExistException": "NoSuchBucket",
    "InsufficientS3BucketPolicyException": "AccessDenied",
    "InsufficientEncryptionPolicyException": "AccessDenied",
    "KmsKeyNotFoundException": "KMS.NotFoundException",
    "KmsException": "KMS.DisabledException",
}


def s3_error(error: Exception) -> str:
    """S3's error code for what `put_file` raised, as GetTrailStatus shows it."""
    code = error.code if isinstance(error, CloudTrailError) else ""
    return _S3_ERRORS.get(code, "InternalError")


def put_file(
    trail: Trail,
    key: str,
    content: bytes,
    hand_on: HandOn,
    *,
    encrypt: bool = True,
    metadata: Mapping[str, str] | None = None,
) -> list[Call]:
    """Put a file and return the calls that CloudTrail made for it.

    `hand_on` gets the bucket's own notifications. Log files of a trail with a KMS key are encrypted
    with it; `encrypt=False` is for digest files, which never are. Raises S3BucketDoesNotExist,
    InsufficientS3BucketPolicy and, for the key, KmsKeyNotFound, Kms and
    InsufficientEncryptionPolicy.
    """
    s3 = destinations.check_bucket(trail)
    bucket = s3.get_bucket(trail.bucket)
    if encrypt:
        destinations.check_encryption(trail)
    key_id = trail.kms_key_id if encrypt else None
    stored = s3.put_object(
        trail.bucket,
        key,
        content,
        encryption="aws:kms" if key_id else "AES256",
        kms_key_id=key_id,
        disable_notification=True,
    )
    signed = {f"x-amz-meta-{name}": value for name, value in (metadata or {}).items()}
    stored.set_metadata({**JSON_GZIP, **signed}, replace=True)
    ids = s3_ids({})
    if bucket.notification_configuration is not None:
        notify("s3:ObjectCreated:Put", bucket, stored, by_cloudtrail(s3.account_id, *ids), hand_on)
    acl = _call(trail, s3.account_id, "GetBucketAcl", query={"acl": ""})
    put = _call(
        trail,
        s3.account_id,
        "PutObject",
        Key=key,
        headers={"x-amz-acl": "bucket-owner-full-control", **_encryption(trail, key_id)},
        response_headers=_encryption(trail, key_id),
        body=content,
        ids=ids,
    )
    return [acl, put]


def _encryption(trail: Trail, key_id: str | None) -> dict[str, str]:
    prefix = "x-amz-server-side-encryption"
    if key_id is None:
        return {prefix: "AES256"}
    context = base64.b64encode(json.dumps({"aws:cloudtrail:arn": trail.arn}).encode()).decode()
    return {
        prefix: "aws:kms",
        f"{prefix}-aws-kms-key-id": key_id,
        f"{prefix}-context": context,
    }


def _call(
    trail: Trail,
    owner: str,
    operation: str,
    *,
    Key: str | None = None,  # noqa: N803
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    response_headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    ids: tuple[str, str] | None = None,
) -> Call:
    request_id, extended_id = ids or s3_ids({})
    parameters = {"Bucket": trail.bucket} | ({"Key": Key} if Key else {})
    return Call(
        time=datetime.now(UTC),
        service="s3",
        operation=operation,
        region=trail.home_region,
        account_id=owner,
        identity=CLOUDTRAIL,
        source_ip_address=CLOUDTRAIL.invoked_by,
        user_agent=CLOUDTRAIL.invoked_by,
        request_id=request_id,
        event_id=str(uuid.uuid4()),
        parameters=parameters,
        headers=headers or {},
        query=query or {},
        body=body,
        response_headers={"x-amz-id-2": extended_id, **(response_headers or {})},
        shared_event_id=str(uuid.uuid4()),
    )

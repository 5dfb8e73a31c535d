"""The bucket policy that CloudTrail needs to deliver log files.

Source: UG/create-s3-bucket-policy-for-cloudtrail. `aws:SourceArn` is best practice, not required.
"""

from __future__ import annotations

import json
from typing import Any

from cloudtrail.partitions import arn_parts
from cloudtrail.policies.evaluation import AccessRequest, Permission, evaluate, service_context

PRINCIPAL = "cloudtrail.amazonaws.com"


def delivery_policy(
    bucket: str,
    prefix: str,
    account_id: str,
    trail_arn: str,
    organization_id: str | None = None,
) -> dict[str, Any]:
    """The policy of the user guide for one trail, with its members if it is an organization's."""
    bucket_arn = f"arn:{arn_parts(trail_arn).partition}:s3:::{bucket}"
    accounts = [(account_id, "AWSCloudTrailWrite20150319")]
    if organization_id:
        accounts.append((organization_id, "AWSCloudTrailOrganizationWrite20150319"))
    return {
        "Version": "2012-10-17",
        "Statement": [
            _statement(
                "AWSCloudTrailAclCheck20150319",
                "s3:GetBucketAcl",
                bucket_arn,
                {"aws:SourceArn": trail_arn},
            ),
            *(
                _statement(
                    sid,
                    "s3:PutObject",
                    f"{bucket_arn}/{_folder(prefix, owner)}*",
                    {"s3:x-amz-acl": "bucket-owner-full-control", "aws:SourceArn": trail_arn},
                )
                for owner, sid in accounts
            ),
        ],
    }


def _statement(sid: str, action: str, resource: str, equals: dict[str, str]) -> dict[str, Any]:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Service": PRINCIPAL},
        "Action": action,
        "Resource": resource,
        "Condition": {"StringEquals": equals},
    }


def _folder(prefix: str, owner: str) -> str:
    """`[prefix/]AWSLogs/<account or organization>/`."""
    return f"{prefix}/AWSLogs/{owner}/" if prefix else f"AWSLogs/{owner}/"


def permits_delivery(
    policy: object,
    *,
    bucket: str,
    prefix: str,
    account_id: str,
    trail_arn: str,
    organization_id: str | None = None,
    kms_key_id: str | None = None,
) -> Permission:
    """Whether CloudTrail may deliver this trail's files to `bucket` under `policy`.

    `policy` is the parsed document, None if the bucket has none. The reason of a refusal says what
    is in the way and shows a statement that would permit it.
    """
    needed = delivery_policy(bucket, prefix, account_id, trail_arn, organization_id)["Statement"]
    context = service_context(
        PRINCIPAL,
        source_arn=trail_arn,
        source_account=account_id,
        organization_id=organization_id,
    )
    for statement in needed:
        if statement["Action"] == "s3:GetBucketAcl":
            request = AccessRequest(PRINCIPAL, statement["Action"], statement["Resource"], context)
        else:
            # One file stands for all in the folder: policies do not distinguish them in practice.
            resource = statement["Resource"].removesuffix("*") + "CloudTrail/log-file.json.gz"
            request = _put_request(resource, context, kms_key_id)
        answer = evaluate(policy, request)
        if not answer.permitted:
            return Permission(
                False,
                f"CloudTrail may not deliver to bucket {bucket}: {answer.reason}. "
                f"The bucket policy should have the statement {json.dumps(statement)}",
            )
    return Permission(True, f"the policy of bucket {bucket} lets CloudTrail deliver")


def _put_request(resource: str, context: dict[str, str], kms_key_id: str | None) -> AccessRequest:
    """CloudTrail's PutObject: the bucket's owner gets full control, a trail's key encrypts.

    Without a KMS key it requests S3's own encryption (real records have the header).
    """
    headers = {
        "s3:x-amz-acl": "bucket-owner-full-control",
        "s3:x-amz-server-side-encryption": "AES256",
    }
    if kms_key_id:
        headers["s3:x-amz-server-side-encryption"] = "aws:kms"
        headers["s3:x-amz-server-side-encryption-aws-kms-key-id"] = kms_key_id
    return AccessRequest(PRINCIPAL, "s3:PutObject", resource, context | headers)

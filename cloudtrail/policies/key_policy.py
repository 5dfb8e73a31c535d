"""The key policy that CloudTrail needs to encrypt log files with a KMS key.

Source: UG/create-kms-key-policy-for-cloudtrail.
"""

from __future__ import annotations

import json
from typing import Any

from cloudtrail.partitions import arn_parts, root_arn
from cloudtrail.policies.evaluation import AccessRequest, Permission, evaluate, service_context

PRINCIPAL = "cloudtrail.amazonaws.com"


def encryption_policy(key_arn: str, account_id: str, trail_arn: str) -> dict[str, Any]:
    """The policy of the user guide for one trail, and the key's own account."""
    key = arn_parts(key_arn)
    trails = f"arn:{key.partition}:cloudtrail:*:{account_id}:trail/*"
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Allow CloudTrail to encrypt logs",
                "Effect": "Allow",
                "Principal": {"Service": PRINCIPAL},
                "Action": "kms:GenerateDataKey*",
                "Resource": key_arn,
                "Condition": {
                    "StringEquals": {"aws:SourceArn": trail_arn},
                    "StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": trails},
                },
            },
            {
                "Sid": "Enable IAM User Permissions",
                "Effect": "Allow",
                "Principal": {"AWS": root_arn(key.partition, key.account_id)},
                "Action": "kms:*",
                "Resource": "*",
            },
        ],
    }


def permits_encryption(
    policy: object, *, key_arn: str, account_id: str, trail_arn: str
) -> Permission:
    """Whether CloudTrail may encrypt with the key; a refusal shows a statement that would permit
    it."""
    context = service_context(PRINCIPAL, source_arn=trail_arn, source_account=account_id)
    context["kms:encryptioncontext:aws:cloudtrail:arn"] = trail_arn
    answer = evaluate(policy, AccessRequest(PRINCIPAL, "kms:GenerateDataKey", key_arn, context))
    if answer.permitted:
        return answer
    statement = encryption_policy(key_arn, account_id, trail_arn)["Statement"][0]
    return Permission(
        False,
        f"CloudTrail may not encrypt with {key_arn}: {answer.reason}. "
        f"The key policy should have the statement {json.dumps(statement)}",
    )

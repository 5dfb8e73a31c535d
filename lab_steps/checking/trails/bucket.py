"""A trail's bucket: whether CloudTrail can deliver to it."""

from __future__ import annotations

import json
from typing import Any

from cloudtrail.policies.bucket_policy import permits_delivery
from cloudtrail.trails import Trail
from lab_steps.checking.finding import ApiAnswer
from lab_steps.checking.view import View, answered, error_code


def exists(view: View, name: str) -> bool:
    """Whether there is a bucket called `name`: GetBucketPolicy says so, too."""
    try:
        policy(view, name)
    except Exception as error:
        if error_code(error) != "NoSuchBucket":
            raise
        return False
    return True


def delivery_problem(view: View, trail: Trail) -> str | None:
    """Why CloudTrail cannot deliver `trail`'s files to its bucket; None when it can."""
    if not exists(view, trail.bucket):
        return f"There is no bucket {trail.bucket}."
    permission = permits_delivery(
        policy(view, trail.bucket),
        bucket=trail.bucket,
        prefix=trail.prefix,
        account_id=trail.account_id,
        trail_arn=trail.arn,
    )
    return None if permission.permitted else permission.reason


def policy(view: View, name: str) -> dict[str, Any] | None:
    """The bucket's policy document; None when it has none."""
    try:
        document: dict[str, Any] = json.loads(view.ask("s3:GetBucketPolicy", Bucket=name)["Policy"])
    except Exception as error:
        if error_code(error) == "NoSuchBucketPolicy":
            return None
        raise
    return document


def evidence(view: View, name: str) -> ApiAnswer:
    """The statements of the bucket's policy."""
    statements = (policy(view, name) or {}).get("Statement", [])
    sids = [each.get("Sid", each.get("Effect")) for each in statements]
    return answered("s3:GetBucketPolicy", Bucket=name, Statements=sids)

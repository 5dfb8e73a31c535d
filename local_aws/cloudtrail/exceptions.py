"""CloudTrail's errors, with the names of its API reference."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from moto.core.exceptions import ServiceException

from cloudtrail.partitions import PARTITION

_ARN = re.compile(rf"arn:{PARTITION}:([a-z0-9-]+):[a-z0-9-]*:\d{{0,12}}:([a-z-]+)?[/:]?(.+)")
_LAKE_ID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


class CloudTrailError(ServiceException):
    """An error of the CloudTrail API: `code` is the exception's name in the API reference."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)


def trail_not_found(trail_arn: str, account_id: str) -> CloudTrailError:
    """No trail of that name or ARN can be seen from the account and Region."""
    return CloudTrailError(
        "TrailNotFoundException", f"Unknown trail: {trail_arn} for the user: {account_id}"
    )


def trail_already_exists(name: str, account_id: str) -> CloudTrailError:
    return CloudTrailError(
        "TrailAlreadyExistsException", f"Trail {name} already exists for customer: {account_id}"
    )


def too_many_trails(account_id: str, limit: int, region: str) -> CloudTrailError:
    """The Region has as many trails as it may, shadow trails included."""
    return CloudTrailError(
        "MaximumNumberOfTrailsExceededException",
        f"User: {account_id} already has {limit} trails in {region}.",
    )


def bucket_does_not_exist(bucket: str) -> CloudTrailError:
    return CloudTrailError("S3BucketDoesNotExistException", f"S3 bucket {bucket} does not exist!")


def insufficient_bucket_policy(bucket: str) -> CloudTrailError:
    return CloudTrailError(
        "InsufficientS3BucketPolicyException",
        f"Incorrect S3 bucket policy is detected for bucket: {bucket}",
    )


def invalid_home_region(trail_name: str, region: str, home_region: str) -> CloudTrailError:
    """Someone tried to change a multi-Region trail outside its home Region."""
    return CloudTrailError(
        "InvalidHomeRegionException",
        f"Trail {trail_name} can be changed only in its home Region {home_region}, "
        f"and the request went to {region}.",
    )


def not_organization_master_account(trail_arn: str, account_id: str) -> CloudTrailError:
    """A member account tried to change its organization's trail."""
    return CloudTrailError(
        "NotOrganizationMasterAccountException",
        f"Account {account_id} is not the management account of the organization and cannot "
        f"change the organization trail {trail_arn}.",
    )


def insight_not_enabled(trail_name: str) -> CloudTrailError:
    return CloudTrailError(
        "InsightNotEnabledException",
        f"Trail {trail_name} does not have Insights enabled. Edit the trail settings to enable "
        "Insights, and then try the operation again.",
    )


def refuse_token(request: Mapping[str, Any]) -> None:
    """Raise InvalidToken for any NextToken: the operation never gives one."""
    if request.get("NextToken"):
        raise CloudTrailError(
            "InvalidTokenException", "NextToken was not returned by this operation."
        )


def no_trail_by_its_arn(arn: str) -> CloudTrailError:
    """A tag operation named something that is not a trail: here only trails have tags."""
    match = _ARN.fullmatch(arn)
    service, kind, name = match.groups() if match else (None, None, "")
    if service == "cloudtrail" and kind in ("eventdatastore", "channel"):
        thing = "EventDataStore" if kind == "eventdatastore" else "Channel"
        reason = "NotFound" if _LAKE_ID.fullmatch(name) else "ARNInvalid"
        return CloudTrailError(
            f"{thing}{reason}Exception", f"{arn} is not a {kind} here: there are only trails."
        )
    if match and not (service == "cloudtrail" and kind == "trail"):
        return CloudTrailError(
            "ResourceTypeNotSupportedException", f"{arn} is not a resource that CloudTrail tags."
        )
    return CloudTrailError(
        "CloudTrailARNInvalidException",
        f"{arn} is not the ARN of a trail: arn:aws:cloudtrail:REGION:ACCOUNT:trail/NAME.",
    )

"""What a request to CloudTrail says about a trail: its name, settings and tags, validated.

A broken rule raises the API's own error. Source: CloudTrail API reference.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from cloudtrail import trails as rules
from cloudtrail.bucket_names import is_bucket_name
from cloudtrail.partitions import PARTITION
from cloudtrail.trails import CloudTrailException, Trail
from local_aws.cloudtrail.exceptions import CloudTrailError
from local_aws.recording.receive import is_made_here

Api = Mapping[str, Any]
TAGS_PER_TRAIL = 50
TRAIL_ARN = re.compile(rf"arn:{PARTITION}:cloudtrail:([a-z0-9-]+):(\d{{12}}):trail/(.+)")
_ADDED_TAG_RULES = (
    "Tag keys have 1 to 128 characters and do not start with aws:. Values have at most 256."
)

_REQUEST_FIELDS = {
    "S3BucketName": "bucket",
    "S3KeyPrefix": "prefix",
    "SnsTopicName": "sns_topic_name",
    "IncludeGlobalServiceEvents": "include_global_service_events",
    "IsMultiRegionTrail": "is_multi_region",
    "EnableLogFileValidation": "log_file_validation",
    "CloudWatchLogsLogGroupArn": "log_group_arn",
    "CloudWatchLogsRoleArn": "log_role_arn",
    "KmsKeyId": "kms_key_id",
    "IsOrganizationTrail": "is_organization_trail",
}
_CLEARED_BY_EMPTY = {"sns_topic_name", "log_group_arn", "log_role_arn", "kms_key_id"}


def with_request(trail: Trail, request: Api) -> Trail:
    """The trail with the settings that the request gives; an empty text clears a setting."""
    given = {
        name: request[member]
        for member, name in _REQUEST_FIELDS.items()
        if request.get(member) is not None
    }
    for name in _CLEARED_BY_EMPTY & given.keys():
        given[name] = given[name] or None
    if given.get("sns_topic_name", "") is None:
        given["sns_topic_arn"] = None
    # UG/cloudtrail-concepts: making a multi-Region trail single-Region turns them off, and a
    # multi-Region trail always has them.
    if given.get("is_multi_region", trail.is_multi_region) != trail.is_multi_region:
        given.setdefault("include_global_service_events", not trail.is_multi_region)
    return replace(trail, **given)


def check_settings(trail: Trail) -> None:
    """Raise InvalidS3BucketName, InvalidS3Prefix, InvalidSnsTopicName or
    InvalidParameterCombination."""
    if not is_bucket_name(trail.bucket):
        raise CloudTrailError(
            "InvalidS3BucketNameException", f"{trail.bucket!r} is not a valid S3 bucket name."
        )
    checked(rules.check_s3_key_prefix, trail.prefix)
    checked(rules.check_sns_topic_name, trail.sns_topic_name or "")
    if trail.is_multi_region and not trail.include_global_service_events:
        raise CloudTrailError(
            "InvalidParameterCombinationException",
            "Multi-Region trail must include global service events.",
        )


def checked(rule: Any, *values: Any) -> Any:
    """Apply a rule of `cloudtrail`; a broken one becomes the API's error of the same name."""
    try:
        return rule(*values)
    except CloudTrailException as error:
        raise CloudTrailError(error.code, str(error)) from error


def check_name_or_arn(name_or_arn: str) -> None:
    """Raise InvalidTrailName or CloudTrailARNInvalid."""
    if not name_or_arn.startswith("arn:"):
        checked(rules.check_trail_name, name_or_arn)
    elif not TRAIL_ARN.fullmatch(name_or_arn):
        raise CloudTrailError(
            "CloudTrailARNInvalidException",
            f"{name_or_arn} is not the ARN of a trail: "
            "arn:aws:cloudtrail:REGION:ACCOUNT:trail/NAME.",
        )


def trail_name(request: Api) -> str:
    """The trail that an Insights request is about; event data stores are not offered."""
    if request.get("EventDataStore") and request.get("TrailName"):
        raise CloudTrailError(
            "InvalidParameterCombinationException",
            "Specify either TrailName or EventDataStore, not both.",
        )
    if request.get("EventDataStore"):
        raise CloudTrailError(
            "UnsupportedOperationException",
            "CloudTrail Lake is closed to new customers: there are no event data stores here.",
        )
    if not request.get("TrailName"):
        raise CloudTrailError("InvalidParameterException", "TrailName is required.")
    name: str = request["TrailName"]
    return name


def parse_tags(tags: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Tags by key. Raises InvalidTagParameter and TagsLimitExceeded."""
    for tag in tags:
        key, value = tag.get("Key", ""), tag.get("Value", "")
        reserved = key.startswith("aws:") and not is_made_here()
        if not 1 <= len(key) <= 128 or reserved or len(value) > 256:
            raise CloudTrailError(
                "InvalidTagParameterException", f"Tag {key!r} is not allowed. {_ADDED_TAG_RULES}"
            )
    if len({tag["Key"] for tag in tags}) != len(tags):
        raise CloudTrailError("InvalidTagParameterException", "A tag key is given twice.")
    if len(tags) > TAGS_PER_TRAIL:
        raise CloudTrailError(
            "TagsLimitExceededException", f"A trail has at most {TAGS_PER_TRAIL} tags."
        )
    return {tag["Key"]: tag.get("Value", "") for tag in tags}

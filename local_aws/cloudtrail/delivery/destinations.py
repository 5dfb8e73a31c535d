"""Where a trail delivers: does the bucket, topic, key, log group or role exist and let it in?

The same answers decide CreateTrail and, later, each delivery.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cloudtrail.partitions import PARTITION, arn_of, arn_parts
from cloudtrail.policies.bucket_policy import permits_delivery
from cloudtrail.policies.documents import valid_policy
from cloudtrail.policies.key_policy import permits_encryption
from cloudtrail.policies.topic_policy import permits_notification
from cloudtrail.trails import Trail
from local_aws.cloudtrail.exceptions import (
    CloudTrailError,
    bucket_does_not_exist,
    insufficient_bucket_policy,
)
from local_aws.cloudtrail.membership import CLOUDTRAIL
from local_aws.role_rights import role_allows, trusts_service

if TYPE_CHECKING:
    from moto.kms.models import Key
    from moto.s3.models import S3Backend
    from moto.sns.models import Topic

_LOG_GROUP_ARN = re.compile(rf"arn:{PARTITION}:logs:([a-z0-9-]+):(\d{{12}}):log-group:([^:*]+):\*")
_LOG_ACTIONS = ("CreateLogStream", "PutLogEvents")
_ROLE_ARN = re.compile(rf"arn:{PARTITION}:iam::\d{{12}}:role/.+")
_KEY_ARN = re.compile(rf"arn:{PARTITION}:kms:([a-z0-9-]+):(\d{{12}}):(?:key|alias)/.+")
_KEY_ID = re.compile(
    rf"arn:{PARTITION}:kms:[a-z0-9-]+:\d{{12}}:(key|alias)/.+|alias/.+"
    r"|[0-9a-f-]{36}|mrk-[0-9a-f]{32}"
)


def bucket_owner(bucket: str) -> S3Backend | None:
    """The S3 of the account that owns the bucket, None if no account has it."""
    from moto.s3.models import s3_backends

    if bucket not in s3_backends.bucket_accounts:
        return None
    partition, account_id = s3_backends.bucket_accounts[bucket]
    return s3_backends[account_id][partition]


def check_bucket(trail: Trail) -> S3Backend:
    """The S3 to deliver to. Raises S3BucketDoesNotExist and InsufficientS3BucketPolicy."""
    owner = bucket_owner(trail.bucket)
    if owner is None:
        raise bucket_does_not_exist(trail.bucket)
    permission = permits_delivery(
        valid_policy(owner.get_bucket(trail.bucket).policy),
        bucket=trail.bucket,
        prefix=trail.prefix,
        account_id=trail.account_id,
        trail_arn=trail.arn,
        organization_id=trail.organization_id,
        kms_key_id=trail.kms_key_id,
    )
    if not permission.permitted:
        raise insufficient_bucket_policy(trail.bucket)
    return owner


def topic_arn(name: str, region: str, account_id: str) -> str:
    """The ARN of a topic given by name or by ARN."""
    return name if name.startswith("arn:") else arn_of("sns", region, account_id, name)


def check_topic(trail: Trail) -> None:
    """Raise InsufficientSnsTopicPolicy if the trail's topic is missing or does not let CloudTrail
    in."""
    if trail.sns_topic_arn is None:
        return
    topic = topic_of(trail.sns_topic_arn)
    permission = permits_notification(
        valid_policy(topic.policy) if topic else None,
        topic_arn=trail.sns_topic_arn,
        account_id=trail.account_id,
        trail_arn=trail.arn,
    )
    if not permission.permitted:
        raise CloudTrailError(
            "InsufficientSnsTopicPolicyException",
            "SNS Topic does not exist or the topic policy is incorrect!",
        )


def validate_topic(trail: Trail) -> None:
    """Send the plain text that the subscribers of a topic get once a trail has it."""
    topic = topic_of(trail.sns_topic_arn) if trail.sns_topic_arn else None
    if topic is not None:
        topic.publish("CloudTrail validation message.")


def topic_of(arn: str) -> Topic | None:
    """The topic with this ARN, in any Region; None if there is none."""
    from moto.sns.models import sns_backends

    place = arn_parts(arn)
    backends = sns_backends[place.account_id]
    return backends[place.region].topics.get(arn) if place.region in backends else None


def check_key(key_id: str, region: str, account_id: str) -> str:
    """The ARN of the KMS key. Raises InvalidKmsKeyId and KmsKeyNotFound."""
    return str(_key(key_id, region, account_id).arn)


def check_encryption(trail: Trail) -> None:
    """Raise KmsKeyNotFound, Kms or InsufficientEncryptionPolicy if the key cannot be used.

    The key must be enabled, in the bucket's Region, and let CloudTrail in.
    """
    if trail.kms_key_id is None:
        return
    key = _key(trail.kms_key_id, trail.home_region, trail.account_id)
    owner = bucket_owner(trail.bucket)
    region = owner.get_bucket(trail.bucket).region_name if owner else key.region
    if key.region != region:
        raise CloudTrailError(
            "KmsKeyNotFoundException",
            f"KMS key {key.arn} is not in {region}, the Region of bucket {trail.bucket}.",
        )
    if not key.enabled:
        raise CloudTrailError(
            "KmsException", f"KMS key {key.arn} cannot be used: it is {key.key_state}."
        )
    permission = permits_encryption(
        valid_policy(key.policy),
        key_arn=key.arn,
        account_id=trail.account_id,
        trail_arn=trail.arn,
    )
    if not permission.permitted:
        raise CloudTrailError(
            "InsufficientEncryptionPolicyException",
            f"Insufficient permissions to access S3 bucket {trail.bucket} or KMS key {key.arn}.",
        )


def _key(key_id: str, region: str, account_id: str) -> Key:
    from moto.kms.models import kms_backends

    if not _KEY_ID.fullmatch(key_id):
        raise CloudTrailError(
            "InvalidKmsKeyIdException",
            f"{key_id} is not a KMS key id, key ARN, alias name or alias ARN.",
        )
    if match := _KEY_ARN.fullmatch(key_id):
        region, account_id = match.groups()
    if region in kms_backends[account_id]:
        kms = kms_backends[account_id][region]
        name = kms.get_alias_name(key_id)
        by_alias = name.startswith("alias/")
        found = kms.get_key_id_from_alias(name) if by_alias else kms.get_key_id(name)
        if found in kms.keys:
            return kms.keys[found]
    raise CloudTrailError("KmsKeyNotFoundException", f"KMS key {key_id} does not exist.")


def check_log_group(trail: Trail) -> None:
    """Raise InvalidCloudWatchLogs...Exception if the log group or its role cannot be used.

    The messages are CloudTrail's (aws/aws-cli#5098, hashicorp/terraform-provider-aws#148, #18038).
    """
    group, role = trail.log_group_arn, trail.log_role_arn
    if group is None:
        return
    if not _log_group_exists(group):
        raise _no_log_group("Check the log group ARN: CloudTrail can't validate it.")
    if role is None:
        raise _no_log_role("You must specify a role ARN as well as a log group.")
    is_role = _ROLE_ARN.fullmatch(role) is not None
    if not is_role or not trusts_service(role, CLOUDTRAIL, trail.arn, trail.account_id):
        raise _no_log_role("Access denied. Check the trust relationships for your role.")
    stream = f"{group.removesuffix(':*')}:log-stream:{log_stream(trail)}"
    if not all(role_allows(role, f"logs:{action}", stream) for action in _LOG_ACTIONS):
        raise _no_log_group("Access denied. Check the permissions for your role.")


def log_stream(trail: Trail) -> str:
    """`<account>_CloudTrail_<home Region>`
    (UG/cloudwatch-log-group-log-stream-naming-for-cloudtrail)."""
    return f"{trail.account_id}_CloudTrail_{trail.home_region}"


def _no_log_group(message: str) -> CloudTrailError:
    return CloudTrailError("InvalidCloudWatchLogsLogGroupArnException", message)


def _no_log_role(message: str) -> CloudTrailError:
    return CloudTrailError("InvalidCloudWatchLogsRoleArnException", message)


def _log_group_exists(arn: str) -> bool:
    from moto.logs.models import logs_backends

    match = _LOG_GROUP_ARN.fullmatch(arn)
    if match is None:
        return False
    region, account_id, name = match.groups()
    backends = logs_backends[account_id]
    return region in backends and name in backends[region].groups

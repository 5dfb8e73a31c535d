"""The IAM actions that a call needs, from its record, and the kinds of resources they apply to.

Most actions have their operation's name. Operations with another name, with more than one action or
with none are listed here. Whether an action exists and what it applies to is looked up in the
Service Authorization Reference, kept here as cfn-lint (MIT-0) ships it: `tests/kept_data.py` makes
the file.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from cloudtrail.records.calls import Record
from cloudtrail.records.service_models import operation_model

KEPT = Path(__file__).with_name("actions.json.gz")

S3_ACTIONS = {
    "HeadObject": "GetObject",
    "SelectObjectContent": "GetObject",
    "CopyObject": "PutObject",
    "PostObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
    "CompleteMultipartUpload": "PutObject",
    "ListParts": "ListMultipartUploadParts",
    "HeadBucket": "ListBucket",
    "ListObjects": "ListBucket",
    "ListBuckets": "ListAllMyBuckets",
    "ListObjectsV2": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "GetBucketLifecycle": "GetLifecycleConfiguration",
    "PutBucketLifecycle": "PutLifecycleConfiguration",
    "DeleteBucketPublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "GetBucketReplication": "GetReplicationConfiguration",
    "PutBucketReplication": "PutReplicationConfiguration",
    "DeleteBucketReplication": "PutReplicationConfiguration",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "GetBucketCors": "GetBucketCORS",
    "PutBucketCors": "PutBucketCORS",
    "DeleteBucketCors": "PutBucketCORS",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "GetBucketInventoryConfiguration": "GetInventoryConfiguration",
    "PutBucketInventoryConfiguration": "PutInventoryConfiguration",
    "DeleteBucketInventoryConfiguration": "PutInventoryConfiguration",
    "ListBucketInventoryConfigurations": "GetInventoryConfiguration",
    "GetBucketAnalyticsConfiguration": "GetAnalyticsConfiguration",
    "PutBucketAnalyticsConfiguration": "PutAnalyticsConfiguration",
    "DeleteBucketAnalyticsConfiguration": "PutAnalyticsConfiguration",
    "ListBucketAnalyticsConfigurations": "GetAnalyticsConfiguration",
    "GetBucketIntelligentTieringConfiguration": "GetIntelligentTieringConfiguration",
    "PutBucketIntelligentTieringConfiguration": "PutIntelligentTieringConfiguration",
    "DeleteBucketIntelligentTieringConfiguration": "PutIntelligentTieringConfiguration",
    "ListBucketIntelligentTieringConfigurations": "GetIntelligentTieringConfiguration",
    "GetBucketMetricsConfiguration": "GetMetricsConfiguration",
    "PutBucketMetricsConfiguration": "PutMetricsConfiguration",
    "DeleteBucketMetricsConfiguration": "PutMetricsConfiguration",
    "ListBucketMetricsConfigurations": "GetMetricsConfiguration",
}
"""S3's operations and events whose action has another name (Service Authorization Reference)."""

S3_OF_VERSIONS = frozenset(
    {"GetObject", "DeleteObject", "GetObjectAcl", "PutObjectAcl", "GetObjectTagging",
     "PutObjectTagging", "DeleteObjectTagging", "GetObjectAttributes"}
)  # fmt: skip
"""Actions that have `Version` in their name if the request names a version."""

_OTHERS: Mapping[str, tuple[str, ...]] = {
    "budgets:CreateBudget": ("budgets:ModifyBudget",),
    "budgets:DeleteBudget": ("budgets:ModifyBudget",),
    "budgets:DescribeBudget": ("budgets:ViewBudget",),
    "budgets:DescribeBudgets": ("budgets:ViewBudget",),
    "budgets:UpdateBudget": ("budgets:ModifyBudget",),
    "dynamodb:TransactGetItems": ("dynamodb:GetItem",),
    "kms:ReEncrypt": ("kms:ReEncryptFrom", "kms:ReEncryptTo"),
    "lambda:GetLayerVersionByArn": ("lambda:GetLayerVersion",),
    "lambda:Invoke": ("lambda:InvokeFunction",),
    "lambda:InvokeWithResponseStream": ("lambda:InvokeFunction",),
    "s3:DeleteObjects": ("s3:DeleteObject",),
    "s3:CopyObject": ("s3:GetObject", "s3:PutObject"),
    "s3:UploadPartCopy": ("s3:GetObject", "s3:PutObject"),
    "sns:PublishBatch": ("sns:Publish",),
    "sqs:ChangeMessageVisibilityBatch": ("sqs:ChangeMessageVisibility",),
    "sqs:DeleteMessageBatch": ("sqs:DeleteMessage",),
    "sqs:SendMessageBatch": ("sqs:SendMessage",),
    "sts:GetCallerIdentity": (),
    "sts:GetSessionToken": (),
}
"""Calls that need actions of other names, several, or none."""

NEEDING_NONE = frozenset(called for called, actions in _OTHERS.items() if not actions)
"""Calls that everyone may make, whatever policies say."""

IN_TRANSACTIONS = {
    "Check": "dynamodb:ConditionCheckItem",
    "Delete": "dynamodb:DeleteItem",
    "Put": "dynamodb:PutItem",
    "Update": "dynamodb:UpdateItem",
}
"""The action that an item of TransactWriteItems needs, by its operation."""

PREFIXES = {
    "email": "ses",
    "monitoring": "cloudwatch",
    "rdsdata": "rds-data",
    "tagging": "tag",
}
"""Event sources whose actions have another prefix."""

_SHARED = {"autoscaling": ("application-autoscaling", "autoscaling-plans")}
"""Event sources of several services: the other services' prefixes."""

_DATED = re.compile(r"(?:20\d{6}(?:v2)?|20\d\d_\d\d_\d\d)$")
"""What Lambda's and CloudFront's event names end with."""

_TAGGING = (
    "TagResource", "TagQueue", "AddTagsToResource", "AddTags", "CreateTags", "AddTagsToCertificate",
    "AddTagsToStream", "TagDelivery",
)  # fmt: skip
"""Names of services' actions that add tags.

A call that creates something with tags needs one, too.
"""

_TAG_KEYS = frozenset({"tags", "taglist", "tagslist", "tagset"})
_CREATES = ("Create", "Put", "Register", "Run", "Start", "Import")


class _Service(msgspec.Struct, frozen=True):
    """Kinds of resources by action, and forms of ARNs by kind, both in lower case."""

    actions: Mapping[str, list[str]] = {}
    arns: Mapping[str, list[str]] = {}


_NO_SERVICE = _Service()


class ServiceReference:
    """The Service Authorization Reference: actions and resources, by service prefix."""

    def __init__(self, services: Mapping[str, _Service]) -> None:
        self._services = services

    def has(self, action: str) -> bool:
        """Whether there is such an action, whatever the case of its letters."""
        prefix, _, name = action.partition(":")
        return name.lower() in self._service(prefix).actions

    def kinds(self, action: str) -> list[str]:
        """The kinds of resources that the action can be limited to; empty if it cannot be
        limited."""
        prefix, _, name = action.partition(":")
        return self._service(prefix).actions.get(name.lower(), [])

    def fits(self, action: str, arn: str) -> bool:
        """Whether the action can be limited to a resource with this ARN."""
        kinds = self.kinds(action)
        if action.startswith("s3:") and arn.startswith("arn:"):
            _, _, key = arn.partition("/")
            if not any(each in kinds for each in (("object",) if key else ("bucket",))):
                return False
        forms = self._service(action.partition(":")[0]).arns
        return any(
            _pattern(form).fullmatch(arn) for kind in kinds for form in forms.get(kind.lower(), ())
        )

    def _service(self, prefix: str) -> _Service:
        return self._services.get(prefix, _NO_SERVICE)


@lru_cache(maxsize=4096)
def _pattern(form: str) -> re.Pattern[str]:
    """What ARNs of a form such as `arn:${Partition}:sqs:${Region}:${Account}:.*` match."""
    any_place = re.sub(r"\\\$\\\{\w+\\\}", r"[\\w-]*", re.escape(form))
    return re.compile(any_place.replace(r"\.\*", ".+"))


@lru_cache(maxsize=1)
def reference() -> ServiceReference:
    """The reference, read once."""
    kept = gzip.decompress(KEPT.read_bytes())
    return ServiceReference(msgspec.json.decode(kept, type=dict[str, _Service]))


def actions_of(record: Record) -> list[str]:
    """The actions that the call of a record needs, without `iam:PassRole`: `s3:GetObject`."""
    called = _called(record)
    if called in _OTHERS:
        return list(_OTHERS[called])
    parameters = record.get("requestParameters") or {}
    if called == "dynamodb:TransactWriteItems":
        items = parameters.get("requestItems") or []
        return sorted({IN_TRANSACTIONS[each["operation"]] for each in items})
    prefix, _, name = called.partition(":")
    if prefix == "s3":
        return [s3_action(name, parameters.get("versionId"))]
    if prefix == "apigateway" and not reference().has(called):
        return _by_method(name)
    return [called, *_tagging(prefix, name, parameters)]


def _called(record: Record) -> str:
    label = str(record.get("eventSource") or "").removesuffix(".amazonaws.com")
    name = _DATED.sub("", str(record.get("eventName") or ""))
    called = f"{PREFIXES.get(label, label)}:{name}"
    others = (f"{prefix}:{name}" for prefix in _SHARED.get(label, ()))
    return called if reference().has(called) else next(filter(reference().has, others), called)


def s3_action(operation: str, version_id: object = None) -> str:
    """The action of an operation of S3, or of its event: `s3:GetObject` for HeadObject."""
    named = S3_ACTIONS.get(operation, operation)
    if version_id and named in S3_OF_VERSIONS:
        named = named.replace("Object", "ObjectVersion")
    return f"s3:{named}"


def _by_method(name: str) -> list[str]:
    """API Gateway's actions are the methods of HTTP."""
    for service in ("apigateway", "apigatewayv2"):
        model = operation_model(service, name)
        if model is not None:
            return [f"apigateway:{model.http['method']}"]
    return [f"apigateway:{name}"]


def _tagging(prefix: str, name: str, parameters: Mapping[str, Any]) -> Iterator[str]:
    """The action that adds tags, if the call creates something with the caller's tags."""
    if not name.startswith(_CREATES) or not any(map(_is_own_tag, _tag_keys(parameters))):
        return
    noun = name.removeprefix("Create")
    for each in (*_TAGGING, f"Tag{noun}"):
        action = f"{prefix}:{each}"
        if reference().has(action):
            yield action
            return


def _tag_keys(parameters: Mapping[str, Any]) -> Iterator[str]:
    for member, value in parameters.items():
        if member.lower() not in _TAG_KEYS:
            continue
        if isinstance(value, Mapping):
            yield from value
        elif isinstance(value, Sequence):
            yield from (
                str(each.get("key") or each.get("Key"))
                for each in value
                if isinstance(each, Mapping)
            )


def _is_own_tag(key: str) -> bool:
    """Tags that start with `aws:` are AWS's own, and need no permission."""
    return not key.startswith("aws:")

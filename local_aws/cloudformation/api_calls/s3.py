"""The calls that Amazon S3 gets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from local_aws.cloudformation.api_calls.plans import ApiCall, Calls, Change, Properties, api_call
from local_aws.cloudformation.bucket_models import canned_acl, lifecycle_rule


@dataclass(frozen=True, slots=True)
class _Setting:
    """A property that is put by a call of its own.

    `remove` is the call that takes it away, None where a default is put instead.
    """

    put: str
    parameters: Callable[[Any], Properties]
    remove: str | None


def _rules(encryption: Properties) -> Properties:
    """An encryption configuration; the API has another name for each rule's default."""
    rules = [
        {
            "ApplyServerSideEncryptionByDefault": rule.get("ServerSideEncryptionByDefault"),
            "BucketKeyEnabled": rule.get("BucketKeyEnabled"),
        }
        for rule in encryption["ServerSideEncryptionConfiguration"]
    ]
    return {"Rules": rules}


def _lifecycle(rules: list[Properties]) -> list[dict[str, Any]]:
    """Rules by the API's member names, of which the model knows the XML's."""
    translated = [lifecycle_rule(rule) for rule in rules]
    return [
        {"Transitions" if name == "Transition" else name: value for name, value in rule.items()}
        for rule in translated
    ]


_SETTINGS = {
    "BucketEncryption": _Setting(
        "PutBucketEncryption",
        lambda value: {"ServerSideEncryptionConfiguration": _rules(value)},
        "DeleteBucketEncryption",
    ),
    "PublicAccessBlockConfiguration": _Setting(
        "PutPublicAccessBlock",
        lambda value: {"PublicAccessBlockConfiguration": value},
        "DeletePublicAccessBlock",
    ),
    "OwnershipControls": _Setting(
        "PutBucketOwnershipControls",
        lambda value: {"OwnershipControls": value},
        "DeleteBucketOwnershipControls",
    ),
    "AccessControl": _Setting(
        "PutBucketAcl", lambda value: {"ACL": canned_acl(value or "Private")}, None
    ),
    "VersioningConfiguration": _Setting(
        "PutBucketVersioning",
        lambda value: {"VersioningConfiguration": value or {"Status": "Suspended"}},
        None,
    ),
    "LifecycleConfiguration": _Setting(
        "PutBucketLifecycleConfiguration",
        lambda value: {"LifecycleConfiguration": {"Rules": _lifecycle(value["Rules"])}},
        "DeleteBucketLifecycle",
    ),
    "Tags": _Setting(
        "PutBucketTagging", lambda value: {"Tagging": {"TagSet": value}}, "DeleteBucketTagging"
    ),
}


def _bucket_created(change: Change) -> Iterator[ApiCall]:
    location = None if change.region == "us-east-1" else {"LocationConstraint": change.region}
    wanted = {"Bucket": change.name, "CreateBucketConfiguration": location}
    yield api_call("s3", "CreateBucket", wanted)
    yield from _bucket_updated(change)


def _bucket_updated(change: Change) -> Iterator[ApiCall]:
    for name, value in change.changed(_SETTINGS).items():
        setting = _SETTINGS[name]
        if value or setting.remove is None:
            wanted = {"Bucket": change.name, **setting.parameters(value)}
            yield api_call("s3", setting.put, wanted)
        else:
            yield api_call("s3", setting.remove, {"Bucket": change.name})


def _bucket_deleted(change: Change) -> Iterator[ApiCall]:
    yield api_call("s3", "DeleteBucket", {"Bucket": change.name})


def _bucket_policy_put(change: Change) -> Iterator[ApiCall]:
    policy, bucket = change.properties["PolicyDocument"], change.properties["Bucket"]
    yield api_call("s3", "PutBucketPolicy", {"Bucket": bucket, "Policy": policy})


def _bucket_policy_deleted(change: Change) -> Iterator[ApiCall]:
    yield api_call("s3", "DeleteBucketPolicy", {"Bucket": change.properties["Bucket"]})


CALLS = {
    "AWS::S3::Bucket": Calls(_bucket_created, _bucket_updated, _bucket_deleted),
    "AWS::S3::BucketPolicy": Calls(_bucket_policy_put, _bucket_policy_put, _bucket_policy_deleted),
}

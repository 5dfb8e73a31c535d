"""Amazon S3's buckets and their policies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local_aws.cloudformation.resources.resource_types import (
    Change,
    Made,
    Naming,
    Properties,
    ResourceType,
    Steps,
    call,
    one,
    read,
    refuse_existing,
)


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


def _canned_acl(access_control: str) -> str:
    """The API's name of a canned ACL: `log-delivery-write` for `LogDeliveryWrite`."""
    return "".join(f"-{c.lower()}" if c.isupper() else c for c in access_control).lstrip("-")


_EXPIRATIONS = {
    "ExpirationInDays": "Days",
    "ExpirationDate": "Date",
    "ExpiredObjectDeleteMarker": "ExpiredObjectDeleteMarker",
}
_TRANSITIONS = {
    "TransitionInDays": "Days",
    "TransitionDate": "Date",
    "StorageClass": "StorageClass",
}


def _renamed(names: Properties, values: Properties) -> dict[str, Any]:
    return {api: values[name] for name, api in names.items() if name in values}


def _lifecycle_rule(rule: Properties) -> dict[str, Any]:
    """A rule by the API's member names; None for what it does not have."""
    noncurrent = rule.get("NoncurrentVersionExpiration") or {
        "NoncurrentDays": rule.get("NoncurrentVersionExpirationInDays")
    }
    return {
        "ID": rule.get("Id"),
        "Status": rule["Status"],
        "Filter": {"Prefix": rule.get("Prefix", "")},
        "AbortIncompleteMultipartUpload": rule.get("AbortIncompleteMultipartUpload"),
        "Expiration": _renamed(_EXPIRATIONS, rule) or None,
        "NoncurrentVersionExpiration": noncurrent if noncurrent.get("NoncurrentDays") else None,
        "Transitions": [_renamed(_TRANSITIONS, item) for item in rule.get("Transitions", [])]
        or None,
    }


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
        "PutBucketAcl", lambda value: {"ACL": _canned_acl(value or "Private")}, None
    ),
    "VersioningConfiguration": _Setting(
        "PutBucketVersioning",
        lambda value: {"VersioningConfiguration": value or {"Status": "Suspended"}},
        None,
    ),
    "LifecycleConfiguration": _Setting(
        "PutBucketLifecycleConfiguration",
        lambda value: {
            "LifecycleConfiguration": {"Rules": [_lifecycle_rule(rule) for rule in value["Rules"]]}
        },
        "DeleteBucketLifecycle",
    ),
    "Tags": _Setting(
        "PutBucketTagging", lambda value: {"Tagging": {"TagSet": value}}, "DeleteBucketTagging"
    ),
}


def _create(change: Change) -> Steps:
    bucket = {"Bucket": change.name}
    # S3 itself lets an owner make a bucket of us-east-1 again.
    look = read("s3", "HeadBucket", bucket)
    yield from refuse_existing(look, f"{change.name} already exists")
    location = None if change.region == "us-east-1" else {"LocationConstraint": change.region}
    yield call("s3", "CreateBucket", {**bucket, "CreateBucketConfiguration": location})
    yield Made(change.name, _attributes(change))
    yield from _update(change)


def _attributes(change: Change) -> dict[str, str]:
    host, region = f"{change.name}.s3", change.region
    return {
        "Arn": f"arn:{change.partition}:s3:::{change.name}",
        "DomainName": f"{host}.amazonaws.com",
        "DualStackDomainName": f"{host}.dualstack.{region}.amazonaws.com",
        "RegionalDomainName": f"{host}.{region}.amazonaws.com",
        "WebsiteURL": f"http://{change.name}.s3-website.{region}.amazonaws.com",
    }


def _update(change: Change) -> Steps:
    bucket = {"Bucket": change.name}
    for name, value in change.changed(_SETTINGS).items():
        setting = _SETTINGS[name]
        if value or setting.remove is None:
            yield call("s3", setting.put, {**bucket, **setting.parameters(value)})
        else:
            yield call("s3", setting.remove, bucket)


def _create_policy(change: Change) -> Steps:
    bucket = change.properties["Bucket"]
    look = read("s3", "GetBucketPolicy", {"Bucket": bucket})
    taken = f"The bucket policy already exists on bucket {bucket}."
    yield from refuse_existing(look, taken)
    yield from _put_policy(change)
    yield Made(bucket)


def _put_policy(change: Change) -> Steps:
    policy = {"Policy": change.properties["PolicyDocument"]}
    yield call("s3", "PutBucketPolicy", {**change.properties, **policy})


TYPES = (
    ResourceType(
        name="AWS::S3::Bucket",
        create=_create,
        update=_update,
        delete=one("s3", "DeleteBucket", Bucket="name"),
        naming=Naming("BucketName", longest=63, lower_case=True),
    ),
    ResourceType(
        name="AWS::S3::BucketPolicy",
        create=_create_policy,
        update=_put_policy,
        delete=one("s3", "DeleteBucketPolicy"),
        replaced_by=("Bucket",),
    ),
)

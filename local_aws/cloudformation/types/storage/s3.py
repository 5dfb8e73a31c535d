"""Amazon S3's buckets and their policies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from cloudtrail.partitions import dns_suffix_of
from local_aws.cloudformation.language.values import text
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
    without,
)


class _Setting(Struct, frozen=True):
    """A property that is put by a call of its own.

    `remove` is the call that removes it, None if a default is put instead.
    """

    put: str
    parameters: Callable[[Any], Properties]
    remove: str | None


def _rules(encryption: Properties) -> Properties:
    """An encryption configuration; the API has another name for each rule's default."""
    rules = [
        {
            "ApplyServerSideEncryptionByDefault": rule.get("ServerSideEncryptionByDefault"),
            "BlockedEncryptionTypes": rule.get("BlockedEncryptionTypes"),
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
_NONCURRENT_TRANSITIONS = {
    "NewerNoncurrentVersions": "NewerNoncurrentVersions",
    "StorageClass": "StorageClass",
    "TransitionInDays": "NoncurrentDays",
}
_RULE_FILTERS = {
    "ObjectSizeGreaterThan": "ObjectSizeGreaterThan",
    "ObjectSizeLessThan": "ObjectSizeLessThan",
    "Prefix": "Prefix",
}
_TRANSITIONS = {
    "TransitionInDays": "Days",
    "TransitionDate": "Date",
    "StorageClass": "StorageClass",
}


def _renamed(names: Properties, values: Properties) -> dict[str, Any]:
    return {api: values[name] for name, api in names.items() if name in values}


def _lifecycle_rule(rule: Properties) -> dict[str, Any]:
    """A rule with the API's member names; a member that it does not have is None."""
    noncurrent = rule.get("NoncurrentVersionExpiration") or {
        "NoncurrentDays": rule.get("NoncurrentVersionExpirationInDays")
    }
    return {
        "ID": rule.get("Id"),
        "Status": rule["Status"],
        "Filter": _filter(_renamed(_RULE_FILTERS, rule), rule.get("TagFilters", [])),
        "AbortIncompleteMultipartUpload": rule.get("AbortIncompleteMultipartUpload"),
        "Expiration": _renamed(_EXPIRATIONS, rule) or None,
        "NoncurrentVersionExpiration": noncurrent if noncurrent.get("NoncurrentDays") else None,
        "NoncurrentVersionTransitions": _transitions(rule, "NoncurrentVersionTransition"),
        "Transitions": _transitions(rule, "Transition"),
    }


def _transitions(rule: Properties, name: str) -> list[Properties] | None:
    """The transitions of a rule: a single property and a list of them may both exist."""
    alone = [rule[name]] if name in rule else []
    names = _NONCURRENT_TRANSITIONS if name.startswith("Noncurrent") else _TRANSITIONS
    return [_renamed(names, item) for item in [*alone, *rule.get(f"{name}s", [])]] or None


def _filter(parts: Properties, tags: list[Properties]) -> Properties:
    """A single condition alone, several in `And`, none as the empty prefix."""
    if len(parts) + len(tags) > 1:
        return {"And": {**parts, **({"Tags": tags} if tags else {})}}
    return {"Tag": tags[0]} if tags else parts or {"Prefix": ""}


def _lifecycle(configuration: Properties) -> Properties:
    rules = [_lifecycle_rule(rule) for rule in configuration["Rules"]]
    minimum = configuration.get("TransitionDefaultMinimumObjectSize")
    wanted = {"LifecycleConfiguration": {"Rules": rules}}
    return {**wanted, "TransitionDefaultMinimumObjectSize": minimum} if minimum else wanted


def _logging(configuration: Properties | None) -> Properties:
    """The log bucket and the format of its keys."""
    if not configuration:
        return {"BucketLoggingStatus": {}}
    wanted = {
        "TargetBucket": configuration.get("DestinationBucketName"),
        "TargetPrefix": configuration.get("LogFilePrefix", ""),
        "TargetObjectKeyFormat": configuration.get("TargetObjectKeyFormat"),
    }
    return {"BucketLoggingStatus": {"LoggingEnabled": wanted}}


_DESTINATIONS = {
    "LambdaConfigurations": ("LambdaFunctionConfigurations", "Function", "LambdaFunctionArn"),
    "QueueConfigurations": ("QueueConfigurations", "Queue", "QueueArn"),
    "TopicConfigurations": ("TopicConfigurations", "Topic", "TopicArn"),
}
"""Lists of a notification configuration: the API's name, and both names of the destination."""


def _notification(configuration: Properties | None) -> Properties:
    """A notification configuration, empty without one."""
    wanted: dict[str, Any] = {
        _DESTINATIONS[name][0]: [_notified(name, item) for item in items]
        for name, items in (configuration or {}).items()
        if name in _DESTINATIONS
    }
    events = (configuration or {}).get("EventBridgeConfiguration")
    if events and text(events.get("EventBridgeEnabled", True)) == "true":
        wanted["EventBridgeConfiguration"] = {}
    return {"NotificationConfiguration": wanted}


def _notified(kind: str, item: Properties) -> Properties:
    _, name, arn = _DESTINATIONS[kind]
    wanted = {arn: item[name], "Events": [item["Event"]]}
    if "Filter" in item:
        wanted["Filter"] = {"Key": {"FilterRules": item["Filter"]["S3Key"]["Rules"]}}
    return wanted


_CORS = {
    "AllowedHeaders": "AllowedHeaders",
    "AllowedMethods": "AllowedMethods",
    "AllowedOrigins": "AllowedOrigins",
    "ExposedHeaders": "ExposeHeaders",
    "Id": "ID",
    "MaxAge": "MaxAgeSeconds",
}


def _cors(configuration: Properties) -> Properties:
    rules = [_renamed(_CORS, rule) for rule in configuration["CorsRules"]]
    return {"CORSConfiguration": {"CORSRules": rules}}


def _website(configuration: Properties) -> Properties:
    """A website configuration; the API has its documents and rules under other names."""
    index, error = configuration.get("IndexDocument"), configuration.get("ErrorDocument")
    wanted = {
        "IndexDocument": {"Suffix": index} if index else None,
        "ErrorDocument": {"Key": error} if error else None,
        "RedirectAllRequestsTo": configuration.get("RedirectAllRequestsTo"),
        "RoutingRules": [
            {"Redirect": rule["RedirectRule"], "Condition": rule.get("RoutingRuleCondition")}
            for rule in configuration.get("RoutingRules", [])
        ]
        or None,
    }
    return {"WebsiteConfiguration": wanted}


def _replication(configuration: Properties) -> Properties:
    """A replication configuration; rules have an `ID`, and their filters `And.Tags`."""
    rules = [
        {**without(rule, "Id", "Filter"), "ID": rule.get("Id"), "Filter": _replicated(rule)}
        for rule in configuration["Rules"]
    ]
    return {"ReplicationConfiguration": {**configuration, "Rules": rules}}


def _replicated(rule: Properties) -> Properties | None:
    given = rule.get("Filter")
    if given is None:
        return None
    wanted = {"Prefix": given.get("Prefix"), "Tag": given.get("TagFilter")}
    if "And" in given:
        both = given["And"]
        wanted["And"] = {"Prefix": both.get("Prefix"), "Tags": both.get("TagFilters")}
    return wanted


_SUSPENDED = {"AccelerationStatus": "Suspended"}

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
        _lifecycle,
        "DeleteBucketLifecycle",
    ),
    "ObjectLockConfiguration": _Setting(
        "PutObjectLockConfiguration",
        lambda value: {"ObjectLockConfiguration": value or {"ObjectLockEnabled": "Enabled"}},
        None,
    ),
    "LoggingConfiguration": _Setting("PutBucketLogging", _logging, None),
    "NotificationConfiguration": _Setting(
        "PutBucketNotificationConfiguration", _notification, None
    ),
    "CorsConfiguration": _Setting("PutBucketCors", _cors, "DeleteBucketCors"),
    "WebsiteConfiguration": _Setting("PutBucketWebsite", _website, "DeleteBucketWebsite"),
    "AccelerateConfiguration": _Setting(
        "PutBucketAccelerateConfiguration",
        lambda value: {
            "AccelerateConfiguration": {"Status": (value or _SUSPENDED)["AccelerationStatus"]}
        },
        None,
    ),
    "ReplicationConfiguration": _Setting(
        "PutBucketReplication", _replication, "DeleteBucketReplication"
    ),
    "Tags": _Setting(
        "PutBucketTagging", lambda value: {"Tagging": {"TagSet": value}}, "DeleteBucketTagging"
    ),
}


def _create(change: Change) -> Steps:
    bucket = {"Bucket": change.name}
    # S3 itself lets an owner create a bucket in us-east-1 again.
    look = read("s3", "HeadBucket", bucket)
    yield from refuse_existing(look, f"{change.name} already exists")
    location = None if change.region == "us-east-1" else {"LocationConstraint": change.region}
    lock = change.flag("ObjectLockEnabled", default=False)
    wanted = {"CreateBucketConfiguration": location, "ObjectLockEnabledForBucket": lock or None}
    yield call("s3", "CreateBucket", {**bucket, **wanted})
    yield Made(change.name, _attributes(change))
    yield from _update(change)


def _attributes(change: Change) -> dict[str, str]:
    host, region = f"{change.name}.s3", change.region
    suffix = dns_suffix_of(region)
    return {
        "Arn": f"arn:{change.partition}:s3:::{change.name}",
        "DomainName": f"{host}.{suffix}",
        "DualStackDomainName": f"{host}.dualstack.{region}.{suffix}",
        "RegionalDomainName": f"{host}.{region}.{suffix}",
        "WebsiteURL": f"http://{change.name}.s3-website.{region}.{suffix}",
    }


def _update(change: Change) -> Steps:
    bucket = {"Bucket": change.name}
    yield from _lock(change)
    for name, value in change.changed(_SETTINGS).items():
        setting = _SETTINGS[name]
        if value or setting.remove is None:
            yield call("s3", setting.put, {**bucket, **setting.parameters(value)})
        else:
            yield call("s3", setting.remove, bucket)


def _lock(change: Change) -> Steps:
    """Turn object lock on for a bucket that was created without it."""
    turned_on = change.before and change.changed(["ObjectLockEnabled"])
    if turned_on and change.flag("ObjectLockEnabled", default=False):
        configuration = {"ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled"}}
        yield call("s3", "PutObjectLockConfiguration", {"Bucket": change.name, **configuration})


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
        properties=(*_SETTINGS, "BucketName", "ObjectLockEnabled"),
        system_tags=True,
    ),
    ResourceType(
        name="AWS::S3::BucketPolicy",
        properties=("Bucket", "PolicyDocument"),
        create=_create_policy,
        update=_put_policy,
        delete=one("s3", "DeleteBucketPolicy"),
    ),
)

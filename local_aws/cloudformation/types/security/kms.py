"""AWS KMS's keys and aliases."""

from __future__ import annotations

from typing import Any

from local_aws.cloudformation.resources.resource_types import (
    ApiCall,
    Change,
    Made,
    Naming,
    ResourceType,
    Steps,
    call,
    one,
    tag_changes,
)

_DEFAULT_WAITING_PERIOD = 30
"""Days until a key is deleted without `PendingWindowInDays`."""


def _tags(tags: list[dict[str, Any]]) -> list[dict[str, Any]] | None:
    return [{"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in tags] or None


def _create_key(change: Change) -> Steps:
    named = {"Policy": change.properties.get("KeyPolicy"), "Tags": _tags(change.items("Tags"))}
    answer = yield call("kms", "CreateKey", {**change.properties, **named})
    made = answer["KeyMetadata"]
    yield Made(made["KeyId"], {"Arn": made["Arn"], "KeyId": made["KeyId"]})
    if change.flag("EnableKeyRotation", default=False):
        yield _rotation(change, made["KeyId"])
    if not change.flag("Enabled", default=True):
        yield call("kms", "DisableKey", {"KeyId": made["KeyId"]})


def _rotation(change: Change, key_id: str) -> ApiCall:
    """The call that turns rotation on, with its period, or off."""
    verb = "Enable" if change.flag("EnableKeyRotation", default=False) else "Disable"
    return call("kms", f"{verb}KeyRotation", {**change.properties, "KeyId": key_id})


def _default_policy(change: Change) -> dict[str, Any]:
    """The policy of a key without one (KMS Developer Guide, "Default key policy")."""
    statement = {
        "Sid": "Enable IAM User Permissions",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:{change.partition}:iam::{change.account_id}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    return {"Version": "2012-10-17", "Id": "key-default-1", "Statement": [statement]}


def _update_key(change: Change) -> Steps:
    key = {"KeyId": change.physical_id}
    for policy in change.changed(["KeyPolicy"]).values():
        document = policy or _default_policy(change)
        named = {**key, "PolicyName": "default", "Policy": document}
        yield call("kms", "PutKeyPolicy", {**change.properties, **named})
    for description in change.changed(["Description"]).values():
        yield call("kms", "UpdateKeyDescription", {**key, "Description": description or ""})
    if change.changed(["EnableKeyRotation", "RotationPeriodInDays"]):
        yield _rotation(change, change.physical_id)
    if change.changed(["Enabled"]):
        verb = "Enable" if change.flag("Enabled", default=True) else "Disable"
        yield call("kms", f"{verb}Key", key)
    new, gone = tag_changes(change)
    if new:
        yield call("kms", "TagResource", {**key, "Tags": _tags(new)})
    if gone:
        yield call("kms", "UntagResource", {**key, "TagKeys": gone})


def _delete_key(change: Change) -> Steps:
    days = change.properties.get("PendingWindowInDays") or _DEFAULT_WAITING_PERIOD
    key = {"KeyId": change.physical_id, "PendingWindowInDays": days}
    yield call("kms", "ScheduleKeyDeletion", key)


TYPES = (
    ResourceType(
        name="AWS::KMS::Alias",
        create=one("kms", "CreateAlias"),
        update=one("kms", "UpdateAlias"),
        delete=one("kms", "DeleteAlias"),
        naming=Naming("AliasName"),
        properties=("AliasName", "TargetKeyId"),
    ),
    ResourceType(
        name="AWS::KMS::Key",
        create=_create_key,
        update=_update_key,
        delete=_delete_key,
        fixed=("KeySpec", "KeyUsage", "MultiRegion", "Origin"),
        properties=(
            "BypassPolicyLockoutSafetyCheck",
            "Description",
            "EnableKeyRotation",
            "Enabled",
            "KeyPolicy",
            "KeySpec",
            "KeyUsage",
            "MultiRegion",
            "Origin",
            "PendingWindowInDays",
            "RotationPeriodInDays",
            "Tags",
        ),
    ),
)

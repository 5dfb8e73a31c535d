"""The calls that AWS KMS gets."""

from __future__ import annotations

from collections.abc import Iterator

from local_aws.cloudformation.api_calls.plans import (
    ApiCall,
    Calls,
    Change,
    api_call,
    tags_of,
    unchanging,
)
from local_aws.cloudformation.api_shapes import text

_DEFAULT_WAITING_PERIOD = 30
"""Days until a key is deleted, where `PendingWindowInDays` does not say."""


def _key_created(change: Change) -> Iterator[ApiCall]:
    tags = [{"TagKey": key, "TagValue": tag} for key, tag in tags_of(change.properties).items()]
    wanted = {**change.properties, "Policy": change.properties["KeyPolicy"], "Tags": tags or None}
    answer = None if change.model is None else change.model.to_dict()
    yield api_call("kms", "CreateKey", wanted, answer)
    key = {"KeyId": change.physical_id}
    if text(change.properties.get("EnableKeyRotation", False)) == "true":
        yield api_call("kms", "EnableKeyRotation", key)
    if text(change.properties.get("Enabled", True)) == "false":
        yield api_call("kms", "DisableKey", key)


def _key_deleted(change: Change) -> Iterator[ApiCall]:
    days = change.properties.get("PendingWindowInDays") or _DEFAULT_WAITING_PERIOD
    key = {"KeyId": change.physical_id, "PendingWindowInDays": days}
    yield api_call("kms", "ScheduleKeyDeletion", key)


def _alias_created(change: Change) -> Iterator[ApiCall]:
    yield api_call("kms", "CreateAlias", change.properties)


def _alias_updated(change: Change) -> Iterator[ApiCall]:
    yield api_call("kms", "UpdateAlias", change.properties)


def _alias_deleted(change: Change) -> Iterator[ApiCall]:
    yield api_call("kms", "DeleteAlias", change.properties)


CALLS = {
    "AWS::KMS::Alias": Calls(_alias_created, _alias_updated, _alias_deleted),
    "AWS::KMS::Key": Calls(_key_created, unchanging, _key_deleted),
}

"""The calls that Amazon DynamoDB gets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from local_aws.cloudformation.api_calls.plans import (
    ApiCall,
    Calls,
    Change,
    Properties,
    api_call,
    retag,
    without,
)
from local_aws.cloudformation.table_models import index_updates

_TABLE_SETTINGS = (
    "AttributeDefinitions",
    "BillingMode",
    "DeletionProtectionEnabled",
    "OnDemandThroughput",
    "ProvisionedThroughput",
    "SSESpecification",
    "StreamSpecification",
    "TableClass",
    "WarmThroughput",
)


_DEFAULTS: Properties = {
    "BillingMode": "PROVISIONED",
    "DeletionProtectionEnabled": False,
    "SSESpecification": {"SSEEnabled": False},
    "TableClass": "STANDARD",
}
"""What an update asks for where a property is no longer given."""


def _table_settings(properties: Properties) -> dict[str, Any]:
    """A table's properties; two of the API's structures have a switch of another name."""
    settings: dict[str, Any] = {
        name: _DEFAULTS.get(name) if value is None else value
        for name, value in without(properties, "Tags", "ResourcePolicy").items()
    }
    if "SSESpecification" in settings:
        encryption = settings["SSESpecification"]
        settings["SSESpecification"] = {**encryption, "Enabled": encryption["SSEEnabled"]}
    if "StreamSpecification" in settings:
        stream = settings["StreamSpecification"]
        settings["StreamSpecification"] = {"StreamEnabled": bool(stream), **(stream or {})}
    return settings


def _described_table(change: Change, **more: Any) -> Properties | None:
    if change.model is None:
        return None
    table = change.model.describe()["TableDescription"]
    return {"TableDescription": {**table, **more}}


def _table_created(change: Change) -> Iterator[ApiCall]:
    settings = _table_settings(change.properties)
    tags = change.items("Tags") or None
    wanted = {**settings, "TableName": change.name, "Tags": tags}
    answer = _described_table(change, TableStatus="CREATING")
    yield api_call("dynamodb", "CreateTable", wanted, answer)
    yield from _table_recovery(change)


def _table_updated(change: Change) -> Iterator[ApiCall]:
    settings = _table_settings(change.changed(_TABLE_SETTINGS))
    indexes = change.items("GlobalSecondaryIndexes")
    present = [index["IndexName"] for index in change.before.get("GlobalSecondaryIndexes") or []]
    updates = index_updates(present, indexes)
    if settings or updates:
        wanted = {**settings, "GlobalSecondaryIndexUpdates": updates or None}
        named = {"TableName": change.name, **wanted}
        answer = _described_table(change, TableStatus="UPDATING")
        yield api_call("dynamodb", "UpdateTable", named, answer)
    yield from _table_recovery(change)
    arn = change.arn("dynamodb", f"table/{change.name}")
    yield from retag(change, "dynamodb", ("TagResource", "UntagResource"), {"ResourceArn": arn})


def _table_recovery(change: Change) -> Iterator[ApiCall]:
    for name, operation in (
        ("TimeToLiveSpecification", "UpdateTimeToLive"),
        ("PointInTimeRecoverySpecification", "UpdateContinuousBackups"),
    ):
        if change.changed([name]).get(name):
            wanted = {"TableName": change.name, name: change.properties[name]}
            yield api_call("dynamodb", operation, wanted)


def _table_deleted(change: Change) -> Iterator[ApiCall]:
    answer = _described_table(change, TableStatus="DELETING")
    yield api_call("dynamodb", "DeleteTable", {"TableName": change.name}, answer)


CALLS = {
    "AWS::DynamoDB::Table": Calls(_table_created, _table_updated, _table_deleted),
}

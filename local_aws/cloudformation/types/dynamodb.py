"""Amazon DynamoDB's tables."""

from __future__ import annotations

from typing import Any

from local_aws.cloudformation.resources.resource_types import (
    Answer,
    Change,
    Made,
    Naming,
    Properties,
    ResourceType,
    Steps,
    call,
    one,
    retag,
)

_DEFAULTS: Properties = {
    "BillingMode": "PROVISIONED",
    "DeletionProtectionEnabled": False,
    "SSESpecification": {"SSEEnabled": False},
    "StreamSpecification": {},
    "TableClass": "STANDARD",
}
"""What an update asks for where a property is no longer given."""

_SETTINGS = (
    *_DEFAULTS,
    "AttributeDefinitions",
    "OnDemandThroughput",
    "ProvisionedThroughput",
    "WarmThroughput",
)
_CAPACITY = "ProvisionedThroughput"
_RECOVERY = {
    "TimeToLiveSpecification": "UpdateTimeToLive",
    "PointInTimeRecoverySpecification": "UpdateContinuousBackups",
}
"""Properties that are set by a call of their own."""


def _settings(properties: Properties) -> dict[str, Any]:
    """A table's properties; two of the API's structures have a switch of another name."""
    settings: dict[str, Any] = {
        name: _DEFAULTS.get(name) if value is None else value for name, value in properties.items()
    }
    if "SSESpecification" in settings:
        encryption = settings["SSESpecification"]
        settings["SSESpecification"] = {**encryption, "Enabled": encryption["SSEEnabled"]}
    if "StreamSpecification" in settings:
        stream = settings["StreamSpecification"]
        settings["StreamSpecification"] = {"StreamEnabled": bool(stream), **stream}
    return settings


def _create(change: Change) -> Steps:
    named = {"TableName": change.name, "KeySchema": change.properties["KeySchema"]}
    others = {"Tags": change.items("Tags") or None, "ResourcePolicy": None}
    wanted = {**_settings(change.properties), **named, **others}
    yield _made(change, (yield call("dynamodb", "CreateTable", wanted)))
    yield from _recovery(change)


def _made(change: Change, answer: Answer) -> Made:
    table = answer["TableDescription"]
    stream = {"StreamArn": table["LatestStreamArn"]} if "LatestStreamArn" in table else {}
    return Made(change.name, {"Arn": table["TableArn"], **stream})


def _update(change: Change) -> Steps:
    settings = _settings(change.changed(_SETTINGS))
    updates = _index_updates(change)
    if updates:
        settings["AttributeDefinitions"] = change.properties["AttributeDefinitions"]
    if settings or updates:
        wanted = {**settings, "GlobalSecondaryIndexUpdates": updates or None}
        named = {"TableName": change.name, **wanted}
        yield _made(change, (yield call("dynamodb", "UpdateTable", named)))
    yield from _recovery(change)
    arn = {"ResourceArn": change.arn("dynamodb", f"table/{change.name}")}
    yield from retag("dynamodb", "TagResource", "UntagResource", arn, change)


def _index_updates(change: Change) -> list[dict[str, Any]]:
    """UpdateTable's way from the indexes that the table had to those it is to have."""
    wanted = {index["IndexName"]: index for index in change.items("GlobalSecondaryIndexes")}
    before = change.before.get("GlobalSecondaryIndexes") or []
    present = {index["IndexName"]: index for index in before}
    gone = [{"Delete": {"IndexName": name}} for name in sorted(present.keys() - wanted.keys())]
    made = [{"Create": wanted[name]} for name in wanted if name not in present]
    changed = [
        {"Update": {"IndexName": name, _CAPACITY: wanted[name][_CAPACITY]}}
        for name in wanted.keys() & present.keys()
        if wanted[name].get(_CAPACITY) not in (None, present[name].get(_CAPACITY))
    ]
    return gone + made + changed


def _recovery(change: Change) -> Steps:
    for name, operation in _RECOVERY.items():
        if change.changed([name]).get(name):
            yield call("dynamodb", operation, {"TableName": change.name, **change.properties})


TYPES = (
    ResourceType(
        name="AWS::DynamoDB::Table",
        create=_create,
        update=_update,
        delete=one("dynamodb", "DeleteTable", TableName="name"),
        naming=Naming("TableName"),
        replaced_by=("KeySchema", "LocalSecondaryIndexes"),
    ),
)

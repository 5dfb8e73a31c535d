"""The calls that create and update a table, with replicas or without."""

from __future__ import annotations

from typing import Any

from local_aws.cloudformation.resources.resource_types import (
    Answer,
    Change,
    Made,
    Properties,
    Steps,
    call,
    retag,
    without,
)

_DEFAULTS: Properties = {
    "BillingMode": "PROVISIONED",
    "DeletionProtectionEnabled": False,
    "SSESpecification": {"SSEEnabled": False},
    "StreamSpecification": {},
    "TableClass": "STANDARD",
}
"""What an update sends if a property is no longer given."""

SETTINGS = (
    *_DEFAULTS,
    "AttributeDefinitions",
    "OnDemandThroughput",
    "ProvisionedThroughput",
    "WarmThroughput",
)
_OF_AN_INDEX = ("KeySchema", "Projection")
"""Parts of an index that cannot change without a new one."""


def _settings(properties: Properties) -> dict[str, Any]:
    """A table's properties as parameters; the API's switches for encryption and streams differ."""
    settings: dict[str, Any] = {
        name: _DEFAULTS.get(name) if value is None else value for name, value in properties.items()
    }
    if "SSESpecification" in settings:
        encryption = settings["SSESpecification"]
        switch = {"Enabled": encryption.get("SSEEnabled")}
        settings["SSESpecification"] = {**without(encryption, "SSEEnabled"), **switch}
    if "StreamSpecification" in settings:
        stream = settings["StreamSpecification"]
        settings["StreamSpecification"] = {"StreamEnabled": bool(stream), **stream}
    return settings


def create_table(change: Change) -> Steps:
    """Create the table, then make the calls for its other settings."""
    named = {"TableName": change.name, "KeySchema": change.properties["KeySchema"]}
    policy = change.properties.get("ResourcePolicy")
    document = policy["PolicyDocument"] if policy else None
    others = {"Tags": change.items("Tags") or None, "ResourcePolicy": document}
    wanted = {**_settings(change.properties), **named, **others}
    yield _made(change, (yield call("dynamodb", "CreateTable", wanted)))
    yield from _recovery(change)


def _made(change: Change, answer: Answer) -> Made:
    table = answer["TableDescription"]
    stream = {"StreamArn": table["LatestStreamArn"]} if "LatestStreamArn" in table else {}
    named = {"Arn": table["TableArn"], "TableId": table["TableId"]}
    return Made(change.name, {**named, **stream})


def update_table(change: Change) -> Steps:
    """Make the calls that update the table to its properties."""
    settings = _settings(change.changed(SETTINGS))
    updates = _index_updates(change)
    if updates:
        settings["AttributeDefinitions"] = change.properties["AttributeDefinitions"]
    if settings or updates:
        wanted = {**settings, "GlobalSecondaryIndexUpdates": updates or None}
        named = {"TableName": change.name, **wanted}
        yield _made(change, (yield call("dynamodb", "UpdateTable", named)))
    yield from _recovery(change)
    arn = change.arn("dynamodb", f"table/{change.name}")
    yield from _put_policy(change, arn)
    table = {"ResourceArn": arn}
    yield from retag("dynamodb", table, change)


def _put_policy(change: Change, arn: str) -> Steps:
    for policy in change.changed(["ResourcePolicy"]).values():
        if policy:
            wanted = {"ResourceArn": arn, "Policy": policy["PolicyDocument"]}
            yield call("dynamodb", "PutResourcePolicy", wanted)
        else:
            yield call("dynamodb", "DeleteResourcePolicy", {"ResourceArn": arn})


def _index_updates(change: Change) -> list[dict[str, Any]]:
    """What UpdateTable does to turn the table's indexes into the wanted ones.

    An index with a new key or projection is replaced.
    """
    wanted = {index["IndexName"]: index for index in change.items("GlobalSecondaryIndexes")}
    before = change.before.get("GlobalSecondaryIndexes") or []
    present = {index["IndexName"]: index for index in before}
    kept = [name for name in wanted if name in present and _same_index(wanted, present, name)]
    gone = [{"Delete": {"IndexName": name}} for name in present if name not in kept]
    made = [{"Create": wanted[name]} for name in wanted if name not in kept]
    changed = [
        {"Update": {"IndexName": name, **_capacity(wanted[name])}}
        for name in kept
        if _capacity(wanted[name]) not in ({}, _capacity(present[name]))
    ]
    return gone + made + changed


def _capacity(index: Properties) -> Properties:
    return without(index, "IndexName", *_OF_AN_INDEX)


def _same_index(wanted: Properties, present: Properties, name: str) -> bool:
    return all(wanted[name].get(part) == present[name].get(part) for part in _OF_AN_INDEX)


def _recovery(change: Change) -> Steps:
    table = {"TableName": change.name}
    for specification in change.changed(["TimeToLiveSpecification"]).values():
        # The call that turns it off also needs the attribute's name.
        before = change.before.get("TimeToLiveSpecification") or {}
        wanted = specification or {**before, "Enabled": False}
        yield call("dynamodb", "UpdateTimeToLive", {**table, "TimeToLiveSpecification": wanted})
    for specification in change.changed(["PointInTimeRecoverySpecification"]).values():
        wanted = specification or {"PointInTimeRecoveryEnabled": False}
        named = {**table, "PointInTimeRecoverySpecification": wanted}
        yield call("dynamodb", "UpdateContinuousBackups", named)

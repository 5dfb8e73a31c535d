"""Amazon DynamoDB's tables, and those with replicas."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from local_aws.cloudformation.resources.failures import ResourceError
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
    without,
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
_OF_AN_INDEX = ("KeySchema", "Projection")
"""What of an index a template cannot change without a new one."""


def _settings(properties: Properties) -> dict[str, Any]:
    """A table's properties; two of the API's structures have a switch of another name."""
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


def _create(change: Change) -> Steps:
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
    arn = change.arn("dynamodb", f"table/{change.name}")
    yield from _put_policy(change, arn)
    table = {"ResourceArn": arn}
    yield from retag("dynamodb", "TagResource", "UntagResource", table, change)


def _put_policy(change: Change, arn: str) -> Steps:
    for policy in change.changed(["ResourcePolicy"]).values():
        if policy:
            wanted = {"ResourceArn": arn, "Policy": policy["PolicyDocument"]}
            yield call("dynamodb", "PutResourcePolicy", wanted)
        else:
            yield call("dynamodb", "DeleteResourcePolicy", {"ResourceArn": arn})


def _index_updates(change: Change) -> list[dict[str, Any]]:
    """UpdateTable's way from the indexes that the table had to those it is to have.

    A new key or projection is a new index of the same name.
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
        # What is turned off is named, too.
        before = change.before.get("TimeToLiveSpecification") or {}
        wanted = specification or {**before, "Enabled": False}
        yield call("dynamodb", "UpdateTimeToLive", {**table, "TimeToLiveSpecification": wanted})
    for specification in change.changed(["PointInTimeRecoverySpecification"]).values():
        wanted = specification or {"PointInTimeRecoveryEnabled": False}
        named = {**table, "PointInTimeRecoverySpecification": wanted}
        yield call("dynamodb", "UpdateContinuousBackups", named)


_SHARED = (
    "AttributeDefinitions",
    "BillingMode",
    "GlobalSecondaryIndexes",
    "KeySchema",
    "LocalSecondaryIndexes",
    "StreamSpecification",
    "TimeToLiveSpecification",
    "WarmThroughput",
)
"""What a table with replicas says as one without does."""

_OF_REPLICA = (
    "DeletionProtectionEnabled",
    "PointInTimeRecoverySpecification",
    "ResourcePolicy",
    "TableClass",
    "Tags",
)
"""What each replica says for itself, as a table does."""


def _own_table(change: Change, properties: Properties) -> dict[str, Any]:
    """The properties of the table in the stack's own Region.

    Raises ResourceError where it has no replica, and for what of one goes nowhere.
    """
    replicas = {replica["Region"]: replica for replica in properties["Replicas"]}
    if change.region not in replicas:
        raise ResourceError(f"Replicas: wanted one in {change.region}, got {', '.join(replicas)}")
    own = replicas.pop(change.region)
    lost = {name for name in own if name not in (*_OF_REPLICA, "Region", "SSESpecification")}
    if all(index.keys() == {"IndexName"} for index in own.get("GlobalSecondaryIndexes", ())):
        lost.discard("GlobalSecondaryIndexes")
    lost |= {name for replica in replicas.values() for name in without(replica, "Region")}
    if lost:
        raise ResourceError(
            f"The local AWS does not have {', '.join(sorted(lost))} of such a replica: take it "
            "out, or deploy to an account."
        )
    given = {name: properties[name] for name in _SHARED if name in properties}
    encryption = {**properties.get("SSESpecification", {}), **own.get("SSESpecification", {})}
    if encryption:
        given["SSESpecification"] = encryption
    return {**given, **{name: own[name] for name in _OF_REPLICA if name in own}}


def _as_table(change: Change) -> Change:
    before = _own_table(change, change.before) if change.before else {}
    return replace(change, properties=_own_table(change, change.properties), before=before)


def _create_global(change: Change) -> Steps:
    yield from _create(_as_table(change))
    yield from _replicate(change)


def _update_global(change: Change) -> Steps:
    yield from _update(_as_table(change))
    yield from _replicate(change)


def _replicate(change: Change) -> Steps:
    """Make the replicas of other Regions, and delete those that are gone: one a call."""
    wanted, present = (
        {replica["Region"] for replica in given.get("Replicas", [])} - {change.region}
        for given in (change.properties, change.before)
    )
    updates = [{"Create": {"RegionName": region}} for region in sorted(wanted - present)]
    updates += [{"Delete": {"RegionName": region}} for region in sorted(present - wanted)]
    for update in updates:
        yield call(
            "dynamodb", "UpdateTable", {"TableName": change.name, "ReplicaUpdates": [update]}
        )


TYPES = (
    ResourceType(
        name="AWS::DynamoDB::GlobalTable",
        properties=(*_SHARED, "Replicas", "SSESpecification", "TableName"),
        create=_create_global,
        update=_update_global,
        delete=one("dynamodb", "DeleteTable", TableName="name"),
        naming=Naming("TableName"),
        replaced_by=("KeySchema", "LocalSecondaryIndexes"),
    ),
    ResourceType(
        name="AWS::DynamoDB::Table",
        properties=(
            *_SETTINGS,
            "GlobalSecondaryIndexes",
            "KeySchema",
            "LocalSecondaryIndexes",
            "PointInTimeRecoverySpecification",
            "ResourcePolicy",
            "TableName",
            "Tags",
            "TimeToLiveSpecification",
        ),
        system_tags=True,
        create=_create,
        update=_update,
        delete=one("dynamodb", "DeleteTable", TableName="name"),
        naming=Naming("TableName"),
        replaced_by=("KeySchema", "LocalSecondaryIndexes"),
    ),
)

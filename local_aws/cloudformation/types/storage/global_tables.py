"""DynamoDB's tables with replicas, whose capacity Application Auto Scaling may set.

The table has the settings of all replicas and those of the replica in the stack's own Region.
Other replicas are refused: nothing here would copy items to them.
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from local_aws.cloudformation.resources.failures import ResourceError
from local_aws.cloudformation.resources.resource_types import (
    Change,
    Properties,
    Steps,
    call,
    without,
)
from local_aws.cloudformation.types.storage.tables import create_table, update_table

_AS_A_TABLE = (
    "AttributeDefinitions",
    "BillingMode",
    "KeySchema",
    "LocalSecondaryIndexes",
    "StreamSpecification",
    "TimeToLiveSpecification",
    "WarmThroughput",
)
"""Properties that are the same with replicas and without."""

_WRITES = ("WriteOnDemandThroughputSettings", "WriteProvisionedThroughputSettings")
_READS = ("ReadOnDemandThroughputSettings", "ReadProvisionedThroughputSettings")

GLOBAL = (*_AS_A_TABLE, *_WRITES, "GlobalSecondaryIndexes", "Replicas", "SSESpecification")
"""The properties that its plans send."""

_OF_REPLICA = (
    "DeletionProtectionEnabled",
    "PointInTimeRecoverySpecification",
    "ResourcePolicy",
    "TableClass",
    "Tags",
)
"""Properties of a table that each replica has for itself."""

_INDEX = ("IndexName", "KeySchema", "Projection", "WarmThroughput")


def _own_replica(change: Change, properties: Properties) -> Properties:
    """The replica in the stack's own Region.

    Raises ResourceError if there is none, and for settings that would be lost.
    """
    replicas = {replica["Region"]: replica for replica in properties["Replicas"]}
    if change.region not in replicas:
        raise ResourceError(f"Replicas: wanted one in {change.region}, got {', '.join(replicas)}")
    own: Properties = replicas.pop(change.region)
    known = (*_OF_REPLICA, *_READS, "GlobalSecondaryIndexes", "Region", "SSESpecification")
    lost = set(without(own, *known))
    for index in own.get("GlobalSecondaryIndexes", ()):
        lost |= set(without(index, *_READS, "IndexName"))
    for index in properties.get("GlobalSecondaryIndexes", ()):
        lost |= set(without(index, *_WRITES, *_INDEX))
    if replicas:
        raise ResourceError(
            f"The local AWS does not have replicas in other Regions: remove {', '.join(replicas)}, "
            "or deploy to an account."
        )
    if lost:
        raise ResourceError(
            f"The local AWS does not have {', '.join(sorted(lost))} of such a replica: remove it, "
            "or deploy to an account."
        )
    return own


def _own_table(change: Change, properties: Properties) -> dict[str, Any]:
    """The properties of the table in the stack's own Region."""
    own = _own_replica(change, properties)
    given = {name: properties[name] for name in _AS_A_TABLE if name in properties}
    encryption = {**properties.get("SSESpecification", {}), **own.get("SSESpecification", {})}
    if encryption:
        given["SSESpecification"] = encryption
    reads = {each["IndexName"]: each for each in own.get("GlobalSecondaryIndexes", ())}
    indexes = [
        {
            **{name: index[name] for name in _INDEX if name in index},
            **_throughput(index, reads.get(index["IndexName"], {})),
        }
        for index in properties.get("GlobalSecondaryIndexes", ())
    ]
    if indexes:
        given["GlobalSecondaryIndexes"] = indexes
    of_replica = {name: own[name] for name in _OF_REPLICA if name in own}
    return {**given, **_throughput(properties, own), **of_replica}


def _throughput(writes: Properties, reads: Properties) -> dict[str, Any]:
    """The throughput of a table or an index, by the names in DynamoDB's API."""
    provisioned = {
        "ReadCapacityUnits": _units("Read", reads),
        "WriteCapacityUnits": _units("Write", writes),
    }
    on_demand = {
        "MaxReadRequestUnits": reads.get(_READS[0], {}).get("MaxReadRequestUnits"),
        "MaxWriteRequestUnits": writes.get(_WRITES[0], {}).get("MaxWriteRequestUnits"),
    }
    found = {"OnDemandThroughput": on_demand, "ProvisionedThroughput": provisioned}
    given = {
        name: {key: value for key, value in each.items() if value is not None}
        for name, each in found.items()
    }
    return {name: each for name, each in given.items() if each}


def _units(kind: str, properties: Properties) -> Any:
    """The initial capacity of a table or an index."""
    settings = properties.get(f"{kind}ProvisionedThroughputSettings", {})
    scaled = settings.get(f"{kind}CapacityAutoScalingSettings", {})
    fixed = settings.get(f"{kind}CapacityUnits")
    return fixed or scaled.get("SeedCapacity") or scaled.get("MinCapacity")


def _scalings(change: Change, properties: Properties) -> dict[tuple[str, str], Properties]:
    """The settings of each capacity that is scaled, by resource and dimension."""
    if not properties:
        return {}
    table = f"table/{change.name}"
    own = _own_replica(change, properties)
    parts = [("table", table, properties), ("table", table, own)]
    parts += [
        ("index", f"{table}/index/{index['IndexName']}", index)
        for holder in (properties, own)
        for index in holder.get("GlobalSecondaryIndexes", ())
    ]
    return {
        (resource, f"dynamodb:{kind}:{verb}CapacityUnits"): settings
        for kind, resource, given in parts
        for verb in ("Read", "Write")
        if (
            settings := given.get(f"{verb}ProvisionedThroughputSettings", {}).get(
                f"{verb}CapacityAutoScalingSettings"
            )
        )
    }


def _scale(change: Change) -> Steps:
    """Scale each capacity within its limits, and stop scaling others."""
    before, now = (_scalings(change, given) for given in (change.before, change.properties))
    for place in before.keys() - now.keys():
        yield call("application-autoscaling", "DeregisterScalableTarget", _scaled(place))
    for place, settings in now.items():
        if settings != before.get(place):
            yield from _bound(place, settings)


def _bound(place: tuple[str, str], settings: Properties) -> Steps:
    service, target = "application-autoscaling", _scaled(place)
    yield call(service, "RegisterScalableTarget", {**settings, **target})
    metric = f"DynamoDB{place[1].rpartition(':')[2].removesuffix('Units')}Utilization"
    tracked = settings["TargetTrackingScalingPolicyConfiguration"]
    policy = {
        "PolicyName": f"{metric}:{place[0]}",
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": {
            **tracked,
            "PredefinedMetricSpecification": {"PredefinedMetricType": metric},
        },
    }
    yield call(service, "PutScalingPolicy", {**policy, **target})


def _scaled(place: tuple[str, str]) -> Properties:
    resource, dimension = place
    return {
        "ResourceId": resource,
        "ScalableDimension": dimension,
        "ServiceNamespace": "dynamodb",
    }


def _as_table(change: Change) -> Change:
    before = _own_table(change, change.before) if change.before else {}
    return replace(change, properties=_own_table(change, change.properties), before=before)


def create_global_table(change: Change) -> Steps:
    """Create the table and its scaling."""
    yield from create_table(_as_table(change))
    yield from _scale(change)


def update_global_table(change: Change) -> Steps:
    """Update the table and its scaling."""
    yield from update_table(_as_table(change))
    yield from _scale(change)


def delete_global_table(change: Change) -> Steps:
    """Stop scaling, and delete the table."""
    for place in _scalings(change, change.properties):
        yield call("application-autoscaling", "DeregisterScalableTarget", _scaled(place))
    yield call("dynamodb", "DeleteTable", {"TableName": change.name})

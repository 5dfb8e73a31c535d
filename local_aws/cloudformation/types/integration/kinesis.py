"""Amazon Kinesis's data streams."""

from __future__ import annotations

from local_aws.cloudformation.resources.resource_types import (
    Change,
    Made,
    Naming,
    Properties,
    ResourceType,
    Steps,
    call,
    one,
    tag_changes,
    tags_of,
)

_DEFAULT_RETENTION = 24
"""Hours that records are kept without `RetentionPeriodHours`."""


def _create(change: Change) -> Steps:
    wanted = {**change.properties, "StreamName": change.name}
    yield call("kinesis", "CreateStream", {**wanted, "Tags": tags_of(change.properties) or None})
    yield Made(change.name, {"Arn": change.arn("kinesis", f"stream/{change.name}")})
    yield from _settings(change)


def _settings(change: Change) -> Steps:
    stream = {"StreamName": change.name}
    if change.changed(["RetentionPeriodHours"]):
        hours, before = (
            int(given.get("RetentionPeriodHours") or _DEFAULT_RETENTION)
            for given in (change.properties, change.before)
        )
        if hours != before:
            verb = "Increase" if hours > before else "Decrease"
            wanted = {**stream, "RetentionPeriodHours": hours}
            yield call("kinesis", f"{verb}StreamRetentionPeriod", wanted)
    for encryption in change.changed(["StreamEncryption"]).values():
        verb = "Start" if encryption else "Stop"
        given = encryption or change.before["StreamEncryption"]
        yield call("kinesis", f"{verb}StreamEncryption", {**stream, **given})
    for verb, metrics in (
        ("Disable", change.gone("DesiredShardLevelMetrics")),
        ("Enable", change.new("DesiredShardLevelMetrics")),
    ):
        if metrics:
            yield call(
                "kinesis", f"{verb}EnhancedMonitoring", {**stream, "ShardLevelMetrics": metrics}
            )


def _update(change: Change) -> Steps:
    arn: Properties = {"StreamARN": change.arn("kinesis", f"stream/{change.name}")}
    for mode in change.changed(["StreamModeDetails"]).values():
        provisioned = {"StreamMode": "PROVISIONED"}
        yield call("kinesis", "UpdateStreamMode", {**arn, "StreamModeDetails": mode or provisioned})
    for count in change.changed(["ShardCount"]).values():
        scaled = {"TargetShardCount": count or 1, "ScalingType": "UNIFORM_SCALING"}
        yield call("kinesis", "UpdateShardCount", {**scaled, "StreamName": change.name})
    yield from _settings(change)
    new, gone = tag_changes(change)
    if new:
        tags = tags_of({"Tags": new})
        yield call("kinesis", "AddTagsToStream", {"StreamName": change.name, "Tags": tags})
    if gone:
        yield call("kinesis", "RemoveTagsFromStream", {"StreamName": change.name, "TagKeys": gone})


TYPES = (
    ResourceType(
        name="AWS::Kinesis::Stream",
        properties=(
            "DesiredShardLevelMetrics",
            "Name",
            "RetentionPeriodHours",
            "ShardCount",
            "StreamEncryption",
            "StreamModeDetails",
            "Tags",
        ),
        create=_create,
        update=_update,
        delete=one("kinesis", "DeleteStream", StreamName="name"),
        naming=Naming("Name", longest=128),
        system_tags=True,
    ),
)

"""AWS CloudTrail's trails."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local_aws.cloudformation.resources.resource_types import (
    Answer,
    Change,
    Made,
    Naming,
    ResourceType,
    Steps,
    call,
    one,
    read,
    tag_changes,
)

_DEFAULTS: Mapping[str, Any] = {
    "CloudWatchLogsLogGroupArn": "",
    "CloudWatchLogsRoleArn": "",
    "EnableLogFileValidation": False,
    "IncludeGlobalServiceEvents": True,
    "IsMultiRegionTrail": False,
    "IsOrganizationTrail": False,
    "KMSKeyId": "",
    "S3KeyPrefix": "",
    "SnsTopicName": "",
}
"""What an update asks for where a property is no longer given."""

_DEFAULT_SELECTORS = [{"ReadWriteType": "All", "IncludeManagementEvents": True}]


def _create(change: Change) -> Steps:
    logs = change.flag("IsLogging")
    wanted = {**change.properties, "Name": change.name, "TagsList": change.items("Tags") or None}
    yield _made(change, (yield call("cloudtrail", "CreateTrail", wanted)))
    yield from _selectors(change, change.properties)
    if logs:
        yield call("cloudtrail", "StartLogging", {"Name": change.name})


def _made(change: Change, answer: Answer) -> Made:
    named = {"Arn": answer["TrailARN"], "SnsTopicArn": answer.get("SnsTopicARN")}
    return Made(change.name, {name: value for name, value in named.items() if value is not None})


def _selectors(change: Change, properties: Mapping[str, Any]) -> Steps:
    wanted = {**properties, "TrailName": change.name}
    if "EventSelectors" in properties or "AdvancedEventSelectors" in properties:
        yield call("cloudtrail", "PutEventSelectors", wanted)
    if "InsightSelectors" in properties:
        yield call("cloudtrail", "PutInsightSelectors", wanted)


def _update(change: Change) -> Steps:
    wanted = {**_DEFAULTS, **change.properties, "Name": change.name}
    made = _made(change, (yield call("cloudtrail", "UpdateTrail", wanted)))
    yield made
    defaults: dict[str, Any] = {}
    if "AdvancedEventSelectors" not in change.properties:
        defaults["EventSelectors"] = _DEFAULT_SELECTORS
    if "InsightSelectors" in change.before:
        defaults["InsightSelectors"] = []
    yield from _selectors(change, {**defaults, **change.properties})
    yield from _retag(change, made.attributes["Arn"])
    status = yield read("cloudtrail", "GetTrailStatus", {"Name": change.name})
    logs = change.flag("IsLogging")
    if logs != status["IsLogging"]:
        verb = "Start" if logs else "Stop"
        yield call("cloudtrail", f"{verb}Logging", {"Name": change.name})


def _retag(change: Change, arn: str) -> Steps:
    new, gone = tag_changes(change)
    if gone:
        tags = [{"Key": key} for key in gone]
        yield call("cloudtrail", "RemoveTags", {"ResourceId": arn, "TagsList": tags})
    if new:
        yield call("cloudtrail", "AddTags", {"ResourceId": arn, "TagsList": new})


TYPES = (
    ResourceType(
        name="AWS::CloudTrail::Trail",
        create=_create,
        update=_update,
        delete=one("cloudtrail", "DeleteTrail", Name="name"),
        naming=Naming("TrailName", longest=128),
    ),
)

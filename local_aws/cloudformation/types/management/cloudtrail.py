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

_NOT_GLOBAL: Mapping[str, Any] = {"IncludeGlobalServiceEvents": False}
"""CloudFormation's default, unlike the API's: a template with a multi-Region trail must set it
to true (bluemountaincyber/evidence-app#4)."""

_DEFAULTS: Mapping[str, Any] = {
    **_NOT_GLOBAL,
    "EnableLogFileValidation": False,
    "IsMultiRegionTrail": False,
    "IsOrganizationTrail": False,
    "KMSKeyId": "",
    "S3KeyPrefix": "",
    "SnsTopicName": "",
}
"""What an update sends if a property is no longer given; log group and role stay (measured:
go-to-k/cdkd#1547)."""

_EVENT_SELECTORS = ("EventSelectors", "AdvancedEventSelectors")
_DEFAULT_SELECTORS = [{"ReadWriteType": "All", "IncludeManagementEvents": True}]
"""What an update puts if no selectors are left (measured: go-to-k/cdkd#1563)."""


def _create(change: Change) -> Steps:
    logs = change.flag("IsLogging")
    tags = change.items("Tags") or None
    wanted = {**_NOT_GLOBAL, **change.properties, "Name": change.name, "TagsList": tags}
    yield _made(change, (yield call("cloudtrail", "CreateTrail", wanted)))
    yield from _selectors(change)
    if logs:
        yield call("cloudtrail", "StartLogging", {"Name": change.name})


def _made(change: Change, answer: Answer) -> Made:
    named = {"Arn": answer["TrailARN"], "SnsTopicArn": answer.get("SnsTopicARN")}
    return Made(change.name, {name: value for name, value in named.items() if value is not None})


def _selectors(change: Change) -> Steps:
    """Put the selectors that differ. An empty list counts as none: the CDK always writes one."""
    trail = {"TrailName": change.name}
    if any(_differ(change, name) for name in _EVENT_SELECTORS):
        given = {name: change.items(name) for name in _EVENT_SELECTORS if change.items(name)}
        selectors = given or {"EventSelectors": _DEFAULT_SELECTORS}
        yield call("cloudtrail", "PutEventSelectors", {**trail, **selectors})
    if _differ(change, "InsightSelectors"):
        selectors = {"InsightSelectors": change.items("InsightSelectors")}
        yield call("cloudtrail", "PutInsightSelectors", {**trail, **selectors})


def _differ(change: Change, name: str) -> bool:
    return change.items(name) != (change.before.get(name) or [])


def _update(change: Change) -> Steps:
    wanted = {**_DEFAULTS, **change.properties, "Name": change.name}
    made = _made(change, (yield call("cloudtrail", "UpdateTrail", wanted)))
    yield made
    yield from _selectors(change)
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
        properties=(
            *_DEFAULTS,
            *_EVENT_SELECTORS,
            "CloudWatchLogsLogGroupArn",
            "CloudWatchLogsRoleArn",
            "InsightSelectors",
            "IsLogging",
            "S3BucketName",
            "Tags",
            "TrailName",
        ),
        system_tags=True,
        create=_create,
        update=_update,
        delete=one("cloudtrail", "DeleteTrail", Name="name"),
        naming=Naming("TrailName", longest=128),
    ),
)

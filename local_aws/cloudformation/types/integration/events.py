"""Amazon EventBridge's rules, event buses and their policies."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from local_aws.cloudformation.resources.resource_types import (
    ApiCall,
    Change,
    Made,
    Naming,
    Properties,
    ResourceType,
    Steps,
    call,
    one,
    read,
    retag,
)

_NO_STATEMENTS: dict[str, Any] = {"Version": "2012-10-17", "Statement": []}
_BUS_SETTINGS = ("DeadLetterConfig", "Description", "KmsKeyIdentifier", "LogConfig")


def _put(change: Change) -> Steps:
    # PutRule ignores the tags of a rule that already exists.
    tags = None if change.before else change.items("Tags") or None
    wanted = {**change.properties, "Name": change.name, "Tags": tags}
    arn = (yield call("events", "PutRule", wanted))["RuleArn"]
    yield Made(change.name, {"Arn": arn, "RuleName": change.name})
    if change.before:
        yield from retag("events", {"ResourceARN": arn}, change)
    gone = _ids(change.gone("Targets")) - _ids(change.items("Targets"))
    if gone:
        yield _removal(change, gone)
    if change.new("Targets"):
        targets = {"Rule": change.name, "Targets": change.new("Targets")}
        yield call("events", "PutTargets", {**change.properties, **targets})


def _ids(targets: Iterable[Properties]) -> set[str]:
    return {str(target["Id"]) for target in targets}


def _removal(change: Change, ids: Iterable[str]) -> ApiCall:
    wanted = {**change.properties, "Rule": change.name, "Ids": sorted(ids)}
    return call("events", "RemoveTargets", wanted)


def _delete(change: Change) -> Steps:
    if change.items("Targets"):
        yield _removal(change, _ids(change.items("Targets")))
    yield call("events", "DeleteRule", {**change.properties, "Name": change.name})


def _create_bus(change: Change) -> Steps:
    tags = change.items("Tags") or None
    wanted = {**change.properties, "Name": change.name, "Tags": tags}
    arn = (yield call("events", "CreateEventBus", wanted))["EventBusArn"]
    yield Made(change.name, {"Arn": arn, "Name": change.name})
    yield from _put_policy(change)


def _put_policy(change: Change) -> Steps:
    bus = {"EventBusName": change.name}
    for policy in change.changed(["Policy"]).values():
        if policy:
            yield call("events", "PutPermission", {**bus, "Policy": policy})
        else:
            yield call("events", "RemovePermission", {**bus, "RemoveAllPermissions": True})


def _update_bus(change: Change) -> Steps:
    changed = change.changed(_BUS_SETTINGS)
    if changed:
        wanted = {**change.properties, "Name": change.name}
        if "Description" in changed:
            wanted.setdefault("Description", "")
        yield call("events", "UpdateEventBus", wanted)
    yield from _put_policy(change)
    arn = {"ResourceARN": change.arn("events", f"event-bus/{change.name}")}
    yield from retag("events", arn, change)


def _permit(change: Change) -> Steps:
    """Put one statement into a bus's policy, given as parameters of the API or as a statement."""
    statement = change.properties.get("Statement")
    if statement is None:
        yield call("events", "PutPermission", change.properties)
        return
    bus = {"Name": change.properties.get("EventBusName", "default")}
    found = (yield read("events", "DescribeEventBus", bus)).get("Policy")
    policy: dict[str, Any] = json.loads(found) if found else _NO_STATEMENTS
    sid = change.properties["StatementId"]
    others = [each for each in policy["Statement"] if each.get("Sid") != sid]
    wanted = {**policy, "Statement": [*others, {**statement, "Sid": sid}]}
    yield call("events", "PutPermission", {"EventBusName": bus["Name"], "Policy": wanted})


def _create_archive(change: Change) -> Steps:
    named = {"ArchiveName": change.name, "EventSourceArn": change.properties["SourceArn"]}
    answer = yield call("events", "CreateArchive", {**change.properties, **named})
    yield Made(change.name, {"Arn": answer["ArchiveArn"]})


def _update_archive(change: Change) -> Steps:
    defaults = {"Description": "", "KmsKeyIdentifier": "", "RetentionDays": 0}
    gone = {name: defaults.get(name) for name in change.changed(change.names())}
    wanted = {**gone, **change.properties, "ArchiveName": change.name}
    yield call("events", "UpdateArchive", wanted)


TYPES = (
    ResourceType(
        name="AWS::Events::Archive",
        properties=(
            "ArchiveName",
            "Description",
            "EventPattern",
            "KmsKeyIdentifier",
            "RetentionDays",
            "SourceArn",
        ),
        create=_create_archive,
        update=_update_archive,
        delete=one("events", "DeleteArchive", ArchiveName="name"),
        naming=Naming("ArchiveName", longest=48),
    ),
    ResourceType(
        name="AWS::Events::EventBus",
        properties=(*_BUS_SETTINGS, "EventSourceName", "Name", "Policy", "Tags"),
        create=_create_bus,
        update=_update_bus,
        delete=one("events", "DeleteEventBus", Name="name"),
        naming=Naming("Name", longest=256),
        fixed=("EventSourceName",),
        system_tags=True,
    ),
    ResourceType(
        name="AWS::Events::EventBusPolicy",
        properties=("Action", "Condition", "EventBusName", "Principal", "Statement", "StatementId"),
        create=_permit,
        update=_permit,
        delete=one("events", "RemovePermission"),
    ),
    ResourceType(
        name="AWS::Events::Rule",
        properties=(
            "Description",
            "EventBusName",
            "EventPattern",
            "Name",
            "RoleArn",
            "ScheduleExpression",
            "State",
            "Tags",
            "Targets",
        ),
        system_tags=True,
        create=_put,
        update=_put,
        delete=_delete,
        naming=Naming("Name", longest=64),
        replaced_by=("EventBusName",),
    ),
)

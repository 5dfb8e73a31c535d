"""Amazon CloudWatch Logs' groups."""

from __future__ import annotations

from local_aws.cloudformation.resources.resource_types import (
    Change,
    Made,
    Naming,
    ResourceType,
    Steps,
    call,
    one,
    retag,
    tags_of,
)


def _create(change: Change) -> Steps:
    group = {"logGroupName": change.name}
    tags = tags_of(change.properties) or None
    yield call("logs", "CreateLogGroup", {**change.properties, **group, "Tags": tags})
    yield Made(change.name, {"Arn": f"{_arn(change)}:*"})
    yield from _retain(change)


def _arn(change: Change) -> str:
    return change.arn("logs", f"log-group:{change.name}")


def _retain(change: Change) -> Steps:
    group = {"logGroupName": change.name}
    for days in change.changed(["RetentionInDays"]).values():
        verb = "Put" if days else "Delete"
        yield call("logs", f"{verb}RetentionPolicy", {**group, "retentionInDays": days})


def _update(change: Change) -> Steps:
    yield from _retain(change)
    arn = {"resourceArn": _arn(change)}
    yield from retag("logs", "TagResource", "UntagResource", arn, change)


TYPES = (
    ResourceType(
        name="AWS::Logs::LogGroup",
        create=_create,
        update=_update,
        delete=one("logs", "DeleteLogGroup", logGroupName="name"),
        naming=Naming("LogGroupName", longest=512),
        # AWS changes the key in place; moto has no AssociateKmsKey.
        replaced_by=("KmsKeyId", "LogGroupClass"),
    ),
)

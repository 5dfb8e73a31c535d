"""The calls that Amazon CloudWatch Logs gets."""

from __future__ import annotations

from collections.abc import Iterator

from local_aws.cloudformation.api_calls.plans import (
    ApiCall,
    Calls,
    Change,
    api_call,
    tags_of,
    unchanging,
)


def _log_group_created(change: Change) -> Iterator[ApiCall]:
    group = {"logGroupName": change.name}
    tags = tags_of(change.properties) or None
    wanted = {**change.properties, **group, "Tags": tags}
    yield api_call("logs", "CreateLogGroup", wanted)
    if change.properties.get("RetentionInDays"):
        yield api_call("logs", "PutRetentionPolicy", {**change.properties, **group})


def _log_group_deleted(change: Change) -> Iterator[ApiCall]:
    yield api_call("logs", "DeleteLogGroup", {"logGroupName": change.name})


CALLS = {
    "AWS::Logs::LogGroup": Calls(_log_group_created, unchanging, _log_group_deleted),
}

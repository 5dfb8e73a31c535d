"""What EC2's operations have in common: tags, values in structures, ids in answers."""

from __future__ import annotations

from typing import Any

from local_aws.cloudformation.resources.resource_types import (
    ApiCall,
    Change,
    Made,
    Plan,
    Properties,
    Steps,
    call,
    tag_changes,
)


def create(operation: str, kind: str, wanted: Properties, change: Change) -> ApiCall:
    """The call that creates a resource with its tags. `kind` is EC2's name for its type."""
    tags = change.items("Tags")
    named = [{"ResourceType": kind, "Tags": tags}] if tags else None
    return call("ec2", operation, {**wanted, "TagSpecifications": named})


def retag(change: Change) -> Steps:
    """Set new and changed tags, and remove those that are gone."""
    new, gone = tag_changes(change)
    resource = {"Resources": [change.physical_id]}
    if new:
        yield call("ec2", "CreateTags", {**resource, "Tags": new})
    if gone:
        yield call("ec2", "DeleteTags", {**resource, "Tags": [{"Key": key} for key in gone]})


def created(operation: str, kind: str, member: str, id_member: str) -> Plan:
    """The plan of a resource that one call creates. The answer has it in `member`, with its id."""

    def plan(change: Change) -> Steps:
        answer = yield create(operation, kind, change.properties, change)
        made = answer[member]
        yield Made(made[id_member], {id_member: made[id_member]})

    return plan


def valued(value: Any) -> Properties:
    """A value in the form that operations on attributes need."""
    return {"Value": value}

"""The calls that AWS Systems Manager gets."""

from __future__ import annotations

from collections.abc import Iterator

from local_aws.cloudformation.api_calls.plans import (
    ApiCall,
    Calls,
    Change,
    api_call,
    retag,
    without,
)


def _parameter_created(change: Change) -> Iterator[ApiCall]:
    wanted = {**change.properties, "Name": change.name}
    yield api_call("ssm", "PutParameter", wanted, {"Version": 1, "Tier": _tier(change)})


def _parameter_updated(change: Change) -> Iterator[ApiCall]:
    settings = {**without(change.properties, "Tags"), "Name": change.name, "Overwrite": True}
    answer = {"Version": change.model.version, "Tier": _tier(change)}
    yield api_call("ssm", "PutParameter", settings, answer)
    identifier = {"ResourceType": "Parameter", "ResourceId": change.name}
    operations = ("AddTagsToResource", "RemoveTagsFromResource")
    yield from retag(change, "ssm", operations, identifier)


def _tier(change: Change) -> str:
    return str(change.properties.get("Tier") or "Standard")


def _parameter_deleted(change: Change) -> Iterator[ApiCall]:
    yield api_call("ssm", "DeleteParameter", {"Name": change.name})


CALLS = {
    "AWS::SSM::Parameter": Calls(_parameter_created, _parameter_updated, _parameter_deleted),
}

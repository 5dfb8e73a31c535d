"""AWS Systems Manager's parameters."""

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
    without,
)


def _create(change: Change) -> Steps:
    yield call("ssm", "PutParameter", {**change.properties, "Name": change.name})
    yield _made(change)


def _made(change: Change) -> Made:
    attributes = {name: change.properties[name] for name in ("Type", "Value")}
    return Made(change.name, attributes)


def _update(change: Change) -> Steps:
    settings = {**without(change.properties, "Tags"), "Name": change.name, "Overwrite": True}
    yield call("ssm", "PutParameter", settings)
    yield _made(change)
    parameter = {"ResourceType": "Parameter", "ResourceId": change.name}
    yield from retag("ssm", parameter, change, "AddTagsToResource", "RemoveTagsFromResource")


TYPES = (
    ResourceType(
        name="AWS::SSM::Parameter",
        properties=(
            "AllowedPattern",
            "DataType",
            "Description",
            "Name",
            "Policies",
            "Tags",
            "Tier",
            "Type",
            "Value",
        ),
        system_tags=True,
        create=_create,
        update=_update,
        delete=one("ssm", "DeleteParameter", Name="name"),
        naming=Naming("Name"),
    ),
)

"""Amazon Athena's workgroups and named queries."""

from __future__ import annotations

from local_aws.cloudformation.resources.failures import CallFailed, ResourceError
from local_aws.cloudformation.resources.resource_types import (
    Change,
    Naming,
    ResourceType,
    Steps,
    call,
    one,
    retag,
)


def _create(change: Change) -> Steps:
    configuration = change.properties.get("WorkGroupConfiguration")
    wanted = {**change.properties, "Name": change.name, "Configuration": configuration}
    try:
        yield call("athena", "CreateWorkGroup", wanted)
    except CallFailed as error:
        if "already" in error.message:  # the API has no error of its own for this
            raise ResourceError(error.message, "AlreadyExists") from error
        raise
    if "State" in change.properties:  # CreateWorkGroup does not take it
        wanted = {"WorkGroup": change.name, "State": change.properties["State"]}
        yield call("athena", "UpdateWorkGroup", wanted)


def _update(change: Change) -> Steps:
    configuration = change.properties.get("WorkGroupConfiguration") or {}
    updates = {
        **configuration,
        "ResultConfigurationUpdates": configuration.get("ResultConfiguration"),
        "RemoveBytesScannedCutoffPerQuery": "BytesScannedCutoffPerQuery" not in configuration
        or None,
    }
    description = change.properties.get("Description", "")
    wanted = {"WorkGroup": change.name, "Description": description, "ConfigurationUpdates": updates}
    state = change.properties.get("State", "ENABLED")
    yield call("athena", "UpdateWorkGroup", {**wanted, "State": state})
    arn = {"ResourceARN": change.arn("athena", f"workgroup/{change.name}")}
    yield from retag("athena", arn, change)


TYPES = (
    ResourceType(
        name="AWS::Athena::NamedQuery",
        properties=("Database", "Description", "Name", "QueryString", "WorkGroup"),
        create=one(
            "athena",
            "CreateNamedQuery",
            ref="NamedQueryId",
            attributes={"NamedQueryId": "NamedQueryId"},
            Name="name",
        ),
        delete=one("athena", "DeleteNamedQuery", NamedQueryId="physical_id"),
        naming=Naming("Name", longest=128),
    ),
    ResourceType(
        name="AWS::Athena::WorkGroup",
        properties=(
            "Description",
            "Name",
            "RecursiveDeleteOption",
            "State",
            "Tags",
            "WorkGroupConfiguration",
        ),
        create=_create,
        update=_update,
        delete=one("athena", "DeleteWorkGroup", WorkGroup="name"),
        naming=Naming("Name", longest=128),
    ),
)

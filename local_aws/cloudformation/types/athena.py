"""Amazon Athena's workgroups."""

from __future__ import annotations

from local_aws.cloudformation.resources.failures import CallFailed, ResourceError
from local_aws.cloudformation.resources.resource_types import (
    Change,
    Naming,
    ResourceType,
    Steps,
    call,
    one,
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
    yield call("athena", "UpdateWorkGroup", wanted)


TYPES = (
    ResourceType(
        name="AWS::Athena::WorkGroup",
        create=_create,
        update=_update,
        delete=one("athena", "DeleteWorkGroup", WorkGroup="name"),
        naming=Naming("Name", longest=128),
    ),
)

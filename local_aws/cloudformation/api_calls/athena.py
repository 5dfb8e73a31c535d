"""The calls that Amazon Athena gets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from local_aws.cloudformation.api_calls.plans import ApiCall, Calls, Change, api_call


def _wanted(change: Change) -> dict[str, Any]:
    configuration = change.properties.get("WorkGroupConfiguration")
    return {
        **change.properties,
        "Name": change.name,
        "WorkGroup": change.name,
        "Configuration": configuration,
        "ConfigurationUpdates": configuration,
    }


def _created(change: Change) -> Iterator[ApiCall]:
    yield api_call("athena", "CreateWorkGroup", _wanted(change))


def _updated(change: Change) -> Iterator[ApiCall]:
    yield api_call("athena", "UpdateWorkGroup", _wanted(change))


def _deleted(change: Change) -> Iterator[ApiCall]:
    yield api_call("athena", "DeleteWorkGroup", _wanted(change))


CALLS = {"AWS::Athena::WorkGroup": Calls(_created, _updated, _deleted)}

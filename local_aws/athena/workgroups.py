"""Workgroups: where a query's result goes, how much it may scan, and how they are deleted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from moto.athena.models import AthenaBackend
from moto.core.exceptions import JsonRESTError
from msgspec import Struct, field

_LOCATION = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/.*)?", re.DOTALL)


class InvalidRequest(JsonRESTError):
    """The request names something that does not exist, or comes at the wrong time."""

    code = 400

    def __init__(self, message: str) -> None:
        super().__init__("InvalidRequestException", message)


class Limits(Struct, frozen=True):
    """Where a query's result goes, and how much it may scan.

    `cut_off_bytes` is BytesScannedCutoffPerQuery, None for no limit; `encryption` is the result's
    EncryptionConfiguration, `bucket_owner` the account that should own its bucket.
    """

    output_location: str
    cut_off_bytes: int | None
    encryption: Mapping[str, str] = field(default_factory=dict)
    bucket_owner: str | None = None


def limits_of(backend: AthenaBackend, workgroup: str, requested: Mapping[str, Any]) -> Limits:
    """The limits of a query in `workgroup` that was requested with this ResultConfiguration.

    A workgroup with EnforceWorkGroupConfiguration overrides the request (Athena
    UG/workgroups-settings-override). Raises InvalidRequest for an unknown workgroup, and if neither
    names a location for the result.
    """
    if workgroup not in backend.work_groups:
        raise InvalidRequest("WorkGroup is not found.")
    group = backend.work_groups[workgroup]
    if group.state == "DISABLED":
        raise InvalidRequest(f"WorkGroup {workgroup} is disabled.")
    configuration = group.configuration
    own = configuration.get("ResultConfiguration", {})
    enforced = configuration.get("EnforceWorkGroupConfiguration", True)
    # The request's settings count if the workgroup does not enforce its own, or lacks them.
    settled = {**requested, **own} if enforced else {**own, **requested}
    location = settled.get("OutputLocation")
    if not location:
        raise InvalidRequest(
            "No output location provided. An output location is required either through the "
            "Workgroup result configuration setting or as an API input."
        )
    if not isinstance(location, str) or not _LOCATION.fullmatch(location):
        raise InvalidRequest(f"outputLocation is not a valid S3 path: {location}")
    encryption = settled.get("EncryptionConfiguration") or {}
    if encryption.get("EncryptionOption") == "CSE_KMS":
        raise InvalidRequest("CSE_KMS is not available on the local AWS: use SSE_S3 or SSE_KMS.")
    return Limits(
        location.rstrip("/") + "/",
        configuration.get("BytesScannedCutoffPerQuery"),
        encryption,
        settled.get("ExpectedBucketOwner"),
    )


def update_work_group(
    backend: AthenaBackend,
    name: str,
    description: str | None,
    updates: Mapping[str, Any],
    state: str | None = None,
) -> None:
    """Change a workgroup by ConfigurationUpdates. Raises InvalidRequest if there is none."""
    group = backend.work_groups.get(name)
    if group is None:
        raise InvalidRequest(f"WorkGroup {name} is not found.")
    group.configuration = _updated(group.configuration, updates)
    group.description = group.description if description is None else description
    group.state = state or group.state


def _updated(configuration: Mapping[str, Any], updates: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration with each `X` set, and removed if `RemoveX` says so."""
    updated = dict(configuration)
    for name, value in updates.items():
        if name == "ResultConfigurationUpdates":
            present = updated.get("ResultConfiguration", {})
            updated["ResultConfiguration"] = _updated(present, value)
        elif not name.startswith("Remove"):
            updated[name] = value
        elif value:
            updated.pop(name.removeprefix("Remove"), None)
    return updated


def delete_work_group(backend: AthenaBackend, name: str, *, recursive: bool) -> None:
    """Delete a workgroup. Raises InvalidRequest if there is none, or it is not empty."""
    if name not in backend.work_groups or name == "primary":
        raise InvalidRequest(f"WorkGroup {name} cannot be deleted: it is primary or not found.")
    own = [
        query_id
        for query_id, query in backend.executions.items()
        if query.workgroup and query.workgroup.name == name
    ]
    if own and not recursive:
        raise InvalidRequest(f"WorkGroup {name} is not empty")
    for query_id in own:
        del backend.executions[query_id]
    backend.delete_work_group(name)

"""AWS Glue's databases and tables."""

from __future__ import annotations

from functools import partial
from typing import Any

from local_aws.cloudformation.resources.resource_types import (
    Change,
    Made,
    ResourceType,
    Steps,
    call,
)

_INPUTS = {"Database": "DatabaseInput", "Table": "TableInput"}
_NAMES = {"Database": "DatabaseName", "Table": "Name"}
"""The properties that name a database or table; its input may also have the name."""


def _wanted(kind: str, change: Change, name: str) -> dict[str, Any]:
    """The parameters of the operations on databases and tables."""
    given = change.properties[_INPUTS[kind]]
    return {**change.properties, "Name": name, _INPUTS[kind]: {**given, "Name": name}}


def _create(kind: str, change: Change) -> Steps:
    given = change.properties.get(_NAMES[kind]) or change.properties[_INPUTS[kind]].get("Name")
    name = given or change.name.lower()
    yield call("glue", f"Create{kind}", _wanted(kind, change, name))
    yield Made(name)


def _call(verb: str, kind: str, change: Change) -> Steps:
    yield call("glue", f"{verb}{kind}", _wanted(kind, change, change.physical_id))


def _type(kind: str, *others: str, replaced_by: tuple[str, ...] = ()) -> ResourceType:
    return ResourceType(
        name=f"AWS::Glue::{kind}",
        properties=(_INPUTS[kind], _NAMES[kind], "CatalogId", *others),
        create=partial(_create, kind),
        update=partial(_call, "Update", kind),
        delete=partial(_call, "Delete", kind),
        replaced_by=replaced_by,
    )


TYPES = (_type("Database", replaced_by=("DatabaseInput.Name",)), _type("Table", "DatabaseName"))

"""Every property of every described type is sent to a service, or refused by its name.

The types' properties are those of AWS's own schemas, which cfn-lint ships. A plan runs against
answers made of the services' models, and what counts is the calls that it yields.
"""

from __future__ import annotations

import functools
from typing import Any

from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER  # type: ignore[import-untyped]

from local_aws.cloudformation.resources.resource_types import ResourceType
from local_aws.cloudformation.types import TYPES

OWN = {"AWS::CDK::Metadata", "AWS::CloudFormation::WaitConditionHandle"}
"""Types that make nothing, so that nothing is sent."""

DESCRIBED = {each.name: each for each in TYPES if each.name not in OWN}

Properties = dict[str, Any]
Path = tuple[str, ...]
Sent = list[tuple[str, Any]]


@functools.cache
def schema(name: str) -> Any:
    return PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", name).schema


def names(described: ResourceType, kind: str) -> set[str]:
    """Top-level properties that the schema lists as `readOnlyProperties` and the like."""
    paths = schema(described.name).get(kind) or []
    return {path.split("/")[2] for path in paths if path.count("/") == 2}


def writable(described: ResourceType) -> list[str]:
    return sorted(
        set(schema(described.name)["properties"]) - names(described, "readOnlyProperties")
    )


def value_of(whole: Any, part: Any, path: Path, depth: int = 0) -> Any:
    """A value that has everything the schema's part allows, each text its own."""
    while "$ref" in part:
        part = whole["definitions"][part["$ref"].rpartition("/")[2]]
        depth += 1
    inner = {**part.get("properties", {})}
    for choice in [*part.get("anyOf", ()), *part.get("oneOf", ()), *part.get("allOf", ())]:
        inner = {**choice.get("properties", {}), **inner}
    if inner and depth < 9:
        return {
            name: value_of(whole, each, (*path, name), depth + 1) for name, each in inner.items()
        }
    if "items" in part:
        return [value_of(whole, part["items"], path, depth + 1)]
    kinds = part.get("type", "object")
    kind = kinds if isinstance(kinds, str) else kinds[0]
    if part.get("enum"):
        return part["enum"][-1]
    if kind in ("integer", "number"):
        return 1000 + len(path)
    if kind == "boolean":
        return True
    return "-".join(path) if kind == "string" else {"of": "-".join(path)}

"""A template's values in other forms: as text, by a path, as APIs list tags and parameters."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def tag_list(tags: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Tags as most APIs list them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def parameter_list(values: Mapping[str, Any]) -> list[dict[str, str]]:
    """Values of a template's parameters as CloudFormation's API lists them."""
    return [{"ParameterKey": key, "ParameterValue": text(item)} for key, item in values.items()]


def value_at(path: str, properties: Any) -> Any:
    """The value at a path such as `TableInput.Name`, None if there is none."""
    for name in path.split("."):
        properties = properties.get(name) if isinstance(properties, Mapping) else None
    return properties


def text(value: Any) -> str:
    """The value as text: documents and lists as JSON, booleans in lower case, as in templates."""
    if isinstance(value, str):
        return value
    return json.dumps(value, default=str)

"""Parameters as a client sent them, which may not have the types of the API's model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def text(values: Any, member: str) -> str:
    """A member that is text; empty if it is absent or something else."""
    value = values.get(member) if isinstance(values, Mapping) else None
    return value if isinstance(value, str) else ""


def mapping(value: Any) -> Mapping[str, Any]:
    """An object; empty if the value is something else."""
    return value if isinstance(value, Mapping) else {}


def mappings(value: Any) -> list[Mapping[str, Any]]:
    """A list of objects; empty if the value is not a list."""
    return [mapping(inner) for inner in value] if isinstance(value, list) else []

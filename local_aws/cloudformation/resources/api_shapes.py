"""Property values as an API's parameters: names and types by the service's own model.

Most properties of a resource type are the parameters of the operation that creates it, in another
letter case, with strings where the API wants numbers (AWS CloudFormation Template Reference;
templates allow either).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape
from botocore.utils import parse_timestamp

from cloudtrail.records.service_models import operation_model
from local_aws.cloudformation.language.values import tag_list, text


def parameters_of(service: str, operation: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The operation's parameters from `values`; other names are left out."""
    model = operation_model(service, operation)
    shape = model.input_shape if model else None
    members = {name.casefold(): name for name in shape.members} if shape else {}
    taken = {name: value for name, value in values.items() if name.casefold() in members}
    return _structure(shape, taken) if shape else {}


def _structure(shape: StructureShape, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values by the structure's names. Other names stay, for the validation to refuse."""
    members = {name.casefold(): name for name in shape.members}
    named = {members.get(name.casefold(), name): value for name, value in values.items()}
    return {
        name: _fit(shape.members[name], value) if name in shape.members else value
        for name, value in named.items()
        if value is not None
    }


def _fit(shape: Shape, value: Any) -> Any:
    """The value converted to the shape. If that fails it stays, for the validation to refuse."""
    try:
        return _fitted(shape, value)
    except (AttributeError, KeyError, TypeError, ValueError):
        return value


def _fitted(shape: Shape, value: Any) -> Any:
    if isinstance(shape, StructureShape):
        return _structure(shape, value)
    if isinstance(shape, ListShape):
        return [_fit(shape.member, item) for item in _items(value)]
    if isinstance(shape, MapShape):
        return {str(key): _fit(shape.value, item) for key, item in _pairs(value)}
    return _SCALARS[shape.type_name](value) if shape.type_name in _SCALARS else value


def _items(value: Any) -> list[Any]:
    """A list; tags that a template gives as a map become a list of keys and values."""
    if isinstance(value, Mapping):
        return tag_list(value)
    return value if isinstance(value, list) else [value]


def _pairs(value: Any) -> list[tuple[Any, Any]]:
    """The items of a map; tags that a template gives as a list become keys and values."""
    if isinstance(value, Mapping):
        return list(value.items())
    return [(item["Key"], item["Value"]) for item in value]


def _boolean(value: Any) -> bool:
    return str(value).lower() == "true"


def _blob(value: Any) -> bytes:
    return value if isinstance(value, bytes) else text(value).encode()


def _time(value: Any) -> datetime:
    time = value if isinstance(value, datetime) else parse_timestamp(value)
    return time if time.tzinfo else time.replace(tzinfo=UTC)


_SCALARS: dict[str, Callable[[Any], Any]] = {
    "blob": _blob,
    "boolean": _boolean,
    "double": float,
    "float": float,
    "integer": int,
    "long": int,
    "string": text,
    "timestamp": _time,
}

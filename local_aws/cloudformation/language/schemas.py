"""What AWS's schema of a resource type says: its attributes, and the types of its properties.

The schemas are those of CloudFormation's own registry, as cfn-lint (MIT-0) ships them, without the
parts that we do not use: `tests/kept_data.py` makes the file.
"""

from __future__ import annotations

import functools
import gzip
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from local_aws.cloudformation.language.values import text

KEPT = Path(__file__).with_name("schemas.json.gz")

_UNDESCRIBED = ("Custom::", "AWS::CloudFormation::CustomResource")
_MODULE = "::MODULE"


@functools.cache
def _kept() -> dict[str, msgspec.Raw]:
    return msgspec.json.decode(gzip.decompress(KEPT.read_bytes()), type=dict[str, msgspec.Raw])


@functools.cache
def schema_of(resource_type: str) -> Mapping[str, Any] | None:
    """The schema of a type; None if it has none, or may have any properties."""
    raw = None if resource_type.startswith(_UNDESCRIBED) else _kept().get(resource_type)
    return None if raw is None else msgspec.json.decode(raw)


def is_type(resource_type: str) -> bool:
    """Whether CloudFormation has the type."""
    any_property = resource_type.startswith(_UNDESCRIBED) or resource_type.endswith(_MODULE)
    return any_property or schema_of(resource_type) is not None


def has_attribute(resource_type: str, attribute: str) -> bool:
    """Whether the type has the attribute, for `Fn::GetAtt`; true if there is no schema."""
    schema = schema_of(resource_type)
    return schema is None or any(
        attribute == name or re.fullmatch(name, attribute) for name in schema["attributes"]
    )


def has_property(resource_type: str, name: str) -> bool:
    """Whether the type has the property; true if there is no schema."""
    schema = schema_of(resource_type)
    return schema is None or name in schema["properties"]


def primary_identifiers(resource_type: str) -> list[str]:
    """The properties that identify a resource of the type; none without a schema."""
    schema = schema_of(resource_type)
    paths = schema.get("primaryIdentifier", ()) if schema else ()
    return [path.rpartition("/")[2] for path in paths]


def create_only(resource_type: str) -> list[str]:
    """The properties whose change needs a new resource; `A.B` stands for B inside of A."""
    paths = (schema_of(resource_type) or {}).get("createOnlyProperties", ())
    return [path.removeprefix("/properties/").replace("/", ".") for path in paths]


def recreation(resource_type: str, name: str) -> str:
    """Whether a change of a property needs a new resource: `Always`, `Conditionally`, `Never`."""
    given = schema_of(resource_type) or {}
    for kind, answer in _RECREATING.items():
        if any(path.split("/")[2] == name for path in given.get(kind) or ()):
            return answer
    return "Never"


_RECREATING = {
    "createOnlyProperties": "Always",
    "conditionalCreateOnlyProperties": "Conditionally",
}


def typed(resource_type: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """The properties with their scalars converted to the types in the schema."""
    schema = schema_of(resource_type)
    return dict(properties if schema is None else _fit(schema, schema, properties))


def _fit(whole: Mapping[str, Any], part: Mapping[str, Any], value: Any) -> Any:
    part = _followed(whole, part)
    if isinstance(value, Mapping):
        inner = part.get("properties", {})
        return {key: _fit(whole, inner.get(key, {}), item) for key, item in value.items()}
    if isinstance(value, list):
        return [_fit(whole, part.get("items", {}), item) for item in value]
    convert = _CONVERSIONS.get(str(part.get("type")))
    return value if convert is None else convert(value)


def _followed(whole: Mapping[str, Any], part: Any) -> Mapping[str, Any]:
    while isinstance(part, Mapping) and "$ref" in part:
        name = part["$ref"].rpartition("/")[2]
        part = whole.get("definitions", {}).get(name, {})
    return part if isinstance(part, Mapping) else {}


def _boolean(value: Any) -> Any:
    return {"true": True, "false": False}.get(text(value).lower(), value)


def _integer(value: Any) -> Any:
    try:
        return int(value) if float(value).is_integer() else value
    except (TypeError, ValueError, OverflowError):
        return value


def _number(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return float(value) if not value.lstrip("-").isdecimal() else int(value)
        except ValueError:
            return value
    return value


_CONVERSIONS = {"boolean": _boolean, "integer": _integer, "number": _number, "string": text}


def problems(resource_type: str, properties: Mapping[str, Any]) -> list[str]:
    """What breaks the schema: keys that the type does not have, missing keys, wrong values."""
    schema = schema_of(resource_type)
    return [] if schema is None else list(_problems(schema, schema, properties, "#"))


def _problems(
    whole: Mapping[str, Any], part: Mapping[str, Any], value: Any, path: str
) -> Iterator[str]:
    part = _followed(whole, part)
    yield from _out_of_bounds(part, value, path)
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _problems(whole, part.get("items", {}), item, f"{path}/{index}")
    if not isinstance(value, Mapping) or "properties" not in part:
        return
    known = part["properties"]
    for key, item in value.items():
        if key in known:
            yield from _problems(whole, known[key], item, f"{path}/{key}")
        elif part.get("additionalProperties") is False and "patternProperties" not in part:
            yield f"{path}: extraneous key [{key}] is not permitted"
    for key in part.get("required", ()):
        if key not in value:
            yield f"{path}: required key [{key}] not found"


def _out_of_bounds(part: Mapping[str, Any], value: Any, path: str) -> Iterator[str]:
    """Messages for a value that breaks a constraint, as CloudFormation's validator words them."""
    wanted = _wanted(part)
    if str(part.get("type")) in _CONVERSIONS and isinstance(value, Mapping | list):
        yield f"{path}: expected type: {str(part['type']).title()}, found: {_found(value)}"
    elif wanted not in {None, _found(value)}:
        yield f"{path}: expected type: {wanted}, found: {_found(value)}"
    elif isinstance(value, list):
        for limit, sign, bound in (("minItems", -1, "minimum"), ("maxItems", 1, "maximum")):
            if limit in part and sign * len(value) > sign * part[limit]:
                yield f"{path}: expected {bound} item count: {part[limit]}, found: {len(value)}"
    elif not isinstance(value, Mapping):
        yield from _scalar_out_of_bounds(part, value, path)


def _wanted(part: Mapping[str, Any]) -> str | None:
    """The only type that is accepted, None if other values are accepted, too."""
    kind = part.get("type", "object" if "properties" in part else None)
    if kind == "object" and "items" not in part:
        return "JSONObject"
    return "JSONArray" if kind == "array" and "$ref" in part.get("items", {}) else None


def _found(value: Any) -> str:
    kinds = {Mapping: "JSONObject", list: "JSONArray", bool: "Boolean", str: "String"}
    return next((name for kind, name in kinds.items() if isinstance(value, kind)), "Number")


def _scalar_out_of_bounds(part: Mapping[str, Any], value: Any, path: str) -> Iterator[str]:
    if "enum" in part and text(value) not in map(text, part["enum"]):
        yield f"{path}: {text(value)} is not a valid enum value"
    if part.get("type") == "string":
        length = len(text(value))
        # Services check minimum lengths other than 1 themselves.
        if length < min(part.get("minLength", 0), 1):
            yield f"{path}: expected minLength: {part['minLength']}, actual: {length}"
        elif length > part.get("maxLength", length):
            yield f"{path}: expected maxLength: {part['maxLength']}, actual: {length}"
    elif part.get("type") in ("integer", "number"):
        yield from _out_of_range(part, value, path)


def _out_of_range(part: Mapping[str, Any], value: Any, path: str) -> Iterator[str]:
    number = _number(text(value))
    if isinstance(number, str):
        yield f"{path}: expected type: {str(part['type']).title()}, found: String"
        return
    for limit, sign, wanted in (("minimum", -1, "greater"), ("maximum", 1, "less")):
        if limit in part and sign * number > sign * part[limit]:
            yield f"{path}: {text(value)} is not {wanted} or equal to {part[limit]}"

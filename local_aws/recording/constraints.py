"""What a service's model demands of a request: required members and allowed values.

The XML of every S3 body is checked against its schema first. Other requests are only checked after
moto failed on them: most of those are requests that no SDK would send.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree import ElementTree as ET

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape
from moto.core.utils import get_service_model

from local_aws.recording.deserializing import Refused, input_shape, malformed_xml

_CODES = {
    "ec2": "MissingParameter",
    "glue": "InvalidInputException",
    "logs": "InvalidParameterException",
    "sns": "InvalidParameter",
    "sqs": "MissingParameter",
}
"""Error codes for a missing or wrong parameter, of services that differ from most."""

_NO_ENUM = frozenset({"BucketLocationConstraint", "Event", "FilterRuleName", "Type"})
"""S3's enums that are not checked: their values are open in the schema, or not in elements."""

_NO_BODY = Refused("MissingRequestBodyError", "Request Body is empty")


def refusal(service: str, operation: str, parameters: Mapping[str, Any]) -> Refused | None:
    """The error for a request that the model does not allow, None for one that it does."""
    shape = input_shape(service, operation)
    broken = next(_broken(shape, parameters, ""), None) if shape is not None else None
    if service == "s3" and shape is not None:
        unsent = shape.serialization.get("payload") not in {None, *parameters}
        no_body = _NO_BODY if unsent else None
        return Refused("InvalidArgument", broken) if broken else no_body
    return None if broken is None else _invalid(service, broken)


def _invalid(service: str, broken: str) -> Refused:
    json = "json" in get_service_model(service).metadata["protocol"]
    code = _CODES.get(service, "ValidationException" if json else "ValidationError")
    return Refused(code, f"1 validation error detected: {broken}")


def unfound(
    service: str, operation: str, parameters: Mapping[str, Any], error: Exception
) -> Refused | None:
    """The error for a request on which moto failed because of what it names, or leaves out.

    That is a thing that does not exist, a member that the model does not require, or an unknown
    token. None if the request is not the cause.
    """
    missing = error.args[0] if isinstance(error, KeyError) and error.args else None
    if isinstance(missing, str) and missing in _texts(parameters):
        code = _declared(service, operation, "NotFound", "NoSuch", "Invalid")
        return code and Refused(code, f"{missing} does not exist.")
    shape = input_shape(service, operation)
    if isinstance(missing, str) and shape is not None and missing in _members(shape, set()):
        return _invalid(service, _NULL.format(_member("", missing)))
    for name in _TOKENS & parameters.keys():
        if isinstance(error, ValueError) and repr(parameters[name]) in str(error):
            code = _declared(service, operation, "InvalidNext", "InvalidMarker", "Invalid")
            return code and Refused(code, f"Invalid {name}: {parameters[name]}")
    return None


_NULL = "Value null at '{}' failed to satisfy constraint: Member must not be null"
_TOKENS = frozenset({"ExclusiveStartStreamName", "Marker", "NextToken", "nextToken"})


def _members(shape: Shape, seen: set[str]) -> Iterator[str]:
    """The names of all members inside of a shape."""
    if isinstance(shape, ListShape):
        yield from _members(shape.member, seen)
    elif isinstance(shape, StructureShape) and shape.name not in seen:
        seen.add(shape.name)
        for name, inner in shape.members.items():
            yield name
            yield from _members(inner, seen)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, str):
        yield value


def _declared(service: str, operation: str, *marks: str) -> Any:
    """The code of the first error of an operation whose name has the earliest of the marks."""
    shapes = get_service_model(service).operation_model(operation).error_shapes
    found = (shape for mark in marks for shape in shapes if mark in shape.name)
    return next((s.metadata.get("error", {}).get("code", s.name) for s in found), None)


def _broken(shape: Shape, value: Any, path: str) -> Iterator[str]:
    """What the model forbids, in the words of AWS's services."""
    yield from (
        f"Value '{value}' at '{path}' failed to satisfy constraint: Member must {wanted}"
        for wanted in _wanted(shape, value)
    )
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        yield from _broken_structure(shape, value, path)
    elif isinstance(shape, ListShape) and isinstance(value, list):
        for place, inner in enumerate(value, 1):
            yield from _broken(shape.member, inner, f"{path}.{place}.member")
    elif isinstance(shape, MapShape) and isinstance(value, Mapping):
        for inner in value.values():
            yield from _broken(shape.value, inner, path)


def _wanted(shape: Shape, value: Any) -> Iterator[str]:
    """What the value must do and does not: be in an enum, within limits, match a pattern."""
    from local_aws.recording import java_patterns

    if isinstance(shape, StringShape) and shape.enum and value not in shape.enum:
        yield f"satisfy enum value set: [{', '.join(shape.enum)}]"
    sized = isinstance(value, str | list)
    if sized or (isinstance(value, int | float) and not isinstance(value, bool)):
        size, what = (len(value), "length") if sized else (value, "value")
        if size < shape.metadata.get("min", size):
            yield f"have {what} greater than or equal to {shape.metadata['min']}"
        if size > shape.metadata.get("max", size):
            yield f"have {what} less than or equal to {shape.metadata['max']}"
    pattern = shape.metadata.get("pattern")
    if pattern and isinstance(value, str) and not java_patterns.matches(pattern, value):
        yield f"satisfy regular expression pattern: {pattern}"


def _broken_structure(shape: StructureShape, value: Mapping[str, Any], path: str) -> Iterator[str]:
    for name in shape.required_members:
        if value.get(name) is None:
            yield _NULL.format(_member(path, name))
    for name, inner in value.items():
        if name in shape.members:
            yield from _broken(shape.members[name], inner, _member(path, name))


def _member(path: str, name: str) -> str:
    return f"{path}.{name[0].lower()}{name[1:]}".lstrip(".")


def check_xml_body(operation: str, body: bytes) -> None:
    """Raise `Refused` for the body of an S3 operation that S3's schema does not allow.

    The body is well-formed XML, or empty.
    """
    shape = input_shape("s3", operation)
    name = shape.serialization.get("payload") if shape is not None else None
    payload = shape.members[name] if shape is not None and name else None
    if not isinstance(payload, StructureShape):
        return
    if not body:
        if shape is not None and name in shape.required_members:
            raise _NO_BODY
        return
    root = ET.fromstring(body)  # noqa: S314 - checked before: it has no DTD
    wanted = payload.serialization.get("name", payload.name)
    if _local(root) != wanted or not _fits(payload, root):
        error = malformed_xml()
        raise Refused("MalformedACLError", error.message) if "Acl" in operation else error


def _local(element: ET.Element) -> str:
    """An element's name without its namespace."""
    return element.tag.rpartition("}")[2]


def _fits(shape: Shape, element: ET.Element) -> bool:
    if isinstance(shape, StructureShape):
        return _structure_fits(shape, element)
    if isinstance(shape, ListShape):
        return all(_fits(shape.member, inner) for inner in element)
    if not isinstance(shape, StringShape) or not shape.enum or shape.name in _NO_ENUM:
        return True
    return (element.text or "").strip() in shape.enum


def _structure_fits(shape: StructureShape, element: ET.Element) -> bool:
    for name, inner in shape.members.items():
        if inner.serialization.get("xmlAttribute"):
            continue
        flat = isinstance(inner, ListShape) and inner.serialization.get("flattened")
        called = _element_name(name, inner)
        found = [each for each in element if _local(each) == called]
        if not found and name in shape.required_members:
            return False
        part = inner.member if flat and isinstance(inner, ListShape) else inner
        if not all(_fits(part, each) for each in found):
            return False
    return True


def _element_name(name: str, shape: Shape) -> str:
    if isinstance(shape, ListShape) and shape.serialization.get("flattened"):
        own = shape.member.serialization.get("name")
        return str(shape.serialization.get("name", own or name))
    return str(shape.serialization.get("name", name))

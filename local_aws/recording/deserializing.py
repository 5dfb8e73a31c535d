"""What a request's body must be before a service reads it; anything else AWS refuses unread.

The body of a JSON service is one object of the types of the operation's input in botocore's
model; XML is well-formed and has no DTD. Neither is nested deeper than any operation needs.

The codes are AWS's; the messages are those measured on Kinesis and Athena (JSON 1.1). Two
things are stricter than there: a string is never taken for a boolean, and a list or map holds
no null.
"""

from __future__ import annotations

import binascii
import functools
import zlib
from collections.abc import Callable, Mapping
from typing import Any
from xml.parsers import expat

import msgspec
from botocore.model import ListShape, MapShape, Shape, StructureShape
from moto.core.parse import default_timestamp_parser
from moto.core.utils import get_service_model

MAX_DEPTH = 100
"""Levels of a body. DynamoDB's items have the most: 32 levels, each two deep in JSON."""

MAX_UNPACKED = 64 * 1024 * 1024
"""Bytes that a compressed body may unpack to; the largest request is Lambda's, of 50 MB."""

_JSON = frozenset({"json", "rest-json"})

Check = Callable[[Any], None]


class Refused(Exception):
    """A request that is answered with this error, HTTP 400, before its service acts."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def check_body(service: str, operation: str, protocol: str, body: bytes) -> None:
    """Raise `Refused` for a body that the operation could not be deserialized from."""
    if protocol in _JSON:
        if protocol == "json" or (body and _has_members_in_body(service, operation)):
            _body_check(service, operation)(_json_object(body))
    elif protocol == "rest-xml" and body and _has_members_in_body(service, operation):
        _check_xml(body)


def has_body(service: str, operation: str) -> bool:
    """Whether the operation takes anything from its body. AWS ignores the bodies of others."""
    shape = input_shape(service, operation)
    return shape is not None and (
        "payload" in shape.serialization or _has_members_in_body(service, operation)
    )


def unpacked(body: bytes) -> bytes:
    """The content of a gzip body. Raises `Refused` if it is not gzip, or too large."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        content = unpacker.decompress(body, MAX_UNPACKED)
    except zlib.error as error:
        raise Refused("SerializationException", f"The body is not gzip: {error}") from error
    if not unpacker.eof:
        raise Refused(
            "SerializationException",
            f"The body is not one complete gzip file of at most {MAX_UNPACKED} bytes.",
        )
    return content


def input_shape(service: str, operation: str) -> StructureShape | None:
    """The shape of an operation's input in botocore's model, None if it takes nothing."""
    shape: StructureShape | None
    shape = get_service_model(service).operation_model(operation).input_shape
    return shape


@functools.cache
def _has_members_in_body(service: str, operation: str) -> bool:
    shape = input_shape(service, operation)
    if shape is None:
        return False
    payload = shape.serialization.get("payload")
    if payload is not None:
        return isinstance(shape.members[payload], StructureShape)
    return any("location" not in inner.serialization for inner in shape.members.values())


# JSON


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        value = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise _mismatch() from error
    if isinstance(value, list):
        raise _mismatch(_LIST_FOUND)
    # Counting is quick and usually enough: only a body with many brackets can be nested deeply.
    if body.count(b"{") + body.count(b"[") > MAX_DEPTH and not _is_within(value, MAX_DEPTH):
        raise _mismatch(f"The body is nested deeper than {MAX_DEPTH} levels.")
    if not isinstance(value, dict):
        raise _mismatch()
    return value


def _is_within(value: Any, levels: int) -> bool:
    if isinstance(value, dict):
        return levels > 0 and all(_is_within(inner, levels - 1) for inner in value.values())
    if isinstance(value, list):
        return levels > 0 and all(_is_within(inner, levels - 1) for inner in value)
    return True


@functools.cache
def _body_check(service: str, operation: str) -> Check:
    """The function that checks an operation's body."""
    shape = input_shape(service, operation)
    payload = shape.serialization.get("payload") if shape is not None else None
    body: Shape | None = shape.members[payload] if shape is not None and payload else shape
    return _Compiler().structure(body) if isinstance(body, StructureShape) else _check_nothing


class _Compiler:
    """Makes checks of the shapes of one operation."""

    def __init__(self) -> None:
        self._structures: dict[str, Check] = {}

    def structure(self, shape: StructureShape) -> Check:
        if shape.name not in self._structures:
            members: dict[str, Check] = {}
            # Registered before its members are compiled: shapes may contain themselves.
            self._structures[shape.name] = functools.partial(_check_structure, members)
            members |= {
                inner.serialization.get("name", name): self._compile(inner)
                for name, inner in shape.members.items()
                if "location" not in inner.serialization
            }
        return self._structures[shape.name]

    def _compile(self, shape: Shape) -> Check:
        if isinstance(shape, StructureShape):
            is_any = getattr(shape, "is_document_type", False)
            return _check_nothing if is_any else self.structure(shape)
        if isinstance(shape, ListShape):
            return functools.partial(_check_list, self._compile(shape.member))
        if isinstance(shape, MapShape):
            return functools.partial(_check_map, self._compile(shape.value))
        return _SCALARS.get(shape.type_name, _check_nothing)


_LIST_FOUND = "Start of list found where not expected"
_OBJECT_FOUND = "Start of structure or map found where not expected."


def _mismatch(message: str = "") -> Refused:
    return Refused("SerializationException", message)


def _check_nothing(_value: Any) -> None:
    """Let anything pass: a document, or a type that JSON has no form for."""


def _check_structure(members: Mapping[str, Check], value: Any) -> None:
    if not isinstance(value, dict):
        raise _mismatch(_LIST_FOUND if isinstance(value, list) else "Expected null")
    for name, inner in value.items():
        check = members.get(name)
        if check is not None and inner is not None:
            check(inner)


def _check_list(check: Check, value: Any) -> None:
    if not isinstance(value, list):
        raise _mismatch(_OBJECT_FOUND if isinstance(value, dict) else "Expected list or null")
    for inner in value:
        check(inner)


def _check_map(check: Check, value: Any) -> None:
    if not isinstance(value, dict):
        raise _mismatch(_LIST_FOUND if isinstance(value, list) else "Expected map or null")
    for inner in value.values():
        check(inner)


def _scalar(wanted: str, fits: Callable[[Any], bool]) -> Check:
    def check(value: Any) -> None:
        if fits(value):
            return
        if isinstance(value, list | dict):
            raise _mismatch(_LIST_FOUND if isinstance(value, list) else _OBJECT_FOUND)
        raise _mismatch(f"{_token(value)} can not be converted to {wanted}")

    return check


def _token(value: Any) -> str:
    """The kind of a scalar, as AWS's parser calls it."""
    match value:
        case None | bool():
            return {None: "NULL_VALUE", True: "TRUE_VALUE", False: "FALSE_VALUE"}[value]
        case str():
            return "STRING_VALUE"
        case float():
            return "DECIMAL_VALUE"
        case _:
            return "NUMBER_VALUE"


def _is_whole(bits: int) -> Callable[[Any], bool]:
    bound = 1 << (bits - 1)

    def fits(value: Any) -> bool:
        is_number = type(value) is int or (type(value) is float and value.is_integer())
        return is_number and -bound <= value < bound

    return fits


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) or value in ("NaN", "Infinity", "-Infinity")


def _is_base64(value: Any) -> bool:
    try:
        return type(value) is str and binascii.a2b_base64(value) is not None
    except ValueError:
        return False


def _is_time(value: Any) -> bool:
    """Whether moto's parser, which takes more than AWS's, finds a time from year 1 to 9999."""
    if type(value) not in (int, float, str):
        return False
    try:
        default_timestamp_parser(value)
    except (ValueError, OverflowError, OSError, RuntimeError, TypeError):
        return False
    return True


_SCALARS: dict[str, Check] = {
    "string": _scalar("a String", lambda value: type(value) is str),
    "boolean": _scalar("a Boolean", lambda value: type(value) is bool),
    "integer": _scalar("an Integer", _is_whole(32)),
    "long": _scalar("a Long", _is_whole(64)),
    "float": _scalar("a Float", _is_number),
    "double": _scalar("a Double", _is_number),
    "blob": _scalar("a Blob", _is_base64),
    "timestamp": _scalar("milliseconds since epoch", _is_time),
}


# XML


def _check_xml(body: bytes) -> None:
    """Raise `Refused` for XML that is broken, nested too deeply, or declares entities."""
    depth = 0

    def enter(_name: str, _attributes: object) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise malformed_xml()

    def leave(_name: str) -> None:
        nonlocal depth
        depth -= 1

    def refuse(*_declaration: object) -> None:
        raise malformed_xml()

    parser = expat.ParserCreate()
    parser.StartElementHandler = enter
    parser.EndElementHandler = leave
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        raise malformed_xml() from error


def malformed_xml() -> Refused:
    """S3's error for text that is not XML, or does not fit its schema."""
    return Refused(
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema",
    )

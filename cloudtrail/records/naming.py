"""From API members to the keys of requestParameters and responseElements.

The rule, with no exception in 2,546 measured paths: a member's key is its name with the first
letter in lower case, at every depth. The keys of maps are data and stay as sent. A shape of the API
model is compiled once into a function that converts its values.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from cloudtrail.records.dates import date_format
from cloudtrail.records.redaction import Drop, is_secret_key, placeholder, rule_for
from cloudtrail.records.services import GATEWAY_SERVICES

Convert = Callable[[Any], Any]
KeyRule = Callable[[str, Shape], str]

PASCAL_CASE = frozenset(
    {
        "ce",
        "connect",
        "devops-guru",
        "mwaa",
        "resource-explorer-2",
        "securityhub",
        "account",
        "networkflowmonitor",
        "rum",
    }
)
"""Services whose records start keys with a capital letter, as the API does."""

WIRE_NAMES = frozenset({"eks"})
"""Services whose records use the names on the wire, if these differ from the members' names."""


def first_lower(member: str, _shape: Shape | None = None) -> str:
    """`sSESpecification` for `SSESpecification`."""
    return member[:1].lower() + member[1:]


def _first_upper(member: str, _shape: Shape) -> str:
    return OWN_KEYS.get(member, member[:1].upper() + member[1:])


def _wire_name(member: str, shape: Shape) -> str:
    return str(shape.serialization.get("name", first_lower(member)))


CAMEL_CASE = frozenset({("rum", "PutRumEvents")})
"""Operations of PASCAL_CASE services whose records nevertheless start keys with a small letter."""

OWN_KEYS = {"AlternateContactType": "alternateContactType"}
"""Members of PASCAL_CASE services whose key in records starts with a small letter."""


def key_rule(service: str, operation: str = "") -> KeyRule:
    """The function that names the record key of a member of an operation's shapes."""
    if service in PASCAL_CASE and (service, operation) not in CAMEL_CASE:
        return _first_upper
    return _wire_name if service in WIRE_NAMES else first_lower


class Converter:
    """Compiles the shapes of one service into functions that convert values for records.

    There is no function (None) for values that do not change: strings, numbers, booleans.
    """

    def __init__(
        self, service: str, without: frozenset[str] = frozenset(), key: KeyRule | None = None
    ) -> None:
        """Make a converter that leaves out members whose innermost shape is named in `without`."""
        self._service = service
        self._key = key or key_rule(service)
        self.date = date_format(service)
        self._without = without
        self._structures: dict[str, Convert] = {}

    def compile(self, shape: Shape) -> Convert | None:
        """The function that converts values of `shape`, or None if they need none."""
        if isinstance(shape, StructureShape):
            return self._structure(shape)
        if isinstance(shape, ListShape):
            inner = self.compile(shape.member)
            return None if inner is None else partial(_convert_list, inner)
        if isinstance(shape, MapShape):
            inner = self.compile(shape.value)
            if inner is None and shape.value.type_name == "string":
                return partial(_convert_text_map, placeholder(self._service))
            return None if inner is None else partial(_convert_map, inner)
        return self.date if shape.type_name == "timestamp" else None

    def member(self, name: str, shape: Shape) -> tuple[str, str, Convert | None] | None:
        """Member, key and function of a structure's member, or None if records lack it."""
        rule = rule_for(self._service, name, shape)
        is_status = shape.serialization.get("location") == "statusCode"
        if isinstance(rule, Drop) or is_status or _leaf(shape).name in self._without:
            return None
        convert = self.compile(shape) if rule is None else partial(_hide, rule)
        if self._service in GATEWAY_SERVICES and _is_number_in_query(shape):
            # A gateway sees text there (2 of 2).
            convert = str
        return name, self.key(name, shape), convert

    def key(self, name: str, shape: Shape) -> str:
        """A member's key."""
        return self._key(name, shape)

    def _structure(self, shape: StructureShape) -> Convert:
        if shape.name not in self._structures:
            members: list[tuple[str, str, Convert | None]] = []
            # Registered before its members are compiled: shapes may contain themselves.
            self._structures[shape.name] = partial(convert_structure, members)
            found = (self.member(name, inner) for name, inner in shape.members.items())
            members.extend(member for member in found if member is not None)
        return self._structures[shape.name]


def convert_structure(members: list[tuple[str, str, Convert | None]], value: Any) -> dict[str, Any]:
    """The record object of a structure's value, keys in the model's order.

    What does not fit the model (a malformed request) is left out: no rule says whether it may
    appear in a record.
    """
    if not isinstance(value, dict):
        return {}
    return {
        key: value[name] if convert is None else convert(value[name])
        for name, key, convert in members
        if value.get(name) is not None
    }


def _convert_list(convert: Convert, values: Any) -> list[Any]:
    return [convert(value) for value in values] if isinstance(values, list | tuple) else []


def _convert_map(convert: Convert, values: Any) -> dict[str, Any]:
    if not isinstance(values, dict):
        return {}
    return {key: convert(value) for key, value in values.items()}


def _convert_text_map(hidden: str, values: Any) -> dict[str, Any]:
    """A map of texts; those under keys such as `PASSWORD` are hidden."""
    if not isinstance(values, dict):
        return {}
    return {key: hidden if is_secret_key(key) else value for key, value in values.items()}


def _hide(hidden: str, _value: Any) -> str:
    return hidden


def _is_number_in_query(shape: Shape) -> bool:
    is_number = shape.type_name in ("integer", "long")
    return is_number and shape.serialization.get("location") == "querystring"


def _leaf(shape: Shape) -> Shape:
    while isinstance(shape, ListShape | MapShape):
        shape = shape.member if isinstance(shape, ListShape) else shape.value
    return shape

"""Event patterns of EventBridge: which events match, and which patterns are invalid.

Source: EventBridge User Guide, "Comparison operators for use in event patterns", and the
README of event-ruler, the engine that AWS published: a list's elements are looked at one by
one, and fields within a list of objects match within the same object.
"""

from __future__ import annotations

import ipaddress
import itertools
import json
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from cloudtrail.wildcards import Wildcard, matches

__all__ = ["InvalidEventPattern", "compile_event_pattern"]

_STAR = re.compile(r"\\([*\\])|(\*)|(.)", re.DOTALL)
_BAD_ESCAPE = re.compile(r"(?:[^\\]|\\[*\\])*\\(?![*\\])", re.DOTALL)
_GREATEST = 5_000_000_000
_ORDER: Mapping[str, Callable[[float, float], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

Matches = Callable[[Any], bool]
"""Whether a value matches: a whole event, a member of one, or a scalar."""

_ABSENT: tuple[()] = ()
"""A member that an event lacks: a list without elements."""


class InvalidEventPattern(ValueError):
    """A pattern that EventBridge refuses; the message is its reason."""


@lru_cache(maxsize=512)
def compile_event_pattern(pattern: str) -> Matches:
    """A test for events by a pattern in JSON. Raises InvalidEventPattern."""
    try:
        parsed = json.loads(pattern)
    except ValueError as error:
        raise InvalidEventPattern("Invalid JSON") from error
    if not isinstance(parsed, dict):
        raise InvalidEventPattern("Filter is not an object")
    return _object(parsed)


def _object(pattern: Mapping[str, Any]) -> Matches:
    """All members must match; in a list of objects, those of the same element."""
    has_alternatives = _is_alternatives(pattern.get("$or"))
    others = _alternatives(pattern["$or"]) if has_alternatives else None
    members = [
        (key, _member(key, each))
        for key, each in pattern.items()
        if not (key == "$or" and has_alternatives)
    ]

    def is_match(value: Any) -> bool:
        if isinstance(value, list) and value:
            return any(is_match(each) for each in value)
        fields = value if isinstance(value, Mapping) else {}
        return all(test(fields.get(key, _ABSENT)) for key, test in members) and (
            others is None or others(fields)
        )

    return is_match


def _is_alternatives(value: Any) -> bool:
    """Whether `$or` is a list of alternatives, and not a member with that name."""
    return isinstance(value, list) and not any(
        isinstance(each, dict) and _RESERVED & each.keys() for each in value
    )


def _alternatives(patterns: Sequence[Any]) -> Matches:
    if len(patterns) < 2:
        raise InvalidEventPattern("There must have at least 2 Objects in $or relationship.")
    if not all(isinstance(each, dict) for each in patterns):
        raise InvalidEventPattern("Only JSON Object is allowed in array of $or relationship.")
    tests = [_object(each) for each in patterns]
    return lambda fields: any(test(fields) for test in tests)


def _member(key: str, pattern: Any) -> Matches:
    if isinstance(pattern, dict):
        if not pattern:
            raise InvalidEventPattern("Empty objects are not allowed")
        return _object(pattern)
    if not isinstance(pattern, list):
        raise InvalidEventPattern(f"'{key}' must be an object or an array")
    if not pattern:
        raise InvalidEventPattern("Empty arrays are not allowed")
    tests = [_filter(each) for each in pattern]

    def is_match(value: Any) -> bool:
        scalars = _scalars(value)
        return any(test(scalars) for test in tests)

    return is_match


def _scalars(value: Any) -> Sequence[Any]:
    """The scalars of a member: a list's elements one by one, nothing from objects."""
    if isinstance(value, list):
        return [scalar for each in value for scalar in _scalars(each)]
    return () if value is _ABSENT or isinstance(value, Mapping) else (value,)


def _filter(wanted: Any) -> Callable[[Sequence[Any]], bool]:
    if isinstance(wanted, list):
        raise InvalidEventPattern("Match value must be String, number, true, false, or null")
    if not isinstance(wanted, dict):
        return lambda scalars: any(_is_same(wanted, scalar) for scalar in scalars)
    if len(wanted) != 1:
        raise InvalidEventPattern("Only one key allowed in match expression")
    ((name, value),) = wanted.items()
    if name == "exists":
        if not isinstance(value, bool):
            raise InvalidEventPattern("exists match pattern must be either true or false.")
        return lambda scalars: bool(scalars) is value
    if name not in _OPERATORS:
        raise InvalidEventPattern(f"Unrecognized match type {name}")
    test = _OPERATORS[name](value)
    return lambda scalars: any(test(scalar) for scalar in scalars)


def _is_same(wanted: Any, value: Any) -> bool:
    """Equality in JSON, where a number never equals a boolean."""
    return isinstance(wanted, bool) is isinstance(value, bool) and bool(wanted == value)


# Operators


def _string(name: str, wanted: Any, *, empty: bool = False) -> str:
    if not isinstance(wanted, str):
        raise InvalidEventPattern(f"{name} match pattern must be a string")
    if not wanted and not empty:
        raise InvalidEventPattern("Null or empty strings are not allowed")
    return wanted


def _of_text(name: str, is_match: Callable[[str, str], bool]) -> Callable[[Any], Matches]:
    """An operator on strings, which may ignore case."""

    def make(wanted: Any) -> Matches:
        if isinstance(wanted, dict) and list(wanted) == ["equals-ignore-case"]:
            folded = _string(name, wanted["equals-ignore-case"]).casefold()
            return lambda value: isinstance(value, str) and is_match(value.casefold(), folded)
        text = _string(name, wanted)
        return lambda value: isinstance(value, str) and is_match(value, text)

    return make


def _equals_ignore_case(wanted: Any) -> Matches:
    folded = _string("equals-ignore-case", wanted, empty=True).casefold()
    return lambda value: isinstance(value, str) and value.casefold() == folded


def _wildcard(wanted: Any) -> Matches:
    """`*` stands for any characters; a backslash escapes."""
    text = _string("wildcard", wanted)
    if (bad := _BAD_ESCAPE.match(text)) is not None:
        raise InvalidEventPattern(f"Invalid escape character at pos {bad.end() - 1}")
    found = _STAR.findall(text)
    symbols = [Wildcard.ANY if star else escaped or other for escaped, star, other in found]
    pairs = itertools.pairwise(symbols)
    if any(one is two is Wildcard.ANY for one, two in pairs):
        raise InvalidEventPattern("Consecutive wildcard characters at pos")
    return lambda value: isinstance(value, str) and matches(symbols, value)


def _numeric(wanted: Any) -> Matches:
    if not isinstance(wanted, list) or len(wanted) not in (2, 4):
        raise InvalidEventPattern("Value of numeric must be an array.")
    bounds = list(zip(wanted[::2], wanted[1::2], strict=True))
    for sign, number in bounds:
        if sign not in _ORDER:
            raise InvalidEventPattern(f"Unrecognized numeric range operator: {sign}")
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise InvalidEventPattern(f"Value of {sign} must be numeric")
        if abs(number) > _GREATEST:
            raise InvalidEventPattern("Value must be between -5.0E9 and 5.0E9, inclusive")
    _check_range(bounds)
    return lambda value: (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and all(_ORDER[sign](value, number) for sign, number in bounds)
    )


def _check_range(bounds: Sequence[tuple[str, float]]) -> None:
    """Refuse two bounds unless the first is the lower one."""
    if len(bounds) == 1:
        return
    (lower, bottom), (upper, top) = bounds
    if not lower.startswith(">"):
        raise InvalidEventPattern("Too many elements in numeric expression")
    if not upper.startswith("<"):
        raise InvalidEventPattern(f"Bad numeric range operator: {upper}")
    if bottom >= top:
        raise InvalidEventPattern("Bottom must be less than top")


def _cidr(wanted: Any) -> Matches:
    text = _string("cidr", wanted)
    if text.count("/") != 1:
        raise InvalidEventPattern(f"Malformed CIDR, one '/' required: {wanted}")
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise InvalidEventPattern(f"Malformed CIDR, one '/' required: {wanted}") from error

    def is_match(value: Any) -> bool:
        try:
            return isinstance(value, str) and ipaddress.ip_address(value) in network
        except ValueError:
            return False

    return is_match


def _anything_but(wanted: Any) -> Matches:
    """Any value except these: scalars, or strings that an operator matches."""
    if isinstance(wanted, dict):
        if len(wanted) != 1 or (name := next(iter(wanted))) not in _NEGATED:
            raise InvalidEventPattern(f"Unsupported anything-but pattern: {', '.join(wanted)}")
        values = wanted[name] if isinstance(wanted[name], list) else [wanted[name]]
        tests = [_OPERATORS[name](each) for each in values]
    else:
        listed = wanted if isinstance(wanted, list) else [wanted]
        if not all(
            isinstance(each, str | int | float) and not isinstance(each, bool) for each in listed
        ):
            raise InvalidEventPattern(
                "Inside anything but list, start|null|boolean is not supported."
            )
        if len({isinstance(each, str) for each in listed}) > 1:
            raise InvalidEventPattern(
                "Inside anything but list, either all values are number or string, mixed type is "
                "not supported"
            )
        tests = [_equal_to(each) for each in listed]
    if not tests:
        raise InvalidEventPattern("Empty arrays are not allowed")
    return lambda value: not any(test(value) for test in tests)


def _equal_to(wanted: Any) -> Matches:
    return lambda value: _is_same(wanted, value)


_OPERATORS: Mapping[str, Callable[[Any], Matches]] = {
    "prefix": _of_text("prefix", str.startswith),
    "suffix": _of_text("suffix", str.endswith),
    "equals-ignore-case": _equals_ignore_case,
    "wildcard": _wildcard,
    "numeric": _numeric,
    "cidr": _cidr,
    "anything-but": _anything_but,
}
_NEGATED = ("prefix", "suffix", "equals-ignore-case", "wildcard")
_RESERVED = _OPERATORS.keys() | {"exists"}

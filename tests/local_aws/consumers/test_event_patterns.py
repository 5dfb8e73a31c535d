"""What event patterns match, by EventBridge's table of operators and event-ruler's README."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local_aws.consumers.event_bridge.patterns import InvalidEventPattern, compile_event_pattern

EVENT = {
    "source": "aws.ec2",
    "detail": {
        "name": "Users-1",
        "empty": "",
        "none": None,
        "yes": True,
        "one": 1,
        "price": 2.5,
        "ip": "10.1.2.3",
        "tags": ["a", "b"],
        "items": [{"key": "x", "value": 1}, {"key": "y", "value": 2}],
        "groups": [[{"id": "deep"}]],
        "nothing": [],
    },
}


@pytest.mark.parametrize(
    ("detail", "matches"),
    [
        ({"name": ["Users-1"]}, True),
        ({"name": ["Users-2", "Users-1"]}, True),
        ({"name": ["users-1"]}, False),
        ({"name": ["Users-1"], "one": [2]}, False),
        ({"none": [None]}, True),
        ({"empty": [""]}, True),
        ({"yes": [True]}, True),
        ({"one": [1.0]}, True),
        # JSON's true is no 1.
        ({"yes": [1]}, False),
        ({"one": [True]}, False),
        ({"tags": ["b"]}, True),
        ({"tags": ["c"]}, False),
        ({"items": {"key": ["y"]}}, True),
        ({"items": {"key": ["z"]}}, False),
        # Within one object of a list.
        ({"items": {"key": ["y"], "value": [2]}}, True),
        ({"items": {"key": ["y"], "value": [1]}}, False),
        ({"groups": {"id": ["deep"]}}, True),
        ({"name": [{"prefix": "User"}]}, True),
        ({"name": [{"prefix": "user"}]}, False),
        ({"name": [{"prefix": {"equals-ignore-case": "user"}}]}, True),
        ({"name": [{"suffix": "-1"}]}, True),
        ({"name": [{"suffix": {"equals-ignore-case": "S-1"}}]}, True),
        ({"name": [{"equals-ignore-case": "USERS-1"}]}, True),
        ({"one": [{"prefix": "1"}]}, False),
        ({"name": [{"anything-but": "Users-1"}]}, False),
        ({"name": [{"anything-but": ["a", "b"]}]}, True),
        ({"one": [{"anything-but": [1, 2]}]}, False),
        ({"name": [{"anything-but": {"prefix": "User"}}]}, False),
        ({"name": [{"anything-but": {"prefix": ["x", "User"]}}]}, False),
        ({"name": [{"anything-but": {"suffix": "-2"}}]}, True),
        ({"name": [{"anything-but": {"equals-ignore-case": ["USERS-1"]}}]}, False),
        ({"name": [{"anything-but": {"wildcard": "*s-*"}}]}, False),
        # A list matches by any of its elements.
        ({"tags": [{"anything-but": "a"}]}, True),
        ({"lacking": [{"anything-but": "a"}]}, False),
        ({"one": [{"numeric": ["=", 1]}]}, True),
        ({"price": [{"numeric": [">", 2, "<=", 2.5]}]}, True),
        ({"price": [{"numeric": [">", 2.5]}]}, False),
        ({"name": [{"numeric": [">", 0]}]}, False),
        ({"yes": [{"numeric": ["=", 1]}]}, False),
        ({"name": [{"exists": True}]}, True),
        ({"none": [{"exists": True}]}, True),
        ({"lacking": [{"exists": False}]}, True),
        ({"lacking": {"deeper": [{"exists": False}]}}, True),
        ({"lacking": [{"exists": True}]}, False),
        ({"nothing": [{"exists": True}]}, False),
        # Only leaves exist.
        ({"items": [{"exists": True}]}, False),
        ({"ip": [{"cidr": "10.0.0.0/8"}]}, True),
        ({"ip": [{"cidr": "10.2.0.0/16"}]}, False),
        ({"name": [{"cidr": "10.0.0.0/8"}]}, False),
        ({"name": [{"wildcard": "U*s-*"}]}, True),
        ({"name": [{"wildcard": "*2"}]}, False),
        ({"$or": [{"name": ["x"]}, {"one": [1]}]}, True),
        ({"$or": [{"name": ["x"]}, {"one": [2]}]}, False),
        ({"$or": [{"name": ["x"]}, {"one": [1]}], "yes": [False]}, False),
        ({"name": ["x", {"prefix": "User"}]}, True),
        # Alternatives within alternatives, and in an object.
        ({"$or": [{"name": ["x"]}, {"yes": [True], "$or": [{"one": [2]}, {"one": [1]}]}]}, True),
        ({"$or": [{"name": ["x"]}, {"yes": [True], "$or": [{"one": [2]}, {"one": [3]}]}]}, False),
        ({"$or": [{"items": {"key": ["y"]}}, {"one": [2]}]}, True),
        ({"$or": [{"lacking": [{"exists": False}]}, {"one": [2]}]}, True),
        # A field of this name.
        ({"$or": {"name": ["Users-1"]}}, False),
        ({"$or": [{"prefix": "a"}, {"prefix": "b"}]}, False),
        ({"name": [{"anything-but": "x"}, "Users-1"]}, True),
        ({"items": {"value": [{"numeric": [">", 1]}]}}, True),
        ({"items": {"key": [{"exists": False}]}}, False),
        ({"items": {"other": [{"exists": False}]}}, True),
        ({"tags": [{"exists": True}]}, True),
        ({"empty": [{"anything-but": ["a"]}]}, True),
        ({"empty": [{"wildcard": "*"}]}, True),
        ({"price": [{"numeric": ["=", 2.5]}]}, True),
        ({"price": [{"anything-but": 2.5}]}, False),
    ],
)
def test_matches(detail: Any, matches: bool) -> None:
    pattern = json.dumps({"source": ["aws.ec2"], "detail": detail})
    assert compile_event_pattern(pattern)(EVENT) is matches


_SCALARS = "Inside anything but list, start|null|boolean is not supported."
_MIXED = (
    "Inside anything but list, either all values are number or string, mixed type is not supported"
)


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("{", "Invalid JSON"),
        ("[]", "Filter is not an object"),
        ('{"a": "b"}', "'a' must be an object or an array"),
        ('{"a": []}', "Empty arrays are not allowed"),
        ('{"a": {}}', "Empty objects are not allowed"),
        ('{"a": [{"like": "b"}]}', "Unrecognized match type like"),
        ('{"a": [{"prefix": "b", "suffix": "c"}]}', "Only one key allowed in match expression"),
        ('{"a": [{"prefix": 1}]}', "prefix match pattern must be a string"),
        ('{"a": [{"exists": "yes"}]}', "exists match pattern must be either true or false."),
        ('{"a": [{"numeric": [">"]}]}', "Value of numeric must be an array."),
        ('{"a": [{"numeric": ["~", 1]}]}', "Unrecognized numeric range operator: ~"),
        ('{"a": [{"numeric": [">", "1"]}]}', "Value of > must be numeric"),
        ('{"a": [{"cidr": "10.0.0/8"}]}', "Malformed CIDR, one '/' required: 10.0.0/8"),
        ('{"a": [{"wildcard": "b**"}]}', "Consecutive wildcard characters at pos"),
        ('{"a": [{"anything-but": []}]}', "Empty arrays are not allowed"),
        (
            '{"a": [{"anything-but": {"numeric": [">", 1]}}]}',
            "Unsupported anything-but pattern: numeric",
        ),
        ('{"a": [{"anything-but": [1, "b"]}]}', _MIXED),
        ('{"a": [{"anything-but": [true]}]}', _SCALARS),
        ('{"a": [{"anything-but": null}]}', _SCALARS),
        (r'{"a": [{"wildcard": "b\\c*"}]}', "Invalid escape character at pos 1"),
        ('{"a": [{"numeric": [">", 5, "<", 1]}]}', "Bottom must be less than top"),
        ('{"a": [{"numeric": ["<", 5, ">", 1]}]}', "Too many elements in numeric expression"),
        ('{"a": [{"numeric": [">", 1, ">", 5]}]}', "Bad numeric range operator: >"),
        ('{"a": [{"cidr": "10.0.0.1"}]}', "Malformed CIDR, one '/' required: 10.0.0.1"),
        ('{"$or": [{"a": ["b"]}]}', "There must have at least 2 Objects in $or relationship."),
    ],
)
def test_bad_pattern_is_refused(pattern: str, reason: str) -> None:
    with pytest.raises(InvalidEventPattern) as error:
        compile_event_pattern(pattern)
    assert str(error.value) == reason

"""The operators of a policy's conditions.

Source: IAM User Guide, "IAM JSON policy elements: Condition operators". Address and binary
operators are not evaluated: a condition that cannot be evaluated does not hold.
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from cloudtrail.wildcards import is_like


def value_text(value: object) -> str:
    """A condition's value as text: JSON true is the string `true`."""
    return value if isinstance(value, str) else json.dumps(value)


def holds(test: str, actual: str | None, wanted: Sequence[str]) -> bool:
    """Whether a request's value, None if it has none, meets an operator such as `StringLike`."""
    name = re.sub(r"^(ForAllValues|ForAnyValue):", "", test)
    if name == "Null":
        return any(value.lower() == str(actual is None).lower() for value in wanted)
    if_exists = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    if actual is None:
        negated = "Not" in name and not test.startswith("ForAnyValue:")
        return negated or if_exists or test.startswith("ForAllValues:")
    if name in _NEGATED:
        return not any(_OPERATORS[_NEGATED[name]](value, actual) for value in wanted)
    return name in _OPERATORS and any(_OPERATORS[name](value, actual) for value in wanted)


def _is_like_arn(pattern: str, value: str) -> bool:
    """ARNs are compared part by part: only in the last part does `*` cross a colon."""
    patterns, values = pattern.split(":", 5), value.split(":", 5)
    return len(patterns) == len(values) and all(map(is_like, patterns, values))


def _numbers(compare: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    """Whether the request's number compares this way with the required one."""

    def holds(wanted: str, actual: str) -> bool:
        try:
            return compare(float(actual), float(wanted))
        except ValueError:
            return False

    return holds


def _dates(compare: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    """Like `_numbers`, for dates in ISO 8601 or seconds since the epoch."""

    def holds(wanted: str, actual: str) -> bool:
        try:
            return compare(_moment(actual), _moment(wanted))
        except ValueError:
            return False

    return holds


def _moment(text: str) -> float:
    if text.isdecimal():
        return float(text)
    found = datetime.fromisoformat(text)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "LessThanEquals": operator.le,
    "GreaterThan": operator.gt,
    "GreaterThanEquals": operator.ge,
}
_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": str.__eq__,
    "StringEqualsIgnoreCase": lambda wanted, actual: wanted.lower() == actual.lower(),
    "StringLike": is_like,
    "ArnEquals": _is_like_arn,
    "ArnLike": _is_like_arn,
    "Bool": lambda wanted, actual: wanted.lower() == actual.lower(),
    **{f"Numeric{name}": _numbers(compare) for name, compare in _COMPARISONS.items()},
    **{f"Date{name}": _dates(compare) for name, compare in _COMPARISONS.items()},
}
_NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
}

"""Conditions of filter patterns: comparisons of the values that a pattern names.

Source: CloudWatch Logs User Guide, "Filter pattern syntax", and public tests that ran against AWS:
a wildcard only counts at the start or end of a value, and a comparison with a value that an event
lacks is false, also with `!=`.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from msgspec import Struct

STRING = r'"(?:[^"\\]|\\.)*"'
REGEX = r"%(?:[^%\\]|\\.)+%"
_OPERATOR = r"<=|>=|!=|=|<|>|IS TRUE\b|IS FALSE\b|IS NULL\b|NOT EXISTS\b|EXISTS\b"
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_REGEX_SYMBOLS = re.compile(r"(?:\\[\x21-\x7e]|[\w:#=@/;,\-^$?\[\]{}|*+.])+", re.ASCII)

_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

Test = Callable[[Callable[["FilterField"], Sequence[Any]]], bool]
"""Whether the values of a condition's fields meet it. The argument looks up a field's values."""


class InvalidPattern(ValueError):
    """A pattern that AWS refuses. The message is AWS's if a term is wrong, otherwise empty."""


class FilterField(Struct, frozen=True):
    """What a condition is about: a selector with its steps, or a field of a space-delimited
    pattern."""

    name: str
    steps: tuple[str | int, ...] = ()


def bad_term(rest: str) -> InvalidPattern:
    return InvalidPattern(f"Invalid character(s) in term '{rest[:1]}'")


class Conditions:
    """Comparisons with `&&` before `||` and parentheses, read from left to right."""

    def __init__(
        self, text: str, subject: re.Pattern[str], make: Callable[[str], FilterField]
    ) -> None:
        self._text = text
        self._at = 0
        self._subject = subject
        self._make = make
        self.subjects: list[FilterField] = []

    def whole(self) -> Test:
        test = self._any()
        if rest := self._rest():
            raise bad_term(rest)
        return test

    def _any(self) -> Test:
        tests = self._joined(r"\|\|", self._all)
        return lambda values: any(test(values) for test in tests)

    def _all(self) -> Test:
        tests = self._joined("&&", self._one)
        return lambda values: all(test(values) for test in tests)

    def _joined(self, sign: str, read: Callable[[], Test]) -> list[Test]:
        tests = [read()]
        while self._take(sign):
            tests.append(read())
        return tests

    def _one(self) -> Test:
        if self._take(r"\("):
            test = self._any()
            self._need(r"\)")
            return test
        subject = self._make(self._need(self._subject.pattern))
        self.subjects.append(subject)
        sign = re.sub(r"\s+", " ", self._need(_OPERATOR.replace(" ", r"\s+")))
        compare = self._comparison(sign)
        return lambda values: compare(values(subject))

    def _comparison(self, sign: str) -> Callable[[Sequence[Any]], bool]:
        if sign in _STATES:
            return _STATES[sign]
        if sign in _ORDER:
            limit = Decimal(self._need(_NUMBER.pattern + r"(?![\w.*-])"))
            return lambda got: any(_is_ordered(_ORDER[sign], value, limit) for value in got)
        equals = self._equal()
        wanted = sign == "="
        return lambda got: any(equals(each) is wanted for each in got if text_of(each) is not None)

    def _equal(self) -> Callable[[Any], bool]:
        if text := self._take(REGEX):
            search = compiled_regex(text)
            return lambda value: search(text_of(value) or "") is not None
        if text := self._take(STRING):
            return partial(_is_like, unquoted(text))
        word = self._need(r"[\w.*+/:@-]+")
        if _NUMBER.fullmatch(word):
            return partial(_is_number, word, Decimal(word))
        return partial(_is_like, word)

    def _take(self, expression: str) -> str | None:
        match = re.compile(rf"\s*({expression})").match(self._text, self._at)
        if match is None:
            return None
        self._at = match.end()
        return match[1]

    def _need(self, expression: str) -> str:
        taken = self._take(expression)
        if taken is None:
            raise bad_term(rest) if (rest := self._rest()) else InvalidPattern()
        return taken

    def _rest(self) -> str:
        return self._text[self._at :].lstrip()


_STATES: Mapping[str, Callable[[Sequence[Any]], bool]] = {
    "IS TRUE": lambda got: any(value is True for value in got),
    "IS FALSE": lambda got: any(value is False for value in got),
    "IS NULL": lambda got: any(value is None for value in got),
    "EXISTS": bool,
    "NOT EXISTS": lambda got: not got,
}


def text_of(value: Any) -> str | None:
    """A value as text for comparison; None for null, objects and lists, which equal nothing."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | int | Decimal) else None


def _number(value: Any) -> Decimal | None:
    """A JSON number, or a string that is a number; otherwise None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        return Decimal(value) if _NUMBER.fullmatch(value) else None
    return Decimal(value) if isinstance(value, int | Decimal) else None


def _is_ordered(compare: Callable[[Any, Any], bool], value: Any, limit: Decimal) -> bool:
    number = _number(value)
    return number is not None and compare(number, limit)


def _is_number(text: str, number: Decimal, value: Any) -> bool:
    return value == text if isinstance(value, str) else _number(value) == number


def _is_like(wanted: str, value: Any) -> bool:
    """Equality; a `*` at the start or end of `wanted` stands for anything."""
    text = text_of(value) or ""
    core = wanted.removeprefix("*")
    starts = core == wanted
    bare = core.removesuffix("*")
    ends = bare == core
    if starts and ends:
        return text == bare
    if starts:
        return text.startswith(bare)
    return text.endswith(bare) if ends else bare in text


def unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)


def compiled_regex(text: str) -> Callable[[str], re.Match[str] | None]:
    expression = text[1:-1]
    if not _REGEX_SYMBOLS.fullmatch(expression):
        raise InvalidPattern
    try:
        return re.compile(expression).search
    except re.error as error:
        raise InvalidPattern from error

"""Filter patterns of CloudWatch Logs: which log events match, and the values they name.

One pattern serves FilterLogEvents, subscription filters, metric filters and TestMetricFilter.
Source: CloudWatch Logs User Guide, "Filter pattern syntax", and public tests that ran against
AWS: a wildcard counts at an end of a value only, and a comparison with what an event lacks is
false, `!=` too.
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any

__all__ = ["FilterPattern", "InvalidPattern", "compile_pattern"]

_MOST_REGEXES = 2
_MOST_WILDCARDS = 3

_STRING = r'"(?:[^"\\]|\\.)*"'
_REGEX = r"%(?:[^%\\]|\\.)+%"
_TERM = re.compile(
    rf"(?P<mark>[?-]?)\s*(?:(?P<string>{_STRING})|(?P<regex>{_REGEX})|(?P<word>\w+))"
)
_STEP = re.compile(r"\.([\w-]+|\*)|\.?\[(?:(\d+|\*)|'([^']*)'|\"([^\"]*)\")\]")
_SELECTOR = rf"\$(?:{_STEP.pattern})+"
_OPERATOR = r"<=|>=|!=|=|<|>|IS TRUE\b|IS FALSE\b|IS NULL\b|NOT EXISTS\b|EXISTS\b"
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_WORDS = re.compile(r'\[[^\]]*\]|"[^"]*"|\S+')
_REGEX_SYMBOLS = re.compile(r"(?:\\[\x21-\x7e]|[\w:#=@/;,\-^$?\[\]{}|*+.])+", re.ASCII)

_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

Test = Callable[[Callable[["_Subject"], Sequence[Any]]], bool]
"""Whether the values that are found for subjects meet a condition."""


class InvalidPattern(ValueError):
    """A pattern that AWS refuses; the message is AWS's where a term is at fault, else empty."""


@dataclass(frozen=True, slots=True)
class _Subject:
    """What a condition is about: a selector's steps, or a field's place among its pattern's."""

    name: str
    steps: tuple[str | int, ...] = ()


@dataclass(frozen=True, slots=True)
class FilterPattern:
    """A compiled pattern. `subjects` are the selectors or fields whose values it can tell."""

    _found: Callable[[str], Callable[[_Subject], Sequence[Any]] | None]
    _test: Test
    subjects: tuple[_Subject, ...] = ()
    has_fields: bool = False
    """Whether events have named values, as JSON and space-delimited ones do."""

    def matches(self, message: str) -> bool:
        """Whether a log event's message matches."""
        found = self._found(message)
        return found is not None and self._test(found)

    def values(self, message: str) -> dict[str, str]:
        """Of a message that matches, the values that the pattern names, by `$`-names."""
        found = self._found(message)
        assert found is not None
        named = {each.name: found(each) for each in self.subjects}
        return {name: text for name, got in named.items() if got and (text := _text(got[0]))}

    def value(self, message: str, reference: str) -> str | None:
        """Of a message that matches, the value at a selector or field, None where it is not."""
        found = self._found(message)
        assert found is not None
        if reference.startswith(("$.", "$[")):
            got = found(_selector(reference))
        else:
            got = [self.values(message).get(reference)]
        return _text(got[0]) if got else None


@lru_cache(maxsize=512)
def compile_pattern(pattern: str) -> FilterPattern:
    """What a pattern means. Raises InvalidPattern."""
    text = pattern.strip()
    compiled = _COMPILERS.get(text[:1], _terms)(text)
    if len(re.findall(_REGEX, text)) > _MOST_REGEXES and compiled.has_fields:
        raise InvalidPattern
    return compiled


# Terms


def _terms(pattern: str) -> FilterPattern:
    """Words, phrases and regular expressions: all of them, `-` none of them, `?` one of them.

    Beside other terms, `?` terms count for nothing.
    """
    by_mark: dict[str, list[Callable[[str], bool]]] = {"": [], "-": [], "?": []}
    rest = pattern
    while rest:
        term = _TERM.match(rest)
        if term is None or rest[term.end() : term.end() + 1].strip():
            raise _bad_term(rest[term.end() if term else 0 :])
        by_mark[term["mark"]].append(_contains(term))
        rest = rest[term.end() :].lstrip()
    required, excluded, optional = by_mark.values()

    def test(message: str) -> bool:
        if optional and not required and not excluded:
            return any(is_in(message) for is_in in optional)
        return all(is_in(message) for is_in in required) and not any(
            is_in(message) for is_in in excluded
        )

    return FilterPattern(
        lambda message: lambda _: [message], lambda found: test(found(_MESSAGE)[0])
    )


_MESSAGE = _Subject("")


def _contains(term: re.Match[str]) -> Callable[[str], bool]:
    if term["regex"]:
        search = _regex(term["regex"])
        return lambda message: search(message) is not None
    wanted = _unquoted(term["string"]) if term["string"] else term["word"]
    return lambda message: wanted in message


def _bad_term(rest: str) -> InvalidPattern:
    return InvalidPattern(f"Invalid character(s) in term '{rest[:1]}'")


# JSON


def _json_pattern(pattern: str) -> FilterPattern:
    """`{ $.selector = value && ... }`, of events that are JSON objects."""
    if not pattern.endswith("}"):
        raise InvalidPattern
    conditions = _Conditions(pattern[1:-1], re.compile(_SELECTOR), _selector)
    test = conditions.whole()
    wildcards = [list(each.steps).count("*") for each in conditions.subjects]
    if max(wildcards) > 1 or sum(wildcards) > _MOST_WILDCARDS:
        raise InvalidPattern
    return FilterPattern(_json_values, test, tuple(conditions.subjects), has_fields=True)


def _json_values(message: str) -> Callable[[_Subject], Sequence[Any]] | None:
    event = _parsed(message)
    if event is None:
        return None
    return lambda subject: list(_at(event, subject.steps))


@lru_cache(maxsize=8)
def _parsed(message: str) -> dict[str, Any] | None:
    """A message that is a JSON object; kept, for a log group has several filters."""
    try:
        # What a number is compared with as text is what was written.
        event = json.loads(message, parse_float=Decimal)
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) else None


def _at(value: Any, steps: Sequence[str | int]) -> Iterator[Any]:
    if not steps:
        yield value
        return
    step, *rest = steps
    for each in _step(value, step):
        yield from _at(each, rest)


def _step(value: Any, step: str | int) -> Iterable[Any]:
    if isinstance(value, list):
        if step == "*":
            return value
        return value[step : step + 1] if isinstance(step, int) else ()
    if not isinstance(value, dict) or isinstance(step, int):
        return ()
    return value.values() if step == "*" else [value[step]] if step in value else ()


def _selector(text: str) -> _Subject:
    steps: list[str | int] = []
    for name, index, *quoted in _STEP.findall(text):
        steps.append(int(index) if index.isdigit() else index or name or "".join(quoted))
    return _Subject(text, tuple(steps))


# Space-delimited


def _delimited(pattern: str) -> FilterPattern:
    """`[field, field = value, ...]`, of events that are words; the last field takes the rest.

    A word may be in quotes or brackets; an ellipsis stands for any number of words.
    """
    if not pattern.endswith("]"):
        raise InvalidPattern
    parts = [part.strip() for part in _split(pattern[1:-1])]
    if parts.count("...") > 1:
        raise InvalidPattern
    subjects, tests = [], []
    for place, part in enumerate(parts, 1):
        name = re.match(r"[\w-]*", part)
        subject = _Subject(f"${name[0] if name and name[0] else place}")
        subjects.append(subject)
        if part != "..." and name and part != name[0]:
            tests.append(_Conditions(part, re.compile(r"[\w-]+"), _always(subject)).whole())
    ellipsis = parts.index("...") if "..." in parts else None

    def found(message: str) -> Callable[[_Subject], Sequence[Any]] | None:
        words = _in_places(message, len(parts), ellipsis)
        if words is None:
            return None
        by_subject = dict(zip(subjects, words, strict=True))
        return lambda subject: [by_subject[subject]]

    named = tuple(each for place, each in enumerate(subjects) if place != ellipsis)
    return FilterPattern(
        found, lambda values: all(test(values) for test in tests), named, has_fields=True
    )


def _always(subject: _Subject) -> Callable[[str], _Subject]:
    return lambda _name: subject


def _split(text: str) -> list[str]:
    """At the commas that are in no string and no regular expression."""
    parts = [""]
    for piece in re.findall(rf"{_STRING}|{_REGEX}|.", text, re.DOTALL):
        if piece == ",":
            parts.append("")
        else:
            parts[-1] += piece
    return parts


def _in_places(message: str, places: int, ellipsis: int | None) -> list[str] | None:
    """A word for each place of the pattern, None where there are too few."""
    spans = list(_WORDS.finditer(message))
    if ellipsis is not None:
        after = places - 1 - ellipsis
        if len(spans) < places - 1:
            return None
        words = [_bare(span[0]) for span in spans]
        return [*words[:ellipsis], "", *words[len(words) - after :]]
    if len(spans) < places:
        return [""] if places == 1 else None
    *first, last = spans[:places]
    rest = _bare(last[0]) if len(spans) == places else message[last.start() :].rstrip()
    return [*(_bare(span[0]) for span in first), rest]


def _bare(word: str) -> str:
    return word[1:-1] if word[:1] + word[-1:] in ('""', "[]") else word


# Conditions


class _Conditions:
    """Comparisons with `&&` before `||` and parentheses, read from left to right."""

    def __init__(
        self, text: str, subject: re.Pattern[str], make: Callable[[str], _Subject]
    ) -> None:
        self._text = text
        self._at = 0
        self._subject = subject
        self._make = make
        self.subjects: list[_Subject] = []

    def whole(self) -> Test:
        test = self._any()
        if self._skip() < len(self._text):
            raise _bad_term(self._text[self._at :])
        return test

    def _any(self) -> Test:
        tests = [self._all()]
        while self._take(r"\|\|"):
            tests.append(self._all())
        return lambda values: any(test(values) for test in tests)

    def _all(self) -> Test:
        tests = [self._one()]
        while self._take("&&"):
            tests.append(self._one())
        return lambda values: all(test(values) for test in tests)

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
        if sign == "=":
            return lambda got: any(equals(value) for value in got if _text(value) is not None)
        return lambda got: any(not equals(value) for value in got if _text(value) is not None)

    def _equal(self) -> Callable[[Any], bool]:
        if text := self._take(_REGEX):
            search = _regex(text)
            return lambda value: search(_text(value) or "") is not None
        if text := self._take(_STRING):
            return partial(_is_like, _unquoted(text))
        word = self._need(r"[\w.*+/:@-]+")
        if _NUMBER.fullmatch(word):
            return partial(_is_number, word, Decimal(word))
        return partial(_is_like, word)

    def _skip(self) -> int:
        while self._at < len(self._text) and self._text[self._at].isspace():
            self._at += 1
        return self._at

    def _take(self, expression: str) -> str | None:
        match = re.compile(expression).match(self._text, self._skip())
        if match is None:
            return None
        self._at = match.end()
        return match[0]

    def _need(self, expression: str) -> str:
        taken = self._take(expression)
        if taken is None:
            raise _bad_term(self._text[self._at :]) if self._text[self._at :] else InvalidPattern()
        return taken


_STATES: Mapping[str, Callable[[Sequence[Any]], bool]] = {
    "IS TRUE": lambda got: any(value is True for value in got),
    "IS FALSE": lambda got: any(value is False for value in got),
    "IS NULL": lambda got: any(value is None for value in got),
    "EXISTS": bool,
    "NOT EXISTS": lambda got: not got,
}


def _text(value: Any) -> str | None:
    """A value as it is compared, None for null, objects and lists, which equal nothing."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | int | Decimal) else None


def _number(value: Any) -> Decimal | None:
    """A number of JSON, or a word that is one."""
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
    """Equality, where a `*` at an end of what is wanted stands for anything."""
    text = _text(value) or ""
    core = wanted.removeprefix("*")
    starts = core == wanted
    bare = core.removesuffix("*")
    ends = bare == core
    if starts and ends:
        return text == bare
    if starts:
        return text.startswith(bare)
    return text.endswith(bare) if ends else bare in text


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)


def _regex(text: str) -> Callable[[str], re.Match[str] | None]:
    expression = text[1:-1]
    if not _REGEX_SYMBOLS.fullmatch(expression):
        raise InvalidPattern
    try:
        return re.compile(expression).search
    except re.error as error:
        raise InvalidPattern from error


_COMPILERS: Mapping[str, Callable[[str], FilterPattern]] = {
    "{": _json_pattern,
    "[": _delimited,
}

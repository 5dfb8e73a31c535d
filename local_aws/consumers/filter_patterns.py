"""Filter patterns of CloudWatch Logs: which log events match, and the values they name.

One pattern serves FilterLogEvents, subscription filters, metric filters and TestMetricFilter.
Source: CloudWatch Logs User Guide, "Filter pattern syntax".
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

from msgspec import Struct

from local_aws.consumers.filter_conditions import (
    REGEX,
    STRING,
    Conditions,
    FilterField,
    InvalidPattern,
    Test,
    bad_term,
    compiled_regex,
    text_of,
    unquoted,
)

__all__ = ["FilterPattern", "InvalidPattern", "compile_pattern"]

_MOST_REGEXES = 2
_MOST_WILDCARDS = 3

_TERM = re.compile(rf"(?P<mark>[?-]?)\s*(?:(?P<string>{STRING})|(?P<regex>{REGEX})|(?P<word>\w+))")
_STEP = re.compile(r"\.([\w-]+|\*)|\.?\[(?:(\d+|\*)|'([^']*)'|\"([^\"]*)\")\]")
_SELECTOR = rf"\$(?:{_STEP.pattern})+"
_WORDS = re.compile(r'\[[^\]]*\]|"[^"]*"|\S+')


class FilterPattern(Struct, frozen=True):
    """A compiled pattern. `subjects` are the selectors or fields that it names."""

    _found: Callable[[str], Callable[[FilterField], Sequence[Any]] | None]
    _test: Test
    subjects: tuple[FilterField, ...] = ()
    has_fields: bool = False
    """Whether events have named values, as JSON and space-delimited ones do."""

    def matches(self, message: str) -> bool:
        """Whether a log event's message matches."""
        found = self._found(message)
        return found is not None and self._test(found)

    def values(self, message: str) -> dict[str, str]:
        """The values that the pattern names in a matching message, by `$`-names."""
        found = self._found(message)
        assert found is not None
        named = {each.name: found(each) for each in self.subjects}
        return {name: text for name, got in named.items() if got and (text := text_of(got[0]))}

    def value(self, message: str, reference: str) -> str | None:
        """The value at a selector or field of a matching message; None if there is none."""
        found = self._found(message)
        assert found is not None
        if reference.startswith(("$.", "$[")):
            got = found(_selector(reference))
        else:
            got = [self.values(message).get(reference)]
        return text_of(got[0]) if got else None


@lru_cache(maxsize=512)
def compile_pattern(pattern: str) -> FilterPattern:
    """The compiled pattern. Raises InvalidPattern."""
    text = pattern.strip()
    compiled = _COMPILERS.get(text[:1], _terms)(text)
    if len(re.findall(REGEX, text)) > _MOST_REGEXES and compiled.has_fields:
        raise InvalidPattern
    return compiled


# Terms


def _terms(pattern: str) -> FilterPattern:
    """Words, phrases and regular expressions: all must match, none with `-`, one of those with `?`.

    If there are other terms, `?` terms are ignored.
    """
    by_mark: dict[str, list[Callable[[str], bool]]] = {"": [], "-": [], "?": []}
    rest = pattern
    while rest:
        term = _TERM.match(rest)
        if term is None or rest[term.end() : term.end() + 1].strip():
            raise bad_term(rest[term.end() if term else 0 :])
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


_MESSAGE = FilterField("")


def _contains(term: re.Match[str]) -> Callable[[str], bool]:
    if term["regex"]:
        search = compiled_regex(term["regex"])
        return lambda message: search(message) is not None
    wanted = unquoted(term["string"]) if term["string"] else term["word"]
    return lambda message: wanted in message


# JSON


def _json_pattern(pattern: str) -> FilterPattern:
    """`{ $.selector = value && ... }`, for events that are JSON objects."""
    if not pattern.endswith("}"):
        raise InvalidPattern
    conditions = Conditions(pattern[1:-1], re.compile(_SELECTOR), _selector)
    test = conditions.whole()
    wildcards = [list(each.steps).count("*") for each in conditions.subjects]
    if max(wildcards) > 1 or sum(wildcards) > _MOST_WILDCARDS:
        raise InvalidPattern
    return FilterPattern(_json_values, test, tuple(conditions.subjects), has_fields=True)


def _json_values(message: str) -> Callable[[FilterField], Sequence[Any]] | None:
    event = _parsed(message)
    if event is None:
        return None
    return lambda subject: list(_at(event, subject.steps))


@lru_cache(maxsize=8)
def _parsed(message: str) -> dict[str, Any] | None:
    """The JSON object that a message is, or None. Cached: a log group may have several filters."""
    try:
        # Decimal keeps a number's text, which may be compared, as it was written.
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


def _selector(text: str) -> FilterField:
    steps: list[str | int] = []
    for name, index, *quoted in _STEP.findall(text):
        steps.append(int(index) if index.isdigit() else index or name or "".join(quoted))
    return FilterField(text, tuple(steps))


# Space-delimited


def _delimited(pattern: str) -> FilterPattern:
    """`[field, field = value, ...]`, for events that are words. The last field takes the rest.

    A word may be in quotes or brackets. An ellipsis stands for any number of words.
    """
    if not pattern.endswith("]"):
        raise InvalidPattern
    parts = [part.strip() for part in _split(pattern[1:-1])]
    if parts.count("...") > 1:
        raise InvalidPattern
    subjects, tests = [], []
    for place, part in enumerate(parts, 1):
        name = re.match(r"[\w-]*", part)
        subject = FilterField(f"${name[0] if name and name[0] else place}")
        subjects.append(subject)
        if part != "..." and name and part != name[0]:
            tests.append(Conditions(part, re.compile(r"[\w-]+"), _always(subject)).whole())
    ellipsis = parts.index("...") if "..." in parts else None

    def found(message: str) -> Callable[[FilterField], Sequence[Any]] | None:
        words = _in_places(message, len(parts), ellipsis)
        if words is None:
            return None
        by_subject = dict(zip(subjects, words, strict=True))
        return lambda subject: [by_subject[subject]]

    named = tuple(each for place, each in enumerate(subjects) if place != ellipsis)
    return FilterPattern(
        found, lambda values: all(test(values) for test in tests), named, has_fields=True
    )


def _always(subject: FilterField) -> Callable[[str], FilterField]:
    return lambda _name: subject


def _split(text: str) -> list[str]:
    """Split at the commas that are not in a string or a regular expression."""
    parts = [""]
    for piece in re.findall(rf"{STRING}|{REGEX}|.", text, re.DOTALL):
        if piece == ",":
            parts.append("")
        else:
            parts[-1] += piece
    return parts


def _in_places(message: str, places: int, ellipsis: int | None) -> list[str] | None:
    """A word for each place of the pattern, None if there are too few."""
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


_COMPILERS: Mapping[str, Callable[[str], FilterPattern]] = {
    "{": _json_pattern,
    "[": _delimited,
}

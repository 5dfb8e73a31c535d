"""Rules of composite alarms: `ALARM("one") AND NOT (OK("two") OR TRUE)`.

Source: CloudWatch API Reference, PutCompositeAlarm, `AlarmRule`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from msgspec import Struct

__all__ = ["CompositeRule", "InvalidRule", "compile_rule"]

States = Mapping[str, str]
"""The states of alarms by their names."""

_TOKEN = re.compile(
    r"\s*(?:(?P<word>AND|OR|NOT|TRUE|FALSE)\b"
    r"|(?P<state>ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*"
    r"(?:\"(?P<quoted>[^\"]+)\"|'(?P<single>[^']+)'|(?P<bare>[^\s()\"']+))\s*\)"
    r"|(?P<sign>[()]))"
)
_ARN = re.compile(r"arn:[^:]+:cloudwatch:[^:]+:\d{12}:alarm:(.+)")


class InvalidRule(ValueError):
    """A rule that is invalid, or that is not computed here."""


class CompositeRule(Struct, frozen=True):
    """A compiled rule: its value, and the names of the alarms that it depends on."""

    holds: Callable[[States], bool]
    names: frozenset[str]


@lru_cache(maxsize=256)
def compile_rule(rule: str) -> CompositeRule:
    """The compiled rule. Raises InvalidRule."""
    parser = _Parser(rule)
    holds = parser.whole()
    return CompositeRule(holds, frozenset(parser.names))


class _Parser:
    """Reads a rule. NOT binds tighter than AND, and AND tighter than OR."""

    def __init__(self, rule: str) -> None:
        self._rule = rule
        self._at = 0
        self.names: set[str] = set()

    def whole(self) -> Callable[[States], bool]:
        holds = self._any()
        if self._rule[self._at :].strip():
            raise self._invalid()
        return holds

    def _any(self) -> Callable[[States], bool]:
        parts = [self._all()]
        while self._took("OR"):
            parts.append(self._all())
        return lambda states: any(part(states) for part in parts)

    def _all(self) -> Callable[[States], bool]:
        parts = [self._one()]
        while self._took("AND"):
            parts.append(self._one())
        return lambda states: all(part(states) for part in parts)

    def _one(self) -> Callable[[States], bool]:
        token = _TOKEN.match(self._rule, self._at)
        if token is None:
            raise self._invalid()
        self._at = token.end()
        if token["state"]:
            return self._state(token)
        if token["word"] == "NOT":
            holds = self._one()
            return lambda states: not holds(states)
        if token["word"] in ("TRUE", "FALSE"):
            is_true = token["word"] == "TRUE"
            return lambda _: is_true
        if token["sign"] != "(":
            raise self._invalid()
        holds = self._any()
        if not self._took(")"):
            raise self._invalid()
        return holds

    def _state(self, token: re.Match[str]) -> Callable[[States], bool]:
        wanted, given = token["state"], token["quoted"] or token["single"] or token["bare"]
        arn = _ARN.fullmatch(given)
        name = arn[1] if arn else given
        self.names.add(name)
        return lambda states: states.get(name) == wanted

    def _took(self, wanted: str) -> bool:
        token = _TOKEN.match(self._rule, self._at)
        if token is None or wanted not in (token["word"], token["sign"]):
            return False
        self._at = token.end()
        return True

    def _invalid(self) -> InvalidRule:
        rest = self._rule[self._at :].strip()
        where = f"at '{rest[:40]}'" if rest else "at its end"
        return InvalidRule(
            f"AlarmRule is invalid {where}: wanted ALARM, OK or INSUFFICIENT_DATA of an alarm's "
            "name, joined by AND, OR and NOT"
        )

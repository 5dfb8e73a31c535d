"""Redaction of PartiQL statements: key values stay, every other literal is hidden.

Source: Amazon DynamoDB Developer Guide, "Understanding log file entries":
`SELECT * FROM Music WHERE Artist = 'No One' AND nonKeyAttr = ***(Redacted)`; an INSERT's
values are all redacted.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

REDACTED = "***(Redacted)"

_TOKEN = re.compile(
    r"""(?P<text>'(?:[^']|'')*'?)
      | (?P<name>"(?:[^"]|"")*"?|[A-Za-z_][\w$]*)
      | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
      | (?P<space>\s+)
      | (?P<mark>.)""",
    re.VERBOSE | re.DOTALL,
)
_TABLE = re.compile(
    r"""\b(?:FROM|INTO|UPDATE|EXISTS\s*\(\s*SELECT.*?FROM)\s+("(?:[^"]|"")+"|[A-Za-z_][\w.$-]*)""",
    re.IGNORECASE | re.DOTALL,
)
_CLAUSES = frozenset({"WHERE", "SET", "VALUE", "REMOVE", "RETURNING", "SELECT", "FROM"})
_CONSTANTS = frozenset({"TRUE", "FALSE", "NULL"})
_OPERATORS = frozenset(
    {"AND", "OR", "NOT", "IN", "BETWEEN", "IS", "MISSING", "EXISTS"} | _CLAUSES | _CONSTANTS
)


def table_of(statement: str) -> str | None:
    """The name of the table that a statement reads or writes, None if it names none."""
    found = _TABLE.search(statement)
    return found[1].strip('"') if found else None


def redact(statement: str, table_keys: Mapping[str, Collection[str]]) -> str:
    """The statement with all literals hidden, except those compared with key attributes.

    `table_keys` names the key attributes of each table. Without them everything is hidden.
    """
    return _Redaction(frozenset(table_keys.get(table_of(statement) or "", ()))).of(statement)


class _Redaction:
    """One pass over a statement, which remembers the clause and the attribute named last."""

    def __init__(self, keys: frozenset[str]) -> None:
        self._keys = keys
        self._clause = ""
        self._attribute = ""
        self._previous = ""
        self._is_index = False

    def of(self, statement: str) -> str:
        """The redacted statement."""
        tokens = [(str(found.lastgroup), found[0]) for found in _TOKEN.finditer(statement)]
        return "".join(
            self._token(kind, text, _next_mark(tokens, index))
            for index, (kind, text) in enumerate(tokens)
        )

    def _token(self, kind: str, text: str, following: str) -> str:
        if kind == "space":
            return text
        shown = text
        if kind == "name":
            shown = self._name(text)
        elif kind in ("text", "number"):
            shown = self._literal(kind, text, following)
        # `films[0]` is an index, but `= [0]` is a list of values.
        self._is_index = text == "[" and (self._previous == "name" or self._previous == "]")
        self._previous = "name" if kind == "name" and text.upper() not in _OPERATORS else text
        return shown

    def _name(self, text: str) -> str:
        word = text.upper()
        if word in _CONSTANTS and self._clause in ("SET", "VALUE"):
            return REDACTED
        if word in _CLAUSES:
            self._clause = word
        elif word not in _OPERATORS:
            # `info.title` is an attribute of its own, not the key attribute `title`.
            self._attribute = "" if self._previous == "." else text.strip('"')
        return text

    def _literal(self, kind: str, text: str, following: str) -> str:
        is_index = kind == "number" and self._is_index
        is_attribute_name = kind == "text" and following == ":"
        is_key_value = self._clause == "WHERE" and self._attribute in self._keys
        return text if is_index or is_attribute_name or is_key_value else REDACTED


def _next_mark(tokens: list[tuple[str, str]], index: int) -> str:
    following = (text for kind, text in tokens[index + 1 :] if kind != "space")
    return next(following, "")

"""The tokens and values of a PartiQL statement: names, paths, literals, parameters."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

Value = Mapping[str, Any]
"""An attribute value as the API has it: `{"S": "text"}`."""

Path = tuple[str | int, ...]
"""An attribute, and the members and list indexes below it."""

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>'(?:[^']|'')*')
      | (?P<quoted>"(?:[^"]|"")*")
      | (?P<word>[A-Za-z_][\w$]*)
      | (?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)
      | (?P<mark><<|>>|<>|!=|<=|>=|[-+=<>(){}\[\],.:?*]))""",
    re.VERBOSE,
)
_SET_TYPES = {"S": "SS", "N": "NS", "B": "BS"}


class MalformedStatement(Exception):
    """The text is not a statement, or not one that DynamoDB knows."""


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    position, end = 0, len(text.rstrip().removesuffix(";"))
    while position < end:
        found = _TOKEN.match(text, position)
        if found is None:
            if not text[position:end].strip():
                return
            raise MalformedStatement(f"Unexpected text at {text[position : position + 20]!r}")
        position = found.end()
        yield str(found.lastgroup), found[str(found.lastgroup)]


class TokenReader:
    """Reads tokens and values, one after the other."""

    def __init__(self, text: str, parameters: Sequence[Value]) -> None:
        self._tokens = [*_tokens(text), ("end", "")]
        self._at = 0
        self._parameters = list(parameters)

    def _path(self) -> Path:
        steps: list[str | int] = [self._attribute()]
        while True:
            if self._takes("."):
                steps.append(self._attribute())
            elif self._tokens[self._at][1] == "[" and self._tokens[self._at + 1][0] == "number":
                steps.append(int(self._tokens[self._at + 1][1]))
                self._at += 2
                self._expect("]")
            else:
                return tuple(steps)

    def _attribute(self) -> str:
        kind, text = self._tokens[self._at]
        if kind not in ("word", "quoted"):
            raise self._expected("a name")
        self._at += 1
        return unquoted(kind, text)

    def _value(self) -> Value:
        kind, text = self._tokens[self._at]
        self._at += 1
        if kind == "text":
            return {"S": unquoted(kind, text)}
        if kind == "number":
            return {"N": text}
        if text == "-" and self._tokens[self._at][0] == "number":
            return {"N": f"-{self._value()['N']}"}
        if kind == "word" and text.upper() in ("TRUE", "FALSE"):
            return {"BOOL": text.upper() == "TRUE"}
        if kind == "word" and text.upper() == "NULL":
            return {"NULL": True}
        structures = {"?": self._parameter, "{": self._map, "[": self._list, "<<": self._set}
        if kind == "mark" and text in structures:
            return structures[text]()
        self._at -= 1
        raise self._expected("a value")

    def _parameter(self) -> Value:
        if not self._parameters:
            raise MalformedStatement("Number of parameters in request and statement don't match.")
        return self._parameters.pop(0)

    def _map(self) -> Value:
        members: dict[str, Value] = {}
        while not self._takes("}"):
            kind, text = self._tokens[self._at]
            if kind not in ("text", "quoted", "word"):
                raise self._expected("an attribute's name")
            self._at += 1
            self._expect(":")
            members[unquoted(kind, text)] = self._value()
            if not self._takes(",") and self._tokens[self._at][1] != "}":
                raise self._expected("}")
        return {"M": members}

    def _list(self) -> Value:
        if self._takes("]"):
            return {"L": []}
        items = self._list_of(self._value)
        self._expect("]")
        return {"L": items}

    def _set(self) -> Value:
        items = self._list_of(self._value)
        self._expect(">>")
        kinds = {kind for each in items for kind in each}
        if len(kinds) != 1 or not kinds <= _SET_TYPES.keys():
            raise MalformedStatement("A set has values of one type: string, number or binary")
        (kind,) = kinds
        return {_SET_TYPES[kind]: [each[kind] for each in items]}

    def _list_of(self, read: Callable[[], Any]) -> list[Any]:
        found = [read()]
        while self._takes(","):
            found.append(read())
        return found

    def _keyword(self, ahead: int = 0) -> str:
        kind, text = self._tokens[min(self._at + ahead, len(self._tokens) - 1)]
        return text.upper() if kind in ("word", "mark") else ""

    def _word(self) -> str:
        kind, text = self._tokens[self._at]
        return text.lower() if kind == "word" else ""

    def _takes(self, wanted: str) -> bool:
        if self._keyword() != wanted:
            return False
        self._at += 1
        return True

    def _expect(self, wanted: str) -> None:
        if not self._takes(wanted):
            raise self._expected(wanted)

    def _expected(self, what: str) -> MalformedStatement:
        return MalformedStatement(f"Expected {what}, got {self._shown()}")

    def _shown(self) -> str:
        return self._tokens[self._at][1] or "the end of the statement"


def unquoted(kind: str, text: str) -> str:
    if kind == "word":
        return text
    quote = text[0]
    return text[1:-1].replace(quote * 2, quote)

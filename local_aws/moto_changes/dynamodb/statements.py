"""A PartiQL statement, read: what it does to which table, in DynamoDB's own expressions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Value = Mapping[str, Any]
"""An attribute value as the API has it: `{"S": "text"}`."""

Path = tuple[str | int, ...]
"""An attribute, and the members and list indexes down from it."""

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>'(?:[^']|'')*')
      | (?P<quoted>"(?:[^"]|"")*")
      | (?P<word>[A-Za-z_][\w$]*)
      | (?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)
      | (?P<mark><<|>>|<>|!=|<=|>=|[-+=<>(){}\[\],.:?*]))""",
    re.VERBOSE,
)
_COMPARISONS = {"=": "=", "<>": "<>", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_CONDITION_FUNCTIONS = frozenset({"begins_with", "contains", "attribute_type"})
_SET_TYPES = {"S": "SS", "N": "NS", "B": "BS"}
_RETURNING = frozenset({"ALL OLD", "MODIFIED OLD", "ALL NEW", "MODIFIED NEW"})


class MalformedStatement(Exception):
    """The text is no statement, or not one that DynamoDB knows."""


@dataclass
class Placeholders:
    """Placeholders of an expression's names and values."""

    names: dict[str, str] = field(default_factory=dict)
    values: dict[str, Value] = field(default_factory=dict)

    def path(self, path: Path) -> str:
        """The path, its names as placeholders."""
        shown = ""
        for step in path:
            if isinstance(step, int):
                shown += f"[{step}]"
            else:
                shown += ("." if shown else "") + self._name(step)
        return shown

    def _name(self, name: str) -> str:
        for placeholder, known in self.names.items():
            if known == name:
                return placeholder
        placeholder = f"#n{len(self.names)}"
        self.names[placeholder] = name
        return placeholder

    def value(self, value: Value) -> str:
        placeholder = f":v{len(self.values)}"
        self.values[placeholder] = value
        return placeholder


@dataclass
class Where:
    """A condition: the expression, and what the keys are said to be equal to, or one of.

    `plain` says that it is nothing but equalities of attributes that `AND` joins.
    """

    expression: str = ""
    equal: dict[str, Value] = field(default_factory=dict)
    one_of: dict[str, Sequence[Value]] = field(default_factory=dict)
    plain: bool = True


@dataclass
class Statement:
    """What is to be done; only what its kind has is filled."""

    kind: Literal["SELECT", "INSERT", "UPDATE", "DELETE", "EXISTS"]
    table: str
    index: str | None = None
    columns: tuple[Path, ...] = ()
    item: dict[str, Value] = field(default_factory=dict)
    update: str = ""
    changed: tuple[Path, ...] = ()
    where: Where | None = None
    order: tuple[tuple[str, bool], ...] = ()
    returning: str = ""
    names: Placeholders = field(default_factory=Placeholders)


def read_statement(text: str, parameters: Sequence[Value]) -> Statement:
    """The statement, with `?` replaced by the parameters. Raises MalformedStatement."""
    return _Reader(text, parameters).statement()


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


class _Reader:
    """One pass over a statement's tokens."""

    def __init__(self, text: str, parameters: Sequence[Value]) -> None:
        self._tokens = [*_tokens(text), ("end", "")]
        self._at = 0
        self._parameters = list(parameters)
        self._names = Placeholders()

    def statement(self) -> Statement:
        kinds: dict[str, Callable[[], Statement]] = {
            "SELECT": self._select,
            "INSERT": self._insert,
            "UPDATE": self._update,
            "DELETE": self._delete,
            "EXISTS": self._exists,
        }
        read = kinds.get(self._keyword())
        if read is None:
            raise MalformedStatement(f"Unexpected {self._shown()}")
        self._at += 1
        found = read()
        if self._tokens[self._at][0] != "end":
            raise MalformedStatement(f"Unexpected {self._shown()}")
        if self._parameters:
            raise MalformedStatement("Number of parameters in request and statement don't match.")
        found.names = self._names
        return found

    # Statements

    def _select(self) -> Statement:
        columns = self._columns()
        self._expect("FROM")
        table, index = self._table()
        where = self._where()
        return Statement(
            "SELECT", table, index, columns=columns, where=where, order=tuple(self._order())
        )

    def _columns(self) -> tuple[Path, ...]:
        if self._takes("*"):
            return ()
        return tuple(self._list_of(self._path))

    def _order(self) -> Iterator[tuple[str, bool]]:
        if not self._takes("ORDER"):
            return
        self._expect("BY")
        while True:
            name = self._attribute()
            falling = self._takes("DESC")
            if not falling:
                self._takes("ASC")
            yield name, falling
            if not self._takes(","):
                return

    def _insert(self) -> Statement:
        self._expect("INTO")
        table, _ = self._table()
        self._expect("VALUE")
        value = self._value()
        if "M" not in value:
            raise MalformedStatement("Expected a map of attributes after VALUE")
        return Statement("INSERT", table, item=dict(value["M"]))

    def _update(self) -> Statement:
        table, _ = self._table()
        clauses: dict[str, list[str]] = {"SET": [], "REMOVE": [], "ADD": [], "DELETE": []}
        changed: list[Path] = []
        while (clause := self._keyword()) in ("SET", "REMOVE"):
            self._at += 1
            read = self._setting if clause == "SET" else self._removal
            for path, kind, text in self._list_of(read):
                clauses[kind].append(text)
                changed.append(path)
        if not changed:
            raise MalformedStatement(f"Expected SET or REMOVE, got {self._shown()}")
        update = " ".join(f"{kind} {', '.join(each)}" for kind, each in clauses.items() if each)
        where = self._where()
        return Statement(
            "UPDATE",
            table,
            update=update,
            changed=tuple(changed),
            where=where,
            returning=self._returning(),
        )

    def _setting(self) -> tuple[Path, str, str]:
        """One `path = data` of SET, as one of the clauses of an update expression."""
        path = self._path()
        self._expect("=")
        word = self._word()
        if word in ("set_add", "set_delete"):
            self._at += 1
            self._expect("(")
            self._path()
            self._expect(",")
            value = self._names.value(self._value())
            self._expect(")")
            kind = "ADD" if word == "set_add" else "DELETE"
            return path, kind, f"{self._names.path(path)} {value}"
        return path, "SET", f"{self._names.path(path)} = {self._sum()}"

    def _sum(self) -> str:
        shown = self._operand()
        while (mark := self._tokens[self._at][1]) in ("+", "-"):
            self._at += 1
            shown += f" {mark} {self._operand()}"
        return shown

    def _removal(self) -> tuple[Path, str, str]:
        path = self._path()
        return path, "REMOVE", self._names.path(path)

    def _delete(self) -> Statement:
        self._expect("FROM")
        table, _ = self._table()
        where = self._where()
        return Statement("DELETE", table, where=where, returning=self._returning())

    def _returning(self) -> str:
        if not self._takes("RETURNING"):
            return ""
        wanted = f"{self._keyword()} {self._keyword(1)}"
        if wanted not in _RETURNING:
            raise MalformedStatement(f"Expected what to return, got {self._shown()}")
        self._at += 2
        self._expect("*")
        return wanted

    def _exists(self) -> Statement:
        self._expect("(")
        self._expect("SELECT")
        found = self._select()
        self._expect(")")
        found.kind = "EXISTS"
        return found

    def _table(self) -> tuple[str, str | None]:
        """A table and, if it is named, one of its indexes."""
        table = self._attribute()
        return table, self._attribute() if self._takes(".") else None

    # Conditions

    def _where(self) -> Where | None:
        if not self._takes("WHERE"):
            return None
        where = Where()
        where.expression = self._or(where)
        return where

    def _or(self, where: Where) -> str:
        shown = self._and(where)
        while self._takes("OR"):
            where.plain = False
            where.equal.clear()
            where.one_of.clear()
            shown = f"{shown} OR {self._and(Where())}"
        return shown

    def _and(self, where: Where) -> str:
        shown = self._not(where)
        while self._takes("AND"):
            shown = f"{shown} AND {self._not(where)}"
        return shown

    def _not(self, where: Where) -> str:
        if self._takes("NOT"):
            where.plain = False
            return f"NOT {self._not(Where())}"
        if self._takes("("):
            shown = f"({self._or(where)})"
            self._expect(")")
            return shown
        return self._predicate(where)

    def _predicate(self, where: Where) -> str:
        function = self._word()
        if function in _CONDITION_FUNCTIONS:
            where.plain = False
            return self._call(function)
        start = self._at
        left = self._operand()
        attribute = self._single(start)
        mark = self._tokens[self._at][1]
        if mark in _COMPARISONS:
            self._at += 1
            value_at = len(self._names.values)
            right = self._operand()
            known = len(self._names.values) > value_at and right.startswith(":")
            if mark == "=" and attribute and known:
                where.equal[attribute] = self._names.values[right]
            else:
                where.plain = False
            return f"{left} {_COMPARISONS[mark]} {right}"
        where.plain = False
        if self._takes("BETWEEN"):
            low = self._operand()
            self._expect("AND")
            return f"{left} BETWEEN {low} AND {self._operand()}"
        if self._takes("IN"):
            return self._in(left, attribute, where)
        if self._takes("IS"):
            return self._is(left)
        raise MalformedStatement(f"Expected a comparison, got {self._shown()}")

    def _in(self, left: str, attribute: str | None, where: Where) -> str:
        closing = {"[": "]", "(": ")"}.get(self._tokens[self._at][1])
        if closing is None:
            raise MalformedStatement(f"Expected a list after IN, got {self._shown()}")
        self._at += 1
        values = self._list_of(self._value)
        self._expect(closing)
        if attribute:
            where.one_of[attribute] = values
        return f"{left} IN ({', '.join(map(self._names.value, values))})"

    def _is(self, left: str) -> str:
        negated = self._takes("NOT")
        if self._takes("MISSING"):
            return f"attribute_{'exists' if negated else 'not_exists'}({left})"
        self._expect("NULL")
        shown = f"attribute_type({left}, {self._names.value({'S': 'NULL'})})"
        return f"NOT {shown}" if negated else shown

    def _single(self, start: int) -> str | None:
        """The attribute that stands alone between `start` and here."""
        kind, text = self._tokens[start]
        if self._at != start + 1 or kind not in ("word", "quoted"):
            return None
        return _unquoted(kind, text)

    # Operands

    def _operand(self) -> str:
        function = self._word()
        if function and self._keyword(1) == "(":
            if function not in ("size", "list_append", "if_not_exists"):
                raise MalformedStatement(f"Unknown function {function}")
            return self._call(function)
        kind, text = self._tokens[self._at]
        if kind == "quoted" or (kind == "word" and text.upper() not in ("TRUE", "FALSE", "NULL")):
            return self._names.path(self._path())
        return self._names.value(self._value())

    def _call(self, function: str) -> str:
        self._at += 1
        self._expect("(")
        arguments = self._list_of(self._operand)
        self._expect(")")
        return f"{function}({', '.join(arguments)})"

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
            raise MalformedStatement(f"Expected a name, got {self._shown()}")
        self._at += 1
        return _unquoted(kind, text)

    def _value(self) -> Value:
        kind, text = self._tokens[self._at]
        self._at += 1
        if kind == "text":
            return {"S": _unquoted(kind, text)}
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
        raise MalformedStatement(f"Expected a value, got {self._shown()}")

    def _parameter(self) -> Value:
        if not self._parameters:
            raise MalformedStatement("Number of parameters in request and statement don't match.")
        return self._parameters.pop(0)

    def _map(self) -> Value:
        members: dict[str, Value] = {}
        while not self._takes("}"):
            kind, text = self._tokens[self._at]
            if kind not in ("text", "quoted", "word"):
                raise MalformedStatement(f"Expected an attribute's name, got {self._shown()}")
            self._at += 1
            self._expect(":")
            members[_unquoted(kind, text)] = self._value()
            if not self._takes(",") and self._tokens[self._at][1] != "}":
                raise MalformedStatement(f"Expected }}, got {self._shown()}")
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

    # Tokens

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
            raise MalformedStatement(f"Expected {wanted}, got {self._shown()}")

    def _shown(self) -> str:
        return self._tokens[self._at][1] or "the end of the statement"


def _unquoted(kind: str, text: str) -> str:
    if kind == "word":
        return text
    quote = text[0]
    return text[1:-1].replace(quote * 2, quote)

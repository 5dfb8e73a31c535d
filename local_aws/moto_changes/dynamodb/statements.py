"""Reads a PartiQL statement: what it does to which table, in DynamoDB's own expressions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Literal

from msgspec import Struct, field

from local_aws.moto_changes.dynamodb.tokens import (
    MalformedStatement,
    Path,
    TokenReader,
    Value,
    unquoted,
)

_COMPARISONS = {"=": "=", "<>": "<>", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_CONDITION_FUNCTIONS = frozenset({"begins_with", "contains", "attribute_type"})
_RETURNING = frozenset({"ALL OLD", "MODIFIED OLD", "ALL NEW", "MODIFIED NEW"})


class Placeholders(Struct):
    """Placeholders of an expression's names and values."""

    names: dict[str, str] = field(default_factory=dict)
    values: dict[str, Value] = field(default_factory=dict)

    def path(self, path: Path) -> str:
        """The path, with placeholders for its names."""
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


class Where(Struct):
    """A condition: its expression, and values of attributes that it requires, one or one of some.

    It is `plain` if it only has equalities of attributes, joined by `AND`.
    """

    expression: str = ""
    equal: dict[str, Value] = field(default_factory=dict)
    one_of: dict[str, Sequence[Value]] = field(default_factory=dict)
    plain: bool = True


class Statement(Struct):
    """What a statement does; only the fields of its kind are set."""

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


class _Reader(TokenReader):
    """One pass over a statement's tokens."""

    def __init__(self, text: str, parameters: Sequence[Value]) -> None:
        super().__init__(text, parameters)
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
            raise self._expected("SET or REMOVE")
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
            raise self._expected("what to return")
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
        """A table's name, also if its ARN is given, and the index that is named, if any."""
        given = self._attribute()
        table = given.rpartition("/")[2] if given.startswith("arn:") else given
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
        raise self._expected("a comparison")

    def _in(self, left: str, attribute: str | None, where: Where) -> str:
        closing = {"[": "]", "(": ")"}.get(self._tokens[self._at][1])
        if closing is None:
            raise self._expected("a list after IN")
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
        return unquoted(kind, text)

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

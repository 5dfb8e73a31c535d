"""Metric math of alarms: arithmetic over metrics at one point in time.

Source: CloudWatch User Guide, "Using math expressions with CloudWatch metrics". Computed are
operators, comparisons, IF, ABS, CEIL, FLOOR, FILL with a number, and SUM, AVG, MIN and MAX of lists
of metrics; METRICS() is the list of all. Anything else, such as ANOMALY_DETECTION_BAND, is refused
by name, as such an alarm would never change its state.
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from typing import Any

__all__ = ["InvalidExpression", "compile_expression"]

Values = Mapping[str, float | None]
"""The values of metrics and other expressions at a point in time, by their ids."""

Compute = Callable[[Values], Any]

_WORDS = ((r"&&|\bAND\b", " and "), (r"\|\||\bOR\b", " or "), (r"\^", "**"))
_BINARY: Mapping[type, Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
_COMPARE: Mapping[type, Callable[[float, float], bool]] = {
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_OF_ONE: Mapping[str, Callable[[float], float]] = {
    "ABS": abs,
    "CEIL": math.ceil,
    "FLOOR": math.floor,
}
_OF_LISTS: Mapping[str, Callable[[list[float]], float]] = {
    "SUM": sum,
    "AVG": lambda values: sum(values) / len(values),
    "MIN": min,
    "MAX": max,
}


class InvalidExpression(ValueError):
    """An expression that is invalid, or that is not computed here."""


@lru_cache(maxsize=256)
def compile_expression(expression: str, ids: frozenset[str]) -> Compute:
    """A function that computes the expression: None without data. Raises InvalidExpression."""
    text = expression
    for pattern, replacement in _WORDS:
        text = re.sub(pattern, replacement, text)
    try:
        parsed = ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        raise InvalidExpression(f"Error in expression '{expression}': Invalid syntax") from error
    return _Compiler(expression, ids).compute(parsed)


class _Compiler:
    def __init__(self, expression: str, ids: Collection[str]) -> None:
        self._expression = expression
        self._ids = ids

    def compute(self, node: ast.expr) -> Compute:
        match node:
            case ast.Constant(value=int() | float() as number):
                return lambda _: number
            case ast.Name(id=name) if name in self._ids:
                return lambda values: values[name]
            case ast.Name(id=name):
                raise InvalidExpression(
                    f"Error in expression '{self._expression}': Undefined variable: {name}"
                )
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return _with_data(operator.neg, self.compute(operand))
            case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _BINARY:
                return _with_data(_BINARY[type(sign)], self.compute(left), self.compute(right))
            case ast.Compare(left=left, ops=[sign], comparators=[right]) if type(sign) in _COMPARE:
                compare = _COMPARE[type(sign)]
                return _with_data(
                    lambda one, two: float(compare(one, two)),
                    self.compute(left),
                    self.compute(right),
                )
            case ast.BoolOp(op=sign, values=parts):
                all_or_any = all if isinstance(sign, ast.And) else any
                return _with_data(
                    lambda *given: float(all_or_any(given)), *map(self.compute, parts)
                )
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
                return self._call(name.upper(), arguments)
        raise self._not_computed(ast.unparse(node))

    def _call(self, name: str, arguments: list[ast.expr]) -> Compute:
        match name, arguments:
            case "IF", [test, then, *otherwise]:
                return self._if(test, then, otherwise)
            case "FILL", [metric, ast.Constant(value=int() | float() as number)]:
                found = self.compute(metric)
                return lambda values: number if (value := found(values)) is None else value
            case _, [one] if name in _OF_ONE:
                return _with_data(_OF_ONE[name], self.compute(one))
            case _, [listed] if name in _OF_LISTS:
                return self._over(_OF_LISTS[name], name, listed)
        raise self._not_computed(name)

    def _if(self, test: ast.expr, then: ast.expr, otherwise: list[ast.expr]) -> Compute:
        is_so, one = self.compute(test), self.compute(then)
        two = self.compute(otherwise[0]) if otherwise else lambda _: None

        def choose(values: Values) -> Any:
            found = is_so(values)
            return None if found is None else one(values) if found else two(values)

        return choose

    def _over(self, reduce: Callable[[list[float]], float], name: str, listed: ast.expr) -> Compute:
        match listed:
            case ast.List(elts=parts):
                found = [self.compute(each) for each in parts]
            case ast.Call(func=ast.Name(id="METRICS"), args=[]):
                found = [self.compute(ast.Name(each)) for each in sorted(self._ids)]
            case _:
                raise self._not_computed(f"{name} of one metric")

        def computed(values: Values) -> float | None:
            known = [value for each in found if (value := each(values)) is not None]
            return reduce(known) if known else None

        return computed

    def _not_computed(self, what: str) -> InvalidExpression:
        return InvalidExpression(
            f"Error in expression '{self._expression}': the local AWS does not compute {what}, so "
            "the alarm would never change its state. Use arithmetic, IF, FILL with a number, ABS, "
            "CEIL, FLOOR, or SUM, AVG, MIN and MAX of a list of metrics"
        )


def _with_data(compute: Callable[..., float], *parts: Compute) -> Compute:
    """Compute from all parts; None if one has no data, or the result is not a number."""

    def computed(values: Values) -> float | None:
        found = [part(values) for part in parts]
        if any(each is None for each in found):
            return None
        try:
            value = compute(*found)
        except (ZeroDivisionError, OverflowError):
            return None
        return value if isinstance(value, int | float) else None

    return computed

"""Which properties a moto model reads, according to its code. It drops the others silently.

The code's uses of the mapping are followed: `properties["Name"]`, `properties.get("Name")` and
`"Name" in properties` read one property; a function of the same module that gets the mapping is
followed, too; anything else may read all properties.
"""

from __future__ import annotations

import ast
import functools
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

_DEFINITION = "cloudformation_json"
"""The name in models of a resource's definition in the template, which has its `Properties`."""


@functools.cache
def properties_read_by(method: Callable[..., Any]) -> frozenset[str] | None:
    """The properties that a model's method for CloudFormation reads; None if it may read all."""
    functions = _functions(inspect.getsource(sys.modules[method.__module__]))
    owner, dot, name = method.__qualname__.rpartition(".")
    methods = {
        each.removeprefix(owner + dot): found
        for each, found in functions.items()
        if each.startswith(owner + dot)
    }
    try:
        return frozenset(_reads(methods[name], set(), functions | methods))
    except _MayReadAll:
        return None


class _MayReadAll(Exception):
    """The mapping is used in a way that does not show which names are read."""


@functools.cache
def _functions(source: str) -> dict[str, ast.FunctionDef]:
    """The functions of a module by name; methods also by `Class.name`, constructors by `Class`."""
    tree = ast.parse(source)
    found: dict[str, ast.FunctionDef] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            found[node.name] = node
        elif isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef):
                    found[f"{node.name}.{inner.name}".removesuffix(".__init__")] = inner
    return found


def _reads(
    function: ast.FunctionDef, names: set[str], functions: Mapping[str, ast.FunctionDef]
) -> Iterator[str]:
    """The properties that a function reads from the mapping, which has one of these names in it."""
    told: set[ast.AST] = set()
    for node in ast.walk(function):  # from the outside to the inside
        if isinstance(node, ast.Assign) and _is_properties(node.value):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
            told.add(node.value)
    for node in ast.walk(function):
        mapping, key = _looked_up(node)
        if mapping is not None and _is_mapping(mapping, names):
            yield key
            told.add(mapping)
        elif isinstance(node, ast.Call):
            for place, argument in enumerate(node.args):
                if _is_mapping(argument, names):
                    told.add(argument)
                    yield from _handed_on(node.func, place, functions)
            if any(map(_is_definition, node.args)):
                yield from _handed_on(node.func, None, functions)
        elif node not in told and _is_mapping(node, names):
            raise _MayReadAll


def _handed_on(
    function: ast.expr, place: int | None, functions: Mapping[str, ast.FunctionDef]
) -> Iterator[str]:
    """The properties that a called function reads: from the argument at `place`; None: the
    definition."""
    name = getattr(function, "attr", getattr(function, "id", ""))
    if name not in functions:
        raise _MayReadAll
    called = functions[name]
    parameters = [each.arg for each in called.args.args if each.arg not in {"self", "cls"}]
    yield from _reads(called, set() if place is None else {parameters[place]}, functions)


def _is_mapping(node: ast.AST, names: set[str]) -> bool:
    is_known = isinstance(node, ast.Name) and node.id in names and isinstance(node.ctx, ast.Load)
    return is_known or _is_properties(node)


def _is_properties(node: ast.AST) -> bool:
    mapping, key = _looked_up(node)
    return key == "Properties" and mapping is not None and _is_definition(mapping)


def _is_definition(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == _DEFINITION


def _looked_up(node: ast.AST) -> tuple[ast.expr | None, str]:
    """The mapping that an expression looks into, and the key that it looks for."""
    match node:
        case ast.Subscript(value=mapping, slice=ast.Constant(value=str(key))):
            return mapping, key
        case ast.Call(
            func=ast.Attribute(value=mapping, attr="get"),
            args=[ast.Constant(value=str(key)), *_],
        ):
            return mapping, key
        case ast.Compare(
            left=ast.Constant(value=str(key)), ops=[ast.In() | ast.NotIn()], comparators=[mapping]
        ):
            return mapping, key
    return None, ""

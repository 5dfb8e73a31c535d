"""Intrinsic functions: values of a template, evaluated in a scope.

Source: AWS CloudFormation Template Reference, "Intrinsic functions". A function without a result,
or with arguments that it cannot take, is a ValidationError in CloudFormation's wording.
"""

from __future__ import annotations

import base64
import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any, Protocol

from local_aws.cloudformation.exceptions import ValidationError
from local_aws.cloudformation.language.values import text

VARIABLE = re.compile(r"\$\{(!?)([^{}]*)\}")
"""What `Fn::Sub` replaces; `${!NAME}` stands for the text `${NAME}`."""


class Environment(Protocol):
    """What a template's names stand for. None means `AWS::NoValue`."""

    def ref(self, name: str) -> Any:
        """The value that `Ref` gives."""

    def attribute(self, logical_id: str, name: str) -> Any:
        """The value that `Fn::GetAtt` gives."""

    def condition(self, name: str) -> bool:
        """Whether a condition holds."""

    def mapped(self, name: str, top: str, second: str) -> Any:
        """The value of a mapping."""

    def exported(self, name: str) -> str:
        """The value of another stack's export."""

    def zones(self, region: str) -> list[str]:
        """The Availability Zones of a Region."""


class NotYetKnown(Exception):
    """The value depends on a resource that does not exist yet."""


Function = Callable[[Any, Environment], Any]

IF_ARGUMENTS = ("the condition name", "the value if true", "the value if false")


def evaluate(value: Any, scope: Environment) -> Any:
    """The value with functions evaluated, and without what is `AWS::NoValue`."""
    if isinstance(value, list):
        items = (evaluate(item, scope) for item in value)
        return [item for item in items if item is not None]
    if not isinstance(value, Mapping):
        return value
    name = function_of(value)
    if name is not None:
        return _FUNCTIONS[name](value[name], scope)
    inner = {key: evaluate(item, scope) for key, item in value.items()}
    return {key: item for key, item in inner.items() if item is not None}


def function_of(value: Mapping[str, Any]) -> str | None:
    """The function that a mapping calls, None for a plain mapping.

    Raises ValidationError for a function that CloudFormation does not have.
    """
    names = [name for name in value if name in {"Ref", "Condition"} or name.startswith("Fn::")]
    if len(value) != 1 or not names or (names == ["Condition"] and not _names(value)):
        unknown = [name for name in names if name.startswith("Fn::") and len(value) == 1]
        return unknown[0] if unknown else None
    name = names[0]
    if name not in _FUNCTIONS:
        supported = ", ".join(_FUNCTIONS)
        raise ValidationError(
            f"Template Error: Encountered unsupported function: {name} "
            f"Supported functions are: [{supported}]"
        )
    return name


def _names(value: Mapping[str, Any]) -> bool:
    """Whether `Condition` names a condition: in policies that key has a mapping."""
    return isinstance(value["Condition"], str)


def check(value: Any, scope: Environment) -> None:
    """Evaluate as much as is possible without resources, and raise the errors of that."""
    try:
        evaluate(value, scope)
    except NotYetKnown:
        for part in _parts(value, scope):
            check(part, scope)


def _parts(value: Any, scope: Environment) -> Iterator[Any]:
    if isinstance(value, Mapping) and function_of(value) == "Fn::If":
        name, then, otherwise = value["Fn::If"]
        yield then if scope.condition(name) else otherwise
    elif isinstance(value, Mapping) and function_of(value) not in {"Ref", "Fn::GetAtt"}:
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def arguments(name: str, given: Any, *wanted: str) -> list[Any]:
    """The arguments of a function that takes a list. Raises ValidationError for anything else."""
    if not isinstance(given, list) or len(given) != len(wanted):
        raise ValidationError(
            f"Template error: every {name} object requires a list of {len(wanted)} parameters: "
            f"{', '.join(wanted)}"
        )
    return given


def _listed(name: str, value: Any, scope: Environment) -> list[Any]:
    found = evaluate(value, scope)
    if not isinstance(found, list):
        raise ValidationError(f"Template error: {name} requires a list, got {text(found)}")
    return found


def _ref(name: Any, scope: Environment) -> Any:
    if not isinstance(name, str):
        raise ValidationError("Template format error: All Ref references must be of type string.")
    return scope.ref(name)


def _get_att(given: Any, scope: Environment) -> Any:
    logical_id, attribute = given[0], ".".join(text(evaluate(each, scope)) for each in given[1:])
    return scope.attribute(logical_id, attribute)


def _find_in_map(given: Any, scope: Environment) -> Any:
    wanted = ("the map name", "the top level key", "the second level key")
    keys = [evaluate(each, scope) for each in arguments("Fn::FindInMap", given, *wanted)]
    return scope.mapped(*map(text, keys))


def _if(given: Any, scope: Environment) -> Any:
    name, then, otherwise = arguments("Fn::If", given, *IF_ARGUMENTS)
    return evaluate(then if scope.condition(name) else otherwise, scope)


def _join(given: Any, scope: Environment) -> str:
    delimiter, values = arguments("Fn::Join", given, "a delimiter", "a list of strings")
    return text(delimiter).join(text(item) for item in _listed("Fn::Join", values, scope))


def _split(given: Any, scope: Environment) -> list[str]:
    delimiter, source = arguments("Fn::Split", given, "a delimiter", "a string")
    return text(evaluate(source, scope)).split(text(evaluate(delimiter, scope)))


def _select(given: Any, scope: Environment) -> Any:
    first, values = arguments("Fn::Select", given, "an integer index", "a list")
    index, items = text(evaluate(first, scope)), _listed("Fn::Select", values, scope)
    if not index.isdecimal() or int(index) >= len(items):
        raise ValidationError(
            f"Template error: Fn::Select cannot select nonexistent value at index {index}"
        )
    return items[int(index)]


def _sub(given: Any, scope: Environment) -> str:
    template, variables = sub_arguments(given)

    def replaced(match: re.Match[str]) -> str:
        literal, name = match.groups()
        if literal:
            return f"${{{name}}}"
        if name in variables:
            return text(evaluate(variables[name], scope))
        logical_id, dot, attribute = name.strip().partition(".")
        return text(scope.attribute(logical_id, attribute) if dot else scope.ref(logical_id))

    return VARIABLE.sub(replaced, template)


def sub_arguments(given: Any) -> tuple[str, Mapping[str, Any]]:
    """The text and the variables of `Fn::Sub`; the variables may be missing."""
    if isinstance(given, str):
        return given, {}
    fitting = isinstance(given, list) and len(given) == 2
    if not fitting or not isinstance(given[0], str) or not isinstance(given[1], Mapping):
        raise ValidationError(
            "Template error: One or more Fn::Sub intrinsic functions don't specify expected "
            "arguments. Specify a string as first argument, and an optional second argument to "
            "specify a mapping of values to replace in the string"
        )
    return given[0], given[1]


def _import_value(given: Any, scope: Environment) -> str:
    return scope.exported(text(evaluate(given, scope)))


def _get_azs(given: Any, scope: Environment) -> list[str]:
    return scope.zones(text(evaluate(given, scope)) or scope.ref("AWS::Region"))


def _base64(given: Any, scope: Environment) -> str:
    return base64.b64encode(text(evaluate(given, scope)).encode()).decode()


def _cidr(given: Any, scope: Environment) -> list[str]:
    """`[block, count, bits]`: the first `count` subnets that leave `bits` for hosts."""
    values = [*given, "8"] if isinstance(given, list) and len(given) == 2 else given
    arguments("Fn::Cidr", values, "an IP block", "a count", "the bits for hosts")
    block, count, bits = (text(evaluate(each, scope)) for each in values)
    try:
        network = ipaddress.ip_network(block)
        subnets = network.subnets(new_prefix=network.max_prefixlen - int(bits))
        found = [str(each) for each in islice(subnets, int(count))]
    except ValueError as error:
        raise ValidationError(f"Template error: Fn::Cidr {error}") from error
    if len(found) < int(count):
        raise ValidationError(
            f"Template error: Fn::Cidr cannot allocate {count} subnets of {bits} bits in {block}"
        )
    return found


def _equals(given: Any, scope: Environment) -> bool:
    one, other = arguments("Fn::Equals", given, "a value", "a value")
    return bool(_compared(evaluate(one, scope)) == _compared(evaluate(other, scope)))


def _compared(value: Any) -> Any:
    return list(map(text, value)) if isinstance(value, list) else text(value)


def _not(given: Any, scope: Environment) -> bool:
    (one,) = arguments("Fn::Not", given, "a condition")
    return not evaluate(one, scope)


def _and(given: Any, scope: Environment) -> bool:
    return all(evaluate(each, scope) for each in _between("Fn::And", given))


def _or(given: Any, scope: Environment) -> bool:
    return any(evaluate(each, scope) for each in _between("Fn::Or", given))


def _between(name: str, given: Any) -> list[Any]:
    if not isinstance(given, list) or not 2 <= len(given) <= 10:
        raise ValidationError(
            f"Template error: every {name} object requires a list of at least 2 and at most 10 "
            "boolean parameters."
        )
    return given


def _contains(given: Any, scope: Environment) -> bool:
    values, value = arguments("Fn::Contains", given, "a list of strings", "a string")
    return text(evaluate(value, scope)) in map(text, _listed("Fn::Contains", values, scope))


def _each_member_equals(given: Any, scope: Environment) -> bool:
    values, value = arguments("Fn::EachMemberEquals", given, "a list of strings", "a string")
    wanted = text(evaluate(value, scope))
    return all(text(each) == wanted for each in _listed("Fn::EachMemberEquals", values, scope))


def _each_member_in(given: Any, scope: Environment) -> bool:
    values, among = arguments("Fn::EachMemberIn", given, "strings to check", "strings to match")
    allowed = set(map(text, _listed("Fn::EachMemberIn", among, scope)))
    return set(map(text, _listed("Fn::EachMemberIn", values, scope))) <= allowed


_FUNCTIONS: Mapping[str, Function] = {
    "Fn::Base64": _base64,
    "Fn::GetAtt": _get_att,
    "Fn::GetAZs": _get_azs,
    "Fn::ImportValue": _import_value,
    "Fn::Join": _join,
    "Fn::Split": _split,
    "Fn::FindInMap": _find_in_map,
    "Fn::Select": _select,
    "Ref": _ref,
    "Fn::Equals": _equals,
    "Fn::If": _if,
    "Fn::Not": _not,
    "Condition": lambda name, scope: scope.condition(name),
    "Fn::And": _and,
    "Fn::Or": _or,
    "Fn::Contains": _contains,
    "Fn::EachMemberEquals": _each_member_equals,
    "Fn::EachMemberIn": _each_member_in,
    "Fn::Sub": _sub,
    "Fn::Cidr": _cidr,
}

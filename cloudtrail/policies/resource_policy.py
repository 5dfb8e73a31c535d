"""Resource policies: may a service principal do this to that resource, and if not, why?

The part of IAM's evaluation that a bucket or topic policy needs when an AWS service is the
caller: an explicit Deny wins, else an Allow is needed (IAM user guide, "Policy evaluation
logic", "IAM JSON policy elements: Condition operators"). Numeric, date and address operators
are not evaluated: no condition key of such a type is in a service's request, except the
time. A condition that cannot be evaluated does not hold.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

Context = Mapping[str, str]
"""Condition keys of a request, lower case, and their values."""


@dataclass(frozen=True, slots=True)
class Permission:
    """Whether a policy permits something, and the reason: where not, what it should say."""

    permitted: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Request:
    """What a service asks for: `principal` is a service such as `cloudtrail.amazonaws.com`."""

    principal: str
    action: str
    resource: str
    context: Context


class MalformedPolicy(Exception):
    """The document is not a policy; the message says what is wrong with it."""


def service_context(
    principal: str, *, source_arn: str, source_account: str, organization_id: str | None = None
) -> dict[str, str]:
    """The condition keys of a request that `principal` makes for `source_arn` over TLS."""
    context = {
        "aws:sourcearn": source_arn,
        "aws:sourceaccount": source_account,
        "aws:securetransport": "true",
        "aws:principalisawsservice": "true",
        "aws:principalservicename": principal,
        "aws:viaawsservice": "false",
    }
    return context | ({"aws:sourceorgid": organization_id} if organization_id else {})


def evaluate(policy: Mapping[str, Any] | None, request: Request) -> Permission:
    """Whether `policy` lets the service do what it asks. Malformed policies permit nothing."""
    if policy is None:
        return Permission(False, "there is no policy")
    try:
        statements = _statements(policy)
        applying = [statement for statement in statements if _applies(statement, request)]
        for statement in applying:
            if statement["Effect"] == "Deny":
                return Permission(False, f"{_name(statement)} denies {_asked(request)}")
        if applying:
            return Permission(True, f"{_name(applying[0])} allows {_asked(request)}")
        return Permission(False, _why_nothing_allows(statements, request))
    except MalformedPolicy as error:
        return Permission(False, f"the policy is malformed: {error}")


def _asked(request: Request) -> str:
    return f"{request.principal} to call {request.action} on {request.resource}"


def _name(statement: Mapping[str, Any]) -> str:
    sid = statement.get("Sid")
    return f'the statement "{sid}"' if sid else "a statement without Sid"


def _statements(policy: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    if not isinstance(policy, Mapping):
        raise MalformedPolicy(f"a JSON object was wanted, {type(policy).__name__} came")
    statements = policy.get("Statement")
    if isinstance(statements, Mapping):
        statements = [statements]
    if not isinstance(statements, list) or not statements:
        raise MalformedPolicy("it has no Statement")
    for statement in statements:
        if not isinstance(statement, Mapping) or statement.get("Effect") not in ("Allow", "Deny"):
            raise MalformedPolicy("a Statement has no Effect Allow or Deny")
    return statements


def _applies(statement: Mapping[str, Any], request: Request) -> bool:
    return all(matches(statement, request) for _, matches in _ELEMENTS)


def _why_nothing_allows(statements: Sequence[Mapping[str, Any]], request: Request) -> str:
    """Name the Allow statement that came nearest: the one that fails in its Condition only."""
    for statement in statements:
        if statement["Effect"] != "Allow":
            continue
        failing = [name for name, matches in _ELEMENTS if not matches(statement, request)]
        if failing == ["Condition"]:
            unmet = "; ".join(_unmet_conditions(statement, request))
            return f"{_name(statement)} would allow it, but {unmet}"
        if failing == ["Resource"]:
            wanted = ", ".join(_strings(statement, "Resource"))
            return f"{_name(statement)} allows {request.action} on {wanted} only"
    return f"no statement allows {_asked(request)}"


def _strings(statement: Mapping[str, Any], element: str) -> list[str]:
    """An element that is a string or a list of strings, as a list."""
    value = statement.get(element, [])
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(item, str) for item in values):
        raise MalformedPolicy(f"{element} must be a string or a list of strings")
    return values


def _principal_matches(statement: Mapping[str, Any], request: Request) -> bool:
    if "NotPrincipal" in statement:
        return not _names_principal(statement["NotPrincipal"], request)
    return _names_principal(statement.get("Principal"), request)


def _names_principal(principal: object, request: Request) -> bool:
    if principal == "*":
        return True
    if not isinstance(principal, Mapping):
        return False
    return "*" in _strings(principal, "AWS") or any(
        service in ("*", request.principal) for service in _strings(principal, "Service")
    )


def _action_matches(statement: Mapping[str, Any], request: Request) -> bool:
    if "NotAction" in statement:
        return not _any_like(_strings(statement, "NotAction"), request.action, fold=True)
    return _any_like(_strings(statement, "Action"), request.action, fold=True)


def _resource_matches(statement: Mapping[str, Any], request: Request) -> bool:
    element = "NotResource" if "NotResource" in statement else "Resource"
    patterns = [_substituted(pattern, request) for pattern in _strings(statement, element)]
    return _any_like(patterns, request.resource) != (element == "NotResource")


def _substituted(pattern: str, request: Request) -> str:
    """`pattern` with policy variables such as `${aws:SourceAccount}` replaced."""
    return re.sub(
        r"\$\{([\w:-]+)\}",
        lambda found: request.context.get(found[1].lower(), found[0]),
        pattern,
    )


def _any_like(patterns: Sequence[str], value: str, *, fold: bool = False) -> bool:
    return any(_like(pattern, fold).fullmatch(value) is not None for pattern in patterns)


@lru_cache(maxsize=1024)
def _like(pattern: str, fold: bool = False) -> re.Pattern[str]:
    """IAM's wildcards: `*` is any run of characters, `?` is one."""
    escaped = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(escaped, re.DOTALL | (re.IGNORECASE if fold else 0))


def _conditions_hold(statement: Mapping[str, Any], request: Request) -> bool:
    return not any(True for _ in _unmet_conditions(statement, request))


def _unmet_conditions(statement: Mapping[str, Any], request: Request) -> Iterator[str]:
    """A clause for each condition that does not hold: what it wants and what the request has."""
    block = statement.get("Condition", {})
    if not isinstance(block, Mapping) or not all(isinstance(k, Mapping) for k in block.values()):
        raise MalformedPolicy("Condition must map operators to keys and values")
    for operator, keys in block.items():
        for key, wanted in keys.items():
            actual = request.context.get(key.lower())
            values = [_text(value) for value in (wanted if isinstance(wanted, list) else [wanted])]
            if not _holds(operator, actual, [_substituted(value, request) for value in values]):
                has = f"it is {actual}" if actual is not None else "the request has none"
                yield f"{operator} wants {key} {' or '.join(values)}, and {has}"


def _text(value: object) -> str:
    """A condition's value as text: JSON true is the string `true`."""
    return value if isinstance(value, str) else json.dumps(value)


def _holds(operator: str, actual: str | None, wanted: Sequence[str]) -> bool:
    name = re.sub(r"^(ForAllValues|ForAnyValue):", "", operator)
    if name == "Null":
        return any(value.lower() == str(actual is None).lower() for value in wanted)
    if_exists = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    if actual is None:
        negated = "Not" in name and not operator.startswith("ForAnyValue:")
        return negated or if_exists or operator.startswith("ForAllValues:")
    if name in _NEGATED:
        return not any(_OPERATORS[_NEGATED[name]](value, actual) for value in wanted)
    return name in _OPERATORS and any(_OPERATORS[name](value, actual) for value in wanted)


def _is_like(pattern: str, value: str) -> bool:
    return _any_like([pattern], value)


def _is_like_arn(pattern: str, value: str) -> bool:
    """ARNs are compared part by part: `*` does not cross a colon, but in the last part."""
    patterns, values = pattern.split(":", 5), value.split(":", 5)
    return len(patterns) == len(values) and all(map(_is_like, patterns, values))


_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": str.__eq__,
    "StringEqualsIgnoreCase": lambda wanted, actual: wanted.lower() == actual.lower(),
    "StringLike": _is_like,
    "ArnEquals": _is_like_arn,
    "ArnLike": _is_like_arn,
    "Bool": lambda wanted, actual: wanted.lower() == actual.lower(),
}
_NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
}
_ELEMENTS: tuple[tuple[str, Callable[[Mapping[str, Any], Request], bool]], ...] = (
    ("Principal", _principal_matches),
    ("Action", _action_matches),
    ("Resource", _resource_matches),
    ("Condition", _conditions_hold),
)

"""Resource policies: may a service or a client do this to that resource, and if not, why?

The part of IAM's evaluation that a bucket or topic policy needs: an explicit Deny wins, else an
Allow is needed (IAM user guide, "Policy evaluation logic", "IAM JSON policy elements: Condition
operators"). Address and binary operators are not evaluated. A condition that cannot be evaluated
does not hold.
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from cloudtrail.partitions import PARTITION
from cloudtrail.wildcards import is_like

Context = Mapping[str, str]
"""Condition keys of a request, lower case, and their values."""


@dataclass(frozen=True, slots=True)
class Permission:
    """Whether a policy permits something, and the reason: where not, what it should say."""

    permitted: bool
    reason: str


@dataclass(frozen=True, slots=True)
class AccessRequest:
    """The request: `principal` is a service such as `cloudtrail.amazonaws.com`. A client has none,
    but it has `names` that the `AWS` of a policy may use for it: its account, and the ARNs of its
    user, or of its role and session.
    """

    principal: str
    action: str
    resource: str
    context: Context
    names: frozenset[str] = frozenset()


class Effect(StrEnum):
    """What a policy says to a request, if it says anything."""

    ALLOW = "Allow"
    DENY = "Deny"


class MalformedPolicy(Exception):
    """The document is not a policy; the message says what is wrong with it, in S3's words."""


def valid_policy(document: str | bytes | None) -> Mapping[str, Any] | None:
    """The policy in a document, None without one or where it is malformed."""
    try:
        return parse_policy(document) if document else None
    except MalformedPolicy:
        return None


def parse_policy(document: str | bytes) -> Mapping[str, Any]:
    """The policy in a document. Raises MalformedPolicy for one that no service takes."""
    try:
        policy = json.loads(document)
    except (ValueError, RecursionError):
        policy = None
    for statement in _statements(policy):
        for element in ("Principal", "Action", "Resource"):
            if not (element in statement or f"Not{element}" in statement):
                raise MalformedPolicy(f"Missing required field {element}")
    return policy  # type: ignore[no-any-return]


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


def evaluate(policy: object, request: AccessRequest) -> Permission:
    """Whether `policy` lets the service do this. `policy` is the parsed document, None if there is
    none. It may be any JSON: something that is not a policy permits nothing.
    """
    if policy is None:
        return Permission(False, "there is no policy")
    try:
        statements = _statements(policy)
    except MalformedPolicy as error:
        return Permission(False, f"the policy is malformed: {error}")
    applying = [statement for statement in statements if _applies(statement, request)]
    for statement in applying:
        if statement["Effect"] == "Deny":
            return Permission(False, f"{_name(statement)} denies {_asked(request)}")
    if applying:
        return Permission(True, f"{_name(applying[0])} allows {_asked(request)}")
    return Permission(False, _why_nothing_allows(statements, request))


def effect(policy: object, request: AccessRequest) -> Effect | None:
    """What the policy says: a Deny wins; None if no statement matches the request. `policy` is the
    parsed document, None if there is none. Something that is not a policy says nothing.
    """
    try:
        statements = _statements(policy) if policy is not None else []
    except MalformedPolicy:
        return None
    said = {str(each["Effect"]) for each in statements if _applies(each, request)}
    return next((each for each in (Effect.DENY, Effect.ALLOW) if each in said), None)


def is_public(policy: object) -> bool:
    """Whether a bucket policy is public in the sense of S3's public access block: an Allow for `*`
    with no condition that ties it to someone, or to some network (S3 User Guide, "The meaning of
    public").
    """
    try:
        statements = _statements(policy) if policy is not None else []
    except MalformedPolicy:
        return False
    return any(
        each["Effect"] == "Allow"
        and (each.get("Principal") == "*" or "*" in _aws(each.get("Principal")))
        and not _TYING
        & {key.lower() for test in each.get("Condition", {}).values() for key in test}
        for each in statements
    )


_TYING = frozenset(
    {
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:principalarn",
        "aws:principalaccount",
        "aws:sourcearn",
        "aws:sourceaccount",
        "aws:sourceip",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:userid",
        "aws:username",
        "s3:dataaccesspointaccount",
        "s3:dataaccesspointarn",
    }
)
"""Condition keys that limit an Allow for everyone to someone."""


def _aws(principal: object) -> list[str]:
    return _strings(principal, "AWS") if isinstance(principal, Mapping) else []


def _asked(request: AccessRequest) -> str:
    return f"{request.principal} to call {request.action} on {request.resource}"


def _name(statement: Mapping[str, Any]) -> str:
    sid = statement.get("Sid")
    return f'the statement "{sid}"' if sid else "a statement without Sid"


def _statements(policy: object) -> list[Mapping[str, Any]]:
    """The statements of a policy, each sound in shape. Raises MalformedPolicy."""
    if not isinstance(policy, Mapping):
        raise MalformedPolicy("Policies must be valid JSON and the first byte must be '{'")
    if "Statement" not in policy:
        raise MalformedPolicy("Missing required field Statement")
    statements = policy["Statement"]
    listed = statements if isinstance(statements, list) else [statements]
    if not listed:
        raise MalformedPolicy("Could not parse the policy: Statement is empty!")
    for statement in listed:
        if not isinstance(statement, Mapping):
            raise MalformedPolicy("Invalid policy syntax.")
        _check_statement(statement)
    return listed


def _check_statement(statement: Mapping[str, Any]) -> None:
    if statement.get("Effect") not in ("Allow", "Deny"):
        raise MalformedPolicy("Missing required field Effect")
    for element, is_sound, complaint in _SHAPES:
        for name in (element, f"Not{element}"):
            if name in statement and not is_sound(statement[name]):
                raise MalformedPolicy(complaint)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_scalar(value: object) -> bool:
    return isinstance(value, str | int | float)


def _one_or_more(value: object, is_item: Callable[[object], bool]) -> bool:
    return all(map(is_item, value)) if isinstance(value, list) else is_item(value)


def _are_texts(value: object) -> bool:
    return _one_or_more(value, _is_text)


def _is_principal(value: object) -> bool:
    """`*`, or by kind; who is named as `AWS` has one of the forms that IAM knows of a principal.

    Source: IAM User Guide, "AWS JSON policy elements: Principal".
    """
    if isinstance(value, Mapping):
        texts = all(map(_are_texts, value.values()))
        return texts and all(map(_AWS_PRINCIPAL.fullmatch, _aws(value)))
    return value == "*"


_AWS_PRINCIPAL = re.compile(
    rf"\*|\d{{12}}|A[A-Z0-9]{{15,127}}|arn:{PARTITION}:(iam|sts)::(\d{{12}}|cloudfront):"
    r"(root|(user|role|assumed-role|federated-user)/[\w+=,.@/ -]+)"
)


def _is_condition(value: object) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(keys, Mapping)
        and all(_one_or_more(wanted, _is_scalar) for wanted in keys.values())
        for keys in value.values()
    )


_SHAPES: tuple[tuple[str, Callable[[object], bool], str], ...] = (
    ("Sid", _is_text, "Invalid policy syntax."),
    ("Principal", _is_principal, "Invalid principal in policy"),
    ("Action", _are_texts, "Policy has invalid action"),
    ("Resource", _are_texts, "Policy has invalid resource"),
    ("Condition", _is_condition, "Invalid policy syntax."),
)


def _applies(statement: Mapping[str, Any], request: AccessRequest) -> bool:
    return all(matches(statement, request) for _, matches in _ELEMENTS)


def _why_nothing_allows(statements: Sequence[Mapping[str, Any]], request: AccessRequest) -> str:
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
    value: str | list[str] = statement.get(element, [])
    return [value] if isinstance(value, str) else value


def _principal_matches(statement: Mapping[str, Any], request: AccessRequest) -> bool:
    if "NotPrincipal" in statement:
        return not _names_principal(statement["NotPrincipal"], request)
    return _names_principal(statement.get("Principal"), request)


def _names_principal(principal: object, request: AccessRequest) -> bool:
    if principal == "*":
        return True
    if not isinstance(principal, Mapping):
        return False
    named = _strings(principal, "AWS")
    return (
        "*" in named
        or not request.names.isdisjoint(named)
        or (
            bool(request.principal)
            and any(
                service in ("*", request.principal) for service in _strings(principal, "Service")
            )
        )
    )


def _action_matches(statement: Mapping[str, Any], request: AccessRequest) -> bool:
    if "NotAction" in statement:
        return not _any_like(_strings(statement, "NotAction"), request.action, fold=True)
    return _any_like(_strings(statement, "Action"), request.action, fold=True)


def _resource_matches(statement: Mapping[str, Any], request: AccessRequest) -> bool:
    element = "NotResource" if "NotResource" in statement else "Resource"
    patterns = [_substituted(pattern, request) for pattern in _strings(statement, element)]
    return _any_like(patterns, request.resource) != (element == "NotResource")


def _substituted(pattern: str, request: AccessRequest) -> str:
    """`pattern` with policy variables such as `${aws:SourceAccount}` replaced."""
    return re.sub(
        r"\$\{([\w:-]+)\}",
        lambda found: request.context.get(found[1].lower(), found[0]),
        pattern,
    )


def _any_like(patterns: Sequence[str], value: str, *, fold: bool = False) -> bool:
    if fold:
        return any(is_like(pattern.lower(), value.lower()) for pattern in patterns)
    return any(is_like(pattern, value) for pattern in patterns)


def _conditions_hold(statement: Mapping[str, Any], request: AccessRequest) -> bool:
    return not any(True for _ in _unmet_conditions(statement, request))


def _unmet_conditions(statement: Mapping[str, Any], request: AccessRequest) -> Iterator[str]:
    """A clause for each condition that does not hold: what it requires and what the request has."""
    for test, keys in statement.get("Condition", {}).items():
        for key, wanted in keys.items():
            actual = request.context.get(key.lower())
            values = [_text(value) for value in (wanted if isinstance(wanted, list) else [wanted])]
            if not _holds(test, actual, [_substituted(value, request) for value in values]):
                has = f"it is {actual}" if actual is not None else "the request does not have it"
                yield f"{test} wants {key} {' or '.join(values)}, and {has}"


def _text(value: object) -> str:
    """A condition's value as text: JSON true is the string `true`."""
    return value if isinstance(value, str) else json.dumps(value)


def _holds(test: str, actual: str | None, wanted: Sequence[str]) -> bool:
    name = re.sub(r"^(ForAllValues|ForAnyValue):", "", test)
    if name == "Null":
        return any(value.lower() == str(actual is None).lower() for value in wanted)
    if_exists = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    if actual is None:
        negated = "Not" in name and not test.startswith("ForAnyValue:")
        return negated or if_exists or test.startswith("ForAllValues:")
    if name in _NEGATED:
        return not any(_OPERATORS[_NEGATED[name]](value, actual) for value in wanted)
    return name in _OPERATORS and any(_OPERATORS[name](value, actual) for value in wanted)


def _is_like_arn(pattern: str, value: str) -> bool:
    """ARNs are compared part by part: `*` does not cross a colon, but in the last part."""
    patterns, values = pattern.split(":", 5), value.split(":", 5)
    return len(patterns) == len(values) and all(map(is_like, patterns, values))


def _numbers(compare: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    """Whether the request's number compares this way with the required one."""

    def holds(wanted: str, actual: str) -> bool:
        try:
            return compare(float(actual), float(wanted))
        except ValueError:
            return False

    return holds


def _dates(compare: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    """The same of dates, in ISO 8601 or seconds since the epoch."""

    def holds(wanted: str, actual: str) -> bool:
        try:
            return compare(_moment(actual), _moment(wanted))
        except ValueError:
            return False

    return holds


def _moment(text: str) -> float:
    if text.isdecimal():
        return float(text)
    found = datetime.fromisoformat(text)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "LessThanEquals": operator.le,
    "GreaterThan": operator.gt,
    "GreaterThanEquals": operator.ge,
}
_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": str.__eq__,
    "StringEqualsIgnoreCase": lambda wanted, actual: wanted.lower() == actual.lower(),
    "StringLike": is_like,
    "ArnEquals": _is_like_arn,
    "ArnLike": _is_like_arn,
    "Bool": lambda wanted, actual: wanted.lower() == actual.lower(),
    **{f"Numeric{name}": _numbers(compare) for name, compare in _COMPARISONS.items()},
    **{f"Date{name}": _dates(compare) for name, compare in _COMPARISONS.items()},
}
_NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
}
_ELEMENTS: tuple[tuple[str, Callable[[Mapping[str, Any], AccessRequest], bool]], ...] = (
    ("Principal", _principal_matches),
    ("Action", _action_matches),
    ("Resource", _resource_matches),
    ("Condition", _conditions_hold),
)

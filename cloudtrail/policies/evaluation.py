"""Resource policies: may a service or a client do this to that resource, and if not, why?

The part of IAM's evaluation that a bucket or topic policy needs: an explicit Deny wins, else an
Allow is needed (IAM User Guide, "Policy evaluation logic").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

from msgspec import Struct

from cloudtrail.policies.conditions import holds, value_text
from cloudtrail.policies.documents import (
    MalformedPolicy,
    aws_principals,
    statements_of,
    strings_of,
)
from cloudtrail.wildcards import is_like

Context = Mapping[str, str]
"""Condition keys of a request, lower case, and their values."""


class Permission(Struct, frozen=True):
    """Whether a policy permits something, and the reason: if not, what it should say."""

    permitted: bool
    reason: str


class AccessRequest(Struct, frozen=True):
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
    """A policy's verdict on a request, if it has one."""

    ALLOW = "Allow"
    DENY = "Deny"


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
        statements = statements_of(policy)
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
        statements = statements_of(policy) if policy is not None else []
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
        statements = statements_of(policy) if policy is not None else []
    except MalformedPolicy:
        return False
    return any(
        each["Effect"] == "Allow"
        and (each.get("Principal") == "*" or "*" in aws_principals(each.get("Principal")))
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


def _asked(request: AccessRequest) -> str:
    return f"{request.principal} to call {request.action} on {request.resource}"


def _name(statement: Mapping[str, Any]) -> str:
    sid = statement.get("Sid")
    return f'the statement "{sid}"' if sid else "a statement without Sid"


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
            wanted = ", ".join(strings_of(statement, "Resource"))
            return f"{_name(statement)} allows {request.action} on {wanted} only"
    return f"no statement allows {_asked(request)}"


def _principal_matches(statement: Mapping[str, Any], request: AccessRequest) -> bool:
    if "NotPrincipal" in statement:
        return not _names_principal(statement["NotPrincipal"], request)
    return _names_principal(statement.get("Principal"), request)


def _names_principal(principal: object, request: AccessRequest) -> bool:
    if principal == "*":
        return True
    if not isinstance(principal, Mapping):
        return False
    named = strings_of(principal, "AWS")
    return (
        "*" in named
        or not request.names.isdisjoint(named)
        or (
            bool(request.principal)
            and any(
                service in ("*", request.principal) for service in strings_of(principal, "Service")
            )
        )
    )


def _action_matches(statement: Mapping[str, Any], request: AccessRequest) -> bool:
    if "NotAction" in statement:
        return not _any_like(strings_of(statement, "NotAction"), request.action, fold=True)
    return _any_like(strings_of(statement, "Action"), request.action, fold=True)


def _resource_matches(statement: Mapping[str, Any], request: AccessRequest) -> bool:
    element = "NotResource" if "NotResource" in statement else "Resource"
    patterns = [_substituted(pattern, request) for pattern in strings_of(statement, element)]
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
            values = [
                value_text(value) for value in (wanted if isinstance(wanted, list) else [wanted])
            ]
            if not holds(test, actual, [_substituted(value, request) for value in values]):
                has = f"it is {actual}" if actual is not None else "the request does not have it"
                yield f"{test} wants {key} {' or '.join(values)}, and {has}"


_ELEMENTS: tuple[tuple[str, Callable[[Mapping[str, Any], AccessRequest], bool]], ...] = (
    ("Principal", _principal_matches),
    ("Action", _action_matches),
    ("Resource", _resource_matches),
    ("Condition", _conditions_hold),
)

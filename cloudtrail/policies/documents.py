"""Policy documents: their shape, which services check before they store one.

Source: IAM User Guide, "IAM JSON policy elements reference". The messages are S3's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from cloudtrail.partitions import PARTITION


class MalformedPolicy(Exception):
    """The document is not a policy; the message says what is wrong with it, in S3's words."""


def valid_policy(document: str | bytes | None) -> Mapping[str, Any] | None:
    """The policy in a document; None if there is no document or it is malformed."""
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
    for statement in statements_of(policy):
        for element in ("Principal", "Action", "Resource"):
            if not (element in statement or f"Not{element}" in statement):
                raise MalformedPolicy(f"Missing required field {element}")
    return policy  # type: ignore[no-any-return]


def statements_of(policy: object) -> list[Mapping[str, Any]]:
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
    """Whether it is `*`, or a mapping by kind in which each `AWS` has a form that IAM accepts.

    Source: IAM User Guide, "AWS JSON policy elements: Principal".
    """
    if isinstance(value, Mapping):
        texts = all(map(_are_texts, value.values()))
        return texts and all(map(_AWS_PRINCIPAL.fullmatch, aws_principals(value)))
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


def strings_of(statement: Mapping[str, Any], element: str) -> list[str]:
    """An element that is a string or a list of strings, as a list."""
    value: str | list[str] = statement.get(element, [])
    return [value] if isinstance(value, str) else value


def aws_principals(principal: object) -> list[str]:
    return strings_of(principal, "AWS") if isinstance(principal, Mapping) else []

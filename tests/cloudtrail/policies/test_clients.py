"""Resource policies about clients: whom they name, what conditions compare, who is everybody."""

from __future__ import annotations

from typing import Any

import pytest

from cloudtrail.policies.evaluation import AccessRequest, Effect, effect, is_public

ROLE = "arn:aws:iam::111122223333:role/reader"
NAMES = frozenset({ROLE, "111122223333", "arn:aws:iam::111122223333:root"})
CONTEXT = {"aws:principalarn": ROLE, "s3:max-keys": "10", "aws:currenttime": "2026-06-01T00:00:00Z"}
ASKED = AccessRequest("", "s3:ListBucket", "arn:aws:s3:::files", CONTEXT, NAMES)
ALL: dict[str, Any] = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}


def said(*statements: dict[str, Any]) -> Effect | None:
    return effect({"Statement": list(statements)}, ASKED)


def test_nothing_is_said_without_a_statement_that_applies() -> None:
    assert effect(None, ASKED) is None
    assert effect({"no": "policy"}, ASKED) is None
    assert said(ALL | {"Action": "s3:GetObject"}) is None


def test_a_deny_wins() -> None:
    assert said(ALL, ALL | {"Effect": "Deny"}) is Effect.DENY
    assert said(ALL) is Effect.ALLOW


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_client_is_meant_by_each_of_its_names(name: str) -> None:
    assert said(ALL | {"Principal": {"AWS": [name]}}) is Effect.ALLOW


@pytest.mark.parametrize(
    "principal", [{"AWS": "444455556666"}, {"Service": "*"}, {"Service": "s3.amazonaws.com"}]
)
def test_a_client_is_no_other_and_no_service(principal: dict[str, str]) -> None:
    assert said(ALL | {"Principal": principal}) is None


@pytest.mark.parametrize(
    ("test", "key", "value", "holds"),
    [
        ("NumericLessThanEquals", "s3:max-keys", "10", True),
        ("NumericLessThan", "s3:max-keys", 10, False),
        ("NumericEquals", "s3:max-keys", "many", False),
        ("NumericNotEquals", "s3:max-keys", "11", True),
        ("DateGreaterThan", "aws:CurrentTime", "2026-05-01T00:00:00Z", True),
        ("DateLessThan", "aws:CurrentTime", "2026-05-01", False),
        ("DateGreaterThanEquals", "aws:CurrentTime", 1_000_000_000, True),
        ("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::*:role/reader", False),
        ("StringEquals", "aws:SourceVpc", "vpc-1", False),
        ("StringNotEqualsIfExists", "aws:SourceVpc", "vpc-1", True),
    ],
)
def test_conditions(test: str, key: str, value: object, holds: bool) -> None:
    found = said(ALL | {"Condition": {test: {key: value}}})
    assert found is (Effect.ALLOW if holds else None)


@pytest.mark.parametrize(
    ("change", "public"),
    [
        ({}, True),
        ({"Principal": {"AWS": ["*"]}}, True),
        ({"Effect": "Deny"}, False),
        ({"Principal": {"AWS": "111122223333"}}, False),
        ({"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}}, False),
        ({"Condition": {"StringLike": {"aws:Referer": "https://example.com/*"}}}, True),
    ],
)
def test_who_lets_in_everybody_is_public(change: dict[str, Any], public: bool) -> None:
    assert is_public({"Statement": ALL | change}) is public
    assert is_public(None) is False

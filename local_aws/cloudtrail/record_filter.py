"""Which records are requested: the filters of `/_local-aws/records` and of `records()`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from cloudtrail.event_history import username
from cloudtrail.record_conditions import (
    Condition,
    UserIdentity,
    alternatives,
    parameter_steps,
    scalar_at,
)

CATEGORIES = ("Management", "Data", "NetworkActivity", "Insight")
_DOMAIN = ".amazonaws.com"


class _Caller(msgspec.Struct):
    userIdentity: dict[str, Any] | None = None  # noqa: N815


_caller = msgspec.json.Decoder(_Caller)
Values = Callable[[bytes], Iterable[str | None]]
Test = Callable[[bytes], bool]


class RecordFilter(Struct, frozen=True):
    """What a record must have. Several values of one filter mean any of them.

    In a value `*` stands for any text. `event_source` is `dynamodb.amazonaws.com` or
    `dynamodb`; `user` a name, ARN or session name of the caller, the name or
    ARN of its role, or the service that called for it;
    an empty `error_code` means success. `where` are conditions on any field, as those of
    `cloudtrail.record_conditions`, all of which must hold.
    """

    event_name: Sequence[str] = ()
    event_source: Sequence[str] = ()
    category: Sequence[str] = ()
    error_code: Sequence[str] = ()
    user: Sequence[str] = ()
    where: Sequence[str] = ()

    def test(self) -> Test:
        """A test whether a record, given as JSON, is wanted.

        Raises ValueError for an unknown category, and InvalidConditionError.
        """
        for category in self.category:
            if category not in CATEGORIES:
                raise ValueError(f"wanted category {', '.join(CATEGORIES)}, got {category!r}")
        sources = [each if "." in each else each + _DOMAIN for each in self.event_source if each]
        tests = [
            *_one_of(_of_event("eventName"), self.event_name),
            *_one_of(_of_event("eventSource"), sources),
            *_one_of(_of("eventCategory"), self.category),
            *_one_of(_of("errorCode"), self.error_code),
            *_one_of(_names_of_caller, self.user),
            *(_any_holds(alternatives(each)) for each in self.where),
        ]
        return lambda record: all(test(record) for test in tests)


def _one_of(values: Values, wanted: Sequence[str]) -> list[Test]:
    """A test that one of the record's values is among the wanted ones; none if no value is
    wanted."""
    if not wanted:
        return []
    tests = [Condition("", each).test() for each in wanted]
    return [lambda record: any(test(each) for each in values(record) for test in tests)]


def _any_holds(conditions: Sequence[Condition]) -> Test:
    tests = [(_of(each.path), each.test()) for each in conditions]
    return lambda record: any(test(each) for values, test in tests for each in values(record))


def _of(path: str) -> Values:
    steps = parameter_steps(path)
    return lambda record: (scalar_at(record, steps),)


def _of_event(name: str) -> Values:
    """The field; an Insights event only has it in insightDetails."""

    def values(record: bytes) -> Iterable[str | None]:
        return (scalar_at(record, (name,)) or scalar_at(record, ("insightDetails", name)),)

    return values


def _names_of_caller(record: bytes) -> Iterable[str | None]:
    identity = _caller.decode(record).userIdentity or {}
    names = msgspec.convert(identity, UserIdentity).names()
    return (*names, username(identity), identity.get("invokedBy"))

"""Expectations compiled to predicates over typed records: the local reader's half.

The other half is `trail_logs.athena.condition`. Both must give the same answer for every record.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cloudtrail.record_conditions import parameter_steps, scalar_at
from trail_logs.expectations import ACCOUNT, REGION, Expectation, event_time
from trail_logs.records import (
    Record,
    account_of,
    category_of,
    identity_of,
    insight_of,
    read_only,
    resources_of,
    user_agent_of,
)

Test = Callable[[Record], bool]


@dataclass(frozen=True, slots=True)
class Compiled:
    """Expectations by the event names that they can match, so that most records cost one look-up.

    `by_name[eventName]`, and `of_any_name` for names that it does not have, are pairs: the index of
    an expectation, and the test of its other filters.
    """

    by_name: dict[str, list[tuple[int, Test]]]
    of_any_name: list[tuple[int, Test]]


def compiled(expectations: Sequence[Expectation]) -> Compiled:
    """All expectations, compiled and filed by event name."""
    tests = [(index, _joined(_tests(each))) for index, each in enumerate(expectations)]
    named = [frozenset(_own_names(each)) for each in expectations]
    return Compiled(
        by_name={
            name: [
                test for test, names in zip(tests, named, strict=True) if not names or name in names
            ]
            for name in frozenset().union(*named)
        },
        of_any_name=[test for test, names in zip(tests, named, strict=True) if not names],
    )


def _own_names(expectation: Expectation) -> tuple[str, ...]:
    """The names that the record's own eventName may have (Insights records have none)."""
    return () if expectation.category == "Insight" else expectation.event_names


def _joined(tests: Sequence[Test]) -> Test:
    """A test that is true if all are: a chain of two-way ands, at half the cost of `all`."""
    if not tests:
        return lambda _: True
    first, *others = tests
    if not others:
        return first
    rest = _joined(others)
    return lambda record: first(record) and rest(record)


def _tests(expectation: Expectation) -> tuple[Test, ...]:
    """The tests other than the event's name that must all pass, cheap and selective ones first."""
    return (
        *_insight_names(expectation),
        *_source(expectation),
        *_times(expectation),
        *_outcome(expectation),
        *_place(expectation),
        *_kind(expectation),
        *_who(expectation),
        *_what(expectation),
        *(_parameter(path, text) for path, text in expectation.parameters),
    )


def _insight_names(expectation: Expectation) -> list[Test]:
    names = frozenset(expectation.event_names)
    if not names or expectation.category != "Insight":
        return []
    return [lambda record: insight_of(record).eventName in names]


def _source(expectation: Expectation) -> list[Test]:
    source = expectation.event_source
    if source is None:
        return []
    if expectation.category == "Insight":
        return [lambda record: insight_of(record).eventSource == source]
    return [lambda record: record.eventSource == source]


def _times(expectation: Expectation) -> list[Test]:
    tests: list[Test] = []
    if expectation.since is not None:
        since = event_time(expectation.since)
        tests.append(lambda record: record.eventTime >= since)
    if expectation.until is not None:
        until = event_time(expectation.until)
        tests.append(lambda record: record.eventTime <= until)
    return tests


def _outcome(expectation: Expectation) -> list[Test]:
    if expectation.succeeded is None:
        return []
    succeeded = expectation.succeeded
    return [lambda record: (record.errorCode is None) == succeeded]


def _place(expectation: Expectation) -> list[Test]:
    account, region = expectation.account, expectation.region
    tests: list[Test] = []
    if region is not None:
        tests.append(lambda record: record.awsRegion == region)
    if account is not None:
        tests.append(lambda record: account_of(record) == account)
    return tests


def _kind(expectation: Expectation) -> list[Test]:
    category, reading = expectation.category, expectation.read_only
    tests: list[Test] = []
    if category is not None:
        tests.append(lambda record: category_of(record) == category)
    if reading is not None:
        tests.append(lambda record: read_only(record) == reading)
    return tests


def _who(expectation: Expectation) -> list[Test]:
    identity, other_agents = expectation.identity, expectation.not_user_agents
    tests: list[Test] = []
    if other_agents:
        tests.append(lambda record: not _has_any(user_agent_of(record), other_agents))
    if identity is not None:
        tests.append(lambda record: identity in identity_of(record).names())
    return tests


def _has_any(text: str, parts: tuple[str, ...]) -> bool:
    return any(part in text for part in parts)


def _what(expectation: Expectation) -> list[Test]:
    resource = expectation.resource
    if resource is None:
        return []
    if not any(each in resource for each in (ACCOUNT, REGION)):
        return [lambda record: resource in resources_of(record)]
    return [lambda record: _of_record(resource, record) in resources_of(record)]


def _of_record(arn: str, record: Record) -> str:
    account, region = account_of(record), record.awsRegion or ""
    return arn.replace(ACCOUNT, account).replace(REGION, region)


def _parameter(path: str, text: str) -> Test:
    steps = parameter_steps(path)
    if not any(each in text for each in (ACCOUNT, REGION)):
        return lambda record: scalar_at(record.requestParameters, steps) == text
    return lambda record: scalar_at(record.requestParameters, steps) == _of_record(text, record)

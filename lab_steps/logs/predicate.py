"""Expectations compiled to predicates over typed records: the local reader's half.

The other half is `lab_steps.logs.athena_sql`; both must say the same of every record.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lab_steps.logs.expectations import Expectation, event_time
from lab_steps.logs.records import (
    Record,
    account_of,
    category_of,
    identity_of,
    parameter_steps,
    read_only,
    scalar_at,
)

Test = Callable[[Record], bool]


@dataclass(frozen=True, slots=True)
class Compiled:
    """Expectations by the event names they can match, so that most records cost one look-up.

    `by_name[eventName]` and `of_any_name` hold pairs (index of the expectation, its test).
    """

    by_name: dict[str, list[tuple[int, Test]]]
    of_any_name: list[tuple[int, Test]]

    def candidates(self, event_name: str) -> Sequence[tuple[int, Test]]:
        """The expectations a record of this name may match."""
        return self.by_name.get(event_name, self.of_any_name)


def compiled(expectations: Sequence[Expectation]) -> Compiled:
    """All expectations, compiled and filed by event name."""
    tests = [(index, predicate(each)) for index, each in enumerate(expectations)]
    anywhere = [test for test, each in zip(tests, expectations, strict=True) if not _named(each)]
    names = {name for each in expectations if _named(each) for name in each.event_names}
    by_name = {
        name: [
            test
            for test, each in zip(tests, expectations, strict=True)
            if not _named(each) or name in each.event_names
        ]
        for name in names
    }
    return Compiled(by_name, anywhere)


def _named(expectation: Expectation) -> bool:
    """True when the record's own eventName decides (Insights records have none)."""
    return bool(expectation.event_names) and expectation.category != "Insight"


def predicate(expectation: Expectation) -> Test:
    """One test that is true for the records the expectation is about."""
    tests = _tests(expectation)
    if len(tests) == 1:
        return tests[0]
    return lambda record: all(test(record) for test in tests)


def _tests(expectation: Expectation) -> tuple[Test, ...]:
    """The tests that must all hold, the cheap and the choosy ones first."""
    return (
        *_names(expectation),
        *_times(expectation),
        *_outcome(expectation),
        *_place(expectation),
        *_kind(expectation),
        *_who(expectation),
        *(_parameter(path, text) for path, text in expectation.parameters),
    )


def _names(expectation: Expectation) -> list[Test]:
    names, source = frozenset(expectation.event_names), expectation.event_source
    if expectation.category == "Insight":
        return _insight_names(names, source)
    tests: list[Test] = []
    if names:
        tests.append(lambda record: record.eventName in names)
    if source is not None:
        tests.append(lambda record: record.eventSource == source)
    return tests


def _insight_names(names: frozenset[str], source: str | None) -> list[Test]:
    tests: list[Test] = []
    if names:
        tests.append(
            lambda record: (
                record.insightDetails is not None and record.insightDetails.eventName in names
            )
        )
    if source is not None:
        tests.append(
            lambda record: (
                record.insightDetails is not None and record.insightDetails.eventSource == source
            )
        )
    return tests


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
    identity = expectation.identity
    if identity is None:
        return []
    return [lambda record: identity in identity_of(record).names()]


def _parameter(path: str, text: str) -> Test:
    steps = parameter_steps(path)
    return lambda record: scalar_at(record.requestParameters, steps) == text

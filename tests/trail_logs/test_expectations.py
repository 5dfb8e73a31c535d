from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.trail_logs.log_samples import ACCOUNT, NOON
from trail_logs.expectations import (
    Answer,
    Expectation,
    InvalidExpectationError,
    none,
)

WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "local time": ({"since": datetime(2026, 3, 14)}, "time zone"),  # noqa: DTZ001
    "until before since": ({"since": NOON, "until": NOON - timedelta(1)}, "lies before"),
    "unknown category": ({"category": "Digest"}, "Management, Data, Insight"),
    "short account": ({"account": "123"}, "12 digits"),
    "empty user agent": ({"not_user_agents": ("x", "")}, "not_user_agents is empty"),
    "path with a space": ({"parameters": (("table name", "Users"),)}, "'table name'"),
    "empty step": ({"parameters": (("key..id", "1"),)}, "not understood"),
    "at_most below at_least": ({"at_most": 0}, "at_least=1 and at_most=0"),
    "no bound at all": ({"at_least": 0}, "met by anything"),
}


@pytest.mark.parametrize(("filters", "message"), WRONG.values(), ids=WRONG.keys())
def test_an_expectation_nothing_can_be_compared_with_is_refused(
    filters: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidExpectationError, match=f"(?s)'wrong'.*{message}"):
        Expectation("wrong", **filters)


def test_none_wants_no_record_at_all() -> None:
    expectation = none("no data", category="Data")
    assert Answer(expectation, ACCOUNT, 0).satisfied
    assert not Answer(expectation, ACCOUNT, 1).satisfied


def test_the_count_must_be_within_both_bounds() -> None:
    expectation = Expectation("some", at_least=2, at_most=3)
    assert [Answer(expectation, ACCOUNT, n).satisfied for n in range(5)] == [
        False, False, True, True, False,
    ]  # fmt: skip

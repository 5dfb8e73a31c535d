from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.trail_logs.log_samples import NOON
from trail_logs.expectations import (
    Expectation,
    InvalidExpectationError,
)

WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "local time": ({"since": datetime(2026, 3, 14)}, "time zone"),  # noqa: DTZ001
    "until before since": ({"since": NOON, "until": NOON - timedelta(1)}, "is before"),
    "unknown category": ({"category": "Digest"}, "Management, Data, Insight"),
    "short account": ({"account": "123"}, "12 digits"),
    "empty user agent": ({"not_user_agents": ("x", "")}, "wanted texts in not_user_agents"),
    "path with a space": ({"parameters": (("table name", "Users"),)}, "'table name'"),
    "empty step": ({"parameters": (("key..id", "1"),)}, "cannot read the parameter path"),
}


@pytest.mark.parametrize(("filters", "message"), WRONG.values(), ids=WRONG.keys())
def test_an_expectation_nothing_can_be_compared_with_is_refused(
    filters: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidExpectationError, match=f"(?s)'wrong'.*{message}"):
        Expectation("wrong", **filters)

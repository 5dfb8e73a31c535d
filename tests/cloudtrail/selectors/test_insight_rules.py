"""Which Insights selectors a trail can have."""

from __future__ import annotations

from typing import Any

import pytest

from cloudtrail.selectors.insight_rules import InvalidInsightSelectors, parse_insight_selectors
from cloudtrail.trails import EventSelector, FieldSelector, InsightSelector, Trail
from tests.cloudtrail.selectors.made_up import (
    DATA,
    DATA_TRAIL,
    MANAGEMENT_TRAIL,
    ON_TABLES,
    advanced,
    basic,
)


def insights(kind: str, *categories: str) -> list[dict[str, Any]]:
    return [{"InsightType": kind} | ({"EventCategories": list(categories)} if categories else {})]


def test_insights_selectors_are_for_management_events_by_default() -> None:
    assert parse_insight_selectors(insights("ApiCallRateInsight"), MANAGEMENT_TRAIL) == (
        InsightSelector("ApiCallRateInsight", ("Management",)),
    )


def test_no_insights_selectors_turn_insights_off() -> None:
    assert parse_insight_selectors([], DATA_TRAIL) == ()


@pytest.mark.parametrize(
    ("trail", "kind", "category"),
    [
        (basic(EventSelector("WriteOnly")), "ApiCallRateInsight", "Management"),
        (basic(EventSelector("ReadOnly")), "ApiErrorRateInsight", "Management"),
        (DATA_TRAIL, "ApiCallRateInsight", "Data"),
        (advanced(DATA, ON_TABLES, FieldSelector("readOnly", equals=("true",))),
         "ApiCallRateInsight", "Data"),
    ],
)  # fmt: skip
def test_insights_are_for_trails_that_log_what_they_count(
    trail: Trail, kind: str, category: str
) -> None:
    assert parse_insight_selectors(insights(kind, category), trail)


@pytest.mark.parametrize(
    ("trail", "selectors", "message"),
    [
        (MANAGEMENT_TRAIL, insights("ApiRateInsight"), "malformed: Invalid enum value"),
        (MANAGEMENT_TRAIL, insights("ApiCallRateInsight", "Insight"), "malformed: Invalid enum"),
        (MANAGEMENT_TRAIL, [{}], "malformed: Object missing required field `InsightType`"),
        (MANAGEMENT_TRAIL, insights("ApiCallRateInsight") * 2, "can be given only once"),
        (MANAGEMENT_TRAIL, insights("ApiErrorRateInsight", "Data"), "logs data events"),
        (DATA_TRAIL, insights("ApiErrorRateInsight"), "logs management events"),
        (
            basic(EventSelector("ReadOnly")),
            insights("ApiCallRateInsight"),
            "ApiCallRateInsight needs a trail that logs write management events",
        ),
    ],
)
def test_insights_selectors_that_cannot_work_are_refused(
    trail: Trail, selectors: list[dict[str, Any]], message: str
) -> None:
    with pytest.raises(InvalidInsightSelectors, match=message):
        parse_insight_selectors(selectors, trail)

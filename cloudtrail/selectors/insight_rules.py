"""The rules for Insights selectors: what they need of a trail's event selectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NotRequired, TypedDict

import msgspec

from cloudtrail.selectors.matching import compile_selectors
from cloudtrail.trails import (
    CloudTrailException,
    InsightSelector,
    Trail,
    insight_selectors_from_api,
)


class InvalidInsightSelectors(CloudTrailException):
    """Insights selectors that PutInsightSelectors refuses."""


def parse_insight_selectors(
    api: Sequence[Mapping[str, Any]], trail: Trail
) -> tuple[InsightSelector, ...]:
    """Insights selectors for `trail` from the API's shape. Raises InvalidInsightSelectors."""
    check_insight_selectors(api, trail)
    return insight_selectors_from_api(api)


def check_insight_selectors(api: Sequence[Mapping[str, Any]], trail: Trail) -> None:
    """Raise InvalidInsightSelectors for the first rule these selectors break. An empty list
    is valid.

    Source: API/PutInsightSelectors, API/InsightSelector. The wording is ours.
    """
    try:
        selectors = msgspec.convert(api, list[_InsightSelectorShape])
    except msgspec.ValidationError as error:
        raise InvalidInsightSelectors(f"The Insights selectors are malformed: {error}") from error
    for selector in selectors:
        for category in selector.get("EventCategories") or ("Management",):
            _check_insights_need(trail, selector["InsightType"], category)
    types = [selector["InsightType"] for selector in selectors]
    if len(set(types)) < len(types):
        raise InvalidInsightSelectors("Each InsightType can be given only once.")


class _InsightSelectorShape(TypedDict):
    InsightType: Literal["ApiCallRateInsight", "ApiErrorRateInsight"]
    EventCategories: NotRequired[list[Literal["Management", "Data"]]]


def _check_insights_need(trail: Trail, insight_type: str, category: str) -> None:
    """Call rates of management events count writes; everything else reads or writes."""
    directions = (False,) if (insight_type, category) == _COUNTS_WRITES else (False, True)
    matcher = compile_selectors(trail)
    if not any(matcher.chooses(category, read_only=direction) for direction in directions):
        wanted = "write management" if len(directions) == 1 else category.lower()
        raise InvalidInsightSelectors(
            f"{insight_type} needs a trail that logs {wanted} events, and {trail.name} logs none: "
            "change its event selectors first."
        )


_COUNTS_WRITES = ("ApiCallRateInsight", "Management")

"""The event selectors to try on records: from a file, or from a trail in a template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from botocore.validate import ParamValidator
from msgspec.structs import replace

from cloudtrail.records.service_models import operation_model
from cloudtrail.selectors.insight_rules import parse_insight_selectors
from cloudtrail.selectors.rules import parse_selectors
from cloudtrail.trails import CloudTrailException, Trail

_NAMES = {"EventSelectors", "AdvancedEventSelectors"}
_WANTED = (
    "wanted a list of event selectors, basic or advanced, or an object with EventSelectors or "
    "AdvancedEventSelectors, as get-event-selectors prints it, with InsightSelectors if there are "
    "any"
)


class NoSelectorsError(ValueError):
    """A file has no event selectors, or selectors that CloudTrail refuses."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Selectors with the name of their source, and the trail's bucket if it is known."""

    name: str
    trail: Trail
    bucket: str | None = None


def choice_of_file(path: Path, bucket: str | None = None) -> Choice:
    """The selectors of a JSON file, for a trail of every Region and account.

    Raises NoSelectorsError and OSError.
    """
    try:
        found = msgspec.json.decode(path.read_bytes())
    except (msgspec.DecodeError, RecursionError) as error:
        raise NoSelectorsError(f"{path} is not JSON: {error}; {_WANTED}.") from error
    everywhere = Trail(
        name=path.name,
        home_region="us-east-1",
        account_id="000000000000",
        bucket=bucket or "",
        is_multi_region=True,
        is_organization_trail=True,
    )
    try:
        trail = with_selectors(everywhere, _by_name(found))
    except (CloudTrailException, NoSelectorsError) as error:
        raise NoSelectorsError(f"{path}: {error}") from error
    return Choice(str(path), trail, bucket)


def with_selectors(trail: Trail, given: Mapping[str, Any]) -> Trail:
    """The trail with the selectors that PutEventSelectors and PutInsightSelectors would set.

    Raises CloudTrailException if they refuse, NoSelectorsError for members that no client sends.
    """
    _check_members(given)
    basic, advanced = parse_selectors(given)
    trail = replace(trail, event_selectors=basic, advanced_event_selectors=advanced)
    insights = parse_insight_selectors(given.get("InsightSelectors") or (), trail)
    return replace(trail, insight_selectors=insights)


def _check_members(given: Mapping[str, Any]) -> None:
    """Check names and types by the API's model, as every AWS client does."""
    model = operation_model("cloudtrail", "PutEventSelectors")
    shape = model.input_shape if model is not None else None
    assert shape is not None
    selectors = {name: each for name, each in given.items() if name in _NAMES}
    report = ParamValidator().validate({"TrailName": "any", **selectors}, shape)
    if report.has_errors():
        raise NoSelectorsError(report.generate_report().replace(" in input", ""))


def _by_name(found: Any) -> dict[str, Any]:
    """The members of PutEventSelectors. Raises NoSelectorsError."""
    if isinstance(found, list):
        found = {_member(found): found}
    if not isinstance(found, dict) or not _NAMES & found.keys():
        raise NoSelectorsError(f"{_WANTED}.")
    return found


def _member(selectors: Sequence[Any]) -> str:
    advanced = any(isinstance(each, dict) and "FieldSelectors" in each for each in selectors)
    return "AdvancedEventSelectors" if advanced else "EventSelectors"

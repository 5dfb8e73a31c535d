"""The lab's trails as the API shows them, and as values that `recorded_by` can judge."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from cloudtrail.selectors import recorded_by
from cloudtrail.trails import Trail, trail_from_api
from lab_steps.checking.finding import Probe
from lab_steps.checking.step import Need
from lab_steps.checking.view import View, error_code
from lab_steps.walkthrough.checks.probes import Event, named_by
from stacks.settings import LabSettings


@dataclass(frozen=True, slots=True)
class LabTrail:
    """One of the two trails of the lab: what it is called and the step that creates it."""

    name: str
    purpose: str
    category: str
    made_in: int

    def need(self) -> Need:
        """A check needs that the trail is there."""
        return _need(self)


@cache
def _need(trail: LabTrail) -> Need:
    return Need(f"the trail {trail.name}", lambda view: bool(find(view, trail)))


_NAMES = LabSettings()

MANAGEMENT = LabTrail(
    _NAMES.management_trail,
    _NAMES.management_purpose,
    category="Management",
    made_in=6,
)
DATA = LabTrail(
    _NAMES.data_trail,
    _NAMES.data_purpose,
    category="Data",
    made_in=12,
)
"""Data events here are DynamoDB's."""


def other(trail: LabTrail) -> LabTrail:
    """The other one of the two."""
    return DATA if trail is MANAGEMENT else MANAGEMENT


def described(view: View) -> list[dict[str, Any]]:
    """All trails that DescribeTrails shows in the lab's region, shadow trails too."""
    return list(view.ask("cloudtrail:DescribeTrails", includeShadowTrails=True)["trailList"])


def owner(trail: dict[str, Any]) -> str:
    """The account in the trail's ARN."""
    return str(trail["TrailARN"]).split(":")[4]


def own(view: View) -> list[dict[str, Any]]:
    """The trails that this account made: an organization's trail is its management account's."""
    return [trail for trail in described(view) if owner(trail) == view.account]


def elsewhere(view: View) -> list[dict[str, Any]]:
    """The account's trails of one other Region, which record nothing of the lab's: ListTrails
    tells them with their home Regions, DescribeTrails of the lab's Region does not."""
    here = {trail["TrailARN"] for trail in described(view)}
    listed = view.ask("cloudtrail:ListTrails")["Trails"]
    return [
        trail for trail in listed if owner(trail) == view.account and trail["TrailARN"] not in here
    ]


def find(view: View, trail: LabTrail) -> dict[str, Any] | None:
    """The account's own trail with the lab's name, as DescribeTrails shows it."""
    return next((each for each in own(view) if each["Name"] == trail.name), None)


def found(view: View, trail: LabTrail) -> dict[str, Any]:
    """As `find`, where the trail is known to be there."""
    description = find(view, trail)
    if description is None:
        raise LookupError(f"The trail {trail.name} is gone.")
    return description


def status(view: View, trail: LabTrail) -> dict[str, Any]:
    """What GetTrailStatus says."""
    return view.ask("cloudtrail:GetTrailStatus", Name=found(view, trail)["TrailARN"])


def selectors(view: View, trail: LabTrail) -> dict[str, Any]:
    """What GetEventSelectors says: `EventSelectors` or `AdvancedEventSelectors`."""
    return view.ask("cloudtrail:GetEventSelectors", TrailName=found(view, trail)["TrailARN"])


def insight_types(view: View, trail: LabTrail) -> tuple[str, ...]:
    """The types of Insights events the trail logs, in alphabetical order."""
    answer = _insight_selectors(view, trail) or {}
    return tuple(sorted(each["InsightType"] for each in answer.get("InsightSelectors", [])))


def value(view: View, trail: LabTrail) -> Trail:
    """The trail as a value, its selectors included."""
    return trail_from_api(
        found(view, trail), selectors(view, trail), _insight_selectors(view, trail)
    )


def probe(view: View, trail: LabTrail, event: Event) -> Probe:
    """Whether the trail's selectors record `event`, and why."""
    verdict = recorded_by(value(view, trail), event.record(view.account, view.region))
    return Probe(event=event.title, recorded=verdict.recorded, reason=verdict.reason)


def named_events(view: View, trail: LabTrail) -> tuple[Event, ...]:
    """Data and network activity events that the trail's own selectors name."""
    return named_by(value(view, trail))


def _insight_selectors(view: View, trail: LabTrail) -> dict[str, Any] | None:
    arn = found(view, trail)["TrailARN"]
    try:
        return view.ask("cloudtrail:GetInsightSelectors", TrailName=arn)
    except Exception as error:
        if error_code(error) == "InsightNotEnabledException":
            return None
        raise

"""A lab's trails: what each must do, how the API shows it, and the trail as a value to judge."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from cloudtrail.partitions import arn_parts
from cloudtrail.trails import Trail, trail_from_api
from lab_steps.checking.finding import NextAction
from lab_steps.checking.step import Need
from lab_steps.checking.view import View, error_code
from trail_logs.expectations import Expectation


@dataclass(frozen=True, slots=True, eq=False)
class LabTrail:
    """A trail of a lab.

    `purpose` is inserted into the proposed name of its bucket. In its log files, since this lab's
    work started at `since`, `expected` must be there and `foreign` must not; `also` is searched for
    too. `remedies` say, by the name of each expected event, how to get it recorded if it is missing
    although the trail is correct: the first of them comes first. Raises ValueError if an expected
    event has no remedy.
    """

    name: str
    purpose: str
    category: str
    expected: tuple[Expectation, ...]
    foreign: Expectation
    since: Callable[[View], datetime | None]
    remedies: Mapping[str, NextAction]
    also: tuple[Expectation, ...] = ()

    def __post_init__(self) -> None:
        names = {each.name for each in self.expected}
        if names != self.remedies.keys():
            raise ValueError(
                f"{self.name}: wanted a remedy for each of {', '.join(sorted(names))}, got "
                f"{', '.join(sorted(self.remedies)) or 'none'}"
            )

    def remedy(self, missing: Collection[str]) -> NextAction:
        """The first remedy for any of the expected events that are `missing`."""
        for name, action in self.remedies.items():
            if name in missing:
                return action
        raise ValueError(f"{self.name} does not expect {', '.join(missing) or 'any event'}")

    def need(self) -> Need:
        """A check needs that the trail is there."""
        return _need(self)


@cache
def _need(trail: LabTrail) -> Need:
    return Need(f"the trail {trail.name}", lambda view: bool(find(view, trail)))


def described(view: View) -> list[dict[str, Any]]:
    """All trails that DescribeTrails shows in the lab's Region, including shadow trails."""
    return list(view.ask("cloudtrail:DescribeTrails", includeShadowTrails=True)["trailList"])


def owner(trail: dict[str, Any]) -> str:
    """The account in the trail's ARN."""
    return arn_parts(str(trail["TrailARN"])).account_id


def own(view: View) -> list[dict[str, Any]]:
    """The trails that this account made: an organization's trail is its management account's."""
    return [trail for trail in described(view) if owner(trail) == view.account]


def elsewhere(view: View) -> list[dict[str, Any]]:
    """The account's trails of one other Region, which record nothing of the lab's Region:
    ListTrails shows them with their home Regions, DescribeTrails in the lab's Region does not."""
    here = {trail["TrailARN"] for trail in described(view)}
    listed = view.ask("cloudtrail:ListTrails")["Trails"]
    return [
        trail for trail in listed if owner(trail) == view.account and trail["TrailARN"] not in here
    ]


def find(view: View, trail: LabTrail) -> dict[str, Any] | None:
    """The account's own trail with the lab's name, as DescribeTrails shows it."""
    return next((each for each in own(view) if each["Name"] == trail.name), None)


def found(view: View, trail: LabTrail) -> dict[str, Any]:
    """Like `find`, for a trail that is known to exist. Raises LookupError."""
    description = find(view, trail)
    if description is None:
        raise LookupError(f"The trail {trail.name} is gone.")
    return description


def at_home(view: View, lab_trails: Iterable[LabTrail], command: str) -> str:
    """`command`, whose calls on the lab's trails go to their home Regions: only there can a trail
    be changed."""
    for trail in lab_trails:
        named = re.compile(rf"--(?:trail-)?name {re.escape(trail.name)}(?= |$)")
        home = (
            found(view, trail)["HomeRegion"] if named.search(command) and find(view, trail) else ""
        )
        if home and home != view.region:
            command = named.sub(rf"\g<0> --region {shlex.quote(home)}", command)
    return command


def status(view: View, trail: LabTrail) -> dict[str, Any]:
    """What GetTrailStatus says."""
    return view.ask("cloudtrail:GetTrailStatus", Name=found(view, trail)["TrailARN"])


def selectors(view: View, trail: LabTrail) -> dict[str, Any]:
    """What GetEventSelectors says: `EventSelectors` or `AdvancedEventSelectors`."""
    return view.ask("cloudtrail:GetEventSelectors", TrailName=found(view, trail)["TrailARN"])


def insight_types(view: View, trail: LabTrail) -> tuple[str, ...]:
    """The types of Insights events the trail logs, in alphabetical order."""
    arn = found(view, trail)["TrailARN"]
    try:
        answer = view.ask("cloudtrail:GetInsightSelectors", TrailName=arn)
    except Exception as error:
        if error_code(error) == "InsightNotEnabledException":
            return ()
        raise
    return tuple(sorted(each["InsightType"] for each in answer.get("InsightSelectors", [])))


def value(view: View, trail: LabTrail) -> Trail:
    """The trail as a value, its event selectors included."""
    return trail_from_api(found(view, trail), selectors(view, trail))

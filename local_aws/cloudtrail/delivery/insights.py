"""Insights: computed over the events that trails with Insights selectors record."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

from msgspec import Struct

from cloudtrail.insights.counts import activity_of
from cloudtrail.insights.detection import Insight, InsightsState
from cloudtrail.records.calls import Record
from cloudtrail.trails import Trail
from local_aws.cloudtrail.trails_in_force import TrailState, TrailStates


class BaselineScope(Struct, frozen=True):
    """What one baseline covers: an account's management events, or a trail's data events."""

    account_id: str
    region: str
    data_trail: str | None


class FoundInsight(Struct, frozen=True):
    """An Insights event, and the trail that it goes to."""

    state: TrailState
    account_id: str
    region: str
    event_category: str
    record: Record


class InsightEvents:
    """Counts what trails record and finds the Insights they asked for."""

    def __init__(self, trails: TrailStates, warm_up: timedelta) -> None:
        self._trails = trails
        self._warm_up = warm_up
        self._states: dict[BaselineScope, InsightsState] = {}
        self._since: dict[str, datetime] = {}

    def count(self, record: Record, time: datetime, recorded_by: list[Trail]) -> None:
        since: dict[BaselineScope, datetime] = {}
        for trail in recorded_by:
            # A Region's first event may come long after Insights were turned on.
            began = min(self._since.get(trail.arn, time), time)
            for scope in _scopes(record, trail):
                since[scope] = min(began, since.get(scope, began))
        for scope, began in since.items():
            if scope not in self._states:
                self._states[scope] = InsightsState(
                    scope.account_id,
                    scope.region,
                    began,
                    lambda: str(uuid.uuid4()),
                    self._warm_up,
                    scope.data_trail,
                )
            self._states[scope].add(time, activity_of(record))

    def wanted(self, now: datetime) -> list[tuple[BaselineScope, list[TrailState]]]:
        """The baselines to search for Insights, each with the trails that want what is found."""
        wanting = [
            state
            for state in self._trails.all()
            if state.is_logging and state.trail.insight_selectors
        ]
        by_trail = {state.trail.arn: [state] for state in wanting}
        by_account: dict[str, list[TrailState]] = defaultdict(list)
        for state in wanting:
            by_account[state.trail.account_id].append(state)
        of_organizations = [state for state in wanting if state.trail.is_organization_trail]
        self._since = {arn: self._since.get(arn, now) for arn in by_trail}

        def interested_in(scope: BaselineScope) -> list[TrailState]:
            if scope.data_trail is not None:
                return by_trail.get(scope.data_trail, [])
            own = by_account.get(scope.account_id, [])
            others = (s for s in of_organizations if s.trail.account_id != scope.account_id)
            return [*own, *others]

        interested = {scope: interested_in(scope) for scope in self._states}
        # Insights are off: counting starts from nothing when they are turned on again.
        self._states = {scope: self._states[scope] for scope in interested if interested[scope]}
        return [each for each in interested.items() if each[1]]

    def found(
        self, scope: BaselineScope, interested: list[TrailState], now: datetime
    ) -> Iterator[FoundInsight]:
        """The Insights events of the minutes that are over, for each trail that wants them."""
        for insight in self._states[scope].advance(now):
            for state in interested:
                if _wants(state.trail, insight):
                    yield FoundInsight(
                        state,
                        scope.account_id,
                        scope.region,
                        insight.event_category,
                        insight.record,
                    )

    @property
    def counting(self) -> bool:
        """Whether there is a baseline to look at every minute."""
        return bool(self._states)

    def clear(self) -> None:
        self._states.clear()
        self._since.clear()


def _scopes(record: Record, trail: Trail) -> Iterator[BaselineScope]:
    category = record["eventCategory"]
    if any(category in selector.event_categories for selector in trail.insight_selectors):
        account_id, region = record["recipientAccountId"], record["awsRegion"]
        yield BaselineScope(account_id, region, trail.arn if category == "Data" else None)


def _wants(trail: Trail, insight: Insight) -> bool:
    return any(
        selector.insight_type == insight.insight_type
        and insight.event_category in selector.event_categories
        for selector in trail.insight_selectors
    )

"""Event history is read once: what later looks find is what a first look would find."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab_steps.checking import history, known_events
from lab_steps.checking.commands import CommandContext
from lab_steps.checking.first_seen import Told
from lab_steps.checking.known_events import KnownEvents, Search
from lab_steps.checking.patience import Patience
from lab_steps.checking.user_agents import OWN_CALLS
from lab_steps.checking.view import View
from trail_logs.sources.log_source import LogSource

BEGIN = datetime(2026, 3, 14, 12, tzinfo=UTC)
DUE = timedelta(minutes=20)
SEARCHES = (
    Search(),
    Search("ReadOnly", "false", succeeded=False),
    Search("EventName", "ListTables"),
    Search("EventSource", "dynamodb.amazonaws.com"),
    Search("EventName", "CreateTable", resource="Users"),
)


@dataclass
class History:
    """An account whose Event history lists each event some time after the call."""

    now: datetime = BEGIN
    region: str = "us-east-1"
    patience: Patience = field(default_factory=lambda: Patience(DUE, 15.0))
    events: list[tuple[datetime, dict[str, Any]]] = field(default_factory=list)
    asked: int = 0

    def happen(self, name: str, late: timedelta, by: str = "aws-cli", error: str = "") -> None:
        """A call now, which is listed so much later."""
        record = {"userAgent": by, **({"errorCode": error} if error else {})}
        event = {
            "EventId": str(len(self.events)),
            "EventName": name,
            "EventSource": f"{'cloudtrail' if 'Trail' in name else 'dynamodb'}.amazonaws.com",
            "EventTime": self.now.replace(microsecond=0),
            "ReadOnly": "false" if name == "CreateTable" else "true",
            "Resources": [{"ResourceName": "Users"}],
            "CloudTrailEvent": json.dumps(record),
        }
        self.events.append((self.now + late, event))

    def as_listed(self, by: datetime) -> History:
        """The same account without what came later."""
        return replace(self, events=[each for each in self.events if each[0] <= by])

    def ask(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """LookupEvents, which is recorded, too."""
        assert operation == "cloudtrail:LookupEvents"
        self.asked += 1
        start, end = parameters.get("StartTime"), parameters.get("EndTime")
        (wanted,) = parameters.get("LookupAttributes", [{}])
        listed = [
            event
            for listed_at, event in reversed(self.events)
            if listed_at <= self.now
            and event["EventTime"] > self.now - timedelta(days=90)
            and (not start or event["EventTime"] >= start.replace(microsecond=0))
            and (not end or event["EventTime"] <= end)
            and (not wanted or event[wanted["AttributeKey"]] == wanted["AttributeValue"])
        ]
        first = int(parameters.get("NextToken", 0))
        last = first + parameters["MaxResults"]
        more = {"NextToken": str(last)} if len(listed) > last else {}
        return {"Events": listed[first:last], **more}

    def log_source(self, bucket: str, prefix: str) -> LogSource:
        """Nothing here reads log files."""
        raise NotImplementedError

    def look(
        self, known: KnownEvents, searches: Sequence[Search] = SEARCHES
    ) -> dict[Search, str | None]:
        """The EventId of what each Search finds."""
        here = CommandContext(self.region, "111122223333")
        view = View(self, "111122223333", self.now, Told(None), here, known_events=known)
        found = {each: history.latest(view, each) for each in searches}
        return {each: event["EventId"] if event else None for each, event in found.items()}


LATEST = DUE - timedelta(seconds=2)

waits = st.timedeltas(timedelta(seconds=1), timedelta(minutes=7))
calls = st.tuples(
    st.sampled_from(["ListTables", "CreateTable", "ListTrails", "DescribeTable"]),
    st.sampled_from([timedelta(), DUE / 3, LATEST]),
    st.booleans(),  # by people
    st.sampled_from(["", "", "AccessDenied"]),
    st.sampled_from([1, 1, 1, 4, 9, 30]),  # so many of them
)
searches = st.lists(st.sampled_from(SEARCHES), min_size=1, max_size=3)
Acts = list[tuple[timedelta, list[Any], list[Search]]]
acts = st.lists(st.tuples(waits, st.lists(calls, max_size=2), searches), min_size=2, max_size=12)


@given(
    acts=acts,
    lateness=st.sampled_from([None, None, timedelta(), LATEST]),
    page=st.integers(1, 6),
    pages=st.integers(1, 4),
    most=st.integers(2, 40),
)
def test_what_is_remembered_is_what_a_first_look_finds(
    acts: Acts, lateness: timedelta | None, page: int, pages: int, most: int
) -> None:
    """At every look where all events come equally late. Where one comes before an earlier one, the
    earlier one is found at the latest a quarter of the time after it came that it may take."""
    account, known = History(), KnownEvents()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(history, "PAGE", page)
        patch.setattr(history, "MOST_PAGES", pages)
        patch.setattr(known_events, "MOST_EVENTS", most)
        for wait, made, asked in acts:
            for name, late, by_people, error, times in made:
                by = "aws-cli" if by_people else OWN_CALLS
                for _ in range(times):
                    account.happen(name, late if lateness is None else lateness, by, error)
            account.now += wait
            found = account.look(known, asked)
            if lateness is None:
                due = account.as_listed(account.now - DUE / 4).look(KnownEvents(), asked)
                assert all(int(found[each] or -1) >= int(due[each] or -1) for each in asked)
            else:
                assert found == account.look(KnownEvents(), asked)
            assert len(known.events) <= most


@pytest.mark.parametrize("late", [timedelta(), timedelta(minutes=5)])
def test_the_records_of_earlier_looks_are_not_paged_through_at_each_look(late: timedelta) -> None:
    account, known = History(), KnownEvents()
    for _ in range(100):
        before = account.asked
        account.look(known)
        for _ in range(15 + account.asked - before):
            account.happen("ListTrails", late, by=OWN_CALLS)
        account.now += timedelta(seconds=15)
    assert account.asked < 3 * 100


def test_an_event_that_comes_after_later_ones_is_found_in_time() -> None:
    account, known = History(), KnownEvents()
    account.happen("ListTables", DUE / 2)
    for _ in range(51):
        account.happen("ListTrails", timedelta(), by=OWN_CALLS)
    while account.now < BEGIN + DUE / 2:
        account.look(known)
        account.now += timedelta(seconds=15)
    looks = 1
    while not account.look(known)[SEARCHES[2]]:
        account.now += timedelta(seconds=15)
        looks += 1
    assert looks <= 21


def test_an_account_that_is_never_silent_is_looked_at_by_what_is_looked_for() -> None:
    account, known = History(), KnownEvents()
    account.happen("ListTables", timedelta())
    for _ in range(3):
        for _ in range(600):
            account.happen("DescribeTrails", timedelta(), by="config.amazonaws.com")
        account.now += timedelta(minutes=30)
        before = account.asked
        assert account.look(known)[SEARCHES[2]] == "0"
        assert account.asked - before <= history.MOST_PAGES + len(SEARCHES)


def test_another_event_history_in_its_place_is_read_anew() -> None:
    account, known = History(), KnownEvents()
    account.happen("ListTables", timedelta())
    account.now += timedelta(seconds=5)
    assert account.look(known)[SEARCHES[2]] == "0"
    account.events.clear()
    account.now += timedelta(seconds=5)
    assert set(account.look(known).values()) == {None}

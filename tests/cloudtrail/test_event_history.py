"""Event history: what an event looks like there, and how it is looked up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cloudtrail import event_store
from cloudtrail.event_history import (
    HistoryEvent,
    InvalidEventCategory,
    InvalidLookupAttributes,
    InvalidMaxResults,
    InvalidNextToken,
    InvalidTimeRange,
    LookupQuery,
    history_event,
    lookup,
    parse_lookup,
)
from cloudtrail.event_store import EventHistory
from cloudtrail.records.calls import Record
from cloudtrail.trails import CloudTrailException

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
CREATE_TABLE: Record = {
    "eventVersion": "1.11",
    "userIdentity": {
        "type": "IAMUser",
        "userName": "alice",
        "accessKeyId": "AKIAIOSFODNN7EXAMPLE",
    },
    "eventTime": "2026-11-22T11:59:00Z",
    "eventSource": "dynamodb.amazonaws.com",
    "eventName": "CreateTable",
    "awsRegion": "us-east-1",
    "requestParameters": {"tableName": "Users"},
    "responseElements": None,
    "eventID": "11111111-2222-3333-4444-555555555555",
    "readOnly": False,
    "managementEvent": True,
    "eventCategory": "Management",
}
INSIGHT: Record = {
    "eventVersion": "1.08",
    "eventTime": "2026-11-22T11:30:00Z",
    "eventID": "insight",
    "eventType": "AwsCloudTrailInsight",
    "insightDetails": {
        "state": "Start",
        "eventSource": "dynamodb.amazonaws.com",
        "eventName": "DeleteTable",
    },
    "eventCategory": "Insight",
}


def event(minutes_ago: float, **fields: Any) -> HistoryEvent:
    time = (NOW - timedelta(minutes=minutes_ago)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return history_event(
        CREATE_TABLE | {"eventTime": time, "eventID": f"id-{minutes_ago}"} | fields
    )


def history(*events: HistoryEvent) -> EventHistory:
    kept = EventHistory()
    for one in events:
        kept.append(one)
    return kept


def found(kept: EventHistory, **request: Any) -> list[str]:
    page = kept.events().lookup(parse_lookup(request), now=NOW)
    return [one.event_id for one in page.events]


def by(key: str, value: str) -> dict[str, Any]:
    return {"LookupAttributes": [{"AttributeKey": key, "AttributeValue": value}]}


# An event.


def test_an_event_looks_as_in_the_api() -> None:
    assert history_event(CREATE_TABLE).to_api() == {
        "EventId": "11111111-2222-3333-4444-555555555555",
        "EventName": "CreateTable",
        "ReadOnly": "false",
        "AccessKeyId": "AKIAIOSFODNN7EXAMPLE",
        "EventTime": int(datetime(2026, 11, 22, 11, 59, tzinfo=UTC).timestamp()),
        "EventSource": "dynamodb.amazonaws.com",
        "Username": "alice",
        "Resources": [{"ResourceType": "AWS::DynamoDB::Table", "ResourceName": "Users"}],
        "CloudTrailEvent": json.dumps(CREATE_TABLE, separators=(",", ":")),
    }


def test_an_event_keeps_the_json_it_is_given() -> None:
    assert history_event(CREATE_TABLE, b'{"as":"delivered"}').record_json == b'{"as":"delivered"}'


def test_an_insight_event_is_named_by_its_details_and_has_no_user() -> None:
    answer = history_event(INSIGHT).to_api()
    assert (answer["EventName"], answer["EventSource"]) == (
        "DeleteTable",
        "dynamodb.amazonaws.com",
    )
    assert not {"Username", "AccessKeyId", "ReadOnly"} & answer.keys()


@pytest.mark.parametrize(
    ("identity", "username"),
    [
        ({"type": "IAMUser", "userName": "alice"}, "alice"),
        ({"type": "Root", "principalId": "123456789012"}, "root"),
        ({"type": "AssumedRole", "principalId": "AROA1:session"}, "session"),
        ({"type": "FederatedUser", "principalId": "123456789012:bob"}, "bob"),
        ({"type": "WebIdentityUser", "userName": "app"}, "app"),
        ({"type": "AWSService", "invokedBy": "cloudtrail.amazonaws.com"}, None),
        ({"type": "AWSAccount", "principalId": "AIDA1"}, None),
        ({"invokedBy": "ecs.amazonaws.com"}, None),
        (None, None),
    ],
)
def test_the_user_is_a_user_root_or_a_session(identity: Any, username: str | None) -> None:
    assert history_event(CREATE_TABLE | {"userIdentity": identity}).username == username


# What is looked up.


EVENTS = (
    event(50, eventName="ListTables", readOnly=True, requestParameters=None),
    event(40),
    event(
        30,
        eventSource="cloudtrail.amazonaws.com",
        eventName="StopLogging",
        requestParameters={"name": "student"},
        userIdentity={"type": "Root", "accessKeyId": "AKIAROOT"},
    ),
)


@pytest.mark.parametrize(
    ("key", "value", "ids"),
    [
        ("EventId", "id-40", ["id-40"]),
        ("EventName", "CreateTable", ["id-40"]),
        ("ReadOnly", "true", ["id-50"]),
        ("ReadOnly", "false", ["id-30", "id-40"]),
        ("Username", "alice", ["id-40", "id-50"]),
        ("Username", "root", ["id-30"]),
        ("ResourceType", "AWS::DynamoDB::Table", ["id-40"]),
        ("ResourceName", "Users", ["id-40"]),
        ("ResourceName", "student", ["id-30"]),
        ("EventSource", "cloudtrail.amazonaws.com", ["id-30"]),
        ("AccessKeyId", "AKIAROOT", ["id-30"]),
        ("EventName", "createtable", []),
    ],
)
def test_an_attribute_finds_the_events_that_have_its_value(
    key: str, value: str, ids: list[str]
) -> None:
    assert found(history(*EVENTS), **by(key, value)) == ids


def test_without_an_attribute_all_events_are_found_newest_first() -> None:
    assert found(history(*EVENTS)) == ["id-30", "id-40", "id-50"]


def test_the_time_range_includes_both_ends() -> None:
    times = {
        "StartTime": (NOW - timedelta(minutes=40)).timestamp(),
        "EndTime": NOW - timedelta(minutes=30),
    }
    assert found(history(*EVENTS), **times) == ["id-30", "id-40"]
    assert found(history(*EVENTS), EndTime=NOW - timedelta(minutes=31)) == ["id-40", "id-50"]
    assert found(history(*EVENTS), StartTime=NOW - timedelta(minutes=39)) == ["id-30"]


def test_any_events_newest_first_can_be_looked_up() -> None:
    query = LookupQuery(start=EVENTS[1].event_time, end=EVENTS[1].event_time)
    assert lookup(EVENTS[::-1], query, now=NOW).events == (EVENTS[1],)


def test_nothing_follows_the_last_event() -> None:
    token = history(*EVENTS).events().lookup(LookupQuery(max_results=2), now=NOW).next_token
    assert lookup(EVENTS[2:0:-1], LookupQuery(next_token=token), now=NOW).events == ()
    assert lookup(EVENTS[2:], LookupQuery(next_token=token), now=NOW).events == ()


def test_an_event_that_comes_late_goes_where_its_time_is() -> None:
    late_first = history(EVENTS[2], EVENTS[0], EVENTS[1])
    assert found(late_first) == ["id-30", "id-40", "id-50"]


@given(
    st.lists(st.integers(0, 40), max_size=60), st.sampled_from(["EvenTrue", "EvenFalse", "None"])
)
def test_what_is_packed_is_found_as_what_is_not(minutes: list[int], name: str) -> None:
    events = [
        event(ago, eventID=f"{number}", eventName=f"Even{ago % 2 == 0}")
        for number, ago in enumerate(minutes)
    ]
    with patch.object(event_store, "PACK", 2):
        kept = history(*events)
    assert len(kept) == len(events)
    in_order = sorted(events, key=lambda one: one.event_time)[::-1]
    assert list(kept.events().newest_first()) == in_order
    for ago in {0, 20, *minutes}:
        query = LookupQuery(attribute=("EventName", name), end=NOW - timedelta(minutes=ago))
        page = kept.events().lookup(query, now=NOW)
        wanted = lookup(in_order, query, now=NOW)
        assert sorted(page.events, key=repr) == sorted(wanted.events, key=repr)


def test_a_look_that_finds_nothing_opens_no_pack() -> None:
    kept = history(*(event(5) for _ in range(4 * event_store.PACK)))
    with patch("zlib.decompress", side_effect=AssertionError):
        assert found(kept, **by("EventName", "NoSuchCall")) == []
        assert found(kept, EventCategory="insight") == []
        assert found(kept, EndTime=NOW - timedelta(minutes=6)) == []


def test_events_that_come_newest_first_open_no_pack() -> None:
    many = 4 * event_store.PACK
    with patch("zlib.decompress", side_effect=AssertionError):
        kept = history(*(event(ago, eventID=f"{ago}") for ago in range(many)))
    assert [one.event_id for one in kept.events().newest_first()] == [*map(str, range(many))]


def test_a_look_is_of_one_moment() -> None:
    kept = history(*EVENTS)
    before = kept.events()
    kept.append(event(1))
    assert len(list(before.newest_first())) == len(EVENTS)


def test_data_events_are_never_in_the_history() -> None:
    assert len(history(event(5, eventCategory="Data", managementEvent=False))) == 0
    data = event(5, eventCategory="Data", managementEvent=False)
    assert lookup([data], LookupQuery(), now=NOW).events == ()


def test_insight_events_are_found_only_when_asked_for() -> None:
    kept = history(history_event(INSIGHT), *EVENTS)
    assert "insight" not in found(kept)
    assert found(kept, EventCategory="insight") == ["insight"]
    assert found(kept, EventCategory="insight", **by("EventName", "DeleteTable")) == ["insight"]
    assert found(kept, EventCategory="insight", **by("EventName", "CreateTable")) == []


def test_the_history_goes_back_90_days() -> None:
    kept = history(event(90 * 24 * 60 + 1), event(90 * 24 * 60 - 1))
    assert len(found(kept)) == 1
    kept.prune(NOW)
    assert len(kept) == 1


def test_no_more_events_are_taken_than_a_page_needs() -> None:
    def endless() -> Iterator[HistoryEvent]:
        while True:
            yield EVENTS[1]

    page = lookup(endless(), LookupQuery(max_results=3), now=NOW)
    assert len(page.events) == 3
    assert page.next_token


# Pages.


def pages(kept: EventHistory, **request: Any) -> list[list[str]]:
    answers: list[list[str]] = []
    while len(answers) <= len(kept):
        page = kept.events().lookup(parse_lookup(request), now=NOW)
        answers.append([one.event_id for one in page.events])
        if page.next_token is None:
            return answers
        request["NextToken"] = page.next_token
    raise AssertionError("there are more pages than events")


@given(st.lists(st.integers(0, 20), max_size=30), st.integers(1, 7), st.booleans())
def test_paging_gives_every_event_exactly_once_newest_first(
    minutes: list[int], size: int, only_even: bool
) -> None:
    kept = history(
        *(
            event(ago, eventID=f"{number}", eventName=f"Even{ago % 2 == 0}")
            for number, ago in enumerate(minutes)
        )
    )
    request = by("EventName", "EvenTrue") if only_even else {}
    answers = pages(kept, MaxResults=size, **request)
    ids = [one for page in answers for one in page]
    wanted = [str(number) for number, ago in enumerate(minutes) if ago % 2 == 0 or not only_even]
    assert sorted(ids) == sorted(wanted)
    assert [minutes[int(one)] for one in ids] == sorted(minutes[int(one)] for one in ids)
    assert all(len(page) == size for page in answers[:-1])


def test_an_exact_last_page_has_no_token() -> None:
    assert pages(history(*EVENTS), MaxResults=3) == [["id-30", "id-40", "id-50"]]


def test_a_page_has_50_events_unless_told() -> None:
    kept = history(*(event(number) for number in range(60)))
    assert [len(page) for page in pages(kept)] == [50, 10]


def test_new_events_between_pages_are_not_mixed_in() -> None:
    kept = history(*EVENTS)
    first = kept.events().lookup(LookupQuery(max_results=2), now=NOW)
    kept.append(event(1))
    second = kept.events().lookup(LookupQuery(max_results=2, next_token=first.next_token), now=NOW)
    assert [one.event_id for one in second.events] == ["id-50"]


def test_a_page_goes_on_where_its_last_event_is_gone() -> None:
    first = history(*EVENTS).events().lookup(LookupQuery(max_results=2), now=NOW)
    without = history(EVENTS[0], EVENTS[2])
    second = without.events().lookup(LookupQuery(next_token=first.next_token), now=NOW)
    assert [one.event_id for one in second.events] == ["id-50"]


@pytest.mark.parametrize(
    "change",
    [
        {"attribute": ("Username", "bob")},
        {"attribute": None},
        {"start": NOW - timedelta(days=2)},
        {"end": NOW},
        {"category": "insight"},
        {"next_token": "bm9uc2Vuc2U="},
        {"next_token": "not base64 at all: \u00e9"},
        {"next_token": ""},
    ],
)
def test_a_token_is_for_the_query_that_was_given_it(change: dict[str, Any]) -> None:
    kept = history(*EVENTS)
    query = LookupQuery(attribute=("Username", "alice"), max_results=1)
    token = kept.events().lookup(query, now=NOW).next_token
    follow_up = replace(query, next_token=token)
    assert kept.events().lookup(follow_up, now=NOW).events
    with pytest.raises(InvalidNextToken, match="repeat the call"):
        lookup(kept.events().newest_first(), replace(follow_up, **change), now=NOW)


def test_the_page_size_may_change_between_pages() -> None:
    kept = history(*EVENTS)
    token = kept.events().lookup(LookupQuery(max_results=1), now=NOW).next_token
    assert (
        len(kept.events().lookup(LookupQuery(max_results=2, next_token=token), now=NOW).events) == 2
    )


def test_an_answer_has_its_events_and_its_token() -> None:
    kept = history(*EVENTS)
    page = kept.events().lookup(LookupQuery(max_results=1), now=NOW)
    assert page.to_api() == {
        "Events": [EVENTS[2].to_api()],
        "NextToken": page.next_token,
    }
    assert "NextToken" not in kept.events().lookup(LookupQuery(), now=NOW).to_api()


# Requests that are refused.


@pytest.mark.parametrize(
    ("request_members", "error", "message"),
    [
        (by("EventVersion", "1"), InvalidLookupAttributes, "must be one of EventId, EventName"),
        (by("EventName", ""), InvalidLookupAttributes, "1 to 2000 characters"),
        (by("EventName", "x" * 2001), InvalidLookupAttributes, "1 to 2000 characters"),
        (by("EventName", "_" * 1001), InvalidLookupAttributes, "1 to 2000 characters"),
        ({"LookupAttributes": [{}]}, InvalidLookupAttributes, "required field `AttributeKey`"),
        ({"LookupAttributes": ["EventName"]}, InvalidLookupAttributes, "malformed"),
        ({"LookupAttributes": {"AttributeKey": "x"}}, InvalidLookupAttributes, "malformed"),
        (
            {"LookupAttributes": by("EventName", "a")["LookupAttributes"] * 2},
            InvalidLookupAttributes,
            "one item",
        ),
        (
            by("Username", "alice") | {"EventCategory": "insight"},
            InvalidLookupAttributes,
            "EventId, EventName, EventSource for insight events, got 'Username'",
        ),
        ({"EventCategory": "management"}, InvalidEventCategory, "must be insight"),
        ({"EventCategory": "Data"}, InvalidEventCategory, "must be insight"),
        ({"StartTime": 200, "EndTime": 100}, InvalidTimeRange, "is after EndTime"),
        ({"StartTime": "yesterday"}, InvalidTimeRange, "epoch seconds"),
        ({"StartTime": 1e300}, InvalidTimeRange, "epoch seconds"),
        ({"MaxResults": 0}, InvalidMaxResults, "1 to 50, got 0"),
        ({"MaxResults": 51}, InvalidMaxResults, "1 to 50, got 51"),
        ({"MaxResults": "5"}, InvalidMaxResults, "1 to 50"),
        ({"MaxResults": True}, InvalidMaxResults, "1 to 50"),
        ({"NextToken": 5}, InvalidNextToken, "must be a string"),
    ],
)
def test_a_bad_request_is_refused_with_the_rule(
    request_members: dict[str, Any], error: type[CloudTrailException], message: str
) -> None:
    with pytest.raises(error, match=message) as refused:
        parse_lookup(request_members)
    assert refused.value.code == f"{error.__name__}Exception"


def test_a_good_request_is_parsed() -> None:
    request = by("EventName", "x" * 2000) | {
        "StartTime": 100,
        "EndTime": NOW,
        "MaxResults": 1,
        "NextToken": "t",
    }
    assert parse_lookup(request) == LookupQuery(
        ("EventName", "x" * 2000), datetime.fromtimestamp(100, UTC), NOW, None, 1, "t"
    )
    assert parse_lookup({}) == LookupQuery()

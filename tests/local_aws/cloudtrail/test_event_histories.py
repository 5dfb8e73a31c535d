"""LookupEvents over HTTP: what Event history holds, and how it is asked."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local_aws import LocalAws
from tests.local_aws.cloudtrail.refusals import refused
from tests.local_aws.delivered import ACCOUNT, client, history, put_item, request_id, table
from tests.local_aws.wire import json_call, send


def _lookup(aws: LocalAws, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client(aws, "cloudtrail").lookup_events(**query)["Events"]
    return found


def _by(key: str, value: str) -> list[dict[str, str]]:
    return [{"AttributeKey": key, "AttributeValue": value}]


def test_holds_management_events_without_any_trail_and_never_data_events(aws: LocalAws) -> None:
    table(aws)
    put_item(aws, "1")
    client(aws, "dynamodb").scan(TableName="Users")
    assert [record["eventName"] for record in history(aws)] == ["CreateTable"]


def test_an_event_is_told_in_the_apis_shape(aws: LocalAws) -> None:
    asked = request_id(client(aws, "dynamodb").list_tables())
    [event] = _lookup(aws)
    record = json.loads(event["CloudTrailEvent"])
    assert record["requestID"] == asked
    assert event["EventId"] == record["eventID"]
    assert event["EventName"] == "ListTables"
    assert event["ReadOnly"] == "true"
    assert event["AccessKeyId"] == "test"
    assert event["EventSource"] == "dynamodb.amazonaws.com"
    assert event["Username"] == "root"
    assert event["Resources"] == []
    assert event["EventTime"] == datetime.fromisoformat(record["eventTime"])


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("EventName", "CreateTable"),
        ("ReadOnly", "false"),
        ("Username", "root"),
        ("ResourceType", "AWS::DynamoDB::Table"),
        ("ResourceName", "Users"),
        ("EventSource", "dynamodb.amazonaws.com"),
        ("AccessKeyId", "test"),
    ],
)
def test_finds_an_event_by_each_attribute(key: str, value: str, aws: LocalAws) -> None:
    client(aws, "iam").list_users()
    table(aws)
    found = _lookup(aws, LookupAttributes=_by(key, value))
    assert "CreateTable" in [event["EventName"] for event in found]
    if key not in ("Username", "AccessKeyId"):
        assert "ListUsers" not in [event["EventName"] for event in found]
    assert _lookup(aws, LookupAttributes=_by(key, "another")) == []


def test_finds_an_event_by_its_id(aws: LocalAws) -> None:
    client(aws, "iam").list_users()
    table(aws)
    wanted = history(aws)[0]["eventID"]
    assert [
        event["EventId"] for event in _lookup(aws, LookupAttributes=_by("EventId", wanted))
    ] == [wanted]


def test_pages_hold_every_event_once_newest_first(aws: LocalAws) -> None:
    ids = [request_id(client(aws, "dynamodb").list_tables()) for _ in range(23)]
    query = {"LookupAttributes": _by("EventName", "ListTables"), "MaxResults": 5}
    pages = (
        client(aws, "cloudtrail")
        .get_paginator("lookup_events")
        .paginate(LookupAttributes=query["LookupAttributes"], PaginationConfig={"PageSize": 5})
    )
    sizes, found = [], []
    for page in pages:
        sizes.append(len(page["Events"]))
        found += [json.loads(each["CloudTrailEvent"])["requestID"] for each in page["Events"]]
    assert sizes == [5, 5, 5, 5, 3]
    assert found == ids[::-1]


def test_new_events_between_pages_do_not_shift_them(aws: LocalAws) -> None:
    trails = client(aws, "cloudtrail")
    ids = [request_id(client(aws, "dynamodb").list_tables()) for _ in range(4)]
    query: dict[str, Any] = {
        "LookupAttributes": _by("EventName", "ListTables"),
        "MaxResults": 2,
    }
    first = trails.lookup_events(**query)
    client(aws, "dynamodb").list_tables()
    second = trails.lookup_events(**query, NextToken=first["NextToken"])
    found = [
        json.loads(each["CloudTrailEvent"])["requestID"]
        for page in (first, second)
        for each in page["Events"]
    ]
    assert found == ids[::-1]
    assert "NextToken" not in second


def test_looks_between_two_times(aws: LocalAws) -> None:
    client(aws, "dynamodb").list_tables()
    now = datetime.now(UTC)
    minute = timedelta(minutes=1)
    assert len(_lookup(aws, StartTime=now - minute, EndTime=now + minute)) == 1
    assert _lookup(aws, StartTime=now - 2 * minute, EndTime=now - minute) == []
    assert _lookup(aws, StartTime=now + minute) == []
    assert _lookup(aws, EndTime=now - timedelta(days=91)) == []


def test_each_region_has_its_own_and_global_services_are_in_us_east_1(aws: LocalAws) -> None:
    client(aws, "dynamodb", "eu-west-1").list_tables()
    client(aws, "iam", "eu-west-1").list_users()
    assert [record["eventName"] for record in history(aws, "eu-west-1")] == ["ListTables"]
    assert [record["eventName"] for record in history(aws)] == ["ListUsers"]


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        (
            {"LookupAttributes": _by("EventName", "A") + _by("EventName", "B")},
            "InvalidLookupAttributesException",
            "LookupAttributes can have only one item, got 2.",
        ),
        (
            {"LookupAttributes": _by("EventName", "x" * 2001)},
            "InvalidLookupAttributesException",
            "AttributeValue must have 1 to 2000 characters, got 2001.",
        ),
        (
            {"EventCategory": "data"},
            "InvalidEventCategoryException",
            "EventCategory must be insight or left out, got 'data'.",
        ),
        (
            {"NextToken": "made-up"},
            "InvalidNextTokenException",
            (
                "NextToken does not belong to this query: repeat the call with the parameters of "
                "the call that returned it."
            ),
        ),
    ],
)
def test_refuses_a_query(query: dict[str, Any], code: str, message: str, aws: LocalAws) -> None:
    assert refused(client(aws, "cloudtrail").lookup_events, **query) == (code, message)


def test_refuses_a_start_after_the_end(aws: LocalAws) -> None:
    code, message = refused(client(aws, "cloudtrail").lookup_events, StartTime=2, EndTime=1)
    assert code == "InvalidTimeRangeException"
    assert message.startswith("StartTime 1970-01-01T00:00:02")


def test_refuses_a_token_of_another_query(aws: LocalAws) -> None:
    for _ in range(3):
        client(aws, "dynamodb").list_tables()
    trails = client(aws, "cloudtrail")
    token = trails.lookup_events(MaxResults=1)["NextToken"]
    code, _ = refused(
        trails.lookup_events, NextToken=token, LookupAttributes=_by("ReadOnly", "true")
    )
    assert code == "InvalidNextTokenException"


@pytest.mark.parametrize("number", [0, 51, -1])
def test_refuses_pages_of_none_or_more_than_50(number: int, aws: LocalAws) -> None:
    body = json.dumps({"MaxResults": number}).encode()
    answer = send(aws.endpoint_url, json_call("cloudtrail", "LookupEvents", body))
    assert answer.status == 400
    assert json.loads(answer.body)["__type"] == "InvalidMaxResultsException"


def test_a_look_up_is_itself_an_event(aws: LocalAws) -> None:
    _lookup(aws, MaxResults=7)
    [event] = _lookup(aws)
    record = json.loads(event["CloudTrailEvent"])
    assert record["eventName"] == "LookupEvents"
    assert record["requestParameters"] == {"maxResults": 7}
    assert record["responseElements"] is None
    assert record["recipientAccountId"] == ACCOUNT

"""Records as tests assert on them, and as any program gets them from `/_local-aws/records`."""

from __future__ import annotations

import json
import threading
from typing import Any
from urllib.parse import urlencode

import pytest
from botocore.exceptions import ClientError

from local_aws import LocalAws
from local_aws.cloudtrail import record_requests
from local_aws.cloudtrail.kept_records import KeptRecords
from local_aws.testing.records import RecordsDropped
from tests.conftest import OneAtATime
from tests.local_aws.delivered import client, put_item, table
from tests.local_aws.wire import Wire, send
from tests.waiting import until


@pytest.fixture
def aws(patient_aws: LocalAws) -> LocalAws:
    return patient_aws


@pytest.fixture
def busy(aws: LocalAws) -> LocalAws:
    """Calls of root and of alice, good and bad, of management and of data."""
    table(aws)
    put_item(aws, "1")
    iam = client(aws, "iam")
    iam.create_user(UserName="alice")
    key = iam.create_access_key(UserName="alice")["AccessKey"]
    alice = {"key": key["AccessKeyId"], "secret": key["SecretAccessKey"]}
    client(aws, "dynamodb", **alice).list_tables()
    with pytest.raises(ClientError):
        client(aws, "dynamodb", **alice).describe_table(TableName="Missing")
    return aws


def ask(aws: LocalAws, *asked: tuple[str, str]) -> tuple[int, Any]:
    reply = send(aws.endpoint_url, Wire("GET", f"/_local-aws/records?{urlencode(asked)}"))
    return reply.status, json.loads(reply.body)


def names(answer: Any) -> list[str]:
    return [record["eventName"] for record in answer["records"]]


ALL = ["CreateTable", "PutItem", "CreateUser", "CreateAccessKey", "ListTables", "DescribeTable"]


def test_every_call_is_there_in_order_though_no_trail_wants_it(busy: LocalAws) -> None:
    assert busy.records().names() == ALL
    status, answer = ask(busy)
    assert (status, names(answer), answer["dropped"]) == (200, ALL, 0)
    assert answer["records"] == list(busy.records())


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"event_name": "PutItem"}, ["PutItem"]),
        ({"event_name": "Create*"}, ["CreateTable", "CreateUser", "CreateAccessKey"]),
        ({"event_name": "putitem"}, []),
        ({"event_source": "iam.amazonaws.com"}, ["CreateUser", "CreateAccessKey"]),
        ({"event_source": "iam"}, ["CreateUser", "CreateAccessKey"]),
        ({"category": "Data"}, ["PutItem"]),
        ({"category": "Insight"}, []),
        ({"error_code": "ResourceNotFoundException"}, ["DescribeTable"]),
        ({"error_code": ""}, ALL[:-1]),
        ({"user": "alice"}, ["ListTables", "DescribeTable"]),
        ({"user": "arn:aws:iam::*:user/alice"}, ["ListTables", "DescribeTable"]),
        ({"user": "alice", "error_code": ""}, ["ListTables"]),
        ({"where": "requestParameters.tableName=Users"}, ["CreateTable", "PutItem"]),
        ({"where": "readOnly=true"}, ["ListTables", "DescribeTable"]),
        ({"where": "eventName=PutItem or errorCode!="}, ["PutItem", "DescribeTable"]),
        ({"where": "resources[0].ARN=*table/Users"}, ["CreateTable", "PutItem"]),
    ],
)
def test_filters_say_the_same_in_python_and_over_http(
    filters: dict[str, Any], found: list[str], busy: LocalAws
) -> None:
    assert busy.records(**filters).names() == found
    assert names(ask(busy, *filters.items())[1]) == found


def test_of_several_values_one_must_be_had_and_all_conditions_must_hold(busy: LocalAws) -> None:
    both = ["PutItem", "ListTables"]
    assert busy.records(event_name=both).names() == both
    assert names(ask(busy, ("event_name", "PutItem"), ("event_name", "ListTables"))[1]) == both
    conditions = ["requestParameters.tableName=Users", "readOnly=false", "eventCategory=Data"]
    assert busy.records(where=conditions).names() == ["PutItem"]
    assert names(ask(busy, *(("where", each) for each in conditions))[1]) == ["PutItem"]


def test_conditions_are_also_a_mapping_or_a_function(busy: LocalAws) -> None:
    wanted = {"requestParameters.tableName": "Users", "readOnly": False}
    assert busy.records(where=wanted).names() == ["CreateTable", "PutItem"]
    assert busy.records(where=lambda record: record["readOnly"]).names() == ALL[-2:]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (("eventname", "PutItem"), "wanted event_name, event_source, category, error_code, user,"),
        (("category", "data"), "wanted category Management, Data, NetworkActivity, Insight, got"),
        (("where", "PutItem"), "wanted a condition like field=value"),
        (("limit", "0"), "wanted limit as a whole number from 1 to 10000, got '0'"),
        (("limit", "many"), "wanted limit as a whole number from 1 to 10000, got 'many'"),
        (("follow", "61"), "wanted follow as a whole number from 0 to 60, got '61'"),
        (("after", "-1"), "wanted after as a whole number from 0 up, got '-1'"),
        (("after", "99999999"), "wanted after from 0 to"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    asked: tuple[str, str], message: str, busy: LocalAws
) -> None:
    status, answer = ask(busy, asked)
    assert status == 400
    assert answer["message"].startswith(message)


def test_wrong_filters_are_errors_in_python_too(busy: LocalAws) -> None:
    with pytest.raises(ValueError, match="wanted category"):
        busy.records(category="data")
    with pytest.raises(ValueError, match="wanted a condition like"):
        busy.records(where="PutItem")


@pytest.fixture
def _long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is not told as soon as something comes waits for longer than a test may take."""
    monkeypatch.setattr(record_requests, "LONGEST_FOLLOW", 3600.0)


@pytest.mark.usefixtures("_long")
def test_pages_and_what_follows(busy: LocalAws) -> None:
    _, first = ask(busy, ("limit", "4"))
    _, second = ask(busy, ("limit", "4"), ("after", str(first["next"])))
    assert names(first) + names(second) == ALL
    come = threading.Timer(0.05, put_item, (busy, "2"))
    come.start()
    after = ("after", str(second["next"]))
    _, third = ask(busy, ("follow", "3600"), ("event_name", "PutItem"), after)
    come.join()
    assert names(third) == ["PutItem"]


@pytest.mark.usefixtures("_long")
def test_a_stop_does_not_wait_for_who_follows(aws_with: OneAtATime) -> None:
    aws_with.stop()
    with LocalAws() as aws:
        asking = threading.Thread(target=ask, args=(aws, ("follow", "3600")))
        asking.start()
        until(lambda: aws.cloudtrail.kept_records.followers)
    asking.join()


def test_pages_of_other_sites_get_no_records(busy: LocalAws) -> None:
    for headers in ({"Origin": "http://evil.test"}, {"Host": "evil.test"}):
        reply = send(busy.endpoint_url, Wire("GET", "/_local-aws/records", headers))
        assert reply.status == 403


def test_reset_and_forget_records_begin_anew(busy: LocalAws) -> None:
    busy.forget_records()
    assert busy.records().names() == []
    put_item(busy, "2")
    assert busy.records().names() == ["PutItem"]
    busy.reset()
    assert busy.records().names() == []


def test_what_was_dropped_is_no_absence(busy: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(busy.cloudtrail, "kept_records", KeptRecords(most_bytes=3000))
    for number in range(5):
        put_item(busy, str(number))
    with pytest.raises(RecordsDropped, match=r"the \d oldest records are gone, .*forget_records"):
        busy.records(event_name="CreateTable")


def test_one_gives_the_record(busy: LocalAws) -> None:
    record = busy.records(event_name="PutItem").one()
    assert record["requestParameters"]["key"] == {"id": "1"}


def test_one_says_what_there_is_instead(busy: LocalAws) -> None:
    with pytest.raises(AssertionError) as failed:
        busy.records(event_name="GetItem", user="alice").one()
    assert str(failed.value) == (
        "wanted one record with event_name='GetItem', user='alice', got none; "
        "the latest of 6 records:\n"
        '  dynamodb:CreateTable by root {"attributeDefinitions":[{"attributeName":"id",'
        '"attributeType":"S"}],"tableName":"Users","keySchema":[{"attributeName":"id","key...\n'
        '  dynamodb:PutItem by root {"tableName":"Users","key":{"id":"1"},"items":["id"]}\n'
        '  iam:CreateUser by root {"userName":"alice"}\n'
        '  iam:CreateAccessKey by root {"userName":"alice"}\n'
        "  dynamodb:ListTables by user/alice\n"
        "  dynamodb:DescribeTable ResourceNotFoundException by user/alice "
        '{"tableName":"Missing"}'
    )


def test_one_says_which_there_are_too_many(busy: LocalAws) -> None:
    with pytest.raises(AssertionError) as failed:
        busy.records(event_source="iam").one()
    assert str(failed.value) == (
        "wanted one record with event_source='iam', got 2\n"
        '  iam:CreateUser by root {"userName":"alice"}\n'
        '  iam:CreateAccessKey by root {"userName":"alice"}'
    )


def test_calls_read_well(busy: LocalAws) -> None:
    assert busy.records(user="alice").calls() == [
        "dynamodb:ListTables",
        "dynamodb:DescribeTable ResourceNotFoundException",
    ]
    assert repr(busy.records(event_source="iam", event_name="CreateUser")) == (
        "<1 record with event_name='CreateUser', event_source='iam'\n"
        '  iam:CreateUser by root {"userName":"alice"}>'
    )
    assert busy.records(user="alice")[:1].names() == ["ListTables"]


def test_a_trail_in_one_line_gives_what_it_delivered(aws: LocalAws) -> None:
    tables = {
        "FieldSelectors": [
            {"Field": "eventCategory", "Equals": ["Data"]},
            {"Field": "resources.type", "Equals": ["AWS::DynamoDB::Table"]},
        ]
    }
    trail = aws.trail("audit", advanced_event_selectors=[tables])
    table(aws)
    put_item(aws, "1")
    aws.forget_records()
    assert trail.records().names() == ["PutItem"]
    assert trail.records(event_name="GetItem").names() == []
    assert "GetObject" not in aws.records(user="root").names()


def test_a_trail_takes_the_settings_of_the_api(aws: LocalAws) -> None:
    trail = aws.trail("Audit_1", S3KeyPrefix="here", IsMultiRegionTrail=True)
    client(aws, "dynamodb", "eu-west-1").list_tables()
    assert trail.records(event_source="dynamodb", where="awsRegion=eu-west-1").one()
    found = client(aws, "cloudtrail").get_trail(Name=trail.arn)["Trail"]
    assert (found["S3KeyPrefix"], found["S3BucketName"]) == ("here", "audit-1-logs")

"""A record is made whatever a request holds, and a client always gets its answer."""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import patch

import pytest

from cloudtrail.records import record as record_making
from cloudtrail.records.calls import Record
from local_aws import LocalAws
from local_aws.recording.record import MAX_RECORD
from tests.local_aws.delivered import TABLES, history, records, table, trail
from tests.local_aws.wire import Reply, Wire, form_call, json_call, s3_call, send


def _incomplete(aws: LocalAws) -> list[dict[str, Any]]:
    answer = send(aws.endpoint_url, Wire("GET", "/_local-aws/status"))
    found: list[dict[str, Any]] = json.loads(answer.body)["incomplete_records"]
    return found


def _only_record(aws: LocalAws, answer: Reply) -> Record:
    [record] = history(aws)
    assert record["requestID"] == answer.headers["x-amzn-requestid"]
    return record


def test_a_map_with_a_key_and_no_value_costs_the_parameters_alone(aws: LocalAws) -> None:
    body = b"Action=CreateTopic&Version=2010-03-31&Name=lab&Attributes.entry.1.key=a"
    answer = send(aws.endpoint_url, form_call("sns", body))
    record = _only_record(aws, answer)
    assert record["eventName"] == "CreateTopic"
    assert record["requestParameters"] is None
    [fault] = _incomplete(aws)
    assert (fault["where"], fault["count"]) == ("record of sns CreateTopic", 1)
    assert fault["reason"].startswith("TypeError: ")


def test_a_data_event_without_parameters_still_reaches_its_trail(aws: LocalAws) -> None:
    trail(aws, "tables", advanced=TABLES)
    table(aws)
    body = b'{"TableName":"Users","Key":{"id":{"S":"1"}}}'
    with patch.object(
        record_making, "_request_parameters", side_effect=[RuntimeError("boom"), None]
    ):
        answer = send(aws.endpoint_url, json_call("dynamodb", "GetItem", body))
    assert answer.status == 200
    [record] = records(aws, "tables-logs")
    assert record["requestParameters"] is None
    [resource] = record["resources"]
    assert resource["ARN"].endswith(":table/Users")


@pytest.mark.parametrize("fault", [RecursionError, OverflowError, UnicodeError, MemoryError])
def test_the_least_record_has_name_caller_time_and_error(
    fault: type[Exception], aws: LocalAws
) -> None:
    body = b'{"TableName":"Nowhere"}'
    with patch("local_aws.recording.record.record_of", side_effect=fault("boom")):
        answer = send(aws.endpoint_url, json_call("dynamodb", "DescribeTable", body))
        record = _only_record(aws, answer)
    assert answer.status == 400
    assert record["eventName"] == "DescribeTable"
    assert record["eventSource"] == "dynamodb.amazonaws.com"
    assert record["userIdentity"]["type"] == "Root"
    assert record["errorCode"] == "ResourceNotFoundException"
    assert record["readOnly"] is True
    assert f"{fault.__name__}: boom" in {each["reason"] for each in _incomplete(aws)}


def test_a_record_over_256_kb_goes_without_what_makes_it_large(aws: LocalAws) -> None:
    trail(aws, "tables", advanced=TABLES)
    names = [f"{'t' * 200}{number}" for number in range(2000)]
    body = json.dumps({"RequestItems": {name: {"Keys": []} for name in names}}).encode()
    send(aws.endpoint_url, json_call("dynamodb", "BatchGetItem", body))
    [record] = records(aws, "tables-logs")
    assert record["eventName"] == "BatchGetItem"
    assert len(json.dumps(record)) < MAX_RECORD
    assert [(each["where"], each["count"]) for each in _incomplete(aws)] == [
        ("record of dynamodb BatchGetItem", 1)
    ]


def test_a_whole_record_counts_as_none(aws: LocalAws) -> None:
    send(aws.endpoint_url, json_call("dynamodb", "ListTables"))
    send(aws.endpoint_url, s3_call("GET", "/"))
    assert _incomplete(aws) == []

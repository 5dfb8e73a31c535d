"""Bodies that no operation could be read from are refused before a service sees them."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from typing import Any

import pytest

from local_aws import LocalAws
from local_aws.recording.deserializing import MAX_DEPTH, MAX_UNPACKED, Refused, check_body
from tests.local_aws.delivered import client, history, table
from tests.local_aws.wire import Wire, authorization, json_call, s3_call, send

LIST = "Start of list found where not expected"
NULL = "NULL_VALUE can not be converted to a String"
NO_BOOLEAN = "STRING_VALUE can not be converted to a Boolean"
OBJECT = "Start of structure or map found where not expected."


def _refusal(operation: str, value: Any, service: str = "cloudtrail") -> str:
    with pytest.raises(Refused) as refused:
        check_body(service, operation, "json", json.dumps(value).encode())
    assert refused.value.code == "SerializationException"
    return refused.value.message


@pytest.mark.parametrize(
    ("operation", "value", "message"),
    [
        ("GetTrail", {"Name": 1}, "NUMBER_VALUE can not be converted to a String"),
        ("GetTrail", {"Name": 1.5}, "DECIMAL_VALUE can not be converted to a String"),
        ("GetTrail", {"Name": True}, "TRUE_VALUE can not be converted to a String"),
        ("GetTrail", {"Name": ["a"]}, LIST),
        ("GetTrail", {"Name": {}}, OBJECT),
        ("LookupEvents", {"MaxResults": "1"}, "STRING_VALUE can not be converted to an Integer"),
        ("LookupEvents", {"MaxResults": 1.5}, "DECIMAL_VALUE can not be converted to an Integer"),
        ("LookupEvents", {"MaxResults": 2**31}, "NUMBER_VALUE can not be converted to an Integer"),
        ("LookupEvents", {"LookupAttributes": "x"}, "Expected list or null"),
        ("LookupEvents", {"LookupAttributes": {}}, OBJECT),
        ("LookupEvents", {"LookupAttributes": ["x"]}, "Expected null"),
        ("LookupEvents", {"LookupAttributes": [[]]}, LIST),
        ("LookupEvents", {"LookupAttributes": [None]}, "Expected null"),
        ("DescribeTrails", {"trailNameList": [None]}, NULL),
        ("CreateTrail", {"IsMultiRegionTrail": "no"}, NO_BOOLEAN),
        ("GetTrail", [], LIST),
        ("GetTrail", "text", ""),
        ("GetTrail", None, ""),
    ],
)  # fmt: skip
def test_a_wrong_type_is_named_as_aws_names_it(operation: str, value: Any, message: str) -> None:
    assert _refusal(operation, value) == message


@pytest.mark.parametrize("value", [1e20, -1e20, 2**70, "never", True, [0]])
def test_a_time_must_be_one(value: Any) -> None:
    assert _refusal("LookupEvents", {"StartTime": value})


@pytest.mark.parametrize("body", [b"", b"{", b'{"a":NaN}', b'{"a":"\\ud800"}', b'{"a":"\xff"}'])
def test_what_is_no_json_is_refused_without_a_message(body: bytes) -> None:
    with pytest.raises(Refused) as refused:
        check_body("cloudtrail", "ListTrails", "json", body)
    assert refused.value.message == ""


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"StartTime": 1_790_000_000, "EndTime": 1.5, "MaxResults": 5.0},
        {"StartTime": None, "LookupAttributes": None},
        {"Unknown": {"a": [None, 1]}},
        {"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "x", "More": 1}]},
    ],
)
def test_what_aws_takes_or_ignores_passes(value: Any) -> None:
    check_body("cloudtrail", "LookupEvents", "json", json.dumps(value).encode())


def test_the_deepest_item_of_dynamodb_passes_and_deeper_json_does_not() -> None:
    def item(levels: int) -> bytes:
        value = '{"M":{"a":' * levels + '{"S":"x"}' + "}}" * levels
        return f'{{"TableName":"Users","Item":{{"id":{value}}}}}'.encode()

    check_body("dynamodb", "PutItem", "json", item(32))
    with pytest.raises(Refused):
        check_body("dynamodb", "PutItem", "json", item(MAX_DEPTH))


def test_members_of_path_and_query_are_no_part_of_the_body() -> None:
    check_body("lambda", "CreateAlias", "rest-json", b'{"FunctionName":1,"Name":"a"}')
    with pytest.raises(Refused):
        check_body("lambda", "CreateAlias", "rest-json", b'{"Name":1}')
    check_body("lambda", "Invoke", "rest-json", b"any bytes")


@pytest.mark.parametrize(
    "body",
    [
        b"<a>",
        b"<a>" * 5000 + b"</a>" * 5000,
        b'<!DOCTYPE a [<!ENTITY b "x">]><a>&b;</a>',
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
    ],
    ids=["broken", "deep", "entities", "external"],
)
def test_xml_that_could_do_harm_is_malformed(body: bytes, aws: LocalAws) -> None:
    client(aws, "s3").create_bucket(Bucket="lab-bucket")
    answer = send(aws.endpoint_url, s3_call("PUT", "/lab-bucket?tagging", body))
    assert answer.status == 400
    assert b"<Code>MalformedXML</Code>" in answer.body
    record = history(aws)[-1]
    assert (record["eventName"], record["errorCode"]) == ("PutBucketTagging", "MalformedXML")
    assert record["requestParameters"]["bucketName"] == "lab-bucket"


def test_an_object_may_hold_any_xml(aws: LocalAws) -> None:
    client(aws, "s3").create_bucket(Bucket="lab-bucket")
    assert (
        send(aws.endpoint_url, s3_call("PUT", "/lab-bucket/key", b"<!DOCTYPE a><a>")).status == 200
    )


@pytest.mark.parametrize(
    ("service", "operation", "body", "kind"),
    [
        ("cloudtrail", "PutEventSelectors", b'{"EventSelectors":{}}', "SerializationException"),
        (
            "dynamodb",
            "GetItem",
            b'{"TableName":"Users","Key":{"id":{"S":"1"}},"ExpressionAttributeNames":{"#a":["b"]}}',
            "com.amazon.coral.service#SerializationException",
        ),
        ("secretsmanager", "ListSecrets", b"[" * 100_000, "SerializationException"),
    ],
)
def test_a_refusal_is_an_error_of_the_service_and_recorded_without_parameters(
    service: str, operation: str, body: bytes, kind: str, aws: LocalAws
) -> None:
    answer = send(aws.endpoint_url, json_call(service, operation, body))
    assert (answer.status, json.loads(answer.body)["__type"]) == (400, kind)
    if service == "dynamodb":
        return
    record = history(aws)[-1]
    assert record["eventName"] == operation
    assert record["errorCode"] == "SerializationException"
    assert record["requestParameters"] is None
    assert record["requestID"] == answer.headers["x-amzn-requestid"]


def _in_gzip(body: bytes) -> Wire:
    call = json_call("dynamodb", "DescribeTable", body)
    return replace(call, headers={**call.headers, "Content-Encoding": "gzip"})


def test_a_body_in_gzip_is_read_like_any_other(aws: LocalAws) -> None:
    body = gzip.compress(b'{"TableName":"Nowhere"}')
    call = _in_gzip(body)
    assert b"ResourceNotFoundException" in send(aws.endpoint_url, call).body
    assert history(aws)[-1]["requestParameters"] == {"tableName": "Nowhere"}


def test_a_body_in_gzip_has_a_bound(aws: LocalAws) -> None:
    body = gzip.compress(b"[" * (MAX_UNPACKED + 1))
    call = _in_gzip(body)
    assert b"SerializationException" in send(aws.endpoint_url, call).body
    assert history(aws)[-1]["eventName"] == "DescribeTable"


@pytest.mark.parametrize(
    "kind", ["application/json", "text/plain", "application/x-www-form-urlencoded"]
)
def test_cloudtrail_looks_past_a_content_type_that_it_does_not_speak(
    kind: str, aws: LocalAws
) -> None:
    call = json_call("cloudtrail", "ListTrails")
    call = json_call("cloudtrail", "ListTrails")
    answer = send(aws.endpoint_url, replace(call, headers={**call.headers, "Content-Type": kind}))
    assert answer.status == 200
    assert history(aws)[-1]["eventName"] == "ListTrails"


def test_a_target_that_is_no_operation_is_unknown(aws: LocalAws) -> None:
    answer = send(aws.endpoint_url, json_call("cloudtrail", "MakeTrail"))
    assert (answer.status, json.loads(answer.body)["__type"]) == (400, "UnknownOperationException")
    nothing = Wire("POST", "/", {**authorization("cloudtrail")}, b"{}")
    assert send(aws.endpoint_url, nothing).status == 400
    table(aws)
    assert [record["eventName"] for record in history(aws)] == ["CreateTable"]

"""Errors and crashes, as their clients read them."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import patch

import pytest
from botocore.exceptions import ClientError
from moto.core.responses import BaseResponse
from moto.dynamodb.models import DynamoDBBackend

from local_aws import LocalAws
from tests.local_aws.delivered import (
    TABLES,
    client,
    history,
    records,
    table,
    trail,
)
from tests.local_aws.wire import form_call, json_call, s3_call, send, send_all


def test_reads_an_error_in_the_protocol_of_its_request(aws: LocalAws) -> None:
    with pytest.raises(ClientError):
        client(aws, "cloudwatch").get_dashboard(DashboardName="unknown")
    assert history(aws)[-1]["eventName"] == "GetDashboard"
    assert history(aws)[-1]["errorMessage"] == "Dashboard does not exist"


def test_an_error_of_s3_names_its_request_id_in_header_and_body(aws: LocalAws) -> None:
    answer = send(aws.endpoint_url, s3_call("GET", "/unknown-bucket?policy"))
    request_id = history(aws)[-1]["requestID"]
    assert answer.headers["x-amz-request-id"] == request_id
    assert f"<RequestId>{request_id}</RequestId>".encode() in answer.body
    assert "x-amzn-requestid" not in answer.headers


def test_an_answer_to_head_has_no_body_even_where_moto_breaks(aws: LocalAws) -> None:
    wire = form_call("rds", b"Action=StopDBCluster&Version=2014-10-31&DBClusterIdentifier=a")
    with patch.object(BaseResponse, "call_action", side_effect=RuntimeError):
        answers = send_all(aws.endpoint_url, [replace(wire, method="HEAD"), wire])
    assert [answer.status for answer in answers] == [500, 500]


def test_a_crash_in_moto_is_an_internal_failure_and_recorded(aws: LocalAws) -> None:
    trail(aws, "tables", advanced=TABLES)
    table(aws)
    body = b'{"TableName":"Users","Key":{"id":{"S":"1"}}}'
    with patch.object(DynamoDBBackend, "get_item", side_effect=RuntimeError("secret detail")):
        answer = send(aws.endpoint_url, json_call("dynamodb", "GetItem", body))
    assert answer.status == 500
    assert b"InternalFailure" in answer.body
    assert b"secret detail" not in answer.body
    [record] = records(aws, "tables-logs")
    assert record["errorCode"] == "InternalFailure"
    assert record["requestParameters"] == {"tableName": "Users", "key": {"id": "1"}}
    assert record["requestID"] == answer.headers["x-amzn-requestid"]


@pytest.mark.parametrize(
    ("service", "body"),
    [
        ("iam", b"Action=ListUsers&Version=2010-05-08"),
        ("ec2", b"Action=DescribeVpcs&Version=2016-11-15"),
    ],
)
def test_a_crash_in_moto_is_readable_to_xml_clients(
    service: str, body: bytes, aws: LocalAws
) -> None:
    wire = form_call(service, body)
    with patch.object(BaseResponse, "call_action", side_effect=RuntimeError):
        answer = send(aws.endpoint_url, wire)
    assert answer.headers["content-type"] == "text/xml"
    assert b"<Code>InternalFailure</Code>" in answer.body

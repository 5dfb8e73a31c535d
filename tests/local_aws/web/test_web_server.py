"""The wire: every HTTP request is answered as plain moto_server answers it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import pytest

from local_aws import LocalAws
from tests.local_aws.wire import (
    Reply,
    Wire,
    address,
    authorization,
    exchange,
    form_call,
    json_call,
    s3_call,
    send,
    send_all,
)

_TABLE = (
    b'{"TableName":"T","KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],"BillingMode":'
    b'"PAY_PER_REQUEST","AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}]}'
)
_ITEM = b'{"TableName":"T","Item":{"id":{"S":"1"},"Name":{"S":"x"}}}'
_SCOPE = "test%2F20260101%2Fus-east-1%2Fs3%2Faws4_request"
_PRESIGNED = (
    f"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={_SCOPE}&X-Amz-Date=20260101T000000Z"
    "&X-Amz-Expires=99&X-Amz-SignedHeaders=host&X-Amz-Signature=0"
)
_MENDED = json_call("dynamodb", "CreateTable", _TABLE)
"""Answered as AWS does, where moto leaves out the table's id and calls it ACTIVE at once."""
_BUCKET = s3_call("PUT", "/lab-bucket")
_OBJECT = s3_call("PUT", "/lab-bucket/key", b"hello")
_HOST = "lab-bucket.s3.amazonaws.com"

CONVERSATIONS: Mapping[str, Sequence[Wire]] = {
    "dynamodb": [
        _MENDED,
        json_call("dynamodb", "PutItem", _ITEM),
        json_call("dynamodb", "Scan", b'{"TableName":"T"}'),
        json_call("dynamodb", "PutItem", _ITEM.replace(b'"T"', b'"Unknown"')),
    ],
    "query api": [
        form_call("iam", b"Action=CreateUser&UserName=alice&Version=2010-05-08"),
        form_call("iam", b"Action=GetUser&UserName=nobody&Version=2010-05-08"),
        Wire("GET", "/?Action=ListUsers&Version=2010-05-08", authorization("iam")),
    ],
    "query api without action": [form_call("iam", b"")],
    "query api, not utf-8": [
        form_call("iam", b"Action=GetUser&UserName=%ff%fe&Version=2010-05-08"),
        form_call("iam", b"Action=GetUser&UserName=\xff\xfe&Version=2010-05-08"),
    ],
    "rest json": [
        Wire("GET", "/2015-03-31/functions", authorization("lambda")),
        Wire("GET", "/2015-03-31/functions/unknown", authorization("lambda")),
        Wire("GET", "/2015-03-31/nonsense", authorization("lambda")),
    ],
    "rest xml": [Wire("GET", "/2013-04-01/hostedzone", authorization("route53"))],
    "s3 object": [
        _BUCKET,
        _OBJECT,
        s3_call("HEAD", "/lab-bucket/key"),
        s3_call("GET", "/lab-bucket/key"),
        s3_call("GET", "/lab-bucket/key", Range="bytes=1-2"),
        s3_call("GET", "/lab-bucket?list-type=2&encoding-type=url"),
        s3_call("POST", "/lab-bucket?delete", b"<Delete><Object><Key>key</Key></Object></Delete>"),
        s3_call("GET", "/lab-bucket/key"),
        s3_call("HEAD", "/lab-bucket/key"),
        s3_call("HEAD", "/unknown-bucket"),
        s3_call("DELETE", "/lab-bucket"),
    ],
    "s3 empty object": [
        _BUCKET,
        s3_call("PUT", "/lab-bucket/empty"),
        s3_call("GET", "/lab-bucket/empty"),
    ],
    "s3 object of 5 MB": [
        _BUCKET,
        s3_call("PUT", "/lab-bucket/big", b"no number " * 500_000),
        s3_call("GET", "/lab-bucket/big"),
    ],
    "s3 chunked transfer": [
        _BUCKET,
        s3_call("PUT", "/lab-bucket/chunked", (b"in ", b"three ", b"chunks")),
        s3_call("GET", "/lab-bucket/chunked"),
    ],
    "s3 signed chunks": [
        _BUCKET,
        s3_call(
            "PUT",
            "/lab-bucket/signed",
            b"5;chunk-signature=0\r\nhello\r\n0;chunk-signature=0\r\n\r\n",
            **{
                "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
                "x-amz-decoded-content-length": "5",
                "Content-Encoding": "aws-chunked",
            },
        ),
        s3_call("GET", "/lab-bucket/signed"),
    ],
    "s3 metadata with underscores": [
        _BUCKET,
        s3_call("PUT", "/lab-bucket/key", b"x", **{"x-amz-meta-a_b": "1", "x-amz-meta-C-d": "2"}),
        s3_call("HEAD", "/lab-bucket/key"),
    ],
    "s3 odd keys": [
        _BUCKET,
        s3_call("PUT", "/lab-bucket/a%20b%2Fc%2B%C3%A9//d", b"x"),
        s3_call("PUT", "/lab-bucket/../e", b"x"),
        s3_call("GET", "/lab-bucket?list-type=2"),
        s3_call("GET", "/lab-bucket?list-type=2&prefix=%ff%fe"),
        s3_call("GET", "/lab-bucket/" + "k" * 3000),
    ],
    "s3 virtual-hosted": [
        _BUCKET,
        s3_call("PUT", "/key", b"x", Host=_HOST),
        s3_call("GET", "/key", Host="lab-bucket.s3.us-east-1.amazonaws.com"),
        s3_call("GET", "/?list-type=2", Host=_HOST),
    ],
    "s3 presigned": [
        _BUCKET,
        Wire("PUT", f"/lab-bucket/key?{_PRESIGNED}", {}, b"x"),
        Wire("GET", f"/lab-bucket/key?{_PRESIGNED}"),
    ],
    "moto's own pages": [Wire("GET", "/moto-api/"), Wire("GET", "/favicon.ico"), Wire("GET", "/")],
}
"""Requests in their order, each on an empty AWS."""

BROKEN: Mapping[str, Wire] = {
    "malformed json": json_call("dynamodb", "PutItem", b'{"TableName":'),
    "json of the wrong kind": json_call("dynamodb", "PutItem", b"[1]"),
    "json null": json_call("dynamodb", "PutItem", b"null"),
    "json members of the wrong kind": json_call("dynamodb", "PutItem", b'{"TableName":5}'),
    "json that is not utf-8": json_call("dynamodb", "PutItem", b'{"TableName":"\xff\xfe"}'),
    "unknown operation": json_call("dynamodb", "PutItems"),
    "target without operation": Wire("POST", "/", {"X-Amz-Target": "nonsense"}, b"{}"),
    "unknown service": Wire("POST", "/", authorization("nosuch"), b"{}"),
    "authorization without credential": json_call("dynamodb", "PutItem", Authorization="nonsense"),
    "authorization with an empty credential": Wire(
        "GET", "/", {"Authorization": "AWS4-HMAC-SHA256 Credential=, x"}
    ),
    "authorization that ends early": Wire(
        "GET", "/", {"Authorization": "AWS4-HMAC-SHA256 Credential="}
    ),
    "unknown action": form_call("iam", b"Action=ListUserz&Version=2010-05-08"),
    "method that S3 has not": Wire("PATCH", "/lab-bucket", authorization("s3")),
    "cbor": Wire(
        "POST",
        "/",
        {
            **authorization("kinesis"),
            "X-Amz-Target": "Kinesis_20131202.ListStreams",
            "Content-Type": "application/x-amz-cbor-1.1",
        },
        b"\xa0",
    ),
}
"""Requests at which moto_server answers 500."""

_READABLE = b"Internal(Failure|Error)|SerializationException|UnknownOperation|InvalidAction"

_VARYING = (
    (re.compile(rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), b"UUID"),
    (re.compile(rb"<(RequestI[dD]|HostId|UserId)>[^<]*</\w+>"), b"ID"),
    (re.compile(rb"\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)?"), b"TIME"),
    (re.compile(rb"\d{10}\.\d+"), b"EPOCH"),
)
_OWN_HEADERS = {
    "date",
    "server",
    "connection",
    "transfer-encoding",
    "last-modified",
    "x-amz-crc32",
    "x-amz-id-2",
    "x-amz-request-id",
    "x-amz-server-side-encryption",
    "x-amzn-requestid",
}


def _comparable(reply: Reply, endpoint: str) -> Reply:
    body = reply.body.replace(address(endpoint).encode(), b"HOST")
    for pattern, instead in _VARYING:
        body = pattern.sub(instead, body)
    headers = {name: value for name, value in reply.headers.items() if name not in _OWN_HEADERS}
    if body:
        headers.pop("content-length", None)  # ids vary in length; the client has checked it
    return Reply(reply.status, headers, body)


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_answers_as_moto_server_does(name: str, aws: LocalAws, plain_moto: str) -> None:
    wires = CONVERSATIONS[name]
    ours = [_comparable(reply, aws.endpoint_url) for reply in send_all(aws.endpoint_url, wires)]
    motos = [_comparable(send(plain_moto, wire), plain_moto) for wire in wires]
    compared = [pair for wire, *pair in zip(wires, ours, motos, strict=True) if wire != _MENDED]
    assert [our for our, _ in compared] == [moto for _, moto in compared]


@pytest.mark.parametrize("name", BROKEN)
def test_answers_an_error_that_clients_read_where_moto_server_breaks(
    name: str, aws: LocalAws, plain_moto: str
) -> None:
    assert send(plain_moto, BROKEN[name]).status == 500
    ours, after = send_all(aws.endpoint_url, [BROKEN[name], json_call("dynamodb", "ListTables")])
    assert ours.status in (400, 500, 501)
    assert re.search(_READABLE, ours.body)
    assert b"Traceback" not in ours.body
    assert ours.headers["content-length"] == str(len(ours.body))
    assert after.status == 200


def test_answers_100_continue_and_then_the_request(aws: LocalAws) -> None:
    assert send(aws.endpoint_url, _BUCKET).status == 200
    head = (
        f"PUT /lab-bucket/key HTTP/1.1\r\nHost: {address(aws.endpoint_url)}\r\n"
        f"Authorization: {authorization('s3')['Authorization']}\r\nConnection: close\r\n"
        "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n"
    )
    answer = exchange(aws.endpoint_url, head.encode(), then=b"hello")
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")
    assert send(aws.endpoint_url, s3_call("GET", "/lab-bucket/key")).body == b"hello"


def test_keeps_a_connection_for_many_requests(aws: LocalAws) -> None:
    replies = send_all(aws.endpoint_url, [json_call("dynamodb", "ListTables")] * 20)
    assert {reply.status for reply in replies} == {200}


@pytest.mark.parametrize("raw", [b"nonsense\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01"])
def test_outlives_what_is_not_http(raw: bytes, aws: LocalAws) -> None:
    exchange(aws.endpoint_url, raw + b"\r\n\r\n")
    assert send(aws.endpoint_url, json_call("dynamodb", "ListTables")).status == 200

"""Random requests to many services: each that was answered has left exactly one record.

Requests are built from botocore's models and then spoiled: wrong types, huge numbers, deep
nesting, text that is none, odd headers, content types, encodings and names of operations.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
from botocore.exceptions import BotoCoreError
from botocore.model import OperationModel, ServiceModel
from botocore.serialize import create_serializer

from cloudtrail.records.data_events import is_recorded
from cloudtrail.records.service_models import service_model
from local_aws import LocalAws
from tests.fuzz.figures import Figures
from tests.fuzz.observed import Observed, Sent, judged
from tests.fuzz.values import HOSTILE, json_bytes, nested, value_of, with_something_else
from tests.local_aws.wire import Wire, authorization

BATCH = 2000

SERVICES = (
    "dynamodb", "dynamodb", "s3", "s3", "iam", "iam", "sns", "sns", "sqs", "sts", "kms", "lambda",
    "cloudtrail", "secretsmanager", "ssm", "logs", "events", "kinesis", "cloudwatch", "elb",
    "elbv2", "route53", "ecr", "apigateway", "ec2", "rds", "athena", "glue", "dynamodbstreams",
)  # fmt: skip

LEFT_OUT = frozenset(
    {
        # They run code, call out, make keys of 4,096 bits, or answer in megabytes.
        "Invoke", "InvokeAsync", "InvokeWithResponseStream", "Subscribe", "GenerateDataKeyPair",
        "GenerateDataKeyPairWithoutPlaintext", "DescribeInstanceTypes", "DescribeImages",
        "DescribeInstanceTypeOfferings", "RunInstances", "DescribeSpotPriceHistory",
        "DescribeSnapshots", "ListPolicies", "GetAccountAuthorizationDetails", "CreateKey",
        "StartQueryExecution", "CreateDBInstance", "DescribeVpcEndpointServices",
        "DescribeManagedPrefixLists", "CreateConnection", "CreateApiDestination",
        "RestoreTableFromBackup", "ImportTable", "ReceiveMessage",
        "DescribeReservedInstancesOfferings",
        # S3 Select is an extra of moto's that is not installed.
        "SelectObjectContent",
    }
)  # fmt: skip
"""Operations that no campaign calls."""


def run(count: int, seed: int) -> Figures:
    """A campaign of `count` requests, to a local AWS of its own."""
    with LocalAws(delivery_delay=3600) as aws:
        return tried_on(aws, count, seed)


def tried_on(aws: LocalAws, count: int, seed: int, services: Sequence[str] = SERVICES) -> Figures:
    """The figures of `count` requests to `services`. What is in the local AWS is lost."""
    random = Random(seed)
    figures = Figures("requests")
    for first in range(0, count, BATCH):
        aws.reset()
        with Observed(aws) as observed:
            aws.client("s3").create_bucket(Bucket="forms")
            batch = range(min(BATCH, count - first))
            sent = [_sent(observed, random, services) for _ in batch]
            figures = judged(figures, observed, sent)
    return figures


def _sent(observed: Observed, random: Random, services: Sequence[str]) -> tuple[Sent, bool]:
    """A request, sent, and whether it must have left a record."""
    service = random.choice(services)
    model = service_model(service)
    assert model
    names = [name for name in model.operation_names if name not in LEFT_OUT]
    operation = model.operation_model(random.choice(names))
    wire = built(service, operation, random)
    names_it = True
    if random.random() < 0.6:
        spoil = random.choice(_KEEPING)
        wire = spoil(wire, random)
    elif random.random() < 0.3:
        wire, names_it = random.choice(_RENAMING)(wire, random), False
    each = observed.send(wire)
    took_effect = each.reply is not None and each.reply.status < 300
    must = (names_it or took_effect) and is_recorded(service, str(operation.name))
    return each, must and bool(each.request_id)


def built(service: str, operation: OperationModel, random: Random) -> Wire:
    """A request for an operation, serialized as botocore does, with some input that it allows."""
    model = operation.service_model
    shape = operation.input_shape
    value = value_of(shape, random) if shape else {}
    serializer = create_serializer(_protocol(model), include_validation=False)
    try:
        made = serializer.serialize_to_request(value, operation)
    except (ValueError, TypeError, AttributeError, OverflowError, BotoCoreError):
        made = serializer.serialize_to_request(_least(operation, random), operation)
    query = made["query_string"]
    path = quote(made["url_path"], safe="/~%?=&+")
    if query:
        path += ("&" if "?" in path else "?") + (
            query if isinstance(query, str) else urlencode(query)
        )
    path = quote(path, safe="/~%?=&+:;,@!$'()*", errors="replace")
    headers = {
        name: _header(text)
        for name, text in made["headers"].items()
        if _HEADER_NAME.fullmatch(name) and name != "Content-Length"
    }
    return Wire(
        made["method"],
        path if path.startswith("/") else f"/{path}",
        {**headers, **authorization(_scope(model))},
        _body(made["body"]),
    )


_HEADER_NAME = re.compile(r"[A-Za-z0-9-]+")


def _protocol(model: ServiceModel) -> str:
    spoken = (model.metadata["protocol"], *model.metadata.get("protocols", ()))
    return next(str(name) for name in spoken if name != "smithy-rpc-v2-cbor")


def _least(operation: OperationModel, random: Random) -> dict[str, Any]:
    shape = operation.input_shape
    assert shape
    return dict.fromkeys(shape.required_members, "fuzz")


def _scope(model: ServiceModel) -> str:
    return str(model.signing_name)


def _header(text: Any) -> str:
    printable = "".join(each for each in str(text) if " " <= each <= "~")
    return printable[:500]


def _body(body: Any) -> bytes:
    if isinstance(body, Mapping):
        return urlencode(body, errors="replace").encode()
    if isinstance(body, str):
        return body.encode("utf-8", "replace")
    return bytes(body or b"")


# What leaves the operation's name as it is.


def _another_type(wire: Wire, random: Random) -> Wire:
    try:
        value = msgspec.json.decode(_bytes(wire))
    except msgspec.DecodeError:
        return _another_pair(wire, random)
    return replace(wire, body=json_bytes(with_something_else(value, random)))


def _another_pair(wire: Wire, random: Random) -> Wire:
    """A form with a pair changed, doubled, or without what belongs to it."""
    first, *pairs = _bytes(wire).split(b"&")
    if not pairs:
        return _deep_body(wire, random)
    at = random.randrange(len(pairs))
    name = pairs[at].partition(b"=")[0]
    hostile = quote(str(random.choice(HOSTILE)), errors="replace").encode()
    changed = random.choice(
        ([], [name + b"=" + hostile], [pairs[at], pairs[at]], [name + b".entry.1.key=a"],
         [name + b".member.999999999.a=1"], [name + b"=%ff%fe"], [b"Attributes.entry.1.key"])
    )  # fmt: skip
    return replace(wire, body=b"&".join([first, *pairs[:at], *changed, *pairs[at + 1 :]]))


def _deep_body(wire: Wire, random: Random) -> Wire:
    if "X-Amz-Target" in wire.headers or wire.headers.get("Content-Type") == "application/json":
        return replace(wire, body=b'{"Item":' + nested(random).encode() + b"}")
    if wire.method in ("PUT", "POST") and _bytes(wire).startswith(b"<"):
        return replace(wire, body=random.choice(_BOMBS))
    return wire


_BOMBS = (
    b"<a>" * 50_000 + b"</a>" * 50_000,
    b'<!DOCTYPE a [<!ENTITY b "' + b"x" * 9999 + b'">]><a>' + b"&b;" * 9999 + b"</a>",
    b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
    b"<a><b></a>",
    b"\xff\xfe<\x00a\x00/\x00>\x00",
)


def _cut(wire: Wire, random: Random) -> Wire:
    body = _bytes(wire)
    if body.startswith(b"Action="):
        return wire
    return replace(wire, body=body[: random.randrange(len(body) + 1)])


def _not_utf8(wire: Wire, random: Random) -> Wire:
    body = _bytes(wire)
    at = random.randrange(len(body) + 1)
    if body.startswith(b"Action="):
        at = len(body)
    return replace(
        wire, body=body[:at] + random.choice((b"\xff", b"\xed\xa0\x80", b"\x00")) + body[at:]
    )


def _in_gzip(wire: Wire, random: Random) -> Wire:
    body = gzip.compress(_bytes(wire))
    if random.random() < 0.3:
        body = body[:-4]
    return replace(wire, headers={**wire.headers, "Content-Encoding": "gzip"}, body=body)


def _in_chunks(wire: Wire, _random: Random) -> Wire:
    body = _bytes(wire)
    return replace(wire, body=(body[:3], body[3:])) if len(body) > 3 else wire


def _odd_header(wire: Wire, random: Random) -> Wire:
    name, text = random.choice(_ODD_HEADERS)
    return replace(wire, headers={**wire.headers, name: text})


_ODD_HEADERS = (
    ("User-Agent", "x" * 9000), ("User-Agent", "\x01é\u2028"), ("Action", "DeleteTopic"),
    ("X-Amz-Date", "never"), ("X-Amz-Security-Token", "\x80"), ("X-Forwarded-For", "::1, \x00"),
    ("x-amz-copy-source", "/a/b%00?versionId=\u00ff"), ("x-amz-meta-a_b", "\u00e9"),
    ("x-amz-tagging", "&&=&a"), ("x-amz-decoded-content-length", "9" * 5000),
    ("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"), ("Range", "bytes=9-1"),
    ("Content-MD5", "no"), ("Accept", "*/*;q=nan"), ("If-Match", '"'), ("Content-Language", "x"),
)  # fmt: skip


_KEEPING: tuple[Callable[[Wire, Random], Wire], ...] = (
    _another_type, _another_type, _another_type, _another_pair, _another_pair, _deep_body, _cut,
    _not_utf8, _in_gzip, _in_chunks, _odd_header,
)  # fmt: skip


# What makes it another operation, or none.


def _another_content_type(wire: Wire, random: Random) -> Wire:
    kinds = (
        "", "text/plain", "application/json", "application/x-amz-json-1.1", "application/xml",
        "application/x-www-form-urlencoded; charset=utf-16", "multipart/form-data", "\x00",
    )  # fmt: skip
    return replace(wire, headers={**wire.headers, "Content-Type": random.choice(kinds)})


def _another_method(wire: Wire, random: Random) -> Wire:
    return replace(wire, method=random.choice(("GET", "HEAD", "PUT", "POST", "DELETE", "PATCH")))


def _another_action(wire: Wire, random: Random) -> Wire:
    action = random.choice(
        ("CreateTopic", "create_topic", "CREATEUSER", "setup_class", "call_action")
    )
    extra = f"Action={action}&Name=fuzz&UserName=fuzz"
    if random.random() < 0.5:
        return replace(wire, path=f"{wire.path}{'&' if '?' in wire.path else '?'}{extra}")
    return replace(wire, body=f"{extra}&".encode() + _bytes(wire))


def _another_target(wire: Wire, random: Random) -> Wire:
    target = random.choice(
        (
            "x.CreateTable",
            "DynamoDB_20120810.create_table",
            "a.b.c.ListKeys",
            "TrentService.Nope",
            ".",
        )
    )
    return replace(wire, headers={**wire.headers, "X-Amz-Target": target})


def _another_path(wire: Wire, random: Random) -> Wire:
    path = random.choice(("//", "/%2e%2e/a", "/forms/", "/a%ff", "/?", "/forms/a//b", "/a?b=%zz"))
    return replace(wire, path=path)


def _form_upload(wire: Wire, _random: Random) -> Wire:
    body = b"".join(
        b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name, text)
        for name, text in ((b"key", b"by-form"), (b"file", b"content"))
    )
    headers = {**authorization("s3"), "Content-Type": "multipart/form-data; boundary=x"}
    return Wire("POST", "/forms", headers, body + b"--x--\r\n")


_RENAMING: tuple[Callable[[Wire, Random], Wire], ...] = (
    _another_content_type, _another_method, _another_action, _another_target, _another_path,
    _form_upload,
)  # fmt: skip


def _bytes(wire: Wire) -> bytes:
    return wire.body if isinstance(wire.body, bytes) else b"".join(wire.body)

from __future__ import annotations

import io
import json
import re
from typing import Any

import pytest
from botocore.model import StructureShape
from botocore.parsers import create_parser
from moto.backends import list_of_moto_modules
from msgspec.structs import replace

from local_aws.recording.requests import (
    Answered,
    Asked,
    answered,
    asked,
    internal_failure,
    new_request_id,
    service_name,
)


def _environ(
    method: str, path: str, body: bytes = b"", *, query: str = "", **headers: str
) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "RAW_URI": f"{path}?{query}",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "4566",
        "HTTP_HOST": "127.0.0.1:4566",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "CONTENT_LENGTH": str(len(body)),
        **headers,
    }


def _json(target: str, body: bytes) -> dict[str, Any]:
    json_type = "application/x-amz-json-1.0"
    return _environ("POST", "/", body, HTTP_X_AMZ_TARGET=target, CONTENT_TYPE=json_type)


def _form(body: bytes) -> dict[str, Any]:
    return _environ("POST", "/", body, CONTENT_TYPE="application/x-www-form-urlencoded")


@pytest.mark.parametrize(
    ("service", "environ", "expected"),
    [
        (
            "dynamodb",
            _json("DynamoDB_20120810.ListTables", b'{"Limit":7}'),
            Asked("dynamodb", "ListTables", {"Limit": 7}, "json"),
        ),
        (
            "iam",
            _form(b"Action=CreateUser&UserName=alice&Tags.member.1.Key=a&Tags.member.1.Value=b"),
            Asked(
                "iam",
                "CreateUser",
                {"UserName": "alice", "Tags": [{"Key": "a", "Value": "b"}]},
                "query",
            ),
        ),
        (
            "ec2",
            _form(b"Action=DescribeVpcs&Filter.1.Name=isDefault&Filter.1.Value.1=no"),
            Asked(
                "ec2", "DescribeVpcs", {"Filters": [{"Name": "isDefault", "Values": ["no"]}]}, "ec2"
            ),
        ),
        (
            "lambda",
            _environ("GET", "/2015-03-31/functions/lab"),
            Asked("lambda", "GetFunction", {"FunctionName": "lab"}, "rest-json"),
        ),
        (
            "sqs",
            _form(b"Action=ListQueues&QueueNamePrefix=a"),
            Asked("sqs", "ListQueues", {"QueueNamePrefix": "a"}, "query"),
        ),
        (
            "sqs",
            _json("AmazonSQS.ListQueues", b'{"QueueNamePrefix":"a"}'),
            Asked("sqs", "ListQueues", {"QueueNamePrefix": "a"}, "json"),
        ),
    ],
    ids=["json", "query", "ec2", "rest-json", "sqs query", "sqs json"],
)
def test_reads_operation_and_parameters_of_every_protocol(
    service: str, environ: dict[str, Any], expected: Asked
) -> None:
    assert asked(service, environ) == expected


@pytest.mark.parametrize(
    ("environ", "operation", "key"),
    [
        (_environ("PUT", "/lab-bucket/a/b"), "PutObject", "a/b"),
        (_environ("HEAD", "/lab-bucket/a%20b"), "HeadObject", None),
        (_environ("GET", "/lab-bucket", query="policy="), "GetBucketPolicy", None),
        (_environ("GET", "/lab-bucket", query="list-type=2"), "ListObjectsV2", None),
        (_environ("POST", "/lab-bucket/a", query="uploads="), "CreateMultipartUpload", "a"),
        (_environ("GET", "/"), "ListBuckets", None),
    ],
)
def test_reads_s3s_operation_from_path_and_query(
    environ: dict[str, Any], operation: str, key: str | None
) -> None:
    found = asked("s3", environ)
    assert found
    assert found.operation == operation
    if key is not None:
        assert found.parameters["Key"] == key


@pytest.mark.parametrize(
    ("service", "environ"),
    [
        ("dynamodb", _json("DynamoDB_20120810.PutItems", b"{}")),
        ("dynamodb", _json("nonsense", b"{}")),
        ("iam", _form(b"Action=ListUserz")),
        ("iam", _form(b"")),
        ("lambda", _environ("GET", "/2015-03-31/nonsense")),
        ("s3", _environ("PATCH", "/lab-bucket")),
    ],
)
def test_finds_no_operation_where_there_is_none(service: str, environ: dict[str, Any]) -> None:
    assert asked(service, environ) is None


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b"null", b'"x"', b"5", b'{"a":"\xff"}'])
def test_a_body_that_makes_no_sense_leaves_no_parameters(body: bytes) -> None:
    found = asked("dynamodb", _json("DynamoDB_20120810.PutItem", body))
    assert found
    assert replace(found, unread=None) == Asked("dynamodb", "PutItem", {}, "json")


def test_knows_the_service_of_every_moto_module() -> None:
    others = {"instance_metadata", "moto_api", "moto_proxy", "moto_server"}
    others |= {"applicationinsights", "core", "packages", "stubs", "templates", "utilities"}
    unknown = {module for module in list_of_moto_modules() if service_name(module) is None}
    not_served = {module for module in unknown if module.endswith(("_simple", "_path"))}
    assert unknown - not_served <= others


def test_reads_a_json_answer() -> None:
    body = b'{"TableNames":["Users"]}'
    call = Asked("dynamodb", "ListTables", {}, "json")
    assert answered(call, 200, {}, body, want_output=True) == Answered({"TableNames": ["Users"]})


def test_reads_a_successful_answer_only_where_it_is_wanted() -> None:
    call = Asked("dynamodb", "ListTables", {}, "json")
    assert answered(call, 200, {}, b"not read", want_output=False) == Answered(None)


def _xml(around: str, code: str) -> bytes:
    end = "".join(f"</{name}>" for name in reversed(around.split("><")))
    error = f"<Error><Code>{code}</Code><Message>No.</Message></Error>"
    return f"<{around}>{error}{end}".encode()


@pytest.mark.parametrize(
    ("call", "body", "expected"),
    [
        (
            Asked("dynamodb", "ListTables", {}, "json"),
            b'{"__type":"com.amazonaws#ValidationException","message":"No."}',
            ("ValidationException", "No."),
        ),
        (
            Asked("iam", "GetUser", {}, "query"),
            _xml("ErrorResponse", "NoSuchEntity"),
            ("NoSuchEntity", "No."),
        ),
        (
            Asked("ec2", "DescribeVpcs", {}, "ec2"),
            _xml("Response><Errors", "Bad"),
            ("Bad", "No."),
        ),
        (
            Asked("s3", "GetObject", {}, "rest-xml"),
            b"<Error><Code>NoSuchKey</Code><Message>No.</Message></Error>",
            ("NoSuchKey", "No."),
        ),
        (Asked("s3", "HeadObject", {}, "rest-xml"), b"", ("404", "Not Found")),
        (Asked("iam", "GetUser", {}, "query"), b"\x00", ("InternalFailure", "")),
    ],
    ids=["json", "query", "ec2", "rest-xml", "head", "unreadable"],
)
def test_reads_an_error(call: Asked, body: bytes, expected: tuple[str, str]) -> None:
    found = answered(call, 404, {}, body, want_output=False)
    assert (found.error_code, found.error_message) == expected
    assert found.output is None


@pytest.mark.parametrize(
    ("service", "protocol", "code"),
    [
        ("dynamodb", "json", "InternalFailure"),
        ("lambda", "rest-json", "InternalFailure"),
        ("iam", "query", "InternalFailure"),
        ("ec2", "ec2", "InternalFailure"),
        ("route53", "rest-xml", "InternalFailure"),
        ("s3", "rest-xml", "InternalError"),
    ],
)
def test_an_internal_failure_is_readable_in_its_protocol(
    service: str, protocol: str, code: str
) -> None:
    content_type, body = internal_failure(service, protocol)
    answer = {"status_code": 500, "headers": {"content-type": content_type}, "body": body}
    shape = StructureShape("Nothing", {"type": "structure", "members": {}})
    assert create_parser(protocol).parse(answer, shape)["Error"]["Code"] == code


def test_an_internal_failure_of_no_service_is_json() -> None:
    content_type, body = internal_failure(None, "json")
    assert content_type == "application/json"
    assert json.loads(body)["__type"] == "InternalFailure"


@pytest.mark.parametrize(
    ("service", "form"),
    [
        ("dynamodb", "[A-Z0-9]{52}"),
        ("s3", "[A-Z0-9]{16}"),
        ("iam", "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    ],
)
def test_request_ids_have_the_services_form_and_differ(service: str, form: str) -> None:
    ids = {new_request_id(service) for _ in range(100)}
    assert len(ids) == 100
    assert all(re.fullmatch(form, each) for each in ids)

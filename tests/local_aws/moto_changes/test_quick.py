"""What is quick answers as what is slow: it is compared with moto's own code, and Flask's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from botocore.exceptions import ClientError
from flask import Flask, request
from moto.core.base_backend import BackendDict
from moto.core.parse import PROTOCOL_PARSERS, XFormedDict
from moto.core.request import PRESERVED_HEADER_NAMES_ENVIRON_KEY, EnvironHeaders
from moto.core.serialize import XFormedAttributePicker, get_serializer_class
from moto.core.utils import convert_to_flask_response, get_service_model
from moto.moto_server.werkzeug_app import BackendRequest
from werkzeug.routing import Map

from local_aws import LocalAws
from local_aws.moto_changes.quick import lookups, shapes
from local_aws.moto_changes.quick.routing import Application, HandlerView

ASKED = [
    ("GET", "/"),
    ("POST", "/?Action=ListUsers"),
    ("GET", "/things/one"),
    ("GET", "/things/two"),
    ("HEAD", "/things/one"),
    ("OPTIONS", "/things/one"),
    ("GET", "/things//one?kept=1"),
    ("GET", "/things/t%C3%A4st%20/"),
    ("GET", "/nothing"),
    ("DELETE", "/things/one"),
    ("GET", "/broken"),
]


def _application(kind: type[Flask]) -> Flask:
    app = kind("moto")
    app.debug = True
    app.url_map = Map()

    def view(**arguments: Any) -> Any:
        if "broken" in request.path:
            return {"form": request.form}["files"]
        return {"form": dict(request.form), "data": request.data.decode(), **arguments}

    app.add_url_rule("/", "root", view, methods=["GET", "POST", "OPTIONS"], strict_slashes=False)
    app.add_url_rule("/broken", "broken", view, methods=["GET", "OPTIONS"])
    app.add_url_rule(
        "/things/<name>", "thing", view, methods=["GET", "OPTIONS"], strict_slashes=False
    )
    app.register_error_handler(KeyError, lambda error: (f"no {error}", 500))
    return app


def test_a_reset_clears_what_another_service_made_during_the_last_one(aws: LocalAws) -> None:
    """moto's Auto Scaling looks up EC2 where it is reset itself, after EC2 was."""
    ec2, scaling = aws.client("ec2"), aws.client("autoscaling")
    for _ in range(3):
        ec2.describe_vpcs()
        scaling.describe_auto_scaling_groups()
        ec2.create_security_group(GroupName="g", Description="d")
        aws.reset()


@pytest.mark.parametrize("headers", [{}, {"Connection": "Upgrade", "Upgrade": "websocket"}])
def test_an_application_answers_as_flask_does_each_time(headers: dict[str, str]) -> None:
    ours, flasks = _application(Application).test_client(), _application(Flask).test_client()

    for method, path in [*ASKED, *ASKED]:
        for body in ({}, {"data": b'{"a": 1}'}, {"data": {"a": "1"}}):
            asked: dict[str, Any] = {"method": method, "headers": headers, **body}
            found, wanted = ours.open(path, **asked), flasks.open(path, **asked)

            assert (found.status, dict(found.headers), found.data) == (
                wanted.status,
                dict(wanted.headers),
                wanted.data,
            ), (method, path, body)


ANSWERS: list[Any] = [
    (200, {"Content-Type": "application/json", "x-amzn-requestid": "A"}, '{"a": "\xe4"}'),
    (404, {"content-type": "text/xml"}, b"<Error/>"),
    (999, {"Content-Type": "text/plain", "content-TYPE": "text/html"}, ""),
    (204, {"Content-Type": "text/plain"}, "gone"),
    (304, {"Content-Type": "text/plain", "ETag": "a"}, ""),
    (200, {"Content-Type": "text/plain", "content-length": "7"}, "text"),
    (302, {"Content-Type": "text/plain", "Location": "/\xe4 b"}, "text"),
    (200, {"Content-Type": "text/plain", "Count": 1, "Many": ["a", "b"]}, "text"),
    (200, {"Content-Type": "text/plain", "Bad": "a\nb"}, "text"),
    (200, {}, "a page"),
    ("200", {"Content-Type": "text/plain"}, "text"),
    (200, [("Content-Type", "text/plain")], iter([b"a", b"b"])),
    "text alone",
    ClientError({"Error": {"Code": "No", "Message": "not this"}}, "Do"),
]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("said", ANSWERS, ids=map(str, range(len(ANSWERS))))
def test_what_a_handler_says_is_answered_as_moto_does(method: str, said: Any) -> None:
    def handler(request: Any, full_url: str, headers: Any) -> Any:
        told.append((full_url, headers, type(headers), request.data))
        if isinstance(said, Exception):
            raise said
        return said if not hasattr(said[-1], "__next__") else (*said[:-1], iter([b"a", b"b"]))

    def answered(app: Flask, view: Any) -> Any:
        app.request_class = BackendRequest
        app.debug = True
        app.url_map = Map()
        app.add_url_rule("/<path:key>", "handler", view(handler), methods=["GET"])
        environ = {"RAW_URI": "/a%2Fb?c=%20", "HTTP_X_AMZ_DATE": "now", "HTTP_HOST": "b.aws:4566"}
        try:
            answer = app.test_client().open(
                "/a%2Fb?c=%20", method=method, environ_overrides=environ, data=b"{}"
            )
        except ValueError as error:
            return str(error)
        return answer.status, list(answer.headers), answer.data

    told: list[Any] = []
    ours = [answered(Application("moto"), HandlerView) for _ in range(2)]
    assert ours == [answered(Flask("moto"), convert_to_flask_response)] * 2
    assert told == [told[-1]] * 3


@pytest.fixture
def quick_shapes() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


VALUES: dict[str, Any] = {
    "blob": "eA==",
    "boolean": True,
    "double": 1,
    "float": 1.5,
    "integer": 1.0,
    "long": 7,
    "string": "text",
    "timestamp": 1772323200,
}


def _sample(shape: Any, depth: int = 0) -> Any:
    """A JSON value of a shape, with members that it has not."""
    if depth > 4 and shape.type_name in ("structure", "list", "map"):
        return {} if shape.type_name != "list" else []
    if shape.type_name == "structure":
        members = {
            each.serialization.get("name", name): _sample(each, depth + 1)
            for name, each in shape.members.items()
        }
        return {"Unknown": 1, **members}
    if shape.type_name == "list":
        return [_sample(shape.member, depth + 1)] * 2
    if shape.type_name == "map":
        return {"b": _sample(shape.value, depth + 1), "a": _sample(shape.value, depth + 1)}
    return VALUES[shape.type_name]


def _plain(value: Any) -> Any:
    """With the order of members, whichever map they are in."""
    if isinstance(value, dict | XFormedDict):
        return [(name, _plain(each)) for name, each in value.items()]
    return [_plain(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("map_type", [dict, XFormedDict])
@pytest.mark.parametrize("service", ["dynamodb", "kms", "logs", "cloudtrail", "ssm"])
def test_json_is_parsed_as_moto_does(service: str, map_type: Any, quick_shapes: ExitStack) -> None:
    model = get_service_model(service)

    def parsed() -> dict[str, Any]:
        found = {}
        for name in model.operation_names[:30]:
            operation = model.operation_model(name)
            parser: Any = PROTOCOL_PARSERS["json"](operation, map_type=map_type)
            shape = operation.input_shape
            found[name] = shape and _plain(parser._parse_shape(shape, _sample(shape)))
        return found

    wanted = parsed()
    shapes.install(quick_shapes)

    assert parsed() == wanted
    assert parsed() == wanted


class _Table:
    """Named as its own prefix says, by snake case, and with names of its own."""

    table_name = "Users"
    status = "ACTIVE"
    item_count = 0


class _Named(_Table):
    class Meta:
        serialization_aliases: ClassVar = {"TableName": "arn"}

    arn = "arn"


class Table(_Table):
    name = "By its class"


TABLES = [
    {},
    {"TableName": "Users", "item_count": 3, "CreationDateTime": datetime(2026, 3, 1, tzinfo=UTC)},
    {"TableStatus": None, "Status": "ACTIVE", "KeySchema": [{"AttributeName": "id"}]},
    _Table(),
    _Named(),
    Table(),
    SimpleNamespace(table_name="Users", billing_mode_summary={"billing_mode": "PROVISIONED"}),
]


@pytest.mark.parametrize("transformers", [None, {"Table.TableName": str.upper, "X.Y": len}])
def test_results_are_serialized_as_moto_does(transformers: Any, quick_shapes: ExitStack) -> None:
    operation = get_service_model("dynamodb").operation_model("DescribeTable")
    usable = TABLES if transformers is None else TABLES[1:2]

    def serialized() -> list[Any]:
        picker = XFormedAttributePicker(response_transformers=transformers)
        make = get_serializer_class("dynamodb", "json")
        return [
            make(operation, value_picker=picker).serialize({"Table": table}) for table in usable
        ]

    wanted = serialized()
    shapes.install(quick_shapes)

    assert serialized() == wanted
    assert serialized() == wanted


def test_headers_keep_the_names_that_moto_preserved(quick_shapes: ExitStack) -> None:
    lookups.install(quick_shapes)
    environ: dict[str, Any] = {
        "HTTP_X_AMZ_META_MY_KEY": "1",
        "HTTP_HOST": "aws",
        "CONTENT_TYPE": "text/plain",
    }

    assert dict(EnvironHeaders(environ)) == {
        "X-Amz-Meta-My-Key": "1",
        "Host": "aws",
        "Content-Type": "text/plain",
    }
    environ[PRESERVED_HEADER_NAMES_ENVIRON_KEY] = {"HTTP_X_AMZ_META_MY_KEY": "x-amz-meta-my_key"}
    assert dict(EnvironHeaders(environ))["x-amz-meta-my_key"] == "1"


def test_an_account_has_new_backends_after_a_reset(quick_shapes: ExitStack) -> None:
    from moto.dynamodb.models import dynamodb_backends

    lookups.install(quick_shapes)
    before = dynamodb_backends["111122223333"]
    assert dynamodb_backends["111122223333"] is before

    BackendDict.reset()
    try:
        assert dynamodb_backends["111122223333"] is not before
        assert dynamodb_backends in BackendDict._instances  # type: ignore[misc]
    finally:
        BackendDict.reset()

"""Every request of every client is recorded under its own name.

All operations of all services that moto serves, and of some that it lacks, are written by botocore
as a client writes them, and run through the recorder; only moto's answer is left out. Where the
request names its operation, `make test` takes one in ten: only paths can be mistaken for others.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import quote, unquote, urlencode

import pytest
from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape
from botocore.serialize import create_serializer
from moto.backends import list_of_moto_modules

from cloudtrail.records.calls import Call, Record
from cloudtrail.records.record import is_recorded
from cloudtrail.records.service_models import operation_model, service_model
from cloudtrail.records.services import event_name, event_source
from local_aws.clock import Clock
from local_aws.cloudtrail.service import CloudTrailService
from local_aws.moto_changes.unserved import Applications
from local_aws.recording.recorder import Recorder
from local_aws.recording.requests import service_name
from local_aws.web.http_heads import Environ
from tests.conftest import OneAtATime
from tests.profiles import IS_LONG

SERVICES = sorted(set(filter(None, map(service_name, list_of_moto_modules()))))

UNSERVED = ("health", "lightsail", "rolesanywhere", "rum")
"""Services that moto lacks, one of each protocol: they have nothing but their models."""

UNTELLABLE = {
    ("s3", "ListDirectoryBuckets"): "ListBuckets, at another host",
}
"""Operations whose requests are those of others."""

TYPES = {"timestamp": datetime(2026, 1, 1, tzinfo=UTC), "boolean": True, "blob": b"blob",
         "integer": 5, "long": 5, "float": 0.5, "double": 0.5}  # fmt: skip


class Unanswering:
    """moto's choice of a service, and an empty answer in place of the service's."""

    def __init__(self) -> None:
        self._moto = Applications()

    def get_application(self, environ: Environ) -> Any:
        host = self._moto.infer_service_region_host(environ, environ["PATH_INFO"])
        self.service = self._moto.get_backend_for_host(host)
        return self if self.service else None

    def __call__(self, _environ: Environ, start: Callable[..., Any]) -> Iterable[bytes]:
        start("200 OK", [])
        return [b""]


class Names(CloudTrailService):
    """Takes of each call its name alone: compiling 12,000 operations would take a minute."""

    def __init__(self) -> None:
        super().__init__(Clock(), timedelta(), timedelta())
        self.taken: list[tuple[str, str]] = []

    def record(self, call: Call, *_trails: Any, **_options: Any) -> Record:
        self.taken.append(event_of(call.service, call.operation))
        return {}


def event_of(service: str, operation: str) -> tuple[str, str]:
    model = operation_model(service, operation)
    return event_source(service), event_name(service, operation, model)


@cache
def recorder() -> tuple[Recorder, Names]:
    application: Any = Unanswering()
    names = Names()
    return Recorder(application, names), names


def example(shape: Shape, inside: tuple[str, ...] = ()) -> Any:
    """Return the least value of a shape that a client would send."""
    deeper = (*inside, shape.name)
    if isinstance(shape, StructureShape):
        required = [*shape.required_members]
        return {
            name: example(shape.members[name], deeper)
            for name in required
            if shape.members[name].name not in deeper
        }
    if isinstance(shape, ListShape):
        return [] if shape.member.name in deeper else [example(shape.member, deeper)]
    if isinstance(shape, MapShape):
        return {"key": example(shape.value, deeper)}
    choices = getattr(shape, "enum", None)
    return choices[0] if choices else TYPES.get(shape.type_name, "text" * 5)


def environ_of(operation: OperationModel) -> Environ:
    """Return the request of an operation as a web server hands it on."""
    model = operation.service_model
    serializer = create_serializer(model.resolved_protocol, include_validation=False)
    shape = operation.input_shape
    made = serializer.serialize_to_request(example(shape) if shape else {}, operation)
    path, _, query = made["url_path"].partition("?")
    query = "&".join(filter(None, [query, urlencode(made["query_string"] or {}, quote_via=quote)]))
    body = made["body"]
    form = urlencode(body) if isinstance(body, dict) else body
    content = form.encode() if isinstance(form, str) else form or b""
    name = operation.auth_type if operation.auth_type == "s3express" else model.signing_name
    scope = f"Credential=key/20260101/us-east-1/{name}/aws4_request"
    headers = dict(made["headers"]) | {"Authorization": f"AWS4-HMAC-SHA256 {scope}, Signature=s"}
    return {
        "REQUEST_METHOD": made["method"],
        "PATH_INFO": unquote(path),
        "RAW_URI": f"{path}?{query}",
        "QUERY_STRING": query,
        "CONTENT_LENGTH": str(len(content)),
        "CONTENT_TYPE": headers.pop("Content-Type", ""),
        "wsgi.input": io.BytesIO(content),
        "wsgi.url_scheme": "http",
        "HTTP_HOST": "127.0.0.1",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
    } | {f"HTTP_{key.upper().replace('-', '_')}": str(text) for key, text in headers.items()}


def recorded(operation: OperationModel) -> tuple[str, str] | None:
    """Send an operation's request; return source and name of the event that was recorded."""
    receive, names = recorder()
    names.taken.clear()
    receive(environ_of(operation), lambda *_arguments: None)
    return names.taken[0] if len(names.taken) == 1 else None


def wrongly_recorded(service: str) -> Iterator[tuple[str, Any]]:
    model = service_model(service)
    assert model is not None
    named = not model.resolved_protocol.startswith("rest")  # in a header or a parameter
    step = 10 if named and not IS_LONG else 1
    for name in model.operation_names[::step]:
        if is_recorded(service, name) and (service, name) not in UNTELLABLE:
            found = recorded(model.operation_model(name))
            if found != event_of(service, name):
                yield name, found


@pytest.fixture(scope="module", autouse=True)
def _served(_local_aws_process: OneAtATime) -> None:
    """What a server changes in moto, so that it looks up less."""
    _local_aws_process()


@pytest.mark.parametrize("service", [*SERVICES, *UNSERVED])
def test_every_operation_is_recorded_under_its_own_name(service: str) -> None:
    assert dict(wrongly_recorded(service)) == {}

"""The recorder: WSGI around moto's application, so that every request of any client is seen."""

from __future__ import annotations

import io
import json
import logging
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Protocol

from moto.moto_server.werkzeug_app import DomainDispatcherApplication

from cloudtrail.records.calls import Call, CallError, Record
from cloudtrail.records.cross_account import recipients
from cloudtrail.records.operations import S3_SERVICES
from cloudtrail.records.record import is_recorded, needs_output, record_of, to_json
from cloudtrail.records.service_models import error_shape
from local_aws.cloudtrail.delivery import Recorded
from local_aws.cloudtrail.trails import InForce, trails_in_force
from local_aws.control import PREFIX, Control
from local_aws.recording.callers import DEFAULT_REGION, account_of, caller_of, credential_of
from local_aws.recording.requests import (
    Asked,
    answered,
    asked,
    internal_failure,
    new_extended_request_id,
    new_request_id,
    request_protocol,
    service_name,
)
from local_aws.web_server import Environ

_LOG = logging.getLogger("local_aws")
_REQUEST_ID = re.compile(rb"<([Rr]equestI[dD])>[^<]+</[Rr]equestI[dD]>")
ON_BEHALF_OF = "local_aws.on_behalf_of"
"""Who a request that the local AWS makes itself is made for: an Identity, None for no record.

A key of the WSGI environment that no header becomes, so that no client can set it.
"""
_HOP_HEADERS = ("HTTP_TRANSFER_ENCODING", "HTTP_EXPECT")


class Sink(Protocol):
    """Takes recorded events: Event history, delivery, Insights."""

    def __call__(self, recorded: Recorded, /) -> None:
        """Take one."""
        ...


class TableKeys(Mapping[str, tuple[str, ...]]):
    """Key attributes of an account's DynamoDB tables in a Region, looked up when asked for."""

    def __init__(self, account_id: str, region: str) -> None:
        self._account_id = account_id
        self._region = region

    def __getitem__(self, table: str) -> tuple[str, ...]:
        found = self._tables().get(table.rpartition("/")[2])
        if found is None:
            raise KeyError(table)
        return tuple(key for key in (found.hash_key_attr, found.range_key_attr) if key)

    def __iter__(self) -> Iterator[str]:
        return iter(self._tables())

    def __len__(self) -> int:
        return len(self._tables())

    def _tables(self) -> Mapping[str, Any]:
        from moto.dynamodb.models import dynamodb_backends

        tables: Mapping[str, Any] = dynamodb_backends[self._account_id][self._region].tables
        return tables


class _Answer:
    """What the application answered, held back until its record is made."""

    def __init__(self) -> None:
        self.status = "500 Internal Server Error"
        self.headers: list[tuple[str, str]] = []
        self.body = b""

    def start(
        self, status: str, headers: list[tuple[str, str]], _exc_info: object = None
    ) -> Callable[[bytes], None]:
        self.status, self.headers = status, headers
        return self._write

    def _write(self, data: bytes) -> None:
        self.body += data

    def set_header(self, name: str, value: str | None) -> None:
        """Give a header, in lower case, this value; None takes it away."""
        self.headers = [each for each in self.headers if each[0].lower() != name]
        if value is not None:
            self.headers.append((name, value))

    @property
    def code(self) -> int:
        return int(self.status[:3])


class Recorder:
    """A WSGI application that passes each request to moto and its record to `sink`."""

    def __init__(
        self, application: DomainDispatcherApplication, sink: Sink, control: Control
    ) -> None:
        self._application = application
        self._sink = sink
        self._control = control

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> list[bytes]:
        """Answer a request, once its record has been taken."""
        arrived = datetime.now(UTC)
        body = _read_body(environ)
        if environ["PATH_INFO"].startswith(PREFIX):
            return self._answer_control(environ, body, start_response)
        credential = credential_of(environ)
        account_id = account_of(environ, credential)
        trails = trails_in_force(account_id)
        application = self._application_for(environ)
        service = service_name(application.service) if application else None
        wanted = None
        if service is not None:
            wanted = asked(service, environ)
            environ["wsgi.input"] = io.BytesIO(body)
        caller = (
            environ[ON_BEHALF_OF] if ON_BEHALF_OF in environ else caller_of(account_id, credential)
        )
        answer = _Answer()
        self._answer(application, environ, answer, service)
        if wanted and caller and is_recorded(wanted.service, wanted.operation):
            request_id = _request_id(wanted.service, answer)
            _complete_s3_headers(wanted.service, answer)
            call = _call(
                wanted,
                answer,
                environ,
                body,
                time=arrived,
                region=credential.region if credential else DEFAULT_REGION,
                account_id=account_id,
                identity=caller,
                request_id=request_id,
            )
            own, *elsewhere = recipients(call, lambda: str(uuid.uuid4()))
            self.record(own, trails)
            for each in elsewhere:
                self.record(each, trails_in_force(each.account_id))
        start_response(answer.status, answer.headers)
        return [answer.body]

    def record(
        self, call: Call, trails: tuple[InForce, ...], *, by_delivery: bool = False
    ) -> Record:
        """Make the record of a call and hand it on."""
        record = record_of(call)
        self._sink(Recorded(record, to_json(record), call.time, trails, by_delivery))
        return record

    def _answer_control(
        self, environ: Environ, body: bytes, start_response: Callable[..., Any]
    ) -> list[bytes]:
        status, answer = self._control.answer(environ["REQUEST_METHOD"], environ["PATH_INFO"], body)
        content = json.dumps(answer).encode()
        start_response(
            f"{status} {HTTPStatus(status).phrase}",
            [("Content-Type", "application/json"), ("Content-Length", str(len(content)))],
        )
        return [content]

    def _application_for(self, environ: Environ) -> Any | None:
        """moto's application for the request's service, None where moto finds none."""
        try:
            return self._application.get_application(environ)
        except Exception as error:  # noqa: BLE001
            # moto takes the service's name out of whatever headers came, and trusts them.
            _LOG.warning("no service for %s %s: %r", *_request_line(environ), error)
            return None

    @staticmethod
    def _answer(application: Any, environ: Environ, answer: _Answer, service: str | None) -> None:
        try:
            if application is not None:
                chunks = application(environ, answer.start)
                answer.body += b"".join(chunks)
                return
        except Exception:  # noqa: BLE001
            # A defect in a service must answer this one request, not end the connection.
            _LOG.exception("%s %s failed", *_request_line(environ))
        protocol = request_protocol(service, environ) if service else "json"
        content_type, answer.body = internal_failure(service, protocol)
        answer.status = "500 Internal Server Error"
        answer.headers = [
            ("Content-Type", content_type),
            ("Content-Length", str(len(answer.body))),
        ]


def _request_line(environ: Environ) -> tuple[str, str]:
    return environ["REQUEST_METHOD"], environ["RAW_URI"]


def _read_body(environ: Environ) -> bytes:
    """Read the payload and put it back, with its length, whatever the transfer encoding was."""
    length = environ.get("CONTENT_LENGTH")
    source = environ["wsgi.input"]
    if length is not None:
        body: bytes = source.read(int(length or 0))
    else:
        body = source.read() if environ.get("wsgi.input_terminated") else b""
        environ["CONTENT_LENGTH"] = str(len(body))
    for header in _HOP_HEADERS:
        environ.pop(header, None)
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def _request_id(service: str, answer: _Answer) -> str:
    """The answer's request id, in the form that the service gives its ids.

    XML answers carry theirs in the body, where moto writes 52 random characters or, in
    some, a UUID that is always the same; elsewhere it is a header.
    """
    if service in S3_SERVICES:
        return _s3_request_id(answer)
    request_id = new_request_id(service)
    if answer.body.startswith(b"<"):
        _set_request_id_in_body(answer, request_id)
    answer.set_header("x-amzn-requestid", request_id)
    return request_id


def _set_request_id_in_body(answer: _Answer, request_id: str) -> None:
    answer.body, found = _REQUEST_ID.subn(
        rb"<\g<1>>" + request_id.encode() + rb"</\g<1>>", answer.body, count=1
    )
    if found:
        answer.set_header("content-length", str(len(answer.body)))


def _s3_request_id(answer: _Answer) -> str:
    """S3's id: a header of its own, which clients read only without the other services'."""
    request_id = new_request_id("s3")
    answer.set_header("x-amzn-requestid", None)
    answer.set_header("x-amz-request-id", request_id)
    if answer.code >= 300:
        _set_request_id_in_body(answer, request_id)
    return request_id


def _complete_s3_headers(service: str, answer: _Answer) -> None:
    """Give S3's answers their second id, which moto leaves out and records repeat."""
    if service in S3_SERVICES and not any(
        name.lower() == "x-amz-id-2" for name, _ in answer.headers
    ):
        answer.headers.append(("x-amz-id-2", new_extended_request_id()))


def _call(
    asked: Asked, answer: _Answer, environ: Environ, body: bytes, *, region: str, **context: Any
) -> Call:
    response_headers = {name.lower(): value for name, value in answer.headers}
    parsed = answered(
        asked,
        answer.code,
        response_headers,
        answer.body,
        want_output=needs_output(asked.service, asked.operation),
    )
    error = None
    if parsed.error_code is not None:
        error = CallError(
            code=parsed.error_code,
            message=parsed.error_message,
            status=answer.code,
            shape=error_shape(asked.service, parsed.error_code),
        )
    return Call(
        service=asked.service,
        operation=asked.operation,
        region=region,
        source_ip_address=environ.get("REMOTE_ADDR", ""),
        user_agent=environ.get("HTTP_USER_AGENT", ""),
        event_id=str(uuid.uuid4()),
        parameters=asked.parameters,
        output=parsed.output,
        error=error,
        headers=_request_headers(environ),
        query=_query(environ),
        body=body,
        response_headers=response_headers,
        response_size=len(answer.body),
        table_keys=TableKeys(context["account_id"], region),
        **context,
    )


def _request_headers(environ: Environ) -> dict[str, str]:
    return {
        name[5:].replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }


def _query(environ: Environ) -> dict[str, str]:
    from urllib.parse import parse_qsl

    return dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))

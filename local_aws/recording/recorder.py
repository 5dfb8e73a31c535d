"""The recorder: WSGI around moto's application, so that every request of any client is seen."""

from __future__ import annotations

import io
import json
import logging
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from typing import Any, Protocol

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.moto_server.werkzeug_app import DomainDispatcherApplication

from cloudtrail.records.calls import Call, CallError, Record
from cloudtrail.records.cross_account import recipients
from cloudtrail.records.identity import Identity
from cloudtrail.records.operations import S3_SERVICES
from cloudtrail.records.record import is_recorded, needs_output
from cloudtrail.records.service_models import error_shape
from local_aws.cloudtrail.delivery import Recorded
from local_aws.cloudtrail.trails import InForce, trails_in_force
from local_aws.control import PREFIX, Control
from local_aws.recording.callers import (
    ANONYMOUS,
    DEFAULT_REGION,
    account_of,
    caller_in,
    caller_of,
    credential_of,
)
from local_aws.recording.deserializing import Refused, check_body, unpacked
from local_aws.recording.incomplete_records import IncompleteRecords
from local_aws.recording.requests import (
    ASKED,
    Answered,
    Asked,
    answered,
    asked,
    error_answer,
    internal_failure,
    new_extended_request_id,
    new_request_id,
    request_protocol,
    service_name,
    settle_content_type,
    speaks_only_json,
)
from local_aws.web_server import Environ

_LOG = logging.getLogger("local_aws")
_REQUEST_ID = re.compile(rb"<([Rr]equestI[dD])>[^<]+</[Rr]equestI[dD]>")
_UNKNOWN: Identity = ANONYMOUS
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

    def refuse(self, content_type: str, body: bytes) -> None:
        """Be an error of the client's."""
        self._replace("400 Bad Request", content_type, body)

    def fail(self, content_type: str, body: bytes) -> None:
        """Be an error of the service's."""
        self._replace("500 Internal Server Error", content_type, body)

    def _replace(self, status: str, content_type: str, body: bytes) -> None:
        self.status, self.body = status, body
        self.headers = [("Content-Type", content_type), ("Content-Length", str(len(body)))]

    @property
    def code(self) -> int:
        return int(self.status[:3])

    @property
    def headers_by_name(self) -> dict[str, str]:
        """The headers, their names in lower case."""
        return {name.lower(): value for name, value in self.headers}


class _Request:
    """A request whose body can be read again and again, whatever its transfer encoding was."""

    def __init__(self, environ: Environ) -> None:
        self.environ = environ
        length = environ.get("CONTENT_LENGTH")
        source = environ["wsgi.input"]
        self.body: bytes = b""
        if length is not None:
            self.body = source.read(int(length or 0))
        elif environ.get("wsgi.input_terminated"):
            self.body = source.read()
        for header in _HOP_HEADERS:
            environ.pop(header, None)
        self.rewind()

    def rewind(self) -> None:
        """Put the body back, for the next who reads it."""
        self.environ["CONTENT_LENGTH"] = str(len(self.body))
        self.environ["wsgi.input"] = io.BytesIO(self.body)

    def unpack(self, service: str) -> None:
        """Take away what a client compressed its call with. S3 keeps objects as they came."""
        if self.environ.get("HTTP_CONTENT_ENCODING") == "gzip" and service not in S3_SERVICES:
            self.body = unpacked(self.body)
            del self.environ["HTTP_CONTENT_ENCODING"]
            self.rewind()

    @property
    def is_signed_in_chunks(self) -> bool:
        """Whether the body is in the framing of an upload that is signed piece by piece."""
        return str(self.environ.get("HTTP_X_AMZ_CONTENT_SHA256", "")).startswith("STREAMING-")


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is known of a request when it arrives."""

    arrived: datetime
    account_id: str
    region: str
    identity: Identity
    trails: tuple[InForce, ...]


class Recorder:
    """A WSGI application that passes each request to moto and its record to `sink`."""

    def __init__(
        self,
        application: DomainDispatcherApplication,
        sink: Sink,
        control: Control,
        incomplete: IncompleteRecords,
    ) -> None:
        self._application = application
        self._sink = sink
        self._control = control
        self._incomplete = incomplete

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> list[bytes]:
        """Answer a request, once its record has been taken."""
        arrived = datetime.now(UTC)
        request = _Request(environ)
        if environ["PATH_INFO"].startswith(PREFIX):
            return self._answer_control(environ, request.body, start_response)
        seen = self._seen(environ, arrived)
        answer = _Answer()
        wanted = self._answer(request, answer)
        if wanted is not None and is_recorded(wanted.service, wanted.operation):
            self._incomplete.attempt(
                f"{wanted.service} {wanted.operation}",
                lambda: self._record_answer(wanted, answer, request, seen),
                None,
            )
        start_response(answer.status, answer.headers)
        # The body of an answer to HEAD would be read as the start of the next one.
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [answer.body]

    def record(
        self, call: Call, trails: tuple[InForce, ...], *, by_delivery: bool = False
    ) -> Record:
        """Make the record of a call and hand it on."""
        record, content = self._incomplete.record_of(call)
        self._sink(Recorded(record, content, call.time, trails, by_delivery))
        return record

    def _seen(self, environ: Environ, arrived: datetime) -> _Seen:
        """Who asks and which trails look on, before the request changes either."""
        attempt = partial(self._incomplete.attempt, "a request")
        credential = attempt(lambda: credential_of(environ), None)
        account_id = attempt(lambda: account_of(environ, credential), DEFAULT_ACCOUNT_ID)
        return _Seen(
            arrived,
            account_id,
            credential.region if credential else DEFAULT_REGION,
            attempt(lambda: caller_of(account_id, credential), _UNKNOWN),
            attempt(lambda: trails_in_force(account_id), ()),
        )

    def _record_answer(
        self, wanted: Asked, answer: _Answer, request: _Request, seen: _Seen
    ) -> None:
        """Record the call, under the request id that its answer gets."""
        what = f"{wanted.service} {wanted.operation}"
        request_id = _request_id(wanted.service, answer)
        _complete_s3_headers(wanted.service, answer)
        parsed = _parsed(wanted, answer)
        for unread in filter(None, (wanted.unread, parsed.unread)):
            self._incomplete.count(what, unread)
        call = _call(wanted, parsed, answer, request, seen, request_id)
        own, *elsewhere = recipients(call, lambda: str(uuid.uuid4()))
        self.record(own, seen.trails)
        for each in elsewhere:
            self.record(each, trails_in_force(each.account_id))

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

    def _answer(self, request: _Request, answer: _Answer) -> Asked | None:
        """Let moto answer; return what was asked for, None where it was no API call."""
        environ = request.environ
        application = self._application_for(environ)
        service = service_name(application.service) if application else None
        wanted = None
        try:
            if service is not None:
                request.unpack(service)
                wanted = self._asked(request, service)
                _check(request, service, wanted)
            if application is not None:
                chunks = application(environ, answer.start)
                answer.body += b"".join(chunks)
                return self._told(request, wanted)
        except Refused as refused:
            protocol = request_protocol(service, environ) if service else "json"
            answer.refuse(*error_answer(service, protocol, refused.code, refused.message))
            wanted = (
                self._told(request, wanted) or (service and self._asked(request, service)) or None
            )
            return wanted and _not_deserialized(wanted)
        except Exception:  # noqa: BLE001
            # A defect in a service must answer this one request, not end the connection.
            _LOG.exception("%s %s failed", *_request_line(environ))
        protocol = request_protocol(service, environ) if service else "json"
        answer.fail(*internal_failure(service, protocol))
        return self._told(request, wanted)

    def _asked(self, request: _Request, service: str, operation: str | None = None) -> Asked | None:
        """What is asked of the service, told to moto; None where that is for moto to find out."""
        settle_content_type(service, request.environ)
        wanted = self._incomplete.attempt(
            f"a request to {service}", lambda: asked(service, request.environ, operation), None
        )
        request.rewind()
        if wanted is not None:
            request.environ[ASKED] = wanted
        return wanted

    def _told(self, request: _Request, wanted: Asked | None) -> Asked | None:
        """What moto did: mostly what was asked for, else what it says."""
        told: Asked | None = request.environ.get(ASKED)
        if told is None or told is wanted:
            return wanted
        request.rewind()
        return self._asked(request, told.service, told.operation)


def _check(request: _Request, service: str, wanted: Asked | None) -> None:
    """Raise `Refused` for no operation, and for a body that it cannot be read from."""
    if wanted is None:
        if request.environ["PATH_INFO"] == "/" and speaks_only_json(service):
            raise Refused("UnknownOperationException")
    elif wanted.service == "s3control" and service == "s3":
        # An operation on directory buckets, which moto would take for one on a bucket's object.
        raise Refused("NotImplemented", "This operation of S3 Control is not implemented.")
    elif not request.is_signed_in_chunks:
        check_body(wanted.service, wanted.operation, wanted.protocol, request.body)


def _not_deserialized(wanted: Asked) -> Asked:
    """What was asked, as records have it of a request that was refused unread."""
    parameters = wanted.parameters if wanted.service in S3_SERVICES else {}
    return replace(wanted, parameters=parameters, unread="")


def _request_line(environ: Environ) -> tuple[str, str]:
    return environ["REQUEST_METHOD"], environ["RAW_URI"]


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


def _parsed(wanted: Asked, answer: _Answer) -> Answered:
    return answered(
        wanted,
        answer.code,
        answer.headers_by_name,
        answer.body,
        want_output=needs_output(wanted.service, wanted.operation),
    )


def _error(wanted: Asked, parsed: Answered, status: int) -> CallError | None:
    if parsed.error_code is None:
        return None
    return CallError(
        code=parsed.error_code,
        message=parsed.error_message,
        status=status,
        shape=error_shape(wanted.service, parsed.error_code),
    )


def _call(
    wanted: Asked,
    parsed: Answered,
    answer: _Answer,
    request: _Request,
    seen: _Seen,
    request_id: str,
) -> Call:
    return Call(
        time=seen.arrived,
        service=wanted.service,
        operation=wanted.operation,
        region=seen.region,
        account_id=seen.account_id,
        identity=caller_in(wanted.operation, wanted.parameters, seen.identity),
        source_ip_address=request.environ.get("REMOTE_ADDR", ""),
        user_agent=request.environ.get("HTTP_USER_AGENT", ""),
        request_id=request_id,
        event_id=str(uuid.uuid4()),
        parameters=wanted.parameters,
        output=parsed.output,
        error=_error(wanted, parsed, answer.code),
        headers=_request_headers(request.environ),
        query=_query(request.environ),
        body=request.body,
        response_headers=answer.headers_by_name,
        response_size=len(answer.body),
        table_keys=TableKeys(seen.account_id, seen.region),
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

"""moto's answer to a request, held back until its record is made, and completed as AWS does."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication
from msgspec.structs import replace

from cloudtrail.records.operations import S3_SERVICES
from local_aws.cloudtrail.faults import Faults
from local_aws.recording.constraints import check_xml_body, refusal, unfound
from local_aws.recording.deserializing import Refused, check_body
from local_aws.recording.receive import ENDED, Request
from local_aws.recording.requests import (
    ASKED,
    Asked,
    asked,
    error_answer,
    internal_failure,
    new_request_id,
    request_protocol,
    s3_ids,
    service_name,
    settle_content_type,
    speaks_only_json,
)
from local_aws.web.http_heads import Environ

_LOG = logging.getLogger("local_aws")
_BUCKETS_HOST = re.compile(r".+\.(localhost(:\d+)?$|s3[.-])", re.IGNORECASE)
_REQUEST_ID = re.compile(rb"<([Rr]equestI[dD])>[^<]+</[Rr]equestI[dD]>")


class HeldAnswer:
    """What the application answered: status, headers and body, not sent yet."""

    def __init__(self) -> None:
        self.status = "500 Internal Server Error"
        self.headers: list[tuple[str, str]] = []
        self.body = b""

    def start(
        self, status: str, headers: list[tuple[str, str]], _exc_info: object = None
    ) -> Callable[[bytes], None]:
        """Take status and headers: WSGI's `start_response`."""
        self.status, self.headers = status, headers
        return self._write

    def _write(self, data: bytes) -> None:
        self.body += data

    def set_header(self, name: str, value: str | None) -> None:
        """Set a header, named in lower case; None removes it."""
        self.headers = [each for each in self.headers if each[0].lower() != name]
        if value is not None:
            self.headers.append((name, value))

    def be_error(self, status: str, content_type: str, body: bytes) -> None:
        """Replace whatever was answered with an error."""
        self.status, self.body = status, body
        self.headers = [("Content-Type", content_type), ("Content-Length", str(len(body)))]

    @property
    def code(self) -> int:
        return int(self.status[:3])

    @property
    def headers_by_name(self) -> dict[str, str]:
        """The headers, their names in lower case."""
        return {name.lower(): value for name, value in self.headers}


class Answering:
    """Lets moto answer requests, and refuses what no service could read."""

    def __init__(self, application: DomainDispatcherApplication, faults: Faults) -> None:
        self._application = application
        self._faults = faults

    def answer(self, request: Request) -> tuple[HeldAnswer, Asked | None]:
        """The answer, and what was asked for: None if it was no API call."""
        held = HeldAnswer()
        return held, self._answer(request, held)

    def _answer(self, request: Request, held: HeldAnswer) -> Asked | None:
        environ = request.environ
        application = self._application_for(environ)
        service = service_name(application.service) if application else None
        wanted = None
        status, message = "500 Internal Server Error", ""
        try:
            if service is not None:
                request.unpack(service)
                wanted = self._asked(request, service)
                _check(request, service, wanted)
            if application is not None:
                self._ask_moto(application, request, held, wanted)
                return self._told(request, wanted)
        except Refused as refused:
            protocol = request_protocol(service, environ) if service else "json"
            error = error_answer(service, protocol, refused.code, refused.message)
            held.be_error("400 Bad Request", *error)
            wanted = (
                self._told(request, wanted) or (service and self._asked(request, service)) or None
            )
            return wanted and _not_deserialized(wanted)
        except NotImplementedError as error:
            told = self._told(request, wanted)
            what = (
                f"{told.service} {told.operation} is not implemented here" if told else str(error)
            )
            _LOG.warning("%s", what)
            status, message = "501 Not Implemented", f"{what}."
        except Exception:  # noqa: BLE001
            # A defect in a service must answer this one request, not end the connection.
            _LOG.exception("%s %s failed", *_request_line(environ))
        protocol = request_protocol(service, environ) if service else "json"
        held.be_error(status, *internal_failure(service, protocol, message))
        return self._told(request, wanted)

    def _ask_moto(
        self, application: Any, request: Request, held: HeldAnswer, wanted: Asked | None
    ) -> None:
        """Hold moto's answer; raise `Refused` if moto failed on what no service would accept."""
        try:
            held.body += b"".join(application(request.environ, held.start))
        except (NotImplementedError, Refused):
            raise
        except Exception as error:
            told = self._told(request, wanted)
            refused = told and (
                refusal(told.service, told.operation, told.parameters)
                or unfound(told.service, told.operation, told.parameters, error)
            )
            if refused:
                raise refused from error
            raise

    def _application_for(self, environ: Environ) -> Any | None:
        """moto's application for the request's service, None where moto finds none."""
        try:
            return self._application.get_application(environ)
        except Exception as error:  # noqa: BLE001
            # moto takes the service's name from the headers, and trusts them.
            _LOG.warning("no service for %s %s: %r", *_request_line(environ), error)
            return None

    def _asked(self, request: Request, service: str, operation: str | None = None) -> Asked | None:
        """What is asked of the service. moto is told; None if it must find out itself."""
        settle_content_type(service, request.environ)
        wanted = self._faults.attempt(
            f"a request to {service}", lambda: asked(service, request.environ, operation), None
        )
        request.rewind()
        if wanted is not None:
            request.environ[ASKED] = wanted
        return wanted

    def _told(self, request: Request, wanted: Asked | None) -> Asked | None:
        """What moto did: usually what was asked for, otherwise what it says itself."""
        told: Asked | None = request.environ.get(ASKED)
        if told is None or told is wanted:
            return wanted
        request.rewind()
        return self._asked(request, told.service, told.operation)


def _check(request: Request, service: str, wanted: Asked | None) -> None:
    """Raise `Refused` for an ended session, an unknown operation, or a body of the wrong form."""
    if ENDED in request.environ:
        raise _expired(service, request_protocol(service, request.environ))
    if wanted is None:
        if request.environ["PATH_INFO"] == "/" and speaks_only_json(service):
            raise Refused("UnknownOperationException")
        if service == "s3" and _changes_s3_itself(request.environ):
            # moto lists the buckets, whatever the method.
            message = "The specified method is not allowed against this resource."
            raise Refused("MethodNotAllowed", message)
    elif wanted.service == "s3control" and service == "s3":
        # An operation on directory buckets, which moto would take for one on a bucket's object.
        raise Refused("NotImplemented", "This operation of S3 Control is not implemented.")
    elif not request.is_signed_in_chunks:
        check_body(wanted.service, wanted.operation, wanted.protocol, request.body)
        if wanted.service == "s3":
            check_xml_body(wanted.operation, request.body)


def _expired(service: str, protocol: str) -> Refused:
    """The error of an ended session: S3 and EC2 have their own, other APIs a common one."""
    if service in S3_SERVICES:
        return Refused("ExpiredToken", "The provided token has expired.")
    if service == "ec2":
        return Refused("RequestExpired", "Request has expired.")
    message = "The security token included in the request is expired"
    return Refused("ExpiredTokenException" if "json" in protocol else "ExpiredToken", message)


def _changes_s3_itself(environ: Environ) -> bool:
    """Whether a request that is no read names no bucket, neither in its path nor in its host."""
    of_a_bucket = environ["PATH_INFO"] != "/" or _BUCKETS_HOST.match(environ["HTTP_HOST"])
    return not of_a_bucket and environ["REQUEST_METHOD"] not in ("GET", "HEAD", "OPTIONS")


def _not_deserialized(wanted: Asked) -> Asked:
    """What was asked, as it is recorded if the request was refused unread."""
    parameters = wanted.parameters if wanted.service in S3_SERVICES else {}
    return replace(wanted, parameters=parameters, unread=None)


def _request_line(environ: Environ) -> tuple[str, str]:
    return environ["REQUEST_METHOD"], environ["RAW_URI"]


def give_request_id(service: str, answer: HeldAnswer, environ: Environ) -> str:
    """Give the answer a request id in the service's format, and return it.

    XML answers have theirs in the body, where moto writes 52 random characters or, in some, a UUID
    that is always the same; elsewhere it is a header.
    """
    if service in S3_SERVICES:
        return _give_s3_ids(answer, environ)
    request_id = new_request_id(service)
    if answer.body.startswith(b"<"):
        _set_request_id_in_body(answer, request_id)
    answer.set_header("x-amzn-requestid", request_id)
    return request_id


def _set_request_id_in_body(answer: HeldAnswer, request_id: str) -> None:
    answer.body, found = _REQUEST_ID.subn(
        rb"<\g<1>>" + request_id.encode() + rb"</\g<1>>", answer.body, count=1
    )
    if found:
        answer.set_header("content-length", str(len(answer.body)))


def _give_s3_ids(answer: HeldAnswer, environ: Environ) -> str:
    """Give the answer S3's two ids, and return the first.

    S3 has its own header for it, which clients only read if that of other services is absent. moto
    leaves out the second id, which records repeat.
    """
    request_id, extended_id = s3_ids(environ)
    answer.set_header("x-amzn-requestid", None)
    answer.set_header("x-amz-request-id", request_id)
    if answer.code >= 300:
        _set_request_id_in_body(answer, request_id)
    if "x-amz-id-2" not in answer.headers_by_name:
        answer.headers.append(("x-amz-id-2", extended_id))
    return request_id

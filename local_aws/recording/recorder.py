"""The recorder: WSGI around moto's application, so that every request of any client is seen.

A request is received (`receive`), answered (`answer`) and recorded (`record`), in this order; the
client gets its answer once its record is taken.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication

from cloudtrail.records.cross_account import recipients
from cloudtrail.records.identity import Identity
from cloudtrail.records.record import is_recorded
from local_aws.cloudtrail.service import CloudTrailService
from local_aws.control import PREFIX, Control
from local_aws.recording.answer import Answering, HeldAnswer, give_request_id
from local_aws.recording.receive import Received, Request, receive
from local_aws.recording.record import call_of
from local_aws.recording.requests import Asked
from local_aws.web.http_heads import Environ


class Recorder:
    """A WSGI application that passes each request to moto and its record to CloudTrail."""

    def __init__(
        self,
        application: DomainDispatcherApplication,
        service: CloudTrailService,
        control: Control,
    ) -> None:
        self.service = service
        self._answering = Answering(application, service.incomplete_records)
        self._control = control

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> list[bytes]:
        """Answer a request, once its record has been taken."""
        if environ["PATH_INFO"].startswith(PREFIX):
            return self._answer_control(Request(environ), start_response)
        faults = self.service.incomplete_records
        received = receive(environ, self.service.trails, faults)
        answer, asked = self._answering.answer(received.request)
        identity = received.identity
        if identity and asked and is_recorded(asked.service, asked.operation):
            faults.attempt(
                f"record of {asked.service} {asked.operation}",
                lambda: self._record(received, identity, asked, answer),
                None,
            )
        start_response(answer.status, answer.headers)
        # The body of an answer to HEAD would be read as the start of the next one.
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [answer.body]

    def _record(
        self, received: Received, identity: Identity, asked: Asked, answer: HeldAnswer
    ) -> None:
        """Record the call, under the request id that its answer gets."""
        request_id = give_request_id(asked.service, answer, received.request.environ)
        call = call_of(
            received, identity, asked, answer, request_id, self.service.incomplete_records
        )
        own, *elsewhere = recipients(call, lambda: str(uuid.uuid4()))
        is_here = own.account_id == received.account_id
        self.service.record(own, received.trails if is_here else None)
        for each in elsewhere:
            self.service.record(each)

    def _answer_control(self, request: Request, start_response: Callable[..., Any]) -> list[bytes]:
        environ = request.environ
        status, answer = self._control.answer(
            environ["REQUEST_METHOD"],
            environ["PATH_INFO"],
            environ.get("QUERY_STRING", ""),
            request.body,
            (environ.get("REMOTE_ADDR", ""), environ.get("HTTP_USER_AGENT", "")),
        )
        content = json.dumps(answer).encode()
        start_response(
            f"{status} {HTTPStatus(status).phrase}",
            [("Content-Type", "application/json"), ("Content-Length", str(len(content)))],
        )
        return [content]

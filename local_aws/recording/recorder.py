"""The recorder: WSGI around moto's application, so that every request of any client is seen.

A request is received (`receive`), answered (`answer`) and recorded (`record`), in this order; the
client gets its answer once its record is taken.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication

from cloudtrail.records.cross_account import recipients
from cloudtrail.records.identity import Identity
from cloudtrail.records.record import is_recorded
from local_aws.cloudtrail.service import CloudTrailService
from local_aws.recording.answer import Answering, HeldAnswer, give_request_id
from local_aws.recording.receive import Received, receive
from local_aws.recording.record import call_of
from local_aws.recording.requests import Asked
from local_aws.web.http_heads import Environ


class Recorder:
    """A WSGI application that passes each request to moto and its record to CloudTrail."""

    def __init__(
        self, application: DomainDispatcherApplication, service: CloudTrailService
    ) -> None:
        self.service = service
        self._answering = Answering(application, service.incomplete_records)

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> list[bytes]:
        """Answer a request, once its record has been taken."""
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

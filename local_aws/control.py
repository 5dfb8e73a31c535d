"""Requests to a running local AWS itself, in addition to AWS's APIs: `/_local-aws/...`.

GET  /_local-aws/status                                what runs here, and its time
GET  /_local-aws/records?event_name=PutItem&follow=20  every record, as it was made
POST /_local-aws/clock   {"advance_seconds": 3600}     move the clock, and do what is due
POST /_local-aws/deliver                               deliver all that is recorded, now
POST /_local-aws/sign-in {"as": "user", "name": "alice", "password": "..."}   keys of the console
POST /_local-aws/sign-in/token {"sessionId": ..., "sessionKey": ..., "sessionToken": ...}
GET  /_local-aws/session?access_key_id=ASIA...         the owner of a key's console session
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from msgspec import Struct

from local_aws.cloudtrail.kept_records import TooManyFollowers
from local_aws.recording.receive import Request
from local_aws.sign_in import Reply, SignIn, Visitor
from local_aws.web.http_heads import Environ
from local_aws.web.web_server import Application

PREFIX = "/_local-aws/"
LONGEST_BODY = 1024
"""Bytes: more than any request here needs."""


class _Step(msgspec.Struct, forbid_unknown_fields=True):
    advance_seconds: float


class _Nothing(msgspec.Struct, forbid_unknown_fields=True):
    pass


class Control(Struct, frozen=True):
    """The actions behind the control requests."""

    status: Callable[[], dict[str, Any]]
    advance: Callable[[timedelta], datetime]
    deliver_now: Callable[[], None]
    records: Callable[[str], dict[str, Any]]
    sign_in: SignIn

    def answer(self, method: str, path: str, query: str, body: bytes, visitor: Visitor) -> Reply:
        """The HTTP status and JSON answer of a control request."""
        actions: dict[tuple[str, str], Callable[[bytes], Reply]] = {
            ("GET", "status"): self._status,
            ("GET", "records"): partial(self._records, query),
            ("GET", "session"): partial(self._session, query),
            ("POST", "clock"): self._advance,
            ("POST", "deliver"): self._deliver,
            ("POST", "sign-in"): partial(_understood, self.sign_in.login, visitor),
            ("POST", "sign-in/token"): partial(_understood, self.sign_in.token, visitor),
        }
        action = actions.get((method, path.removeprefix(PREFIX)))
        if action is None:
            return 404, {
                "message": (
                    f"{method} {path} does not exist here. There are GET {PREFIX}status, GET "
                    f"{PREFIX}records, GET {PREFIX}session, POST {PREFIX}clock, POST "
                    f"{PREFIX}deliver, POST {PREFIX}sign-in and POST {PREFIX}sign-in/token"
                )
            }
        if len(body) > LONGEST_BODY:
            return 413, {"message": f"wanted at most {LONGEST_BODY} bytes, got {len(body)}"}
        return action(body)

    def _status(self, _body: bytes) -> Reply:
        return 200, self.status()

    def _records(self, query: str, _body: bytes) -> Reply:
        try:
            return 200, self.records(query)
        except TooManyFollowers as error:
            return 429, {"message": str(error)}
        except ValueError as error:
            return 400, {"message": str(error)}

    def _session(self, query: str, _body: bytes) -> Reply:
        return self.sign_in.session(dict(parse_qsl(query)).get("access_key_id", ""))

    def _advance(self, body: bytes) -> Reply:
        try:
            step = timedelta(seconds=msgspec.json.decode(body, type=_Step).advance_seconds)
            return 200, {"now": f"{self.advance(step):%Y-%m-%dT%H:%M:%SZ}"}
        except (ValueError, OverflowError) as error:
            return 400, {"message": f'wanted {{"advance_seconds": N}}: {error}'}

    def _deliver(self, body: bytes) -> Reply:
        try:
            msgspec.json.decode(body or b"{}", type=_Nothing)
        except ValueError as error:
            return 400, {"message": f"wanted no body, or {{}}: {error}"}
        self.deliver_now()
        return 200, {"delivered": True}


class ControlRequests:
    """A WSGI application that answers control requests, and hands on all other requests."""

    def __init__(self, application: Application, control: Control) -> None:
        self._application = application
        self._control = control

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a control request, or hand it on."""
        if not environ["PATH_INFO"].startswith(PREFIX):
            return self._application(environ, start_response)
        status, answer = self._control.answer(
            environ["REQUEST_METHOD"],
            environ["PATH_INFO"],
            environ.get("QUERY_STRING", ""),
            Request(environ).body,
            (environ.get("REMOTE_ADDR", ""), environ.get("HTTP_USER_AGENT", "")),
        )
        content = json.dumps(answer).encode()
        start_response(
            f"{status} {HTTPStatus(status).phrase}",
            [("Content-Type", "application/json"), ("Content-Length", str(len(content)))],
        )
        return [content]


def _understood(act: Callable[[Visitor, bytes], Reply], visitor: Visitor, body: bytes) -> Reply:
    try:
        return act(visitor, body)
    except ValueError as error:
        return 400, {"message": str(error)}

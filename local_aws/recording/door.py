"""The door of the local AWS: WSGI around everything, which refuses pages of other sites.

A request that is refused here is not parsed, and leaves no record.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable
from http import HTTPStatus
from itertools import count
from typing import Any

from local_aws.recording.guests import OWN_PAGES, Guests, Refusal
from local_aws.web.http_heads import Environ
from local_aws.web.web_server import Application

_LOG = logging.getLogger("local_aws")
_MOTO = "/moto-api"
RECORDER = f"{_MOTO}/recorder"
READABLE = frozenset(
    f"{_MOTO}{page}"
    for page in (
        "",
        "/",
        "/lib.js",
        "/data.json",
        "/config",
        "/proxy/passthrough",
        "/state-manager/get-transition",
    )
)
"""moto's own pages that only show something; the others change something, with any method."""
_METHODS = "GET, HEAD, POST, PUT, DELETE, PATCH"
_SHOWN = frozenset({"document", "iframe", "frame", "embed", "object"})
"""Sec-Fetch-Dest of what a browser shows as a page."""
_SANDBOX = ("Content-Security-Policy", "sandbox allow-downloads")

Headers = list[tuple[str, str]]


class Door:
    """A WSGI application that lets `guests` in to another one."""

    def __init__(self, application: Application, guests: Guests) -> None:
        self._application = application
        self._guests = guests
        self._numbers = count(1)
        self.refused = 0

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request, or refuse it."""
        refusal = self._guests.refusal(environ)
        if refusal is not None:
            return self._refuse(refusal, start_response)
        origin = self._guests.allowed_origin_of(environ)

        def start(status: str, headers: Headers, *error: Any) -> Any:
            return start_response(status, _own_headers(headers, environ, origin), *error)

        if origin and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in environ:
            start_response("204 No Content", _preflight_headers(environ, origin))
            return []
        unfit = _unfit_for_moto(environ["REQUEST_METHOD"], environ["PATH_INFO"])
        return _answer(*unfit, start) if unfit else self._application(environ, start)

    def _refuse(self, refusal: Refusal, start_response: Callable[..., Any]) -> Iterable[bytes]:
        self.refused = next(self._numbers)
        _LOG.warning("refused: %s", refusal.message)
        body = {"message": f"refused: {refusal.message}", "allow": refusal.allow}
        return _answer(HTTPStatus.FORBIDDEN, body, [], start_response)


def _unfit_for_moto(method: str, path: str) -> tuple[HTTPStatus, dict[str, str], Headers] | None:
    """The answer to a request for one of moto's own pages that is not passed on to moto."""
    if path.startswith(RECORDER):
        message = (
            "moto's recorder is off here: it writes requests, with their secrets, to a file, and "
            "replays them. CloudTrail records every call: aws cloudtrail lookup-events"
        )
        return HTTPStatus.FORBIDDEN, {"message": message}, []
    if not path.startswith(_MOTO) or method in ("POST", "DELETE"):
        return None
    if method in ("GET", "HEAD") and path in READABLE:
        return None
    message = f"{method} {path} changes nothing here: wanted POST"
    return HTTPStatus.METHOD_NOT_ALLOWED, {"message": message}, [("Allow", "POST")]


def _answer(
    status: HTTPStatus,
    body: dict[str, str],
    headers: Headers,
    start_response: Callable[..., Any],
) -> Iterable[bytes]:
    content = json.dumps(body).encode() + b"\n"
    own = [
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(content))),
        ("X-Content-Type-Options", "nosniff"),
    ]
    start_response(f"{status.value} {status.phrase}", [*own, *headers])
    return [content]


def _preflight_headers(environ: Environ, origin: str) -> Headers:
    headers = [
        ("Access-Control-Allow-Origin", origin),
        ("Access-Control-Allow-Methods", _METHODS),
        ("Access-Control-Max-Age", "600"),
        ("Vary", "Origin"),
    ]
    wanted = environ.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS")
    if wanted:
        headers.append(("Access-Control-Allow-Headers", wanted))
    if "HTTP_ACCESS_CONTROL_REQUEST_PRIVATE_NETWORK" in environ:
        headers.append(("Access-Control-Allow-Private-Network", "true"))
    return headers


def _own_headers(headers: Headers, environ: Environ, origin: str | None) -> Headers:
    """An answer's headers, with those about other sites' pages replaced by the door's own.

    A browser shows what users stored here (mostly objects) in a sandbox: its scripts would
    otherwise run as a page of this server.
    """
    kept = [each for each in headers if not each[0].lower().startswith("access-control-")]
    if origin:
        kept += [
            ("Access-Control-Allow-Origin", origin),
            ("Access-Control-Expose-Headers", "*"),
            ("Vary", "Origin"),
        ]
    shown = environ.get("HTTP_SEC_FETCH_DEST") in _SHOWN
    if shown and not environ["PATH_INFO"].startswith(OWN_PAGES):
        kept.append(_SANDBOX)
    return kept

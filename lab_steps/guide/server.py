"""The guide's web server: only on loopback, a token in every address, closed to other sites."""

from __future__ import annotations

import hmac
import json
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

from cheroot import wsgi

from lab_steps.errors import UsageError
from lab_steps.guide import page
from lab_steps.guide.looks import Looks
from lab_steps.results.html import asset, html
from local_aws.recording.guests import Guests
from local_aws.web.web_server import prepare

LOOPBACK = "127.0.0.1"
MOST_STREAMS = 16
"""Browsers that may follow changes at once; each takes a thread."""

_THREADS = MOST_STREAMS + 8
BEAT = 1.0
"""Seconds after which an idle browser is sent something, to find those that have gone."""

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src data:; "
    "connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_HEADERS = (
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", _POLICY),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
)
_HTML, _CSS = "text/html; charset=utf-8", "text/css; charset=utf-8"
_JS, _PLAIN = "text/javascript; charset=utf-8", "text/plain; charset=utf-8"
_NO_OTHERS = Guests()

Environ = dict[str, Any]
Start = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class _Reply:
    body: str
    kind: str = _PLAIN
    status: HTTPStatus = HTTPStatus.OK
    more: tuple[tuple[str, str], ...] = ()


class GuideServer:
    """Serves the guide from `start` to `stop`. `url` contains the token: whoever knows it can see
    the page."""

    def __init__(self, looks: Looks, port: int) -> None:
        """Bind to `port` (0: a free one). Raises UsageError if that is not possible."""
        self._looks = looks
        self._token = secrets.token_urlsafe(24)
        self._streams = threading.BoundedSemaphore(MOST_STREAMS)
        self._server = wsgi.Server((LOOPBACK, port), self._answer, numthreads=_THREADS)
        try:
            prepare(self._server)
        except OSError as error:
            self._server.stop()
            raise UsageError(
                f"Port {port} of {LOOPBACK} cannot be used: {error}.",
                "Choose another with --port, or leave it out for a free one.",
            ) from error
        self._thread = threading.Thread(target=self._server.serve, name="guide-http", daemon=True)

    @property
    def url(self) -> str:
        """The page's address, which has the token."""
        return f"http://{LOOPBACK}:{self._server.bind_addr[1]}/{self._token}/"

    def start(self) -> None:
        """Serve in the background."""
        self._thread.start()

    def stop(self) -> None:
        """Close the port. Stop the looks first: open streams end with them."""
        self._server.stop()
        if self._thread.is_alive():
            self._thread.join()

    def _answer(self, environ: Environ, start: Start) -> Iterable[bytes]:
        name = self._named(environ)
        if name == "events":
            return self._events(environ, start)
        return _sent(self._reply(name), environ, start)

    def _named(self, environ: Environ) -> str | None:
        """The name of the requested page; None if the request is refused."""
        if _NO_OTHERS.refusal(environ) is not None:
            return None
        _, token, *rest = environ["PATH_INFO"].split("/", 2)
        known = hmac.compare_digest(token.encode("latin-1"), self._token.encode())
        return rest[0] if known and rest else None

    def _reply(self, name: str | None) -> _Reply:
        if name is None:
            told = "This is not the guide's address: open the one it printed.\n"
            return _Reply(told, status=HTTPStatus.FORBIDDEN)
        pages: dict[str, Callable[[], _Reply]] = {
            "": lambda: _Reply(self._looks.page(), _HTML),
            "style.css": lambda: _Reply(page.style(), _CSS),
            "guide.js": lambda: _Reply(page.script(), _JS),
            "shared.js": lambda: _Reply(asset("shared.js"), _JS),
            "report.html": self._report,
        }
        found = pages.get(name)
        return (
            found()
            if found
            else _Reply("The guide does not have this file.\n", status=HTTPStatus(404))
        )

    def _report(self) -> _Reply:
        saved = ("Content-Disposition", 'attachment; filename="cloudtrail-lab.html"')
        return _Reply(html(self._looks.result), _HTML, more=(saved,))

    def _events(self, environ: Environ, start: Start) -> Iterable[bytes]:
        after = parse_qs(environ.get("QUERY_STRING", "")).get("after", ["0"])[-1]
        if not (after.isascii() and after.isdecimal() and len(after) < 10):
            wanted = _Reply("Wanted a number as after.\n", status=HTTPStatus.BAD_REQUEST)
            return _sent(wanted, environ, start)
        if not self._streams.acquire(blocking=False):
            told = f"{MOST_STREAMS} browsers are already watching, which is the limit.\n"
            return _sent(_Reply(told, status=HTTPStatus.SERVICE_UNAVAILABLE), environ, start)
        start("200 OK", [("Content-Type", "text/event-stream"), *_HEADERS])
        return self._told(int(after))

    def _told(self, revision: int) -> Iterator[bytes]:
        """Server-sent events (HTML, 9.2): the parts that changed, as they change."""
        try:
            with self._looks.reading():
                yield b":\n\n"
                while (parts := self._looks.since(revision, BEAT)) is not None:
                    if parts:
                        revision = max(number for number, _ in parts.values())
                        yield f"data: {json.dumps(parts)}\n\n".encode()
                    else:
                        yield b":\n\n"
        finally:
            self._streams.release()


def _sent(reply: _Reply, environ: Environ, start: Start) -> Iterable[bytes]:
    if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
        reply = _Reply("Wanted GET.\n", status=HTTPStatus.METHOD_NOT_ALLOWED)
    body = reply.body.encode()
    length = ("Content-Length", str(len(body)))
    kind = ("Content-Type", reply.kind)
    start(f"{reply.status.value} {reply.status.phrase}", [kind, length, *_HEADERS, *reply.more])
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

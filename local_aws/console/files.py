"""WSGI around the rest of the server: serves the console's own files at `/_console/`.

They are built from `console/`. No other file is read, and no name in a request becomes a path.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from http import HTTPStatus
from pathlib import Path
from typing import Any

from local_aws.web.http_heads import Environ
from local_aws.web.web_server import Application

PREFIX = "/_console/"
BUILT = Path(__file__).with_name("built")
_PAGE = "index.html"
_TYPES = {
    ".css": "text/css",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
_NOT_BUILT = (
    "This local AWS was started from a checkout whose console has not been built.\n"
    "Build it there with: make console\nThen load this page again.\n"
)


class ConsoleFiles:
    """A WSGI application that serves the console's files, and passes on all other requests."""

    def __init__(self, application: Application, built: Path = BUILT) -> None:
        self._application = application
        self._built = built

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request for a file of the console, or hand it on."""
        path: str = environ["PATH_INFO"]
        if path == PREFIX.rstrip("/"):
            start_response(
                "308 Permanent Redirect", [("Location", PREFIX), ("Content-Length", "0")]
            )
            return []
        if not path.startswith(PREFIX):
            return self._application(environ, start_response)
        status, kind, content = self._found(environ["REQUEST_METHOD"], path.removeprefix(PREFIX))
        headers = [
            ("Content-Type", kind),
            ("Content-Length", str(len(content))),
            ("Cache-Control", _kept_for(status, path)),
            ("Content-Security-Policy", _policy(environ["HTTP_HOST"])),
            ("Cross-Origin-Opener-Policy", "same-origin"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        start_response(f"{status.value} {status.phrase}", headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [content]

    def _found(self, method: str, name: str) -> tuple[HTTPStatus, str, bytes]:
        if method not in ("GET", "HEAD"):
            return _told(HTTPStatus.METHOD_NOT_ALLOWED, f"wanted GET, got {method}\n")
        files = {
            each.relative_to(self._built).as_posix(): each
            for each in self._built.rglob("*")
            if each.is_file()
        }
        if _PAGE not in files:
            return _told(HTTPStatus.SERVICE_UNAVAILABLE, _NOT_BUILT)
        file = files.get(name or _PAGE)
        if file is None:
            return _told(HTTPStatus.NOT_FOUND, "the console does not have this file\n")
        return HTTPStatus.OK, _TYPES[file.suffix], file.read_bytes()


def _told(status: HTTPStatus, text: str) -> tuple[HTTPStatus, str, bytes]:
    return status, "text/plain; charset=utf-8", text.encode()


def _kept_for(status: HTTPStatus, path: str) -> str:
    """Cache-Control.

    Names below `assets/` have a hash of the content, so those files never change.
    """
    is_fixed = status is HTTPStatus.OK and path.startswith(f"{PREFIX}assets/")
    return "max-age=31536000, immutable" if is_fixed else "no-cache"


def _policy(host: str) -> str:
    """What the page may load: its own files, but nothing else on this server, such as objects.

    `host` is one that the door let in. The page only calls the APIs of this origin.
    """
    own = f"{host}{PREFIX}"
    return (
        f"default-src 'none'; script-src {own}; style-src {own}; img-src {own}; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )

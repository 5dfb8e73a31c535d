"""Heads of requests and answers, as cheroot reads and writes them, in half its time.

Each header name is converted only once, and sizes are not checked: `arriving` limits a head before
it is read.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from email.utils import formatdate
from typing import Any

from cheroot import server, wsgi

Environ = dict[str, Any]

_SINGLE_HEADERS = (b"Host", b"Origin", b"Referer", b"Sec-Fetch-Site", b"Content-Length")
_LISTS = frozenset(server.comma_separated_headers)  # type: ignore[attr-defined]
_MOST_NAMES = 1024


class _Headers(dict[bytes, bytes]):
    """Headers by name. A second value for a header that may come only once makes it malformed."""

    def __setitem__(self, name: bytes, value: bytes) -> None:
        if name in _SINGLE_HEADERS and name in self:
            value = self[name] + b", " + value
        super().__setitem__(name, value)


class _HeaderReader(server.HeaderReader):
    """Leaves out headers that would be taken for another one, as moto's own server does."""

    def __call__(self, rfile: Any, hdict: Any = None) -> Any:
        """Read to the end of the head. Raises ValueError for a line that is not a header."""
        name, taken = b"", None
        while (line := rfile.readline()) != b"\r\n":
            if not line.endswith(b"\r\n"):
                raise ValueError("HTTP requires CRLF terminators")
            if line[:1] not in (b" ", b"\t"):  # these continue the line before
                raw, colon, line = line.partition(b":")
                if not colon:
                    raise ValueError("Illegal header line.")
                name, taken = _named(raw)
            elif taken is None:
                raise ValueError("Illegal header line.")
            if taken:
                value = line.strip()
                before = hdict.get(name) if name in _LISTS else None
                hdict[name] = before + b", " + value if before else value
        return hdict


@functools.lru_cache(_MOST_NAMES)
def _named(raw: bytes) -> tuple[bytes, bool]:
    """A header's name, and whether the application gets it."""
    from moto.core.request import should_preserve_original_header_name

    name = raw.strip().title()
    if b"_" in name:
        return name, should_preserve_original_header_name(name.decode("latin-1"))
    return name, name != b"Expect"  # the client has been told to continue


class HttpRequest(server.HTTPRequest):
    """A request that has arrived whole."""

    header_reader = _HeaderReader()

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.inheaders = _Headers()

    def parse_request(self) -> None:
        """Read the head; a wrong one is answered with an error."""
        self.rfile = self.conn.rfile
        read: list[Callable[[], bool]] = [self.read_request_line, self.read_request_headers]
        self.ready = all(each() for each in read)


class Gateway(wsgi.Gateway_10):
    """Adds to the WSGI environment what moto's own server adds: the raw URI and header names."""

    def get_environ(self) -> Environ:  # type: ignore[override]
        headers: dict[bytes, bytes] = self.req.inheaders
        self.req.inheaders = {}
        environ: Environ = super().get_environ()  # type: ignore[no-untyped-call]
        self.req.inheaders = headers
        preserved: dict[str, str] = {}
        for name, value in headers.items():
            key, original = _key_of(name)
            environ[key] = value.decode("latin-1")
            if original:
                preserved[key] = original
        environ["RAW_URI"] = environ["REQUEST_URI"]
        environ["moto.preserved_header_names"] = preserved
        return environ

    def start_response(
        self, status: str, headers: list[tuple[str, str]], _exc_info: object = None
    ) -> Callable[[bytes], object]:
        """Take the head of the answer. Applications here call this only once."""
        self.started_response = True
        self.req.status = status.encode("latin-1")
        own = {}
        for name, value in headers:
            own[name.lower()] = value
            self.req.outheaders.append((name.encode("latin-1"), value.encode("latin-1")))
        if "content-length" in own:
            self.remaining_bytes_out = int(own["content-length"])
        if "date" not in own:
            self.req.outheaders.append((b"Date", _date(int(time.time()))))
        write: Callable[[bytes], object] = self.write
        return write


@functools.lru_cache(_MOST_NAMES)
def _key_of(name: bytes) -> tuple[str, str | None]:
    """A header's key in the WSGI environment, and its original name if moto wants that."""
    from moto.core.request import environ_key_for_header, should_preserve_original_header_name

    text = name.decode("latin-1")
    kept = should_preserve_original_header_name(text)
    return environ_key_for_header(text), text if kept else None


@functools.lru_cache(1)
def _date(seconds: int) -> bytes:
    return formatdate(seconds, usegmt=True).encode()

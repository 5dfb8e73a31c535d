"""Finds where each request in a connection's bytes ends, and refuses those that are too large.

Source: RFC 9112, section 6 and 7 (the length of a message, and chunks).
"""

from __future__ import annotations

import re

HEADER_LIMIT = 64 * 1024
"""Bytes of a request line with its headers; AWS's own services take 8 to 16 KiB."""
BODY_LIMIT = 1024**3
"""Bytes of a body. S3 takes 5 GiB at once; here everything is kept in memory."""

_END_OF_HEAD = re.compile(rb"\n\r?\n")
_FRAMING = re.compile(
    rb"^(content-length|transfer-encoding|expect)[ \t]*:[ \t]*(.*?)[ \t]*\r?$",
    re.IGNORECASE | re.MULTILINE,
)
_DECIMAL = re.compile(rb"[0-9]{1,18}")
_HEX = re.compile(rb"[0-9A-Fa-f]{1,16}")


class Unacceptable(Exception):
    """A request that is refused, with the HTTP status that says why."""

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.status = status


class Arriving:
    """The bytes of a connection that have not been taken yet: requests, whole or in part."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._start_next()

    def _start_next(self) -> None:
        self._searched = 0
        self._body_at: int | None = None
        self._length: int | None = 0
        self.expects_continue = False

    @property
    def begun(self) -> bool:
        """Whether there is part of a request."""
        return bool(self._data)

    @property
    def in_body(self) -> bool:
        """Whether the rest of a body is still to come."""
        return self._body_at is not None

    def add(self, data: bytes) -> None:
        self._data += data

    def take(self) -> bytes | None:
        """The next request once it is whole, else None. Raises `Unacceptable`."""
        if self._body_at is None and not self._find_body():
            return None
        end = self._end()
        if end is None:
            return None
        request = bytes(memoryview(self._data)[:end])
        del self._data[:end]
        self._start_next()
        return request

    def _find_body(self) -> bool:
        if self._data[:2] == b"\r\n":
            del self._data[:2]
        found = _END_OF_HEAD.search(self._data, max(0, self._searched - 3))
        self._searched = len(self._data)
        if (found.end() if found else self._searched) > HEADER_LIMIT:
            raise Unacceptable(
                "431 Request Header Fields Too Large",
                f"wanted a request line and headers of at most {HEADER_LIMIT} bytes, got more",
            )
        if found is None:
            return False
        self._read_framing(bytes(self._data[: found.end()]))
        self._body_at = self._chunk_at = found.end()
        return True

    def _read_framing(self, head: bytes) -> None:
        framing = {name.lower(): value.lower() for name, value in _FRAMING.findall(head)}
        self.expects_continue = framing.get(b"expect") == b"100-continue"
        chunked = framing.get(b"transfer-encoding", b"").endswith(b"chunked")
        self._length = None if chunked else _length(framing.get(b"content-length", b"0"))

    def _end(self) -> int | None:
        """Where the request ends; None if that has not arrived."""
        assert self._body_at is not None
        if self._length is not None:
            _check_size(self._length)
            end = self._body_at + self._length
            return end if end <= len(self._data) else None
        _check_size(len(self._data) - self._body_at)
        return self._end_of_chunks()

    def _end_of_chunks(self) -> int | None:
        """Where chunks end (RFC 9112, 7.1); looks at each only once."""
        while (line_end := self._data.find(b"\r\n", self._chunk_at)) >= 0:
            size = _chunk_size(bytes(self._data[self._chunk_at : line_end]))
            if size == 0:
                end = self._data.find(b"\r\n\r\n", line_end)
                return end + 4 if end >= 0 else None
            after = line_end + 2 + size + 2
            _check_size(after - (self._body_at or 0))
            if after > len(self._data):
                return None
            self._chunk_at = after
        if len(self._data) - self._chunk_at > HEADER_LIMIT:
            raise Unacceptable("400 Bad Request", "wanted the size of a chunk, got no end of line")
        return None


def _length(text: bytes) -> int:
    if not _DECIMAL.fullmatch(text):
        raise Unacceptable("400 Bad Request", "wanted a number as Content-Length")
    return int(text)


def _chunk_size(line: bytes) -> int:
    size = line.partition(b";")[0].strip()
    if not _HEX.fullmatch(size):
        raise Unacceptable("400 Bad Request", "wanted the size of a chunk in hex")
    return int(size, 16)


def _check_size(size: int) -> None:
    if size > BODY_LIMIT:
        raise Unacceptable(
            "413 Content Too Large",
            f"wanted a body of at most {BODY_LIMIT} bytes, got more: everything is kept in memory",
        )

"""Heads are read and written as cheroot's own code does."""

from __future__ import annotations

import io
import re
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from cheroot.server import HeaderReader
from cheroot.wsgi import Gateway_10

from local_aws.web.http_heads import Gateway, HttpRequest

HEADS = [
    b"Host: a\r\nContent-Type: text/plain\r\n\r\n",
    b"accept: a\r\nAccept: b\r\nX-One: 1\r\nx-one: 2\r\n\r\n",
    b"Accept: a,\r\n b\r\nX-Folded: 1\r\n\t2\r\n\r\n",
    b"X-Empty:\r\n  Spaced  :  value : with colon \r\n\r\n",
    b"X-Latin: \xe4\r\n\r\n",
    b"\r\n",
]


@pytest.mark.parametrize("head", HEADS)
def test_headers_are_those_that_cheroot_reads(head: bytes) -> None:
    read: dict[bytes, bytes] = HttpRequest.header_reader(io.BytesIO(head), {})

    assert read == HeaderReader()(io.BytesIO(head), {})


@pytest.mark.parametrize(
    ("head", "message"),
    [
        (b"no colon\r\n\r\n", "Illegal header line."),
        (b" goes on with nothing\r\n\r\n", "Illegal header line."),
        (b"Host: a\n\r\n", "CRLF"),
        (b"Host: a\r\n", "CRLF"),
    ],
)
def test_what_is_no_header_is_refused(head: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        HttpRequest.header_reader(io.BytesIO(head), {})


def test_a_header_comes_not_in_place_of_another() -> None:
    head = (
        b"X_Amz_Target: a\r\nx-amz-meta-my_key: 1\r\nExpect: 100-continue\r\nHost: a\r\nhost: b\r\n"
    )

    request = HttpRequest(_Server(), _Connection())
    HttpRequest.header_reader(io.BytesIO(head + b"\r\n"), request.inheaders)

    assert request.inheaders == {b"X-Amz-Meta-My_Key": b"1", b"Host": b"a, b"}


class _Server:
    protocol, server_name, software = "HTTP/1.1", "local", "cheroot"
    bind_addr, ssl_adapter = ("127.0.0.1", 4566), None


class _Connection:
    remote_addr, remote_port, ssl_env = "127.0.0.1", 5000, None


def _request(head: bytes) -> Any:
    request = HttpRequest(_Server(), _Connection())
    request.path, request.qs, request.uri = b"/a", b"b=1", b"/a?b=1"
    request.method, request.request_protocol, request.rfile = b"PUT", b"HTTP/1.1", io.BytesIO()
    HttpRequest.header_reader(io.BytesIO(head), request.inheaders)
    return request


@pytest.mark.parametrize("head", HEADS)
def test_the_environment_is_cheroots_and_what_moto_wants(head: bytes) -> None:
    request = _request(head[:-2] + b"x-amz-meta-my_key: 1\r\n\r\n")
    names = {"HTTP_X_AMZ_META_MY_KEY": "X-Amz-Meta-My_Key"}

    added = {"RAW_URI": "/a?b=1", "moto.preserved_header_names": names}
    cheroots: Any = Gateway_10(request)
    assert Gateway(request).get_environ() == cheroots.get_environ() | added


@pytest.mark.parametrize(
    "headers",
    [
        [("Content-Type", "text/plain"), ("content-length", "3"), ("X-Latin", "\xe4")],
        [("Date", "Sun, 01 Mar 2026 12:00:00 GMT")],
        [],
    ],
)
def test_an_answer_starts_as_cheroot_starts_it(headers: list[tuple[str, str]]) -> None:
    ours, cheroots = Gateway(_request(b"\r\n")), Gateway_10(_request(b"\r\n"))

    for each in (ours, cheroots):
        each.start_response("200 OK", headers)

    sent = [each for each in ours.req.outheaders if each not in cheroots.req.outheaders]
    assert ours.remaining_bytes_out == cheroots.remaining_bytes_out
    assert ours.req.status == cheroots.req.status
    assert [name for name, _ in sent] == ([] if dict(headers).get("Date") else [b"Date"])
    for _, date in sent:
        assert re.fullmatch(rb"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", date)
        assert parsedate_to_datetime(date.decode())

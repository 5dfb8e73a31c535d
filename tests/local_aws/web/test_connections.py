"""Slow clients hold no thread; what is too large, or does not end, is refused and told why."""

from __future__ import annotations

import contextlib
import gc
import http.client
import re
import socket
import threading
from collections.abc import Iterator

import pytest

from local_aws import LocalAws
from local_aws.web import arriving as arriving_module
from local_aws.web import connections
from local_aws.web.arriving import BODY_LIMIT, HEADER_LIMIT, Arriving, Unacceptable
from local_aws.web.connections import Connection
from local_aws.web.web_server import THREADS
from tests.conftest import OneAtATime
from tests.local_aws.delivered import client
from tests.local_aws.wire import address, authorization, json_call, s3_call, send
from tests.waiting import LONG

SLOW = 64
HEAD = b"PUT /b/k HTTP/1.1\r\nHost: 127.0.0.1\r\n"
PARTS = {
    "nothing": b"",
    "half a request line": b"GET /",
    "half a header": HEAD + b"X-A: ",
    "half a body": HEAD + b"Content-Length: 1000\r\n\r\nabc",
    "no body after 100 Continue": HEAD + b"Content-Length: 9\r\nExpect: 100-continue\r\n\r\n",
    "half a chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab",
    "half a size": HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\nf",
}


def connected(aws: LocalAws) -> socket.socket:
    host, _, port = address(aws.endpoint_url).partition(":")
    return socket.create_connection((host, int(port)), timeout=LONG)


@contextlib.contextmanager
def slow(aws: LocalAws, sent: bytes, number: int = SLOW) -> Iterator[list[socket.socket]]:
    """Clients that send this much and wait."""
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(connected(aws)) for _ in range(number)]
        for each in clients:
            each.sendall(sent)
        yield clients


@pytest.fixture
def _endless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits for a slow client waits for longer than a test may take."""
    for name in ("IDLE_TIME", "REQUEST_TIME"):
        monkeypatch.setattr(connections, name, 3600.0)


def call(aws: LocalAws) -> None:
    assert send(aws.endpoint_url, json_call("dynamodb", "ListTables")).status == 200


@pytest.mark.usefixtures("_endless")
@pytest.mark.parametrize("part", PARTS)
def test_slow_senders_delay_nobody(part: str, aws: LocalAws) -> None:
    with slow(aws, PARTS[part]):
        call(aws)


@pytest.mark.usefixtures("_endless")
def test_slow_readers_delay_nobody_and_get_it_whole_in_the_end(aws: LocalAws) -> None:
    client(aws, "s3").create_bucket(Bucket="big")
    body = b"0123456789" * 1_000_000
    send(aws.endpoint_url, s3_call("PUT", "/big/key", body))
    line = f"GET /big/key HTTP/1.1\r\nHost: {address(aws.endpoint_url)}\r\nConnection: close\r\n"
    head = f"{line}Authorization: {authorization('s3')['Authorization']}\r\n\r\n"
    with slow(aws, head.encode(), THREADS + 1) as clients:
        call(aws)
        answer = http.client.HTTPResponse(clients[-1])
        answer.begin()
        assert answer.read() == body


def test_a_request_that_comes_byte_by_byte_is_answered(aws: LocalAws) -> None:
    with connected(aws) as slow_client:
        slow_client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in b"GET /_local-aws/status HTTP/1.1\r\nHost: localhost\r\n\r\n":
            slow_client.sendall(bytes([byte]))
        assert slow_client.recv(12) == b"HTTP/1.1 200"


def test_requests_sent_at_once_are_answered_in_their_order(aws: LocalAws) -> None:
    one = b"GET /_local-aws/%s HTTP/1.1\r\nHost: localhost\r\n%s\r\n"
    sent = (
        one % (b"status", b"") + one % (b"nothing", b"") + one % (b"status", b"Connection: close")
    )
    with connected(aws) as at_once:
        at_once.sendall(sent + b"\r\n")
        received = b"".join(iter(lambda: at_once.recv(65536), b""))
    assert re.findall(rb"HTTP/1.1 (\d+) ", received) == [b"200", b"404", b"200"]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET / HTTP/1.1\r\nX: " + b"a" * HEADER_LIMIT, b"431"),
        (b"GET /" + b"a" * HEADER_LIMIT + b" HTTP/1.1\r\n\r\n", b"431"),
        (HEAD + b"Content-Length: %d\r\n\r\n" % (BODY_LIMIT + 1), b"413"),
        (HEAD + b"Content-Length: %s\r\n\r\n" % (b"9" * 5000), b"400"),
        (HEAD + b"Content-Length: -1\r\n\r\n", b"400"),
        (HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", b"400"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % (BODY_LIMIT + 1), b"413"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nnonsense\r\n", b"400"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n-5\r\n", b"400"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"1" * (HEADER_LIMIT + 1), b"400"),
        (b"GET / HTTP/1.1\nHost: localhost\n\n", b"400"),
    ],
)
def test_what_is_not_taken_in_is_told_why(sent: bytes, status: bytes, aws: LocalAws) -> None:
    with connected(aws) as wrong:
        wrong.sendall(sent)
        received = b"".join(iter(lambda: wrong.recv(65536), b""))
    assert received[9:12] == status
    assert received.partition(b"\r\n\r\n")[2]


def test_a_request_has_its_time(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "REQUEST_TIME", 0.2)
    with slow(aws, PARTS["half a body"], 1) as (late,):
        assert late.recv(65536).startswith(b"HTTP/1.1 408 ")


def test_a_connection_that_asks_nothing_is_closed(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "IDLE_TIME", 0.2)
    with slow(aws, b"", 1) as (idle,):
        assert idle.recv(1) == b""


def test_of_too_many_connections_the_longest_waiting_are_closed(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "MOST_CONNECTIONS", 8)
    with slow(aws, PARTS["half a header"], 4) as first, slow(aws, b"G", 8) as later:
        assert [each.recv(1) for each in first] == [b""] * 4
        later[-1].sendall(b"ET /_local-aws/status HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert later[-1].recv(12) == b"HTTP/1.1 200"


def test_a_body_that_ends_early_is_not_taken_for_a_whole_one(aws: LocalAws) -> None:
    client(aws, "s3").create_bucket(Bucket="half")
    signed = f"Authorization: {authorization('s3')['Authorization']}\r\n".encode()
    with connected(aws) as broken:
        head = b"PUT /half/key HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n"
        broken.sendall(head + signed + b"\r\nabc")
        broken.shutdown(socket.SHUT_WR)
        assert broken.recv(1) == b""
    assert send(aws.endpoint_url, s3_call("HEAD", "/half/key")).status == 404


class TestArriving:
    CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
    WHOLE = (
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        HEAD + b"Content-Length: 3\r\n\r\nabc",
        HEAD + b"content-length:0\r\n\r\n",
        HEAD + CHUNKED + b"3\r\nabc\r\n0\r\n\r\n",
        HEAD + CHUNKED + b"A;x=y\r\n0123456789\r\n2\r\n\r\n\r\n0\r\nTrailer: 1\r\n\r\n",
    )

    @pytest.mark.parametrize("size", [1, 2, 7, 1000])
    def test_requests_are_taken_whole_however_they_come(self, size: int) -> None:
        sent = b"\r\n".join(self.WHOLE)
        arriving, taken = Arriving(), []
        for start in range(0, len(sent), size):
            arriving.add(sent[start : start + size])
            while (request := arriving.take()) is not None:
                taken.append(request)
        assert tuple(taken) == self.WHOLE
        assert not arriving.begun

    def test_chunks_are_bounded_together(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(arriving_module, "BODY_LIMIT", 100)
        arriving = Arriving()
        arriving.add(HEAD + self.CHUNKED + b"a\r\n0123456789\r\n" * 6)
        assert arriving.take() is None
        arriving.add(b"a\r\n0123456789\r\n")
        with pytest.raises(Unacceptable, match="at most 100 bytes"):
            arriving.take()


def test_what_a_closed_connection_held_is_free_before_garbage_is_looked_for(aws: LocalAws) -> None:
    gc.freeze()  # what other tests left is not counted
    gc.disable()
    try:
        for _ in range(SLOW):
            call(aws)
        held = sum(type(each) is Connection for each in gc.get_objects())
    finally:
        gc.enable()
    assert held < THREADS + 8  # each thread its last one, and some that are being closed


def test_a_request_answered_while_the_server_stops_ends_as_any_other(
    aws_with: OneAtATime, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws, has_closed = aws_with(), threading.Event()
    answered, close = Connection.answered, connections._Watch.close

    def answered_late(self: Connection) -> None:
        answered(self)
        assert has_closed.wait(LONG)

    def closing(self: connections._Watch) -> None:
        close(self)
        has_closed.set()

    monkeypatch.setattr(Connection, "answered", answered_late)
    monkeypatch.setattr(connections._Watch, "close", closing)
    with connected(aws) as one:
        one.sendall(b"GET /_local-aws/status HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert one.recv(12) == b"HTTP/1.1 200"
        aws_with.stop()
        while one.recv(4096):
            pass

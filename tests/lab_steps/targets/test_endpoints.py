"""Endpoint URLs, honest and tricky: the host that is judged is the host that is connected to."""

from __future__ import annotations

import socket

import pytest
from botocore.awsrequest import AWSRequest
from hypothesis import given
from hypothesis import strategies as st
from urllib3.util import parse_url

from lab_steps.errors import UsageError
from lab_steps.targets.endpoints import check_endpoint
from trail_logs.endpoints import host_of, is_loopback


def connected_to(url: str) -> str | None:
    """The host that botocore's urllib3 opens a connection to."""
    prepared = AWSRequest(method="GET", url=url).prepare()
    return (parse_url(prepared.url).host or "").strip("[]").lower()


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:5000",
        "http://127.1.2.3",
        "http://localhost:4566",
        "http://LocalHost",
        "http://s3.localhost:1",
        "http://[::1]:80",
        "http://[::ffff:127.0.0.1]:80",
        "https://127.0.0.1/",
    ],
)
def test_this_machine(url: str) -> None:
    assert is_loopback(url)
    assert connected_to(url) == host_of(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1.evil.com",
        "http://localhost.evil.com",
        "http://notlocalhost",
        "http://0.0.0.0:5000",
        "http://192.168.0.1",
        "http://[::ffff:10.0.0.1]",
        "http://2130706433",
        "http://0x7f000001",
        "http://0177.0.0.1",
        "http://127.1",
        "https://aws.example.com/path",
    ],
)
def test_elsewhere_or_not_known_to_be_here(url: str) -> None:
    assert not is_loopback(check_endpoint(url))
    assert connected_to(url) == host_of(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://evil.com\\@127.0.0.1",
        "http://127.0.0.1\\@evil.com",
        "http://evil.com@127.0.0.1",
        "http://127.0.0.1@evil.com",
        "http://127.0.0.1:80@evil.com",
        "http://127.0.0.1#@evil.com",
        "http://127.0.0.1?@evil.com",
        "http://127.0.0.1\t.evil.com",
        "http://127.0.0.1\n",
        " http://127.0.0.1",
        "http://127.0.0.1 .evil.com",
        "http://127.0.0.1%2eevil.com",
        "http://127.0.0.1.",
        "http://localhost.",
        "http://\u24dbocalhost",
        "http://\uff11\uff12\uff17.0.0.1",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:",
        "http://[::1",
        "http://",
        "http:///127.0.0.1",
        "http:127.0.0.1",
        "file:///etc/passwd",
        "ftp://127.0.0.1",
        "127.0.0.1:5000",
        "",
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(url: str) -> None:
    assert not is_loopback(url)
    with pytest.raises(UsageError, match="is not an endpoint URL"):
        check_endpoint(url)


@given(st.text(alphabet="h:/\\@.[]#?%0171localhostevil \t", max_size=24))
def test_what_is_taken_is_read_alike_by_who_connects(rest: str) -> None:
    host = host_of(f"http://{rest}")
    assert host is None or connected_to(f"http://{rest}") == host


def test_a_localhost_that_leads_elsewhere_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 0, "", ("203.0.113.7", 0))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: found)
    with pytest.raises(UsageError, match=r"leads to 203\.0\.113\.7"):
        check_endpoint("http://s3.localhost:5000")

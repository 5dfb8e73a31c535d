"""Who is let in, by a request's own headers."""

from __future__ import annotations

import pytest

from local_aws.recording.guests import Guests, allowed_host, allowed_origin

HOST = "127.0.0.1:4566"
OWN = f"http://{HOST}"
ALLOWED = "http://localhost:3000"
GUESTS = Guests.of(["host.docker.internal", "*.aws.test"], [ALLOWED])


def asked(
    host: str | None = HOST, path: str = "/", method: str = "GET", query: str = "", **headers: str
) -> dict[str, str]:
    """A request's WSGI environment."""
    found = {f"HTTP_{name.upper()}": value for name, value in headers.items()}
    found |= {"PATH_INFO": path, "REQUEST_METHOD": method, "QUERY_STRING": query}
    return found if host is None else {"HTTP_HOST": host, **found}


def refused(**request: str) -> str:
    """Why, and how to be let in; the empty text for a request that is."""
    found = GUESTS.refusal(asked(**request))
    return f"{found.message}; {found.allow}" if found else ""


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1:4566", "127.0.0.1", "127.9.8.7:1", "[::1]:4566", "localhost", "LocalHost:80"),
        *("localhost.", "bucket.localhost:4566", "a.b.localhost", "host.docker.internal:4566"),
        *("a.aws.test", "a.b.aws.test:80", "dynamodb.us-east-1.amazonaws.com"),
        *("bucket.s3.amazonaws.com", "s3.cn-north-1.amazonaws.com.cn", "dsql.us-east-1.api.aws"),
        "ec2.eusc-de-east-1.amazonaws.eu",
    ],
)
def test_names_of_this_server_are_let_in(host: str) -> None:
    assert refused(host=host) == ""


@pytest.mark.parametrize(
    "host",
    [
        *("rebind.example", "rebind.example:4566", "192.0.2.1:4566", "0.0.0.0", "[2001:db8::1]"),
        *("localhost.example", "notlocalhost", "127.0.0.1.example", "bucket.127.0.0.1"),
        *("localhost.localstack.cloud", "aws.test", "naws.test", "evilamazonaws.com"),
        *("amazonaws.com.example", "amazonaws.com", "2130706433", "xn--localhost-.example"),
    ],
)
def test_any_other_name_is_refused_with_how_to_allow_it(host: str) -> None:
    name = host.removesuffix(":4566")
    assert f"'{name}'" in refused(host=host)
    assert f"--allow-host {name}" in refused(host=host)


@pytest.mark.parametrize(
    "host",
    [
        *("", " ", "localhost, evil.example", "localhost evil", "a@localhost", "localhost:x"),
        *("localhost:", "localhost/", "localhost:4566:1", "[::1", "loc\\alhost", "localhost\xad"),
    ],
)
def test_a_host_that_is_none_or_two_is_refused(host: str) -> None:
    assert "wanted a Host header with one name" in refused(host=host)


def test_a_request_without_host_is_refused() -> None:
    found = GUESTS.refusal(asked(host=None))
    assert found
    assert "Host: 127.0.0.1" in found.allow


@pytest.mark.parametrize(
    "marks",
    [
        {},
        {"origin": OWN},
        {"origin": OWN, "referer": f"{OWN}/moto-api/", "sec_fetch_site": "same-origin"},
        {"sec_fetch_site": "none", "sec_fetch_mode": "navigate", "sec_fetch_dest": "document"},
        {"origin": ALLOWED, "sec_fetch_site": "cross-site"},
        {"referer": f"{ALLOWED}/page", "sec_fetch_site": "same-site"},
    ],
)
def test_no_page_an_own_page_and_an_allowed_one_are_let_in(marks: dict[str, str]) -> None:
    assert refused(**marks) == ""


@pytest.mark.parametrize(
    "marks",
    [
        {"origin": "null"},
        {"origin": ""},
        {"origin": "http://evil.example"},
        {"origin": "https://127.0.0.1:4566"},
        {"origin": "http://127.0.0.1:4567"},
        {"origin": "http://127.0.0.1"},
        {"origin": "http://localhost:4566"},
        {"origin": f"{OWN}.evil.example"},
        {"origin": f"{OWN}@evil.example"},
        {"origin": f"{OWN}, http://evil.example"},
        {"origin": f"{ALLOWED}0"},
        {"origin": "file://"},
        {"referer": "http://evil.example/page"},
        {"referer": ""},
        {"referer": f"http://evil.example/?{OWN}/"},
        {"referer": f"{OWN}\\@evil.example/"},
        {"origin": OWN, "referer": "http://evil.example/"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"sec_fetch_site": "nonsense"},
        {"sec_fetch_site": "same-origin, cross-site"},
        {"origin": OWN, "sec_fetch_site": "cross-site"},
    ],
)
def test_a_page_of_another_site_is_refused(marks: dict[str, str]) -> None:
    assert "a web page of another site" in refused(**marks)
    assert "--allow-origin" in refused(**marks)


LINK = {
    "sec_fetch_site": "same-site",
    "sec_fetch_mode": "navigate",
    "sec_fetch_dest": "document",
    "path": "/_console/",
}


def test_a_link_of_another_server_of_this_machine_leads_to_the_console() -> None:
    assert refused(**LINK) == ""


@pytest.mark.parametrize(
    "other",
    [
        {"path": "/_console/assets/index.js"},
        {"path": "/_local-aws/status"},
        {"path": "/"},
        {"query": "Action=ListUsers"},
        {"method": "POST"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_dest": "iframe"},
        {"sec_fetch_mode": "no-cors"},
        {"referer": "http://127.0.0.1:4567/"},
        {"host": "evil.example"},
    ],
)
def test_no_other_link_does(other: dict[str, str]) -> None:
    assert refused(**{**LINK, **other}) != ""


def test_an_allowed_origin_is_that_one_alone() -> None:
    assert Guests().refusal(asked(origin=ALLOWED))
    assert "--allow-origin http://evil.example" in refused(origin="http://evil.example")


def test_no_browser_comes_to_a_page_here_by_a_name_of_aws() -> None:
    host = "bucket.s3.amazonaws.com"
    assert "another site" in refused(host=host, origin=f"http://{host}")


@pytest.mark.parametrize("path", ["/_local-aws/status", "/moto-api/data.json"])
def test_the_servers_own_pages_have_no_name_of_aws(path: str) -> None:
    assert "not a name of this server" in refused(host="s3.amazonaws.com", path=path)
    assert refused(path=path) == ""


@pytest.mark.parametrize("query", ["Action=CreateUser&UserName=a", "a=1&%41ction=CreateUser"])
def test_a_link_makes_no_call_of_an_api(query: str) -> None:
    led = {**asked(sec_fetch_site="none", sec_fetch_mode="navigate"), "QUERY_STRING": query}
    found = GUESTS.refusal(led)
    assert found
    assert "calls an AWS API" in found.message
    assert GUESTS.refusal({**asked(), "QUERY_STRING": query}) is None


@pytest.mark.parametrize("name", ["", "a b", "a:80", "http://a", "*", "*.", "a,b", "a/b"])
def test_what_is_no_host_cannot_be_allowed(name: str) -> None:
    with pytest.raises(ValueError, match="wanted a host name"):
        allowed_host(name)


@pytest.mark.parametrize(
    "origin", ["", "*", "null", "localhost:3000", "http://", "http://a/page", "http://a@b", "//a"]
)
def test_what_is_no_origin_cannot_be_allowed(origin: str) -> None:
    with pytest.raises(ValueError, match="wanted the origin of one site"):
        allowed_origin(origin)


def test_names_and_origins_are_read_as_browsers_write_them() -> None:
    assert allowed_host("AWS.Test.") == "aws.test"
    assert allowed_origin("HTTPS://App.Example:443/") == "https://app.example"

"""The console's files over HTTP."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from local_aws import LocalAws
from local_aws.console.files import ConsoleFiles
from tests.console.conftest import BUILT
from tests.local_aws.wire import Reply, Wire, send


def get(aws: LocalAws, path: str, method: str = "GET", **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return send(aws.endpoint_url, Wire(method, path, named))


def test_the_page_loads_its_own_files_and_nothing_else_that_the_server_keeps(
    aws: LocalAws,
) -> None:
    page = get(aws, "/_console/")
    assert page.status == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["cache-control"] == "no-cache"
    own = f"{urlsplit(aws.endpoint_url).netloc}/_console/"
    policy = dict(
        each.strip().split(" ", 1) for each in page.headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == own
    assert policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    for name in re.findall(r'(?:src|href)="\./([^"]+)"', page.body.decode()):
        file = get(aws, f"/_console/{name}")
        assert (file.status, file.body) == (200, (BUILT / name).read_bytes())
        assert file.headers["x-content-type-options"] == "nosniff"


def test_files_with_their_content_in_their_names_are_kept_by_browsers(aws: LocalAws) -> None:
    name = next(each.name for each in (BUILT / "assets").glob("*.js"))
    assert "immutable" in get(aws, f"/_console/assets/{name}").headers["cache-control"]


@pytest.mark.parametrize(
    "name", ["none.js", "../files.py", "..%2ffiles.py", "%2e%2e/files.py", "assets", "/etc/passwd"]
)
def test_no_name_becomes_a_path(aws: LocalAws, name: str) -> None:
    assert get(aws, f"/_console/{name}").status == 404


def test_the_page_without_its_last_slash_leads_to_it(aws: LocalAws) -> None:
    reply = get(aws, "/_console")
    assert (reply.status, reply.headers["location"]) == (308, "/_console/")


def test_nothing_is_written_to_it(aws: LocalAws) -> None:
    assert get(aws, "/_console/", "POST").status == 405


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate"},
        {"Sec_Fetch_Site": "same-site"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Referer": "http://127.0.0.1:1/"},
        {"Host": "evil.example"},
        {"Host": "s3.amazonaws.com"},
    ],
)
def test_pages_of_others_do_not_get_it(aws: LocalAws, headers: dict[str, str]) -> None:
    assert get(aws, "/_console/", **headers).status == 403
    assert get(aws, "/_local-aws/session?access_key_id=x", **headers).status == 403


def test_a_server_without_a_built_console_says_how_to_build_it(tmp_path: Path) -> None:
    answered: list[str] = []
    environ = {"PATH_INFO": "/_console/", "REQUEST_METHOD": "GET", "HTTP_HOST": "localhost"}
    pages = ConsoleFiles(lambda *_: [], built=tmp_path)
    (body,) = pages(environ, lambda status, _headers: answered.append(status))
    assert answered == ["503 Service Unavailable"]
    assert b"make console" in body

"""A real browser: nothing that a web page of another site tries reaches the local AWS."""

from __future__ import annotations

import http.server
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest

from tests.acceptance.conftest import Server
from tests.browser import in_browser
from tests.local_aws.wire import Wire, send

SCRIPT = Path(__file__).with_name("browser.mjs")
REPOSITORY = Path(__file__).parents[2]


class _Site(http.server.BaseHTTPRequestHandler):
    """An empty page, and a redirection to wherever the query says."""

    def do_GET(self) -> None:
        where = urlsplit(self.path)
        self.send_response(307 if where.path == "/redirect" else 200)
        if where.path == "/redirect":
            self.send_header("Location", where.query)
        body = b"<!doctype html><body></body>"
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def site_port() -> Iterator[int]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Site) as site:
        thread = threading.Thread(target=site.serve_forever)
        thread.start()
        yield site.server_address[1]
        site.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the server runs, and must leave nothing."""
    return tmp_path_factory.mktemp("folder")


@pytest.fixture(scope="module")
def _server_process(folder: Path, site_port: int) -> Iterator[Server]:
    allowed = f"http://allowed.example:{site_port}"
    with subprocess.Popen(
        [sys.executable, "-m", "local_aws", "--port", "0", "--allow-origin", allowed],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout
        yield Server(process.stdout.readline().split()[1])
        process.terminate()


@pytest.fixture
def server(_server_process: Server) -> Server:
    """A local AWS with a bucket in it."""
    assert send(_server_process.endpoint_url, Wire("POST", "/moto-api/reset")).status == 200
    client(_server_process, "s3").create_bucket(Bucket="kept")
    return _server_process


def client(server: Server, service: str) -> Any:
    session = boto3.Session("test", "test", region_name="us-east-1")
    return session.client(service, endpoint_url=server.endpoint_url)  # type: ignore[call-overload]


def status(server: Server) -> Any:
    reply = send(server.endpoint_url, Wire("GET", "/_local-aws/status"))
    return json.loads(reply.body)


def buckets(server: Server) -> list[str]:
    return [bucket["Name"] for bucket in client(server, "s3").list_buckets()["Buckets"]]


def moved(server: Server) -> timedelta:
    return datetime.fromisoformat(status(server)["now"]) - datetime.now(UTC)


def test_nothing_that_a_page_of_another_site_tries_gets_in(
    server: Server, site_port: int, folder: Path
) -> None:
    sites = [f"http://{host}:{site_port}/" for host in ("127.0.0.1", "evil.example")]
    rebound = f"http://rebind.example:{urlsplit(server.endpoint_url).port}/"
    seen = in_browser(SCRIPT, server.endpoint_url, *sites, rebound)
    assert set(seen["answers"]) == {403}
    assert status(server)["refused"] > 80
    assert set(seen["readable"]) == {403}  # of the rebound page alone: to itself it is one site
    assert "--allow-host rebind.example" in seen["pages"][-1]
    events = client(server, "cloudtrail").lookup_events()["Events"]
    assert [event["EventName"] for event in events] == ["CreateBucket"]
    assert buckets(server) == ["kept"]
    assert abs(moved(server)) < timedelta(minutes=1)
    assert list(folder.iterdir()) == []


def test_what_the_page_tries_works_where_its_origin_is_allowed(
    server: Server, site_port: int, folder: Path
) -> None:
    page = f"http://allowed.example:{site_port}/"
    seen = in_browser(SCRIPT, server.endpoint_url, page)
    assert 200 in seen["readable"]
    assert moved(server) > timedelta(hours=23)
    assert buckets(server) != ["kept"]
    assert list(folder.iterdir()) == []

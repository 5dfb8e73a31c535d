"""What the door refuses over HTTP, whatever the service; and that nothing comes of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from local_aws import LocalAws
from tests.conftest import OneAtATime
from tests.local_aws.delivered import client, history
from tests.local_aws.wire import (
    Reply,
    Wire,
    address,
    authorization,
    exchange,
    form_call,
    json_call,
    s3_call,
    send,
)

EVIL = "http://evil.example"
APP = "http://localhost:3000"
CALLS = {
    "control": Wire("POST", "/_local-aws/clock", {}, b'{"advance_seconds": 3600}'),
    "control, unknown": Wire("POST", "/_local-aws/nothing"),
    "status": Wire("GET", "/_local-aws/status"),
    "moto's pages": Wire("GET", "/moto-api/data.json"),
    "reset": Wire("POST", "/moto-api/reset"),
    "json service": json_call("dynamodb", "ListTables"),
    "query service": form_call("iam", b"Action=CreateUser&UserName=eve&Version=2010-05-08"),
    "query service, unsigned": Wire(
        "GET", "/iam_us-east-1/?Action=CreateUser&UserName=eve&Version=2010-05-08"
    ),
    "rest service": Wire("GET", "/2015-03-31/functions", authorization("lambda")),
    "bucket": s3_call("PUT", "/forged"),
    "preflight": Wire("OPTIONS", "/", {"Access-Control-Request-Method": "POST"}),
    "metadata": Wire("GET", "/latest/meta-data/iam/security-credentials/"),
    "favicon": Wire("GET", "/favicon.ico"),
}
MARKS = {
    "host": {"Host": "rebind.example"},
    "origin": {"Origin": EVIL},
    "null": {"Origin": "null"},
    "referer": {"Referer": f"{EVIL}/page"},
    "fetch metadata": {"Sec-Fetch-Site": "cross-site"},
}


def marked(wire: Wire, **marks: str) -> Wire:
    headers = {name.replace("_", "-"): value for name, value in marks.items()}
    return Wire(wire.method, wire.path, {**wire.headers, **headers}, wire.body)


def message(reply: Reply) -> Any:
    assert reply.headers["content-type"] == "application/json"
    return json.loads(reply.body)


def status(aws: LocalAws) -> Any:
    return json.loads(send(aws.endpoint_url, CALLS["status"]).body)


@pytest.mark.parametrize("call", CALLS)
def test_whatever_is_called_no_page_and_no_other_name_gets_in(call: str, aws: LocalAws) -> None:
    before = status(aws)["refused"]
    for marks in MARKS.values():
        reply = send(aws.endpoint_url, marked(CALLS[call], **marks))
        assert reply.status == 403
        assert {"message", "allow"} == set(message(reply))
        assert not [name for name in reply.headers if name.startswith("access-control")]
    assert history(aws) == []
    assert client(aws, "s3").list_buckets()["Buckets"] == []
    assert status(aws)["refused"] - before == len(MARKS)


def test_the_refusal_says_how_to_allow_what_was_meant(aws: LocalAws) -> None:
    name = send(aws.endpoint_url, marked(CALLS["status"], Host="aws.test:4566"))
    assert "--allow-host aws.test" in message(name)["allow"]
    page = send(aws.endpoint_url, marked(CALLS["status"], Origin=APP))
    assert f"--allow-origin {APP}" in message(page)["allow"]


@pytest.mark.parametrize(
    "head",
    [
        "Host: {own}\r\nHost: {own}",
        "Host: {own}\r\nhost: rebind.example",
        "Host: {own}\r\nOrigin: http://{own}\r\nOrigin: http://evil.example",
        "Host: {own}\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Site: none",
        "Host: {own}\r\nSec-Fetch-Site: cross-site\r\nSec_Fetch_Site: none",
        "Host: {own}\r\nOrigin: http://evil.example\r\n http://{own}",
        "X-Nothing: 1",
    ],
)
def test_a_header_that_comes_twice_or_in_disguise_hides_nothing(head: str, aws: LocalAws) -> None:
    lines = head.format(own=address(aws.endpoint_url))
    raw = f"GET /_local-aws/status HTTP/1.1\r\n{lines}\r\nConnection: close\r\n\r\n"
    assert b" 403 " in exchange(aws.endpoint_url, raw.encode()).partition(b"\r\n")[0]


@pytest.mark.parametrize("target", ["http://rebind.example", "http://{own}"])
def test_a_request_line_names_no_host(target: str, aws: LocalAws) -> None:
    own = address(aws.endpoint_url)
    line = f"GET {target.format(own=own)}/_local-aws/status HTTP/1.1"
    raw = f"{line}\r\nHost: {own}\r\nConnection: close\r\n\r\n"
    assert exchange(aws.endpoint_url, raw.encode()).startswith(b"HTTP/1.1 400 ")


def test_a_refusal_is_no_page(aws: LocalAws) -> None:
    script = "<script>alert(1)</script>"
    reply = send(aws.endpoint_url, marked(CALLS["status"], Host=script))
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["x-content-type-options"] == "nosniff"


class TestMotosPages:
    @pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "PATCH"])
    @pytest.mark.parametrize(
        "page", ["seed?a=1", "seed/", "reset", "reset-auth", "state-manager/set-transition"]
    )
    def test_nothing_changes_but_by_post(self, method: str, page: str, aws: LocalAws) -> None:
        reply = send(aws.endpoint_url, Wire(method, f"/moto-api/{page}"))
        assert reply.status == 405
        assert reply.headers["allow"] == "POST"

    def test_each_page_of_moto_is_known_as_one_that_shows_or_one_that_changes(self) -> None:
        from moto.moto_api._internal.urls import url_paths

        from local_aws.recording.door import READABLE, RECORDER

        paths = {path.removeprefix("{0}").rstrip("$") for path in url_paths}
        shows = {path for path in paths if path in READABLE}
        changes = {path for path in paths if path.startswith((RECORDER, "/moto-api/static/"))}
        assert paths - shows - changes == {
            "/moto-api/reset",
            "/moto-api/reset-auth",
            "/moto-api/seed",
            "/moto-api/state-manager/set-transition",
            "/moto-api/state-manager/unset-transition",
        }

    @pytest.mark.parametrize("page", ["", "data.json", "config", "lib.js"])
    def test_what_only_shows_something_is_shown(self, page: str, aws: LocalAws) -> None:
        reply = send(aws.endpoint_url, Wire("GET", f"/moto-api/{page}", {"Sec-Fetch-Site": "none"}))
        assert reply.status in (200, 201)

    @pytest.mark.parametrize("method", ["GET", "POST"])
    @pytest.mark.parametrize("action", ["start", "stop", "reset", "upload", "download", "replay"])
    def test_the_recorder_is_off(self, method: str, action: str, aws: LocalAws) -> None:
        page = f"/moto-api/recorder/{action}-recording"
        reply = send(aws.endpoint_url, Wire(method, page, {}, b"{}"))
        assert reply.status == 403
        assert "moto's recorder is off" in message(reply)["message"]

    def test_the_recorder_writes_nothing_although_the_environment_turned_it_on(
        self, aws: LocalAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from moto.moto_api import recorder

        # What MOTO_ENABLE_RECORDING and MOTO_RECORDER_FILEPATH set.
        monkeypatch.setattr(recorder, "_user_enabled", True)
        monkeypatch.setattr(recorder, "_location", str(tmp_path / "recording"))
        client(aws, "s3").create_bucket(Bucket="lab-bucket")
        assert list(tmp_path.iterdir()) == []


class TestAllowed:
    @pytest.fixture
    def aws(self, aws_with: OneAtATime) -> LocalAws:
        return aws_with(allowed_hosts=("aws.test",), allowed_origins=(APP,))

    def test_an_allowed_name_is_let_in(self, aws: LocalAws) -> None:
        assert send(aws.endpoint_url, marked(CALLS["status"], Host="aws.test:80")).status == 200

    def test_a_preflight_is_answered_for_an_allowed_origin_alone(self, aws: LocalAws) -> None:
        asked = marked(
            CALLS["preflight"], Access_Control_Request_Headers="authorization,x-amz-target"
        )
        reply = send(aws.endpoint_url, marked(asked, Origin=APP))
        assert reply.status == 204
        assert reply.headers["access-control-allow-origin"] == APP
        assert reply.headers["access-control-allow-headers"] == "authorization,x-amz-target"
        assert "POST" in reply.headers["access-control-allow-methods"]
        assert reply.headers["vary"] == "Origin"
        assert send(aws.endpoint_url, marked(asked, Origin=EVIL)).status == 403

    def test_answers_may_be_read_by_an_allowed_origin_alone(self, aws: LocalAws) -> None:
        reply = send(aws.endpoint_url, marked(CALLS["json service"], Origin=APP))
        assert reply.status == 200
        assert reply.headers["access-control-allow-origin"] == APP
        plain = send(aws.endpoint_url, CALLS["json service"])
        assert "access-control-allow-origin" not in plain.headers

    def test_a_buckets_own_rules_let_no_page_in(self, aws: LocalAws) -> None:
        s3 = client(aws, "s3")
        s3.create_bucket(Bucket="open")
        rules = [{"AllowedOrigins": ["*"], "AllowedMethods": ["GET", "PUT"]}]
        s3.put_bucket_cors(Bucket="open", CORSConfiguration={"CORSRules": rules})
        put = marked(s3_call("PUT", "/open/key", b"x"), Origin=EVIL)
        assert send(aws.endpoint_url, put).status == 403
        get = send(aws.endpoint_url, marked(s3_call("GET", "/open"), Origin=APP))
        assert get.headers["access-control-allow-origin"] == APP


def test_an_object_that_is_a_page_does_not_run_as_one_of_the_server(aws: LocalAws) -> None:
    s3 = client(aws, "s3")
    s3.create_bucket(Bucket="pages")
    s3.put_object(Bucket="pages", Key="a.html", Body=b"<script>", ContentType="text/html")
    browser = {"Sec_Fetch_Site": "none", "Sec_Fetch_Dest": "document"}
    shown = send(aws.endpoint_url, marked(s3_call("GET", "/pages/a.html"), **browser))
    assert shown.headers["content-security-policy"].startswith("sandbox")
    own = send(aws.endpoint_url, marked(Wire("GET", "/moto-api/"), **browser))
    assert "content-security-policy" not in own.headers
    assert "content-security-policy" not in send(aws.endpoint_url, s3_call("GET", "/pages")).headers

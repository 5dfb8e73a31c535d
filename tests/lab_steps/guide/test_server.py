"""Who may see the guide, and what it is sent."""

from __future__ import annotations

import contextlib
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from lab_steps.errors import UsageError
from lab_steps.guide.server import MOST_STREAMS, GuideServer
from lab_steps.place.state import StateFile
from lab_steps.session import open_session
from lab_steps.targets.control import delay_at, patience_of
from lab_steps.targets.target import Target
from lab_steps.terminal.progress import Progress
from lab_steps.walkthrough.lab import WALKTHROUGH
from local_aws.console.user import ConsoleUser
from tests.conftest import OneAtATime
from tests.lab_steps.guide.conftest import Guide, guiding, stream
from tests.local_aws.wire import Reply, Wire, send


def ask(guide: Guide, name: str = "", method: str = "GET", **headers: str) -> Reply:
    path = urlsplit(guide.url).path + name
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return send(guide.url, Wire(method, path, named))


def test_the_page_runs_its_own_script_alone_and_is_framed_by_nobody(guide: Guide) -> None:
    reply = ask(guide)
    assert reply.status == 200
    policy = dict(
        each.strip().split(" ", 1) for each in reply.headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == policy["frame-ancestors"] == policy["form-action"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == "'self'"
    assert reply.headers["referrer-policy"] == "no-referrer"
    assert reply.headers["cache-control"] == "no-store"
    assert b"<script>" not in reply.body
    assert b" onclick=" not in reply.body


def test_a_page_of_another_site_gets_nothing(guide: Guide) -> None:
    link = {"Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document"}
    for headers in (
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Referer": "http://127.0.0.1:1/"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site", **link},
        {"Host": "evil.example"},
    ):
        for name in ("", "events", "guide.js", "report.html"):
            reply = ask(guide, name, **headers)
            assert reply.status == 403, headers
            assert b"steps passed" not in reply.body


def test_who_has_not_the_token_gets_nothing(guide: Guide) -> None:
    token = urlsplit(guide.url).path.strip("/")
    for path in ("/", "/x/", "//", f"/{token}x/", f"/{token[:-1]}/", f"/{token}", "/%E9/"):
        assert send(guide.url, Wire("GET", path)).status in (400, 403), path


def test_every_guide_has_a_token_of_its_own(guide: Guide) -> None:
    other = GuideServer(guide.looks, 0)
    other.stop()
    assert len(urlsplit(guide.url).path) > 30
    assert urlsplit(guide.url).path != urlsplit(other.url).path


def test_nothing_is_written_to_it(guide: Guide) -> None:
    assert ask(guide, method="POST").status == 405
    assert ask(guide, "none").status == 404
    assert ask(guide, "events?after=x").status == 400


def test_the_page_has_the_throwaway_password_and_no_secret_of_the_reader(
    aws_with: OneAtATime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws = aws_with(console_user=ConsoleUser("student", "throwaway"))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "aSecretOfTheReaders")
    url = aws.endpoint_url
    target = Target("endpoint", "us-east-1", patience_of(delay_at(url)), endpoint_url=url)
    lab = open_session(WALKTHROUGH, target, Progress(), state=StateFile(tmp_path / "s.json"))
    with contextlib.closing(target), guiding(lab) as guide:
        for name in ("", "report.html"):
            body = ask(guide, name).body.decode()
            assert "aSecretOfTheReaders" not in body
            assert "AKIAIOSFODNN7EXAMPLE" not in body
        page = ask(guide).body.decode()
    assert f"{aws.endpoint_url}/_console/" in page
    assert "throwaway" in page


def test_it_is_kept_as_a_report(guide: Guide) -> None:
    reply = ask(guide, "report.html")
    assert reply.headers["content-disposition"].startswith("attachment")
    assert b"Content-Security-Policy" in reply.body
    assert b"Do this next" in reply.body


def test_so_many_browsers_are_told_and_no_more(guide: Guide) -> None:
    with contextlib.ExitStack() as browsers:
        for _ in range(MOST_STREAMS):
            next(browsers.enter_context(stream(guide.url)))
        assert ask(guide, "events").status == 503
        assert ask(guide).status == 200


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # of cheroot's socket
def test_a_port_that_is_taken_is_told(guide: Guide) -> None:
    port = urlsplit(guide.url).port or 0
    with pytest.raises(UsageError, match=f"Port {port} of 127.0.0.1 cannot be used") as told:
        GuideServer(guide.looks, port)
    assert "--port" in (told.value.advice or "")

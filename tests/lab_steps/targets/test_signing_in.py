"""A single sign-on that ends in the middle of a check: a person is waited for, nobody is not."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from lab_steps.errors import ExitCode
from local_aws import LocalAws
from tests.lab_steps.by_hand import ByHand
from tests.lab_steps.targets.test_renewing import session_keys
from tests.lab_steps.targets.test_target import SSO
from tests.lab_steps.terminal.pseudo_terminal import in_terminal

CALLS = 25
"""How many calls the first sign-in is good for."""


@dataclass
class SignOn:
    """An access portal: keys for five minutes, which botocore therefore asks for at each call.

    After some calls the sign-in is over. Where it `is_renewed`, the person signs in again once the
    third call was refused.
    """

    home: Path
    keys: dict[str, str]
    is_renewed: bool = True
    asked: int = 0
    refused: int = 0

    def sign_in(self, token: str) -> None:
        """What `aws sso login` leaves."""
        cache = self.home / ".aws" / "sso" / "cache"
        cache.mkdir(parents=True, exist_ok=True)
        content = {"accessToken": token, "expiresAt": "2100-01-01T00:00:00Z"}
        name = hashlib.sha1(b"school", usedforsecurity=False).hexdigest()
        (cache / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")

    def answer(self, token: str | None) -> dict[str, Any] | None:
        """GetRoleCredentials; None for a token that no longer counts."""
        self.asked += 1
        if token == "first" and self.asked > CALLS:
            self.refused += 1
            if self.refused == 3 and self.is_renewed:
                self.sign_in("second")
            return None
        names = {"accessKeyId": "access_key_id", "secretAccessKey": "secret_access_key"}
        keys = {ours: self.keys[f"aws_{theirs}"] for ours, theirs in names.items()}
        keys["sessionToken"] = self.keys["aws_session_token"]
        return {"roleCredentials": {**keys, "expiration": self.expiration}}

    @property
    def expiration(self) -> int:
        """In five minutes, in milliseconds."""
        from datetime import UTC, datetime, timedelta

        return int((datetime.now(UTC) + timedelta(minutes=5)).timestamp() * 1000)


@pytest.fixture
def sign_on(
    aws: LocalAws, by_hand: ByHand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SignOn]:
    """The profile `class`, signed in; a lab whose log files are awaited stands."""
    by_hand.management_trail()
    by_hand.data_trail()
    by_hand.table()
    portal = SignOn(tmp_path, session_keys(by_hand))
    portal.sign_in("first")
    (tmp_path / "config").write_text(SSO, encoding="utf-8")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("LAB_STATE_DIR", str(tmp_path / "lab"))

    class Server(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told = portal.answer(self.headers["x-amz-sso_bearer_token"])
            body = json.dumps(told or {"message": "Session token not found or invalid"}).encode()
            self.send_response(200 if told else 401)
            if not told:
                self.send_header("x-amzn-ErrorType", "UnauthorizedException")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        monkeypatch.setenv("AWS_ENDPOINT_URL_SSO", f"http://127.0.0.1:{server.server_port}")
        yield portal
        server.shutdown()
        thread.join()


def check(aws: LocalAws) -> list[str]:
    """A check that waits a while for what does not come."""
    place = ["--endpoint-url", aws.endpoint_url, "--profile", "class"]
    asked = ["check", "--step", "34", "--timeout", "8"]
    return [sys.executable, "-m", "lab_steps", *asked, *place]


def test_in_a_terminal_it_says_so_at_once_waits_and_goes_on(aws: LocalAws, sign_on: SignOn) -> None:
    shown = in_terminal(check(aws), 200)
    told = "\n".join(shown.lines)
    assert shown.exit_code == ExitCode.PENDING, told
    assert told.count("signed in again: continuing") == 1
    assert told.count("Sign in again with: aws sso login --profile class") == 1
    assert "Waiting for it up to 30 min; Ctrl-C keeps what is done" in told
    assert "ERROR" not in told
    assert sign_on.asked > CALLS + 3


def test_without_one_it_ends_at_once_and_says_how_to_go_on(aws: LocalAws, sign_on: SignOn) -> None:
    sign_on.is_renewed = False
    ended = subprocess.run(check(aws), capture_output=True, text=True, check=False)
    assert ended.returncode == ExitCode.CANNOT_LOOK, ended.stderr
    assert ended.stderr.count("Sign in again with: aws sso login --profile class") == 1
    assert "repeat the command, and it continues where it stopped" in ended.stderr
    assert "ERROR" not in ended.stdout
    assert "Waiting for it" not in ended.stderr
    assert sign_on.refused <= 16  # once for each thread that was listing log files

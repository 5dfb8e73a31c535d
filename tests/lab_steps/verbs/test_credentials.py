"""`check` with the credentials that any AWS tool finds: roles' and single sign-on's."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from lab_steps.__main__ import main
from lab_steps.errors import ExitCode
from lab_steps.targets import choosing
from local_aws import LocalAws
from tests.lab_steps.mutants.reference_lab import REFERENCE, build
from tests.lab_steps.step_numbers import ALL_PASSED
from tests.lab_steps.targets.test_target import SSO, sign_in_long_ago
from tests.local_aws.delivered import ACCOUNT, client

ROLE = f"arn:aws:iam::{ACCOUNT}:role/grader"
TRUST = {"Version": "2012-10-17", "Statement": []}


@pytest.fixture
def account(
    aws: LocalAws, state_directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> LocalAws:
    """A local AWS that is taken for an account, where not any keys do, and no credentials."""
    del state_directory  # it clears the environment
    for name in ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    client(aws, "iam").create_role(RoleName="grader", AssumeRolePolicyDocument=json.dumps(TRUST))
    monkeypatch.setattr(choosing, "delay_at", lambda _url: None)
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.endpoint_url)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("HOME", str(tmp_path))
    return aws


@pytest.fixture
def role_server(account: LocalAws) -> Iterator[str]:
    """The URL of a server that gives a role's credentials, as those of instances and containers
    do; a right lab stands."""
    build(account, REFERENCE)
    given = client(account, "sts").assume_role(RoleArn=ROLE, RoleSessionName="i-0abc")
    keys = given["Credentials"]
    answers = {
        ("PUT", "/latest/api/token"): "a token",
        ("GET", "/latest/meta-data/iam/security-credentials/"): "grader",
        ("GET", "/latest/meta-data/iam/security-credentials/grader"): json.dumps(
            {
                "Code": "Success",
                "Type": "AWS-HMAC",
                "AccessKeyId": keys["AccessKeyId"],
                "SecretAccessKey": keys["SecretAccessKey"],
                "Token": keys["SessionToken"],
                "Expiration": f"{keys['Expiration']:%FT%TZ}",
            }
        ),
    }
    answers["GET", "/container"] = answers[
        "GET", "/latest/meta-data/iam/security-credentials/grader"
    ]

    class Server(BaseHTTPRequestHandler):
        def handle_one(self) -> None:
            told = answers.get((self.command, self.path))
            body = (told or "").encode()
            self.send_response(200 if told else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def __getattr__(self, name: str) -> Any:
            if name in {"do_GET", "do_PUT"}:
                return self.handle_one
            raise AttributeError(name)

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


Set = Callable[[str, str], None]


def an_instance(url: str, set_: Set, _folder: Path) -> None:
    set_("AWS_EC2_METADATA_DISABLED", "false")
    set_("AWS_EC2_METADATA_SERVICE_ENDPOINT", url)


def a_container(url: str, set_: Set, _folder: Path) -> None:
    set_("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{url}/container")


def an_identity(_url: str, set_: Set, folder: Path) -> None:
    (folder / "token").write_text("header.claims.signature")
    set_("AWS_WEB_IDENTITY_TOKEN_FILE", str(folder / "token"))
    set_("AWS_ROLE_ARN", ROLE)
    set_("AWS_ROLE_SESSION_NAME", "ci")


def a_profile_of_an_instance(url: str, set_: Set, folder: Path) -> None:
    an_instance(url, set_, folder)
    settings = f"role_arn = {ROLE}\ncredential_source = Ec2InstanceMetadata\n"
    (folder / "config").write_text(f"[profile grader]\n{settings}")
    set_("AWS_PROFILE", "grader")


@pytest.mark.parametrize("way", [an_instance, a_container, an_identity, a_profile_of_an_instance])
def test_a_lab_is_checked_with_the_credentials_of_a_role(
    way: Callable[[str, Set, Path], None],
    role_server: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    way(role_server, monkeypatch.setenv, tmp_path)
    assert main(["check", "--timeout", "0"]) == ExitCode.PASSED
    told = capsys.readouterr().out
    assert f"account {ACCOUNT}, us-east-1 (the default)" in told
    assert f"signed in as arn:aws:sts::{ACCOUNT}:assumed-role/grader/" in told
    assert ALL_PASSED in told


@pytest.mark.parametrize(
    ("command", "expired"),
    [("check", False), ("check", True), ("watch", True), ("bundle --output lab.zip", True)],
)
@pytest.mark.usefixtures("account")
def test_an_sso_that_gives_no_keys_says_how_to_sign_in(
    command: str,
    expired: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "config").write_text(SSO)
    monkeypatch.setenv("AWS_PROFILE", "class")
    if expired:
        sign_in_long_ago(tmp_path)
    assert main(command.split()) == ExitCode.CANNOT_LOOK
    assert "aws sso login --profile class" in capsys.readouterr().err

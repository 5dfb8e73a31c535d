"""Choosing a target."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from lab_steps.checking.patience import AWS_PATIENCE, LOCAL_PATIENCE
from lab_steps.errors import CannotLookError, UsageError
from lab_steps.targets import control
from lab_steps.targets.caller import caller
from lab_steps.targets.choosing import choose_target
from lab_steps.targets.control import delay_at
from lab_steps.targets.regions import check_region
from lab_steps.targets.target import Target
from local_aws import LocalAws
from tests.local_aws.delivered import table
from trail_logs.sources.log_source import LogFile

LOCAL = "http://127.0.0.1:5000"


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    (tmp_path / "config").write_text("[profile sandbox]\nregion = eu-west-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def choose(
    profile: str | None = None,
    endpoint_url: str | None = None,
    region: str | None = None,
    timeout: float | None = None,
    ambient: bool = False,
) -> Target:
    target = choose_target(
        profile=profile,
        endpoint_url=endpoint_url,
        region=region,
        timeout=timeout,
        ambient=ambient,
    )
    assert target
    return target


@contextmanager
def answering(status: int, body: bytes) -> Iterator[str]:
    """The URL of a server that gives every request the same answer."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_nothing_named_is_no_target() -> None:
    assert choose_target(profile=None, endpoint_url=None, region=None) is None


def test_an_endpoint_is_a_local_aws_where_it_says_so_and_not_by_its_address(aws: LocalAws) -> None:
    target = choose(endpoint_url=aws.endpoint_url)
    assert target.kind == "endpoint"
    assert target.title == f"local AWS at {aws.endpoint_url}"
    with answering(200, b"<html></html>") as url:
        assert choose(endpoint_url=url).title == f"AWS endpoint at {url}"


def test_the_environment_may_name_the_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", LOCAL)
    assert choose().endpoint_url == LOCAL


def test_a_profile_is_an_account_with_the_patience_of_aws() -> None:
    target = choose(profile="sandbox")
    assert (target.kind, target.patience) == ("account", AWS_PATIENCE)


def test_a_profile_brings_its_region_unless_one_is_named() -> None:
    assert choose(profile="sandbox").region == "eu-west-1"
    assert choose(profile="sandbox", region="us-east-2").region == "us-east-2"


def test_the_walkthroughs_region_is_the_default() -> None:
    assert choose(endpoint_url=LOCAL).region == "us-east-1"


def test_it_is_known_where_the_region_was_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def named(**options: str) -> tuple[str, str]:
        found = choose(**options)  # type: ignore[arg-type]
        return found.region, found.region_from

    assert named(endpoint_url=LOCAL) == ("us-east-1", "the default")
    assert named(profile="sandbox") == ("eu-west-1", "profile sandbox")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-2")
    assert named(profile="sandbox") == ("eu-west-2", "AWS_DEFAULT_REGION")
    monkeypatch.setenv("AWS_REGION", "eu-west-3")
    assert named(profile="sandbox") == ("eu-west-3", "AWS_REGION")
    assert named(profile="sandbox", region="eu-north-1") == ("eu-north-1", "--region")


def _credentials_by(way: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """Set credentials as people do; what the account is called by them."""
    config = tmp_path / "config"
    match way:
        case "environment":
            monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAMINE")
            monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
            return "AWS, credentials from the environment"
        case "AWS_PROFILE":
            config.write_text(
                "[profile class]\naws_access_key_id = AKIAMINE\naws_secret_access_key = secret\n"
            )
            monkeypatch.setenv("AWS_PROFILE", "class")
            return "AWS, profile class"
        case "SSO":
            config.write_text(SSO)
            monkeypatch.setenv("AWS_PROFILE", "class")
            return "AWS, profile class"
        case _:
            (tmp_path / "token").write_text("a token")
            monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(tmp_path / "token"))
            monkeypatch.setenv("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/ci")
            return "AWS, a web identity (OIDC)"


SSO = """
[sso-session school]
sso_start_url = https://school.awsapps.com/start
sso_region = us-east-1
[profile class]
sso_session = school
sso_account_id = 111122223333
sso_role_name = Student
[profile grader]
role_arn = arn:aws:iam::111122223333:role/grader
source_profile = class
"""


def sign_in_long_ago(home: Path) -> None:
    """What `aws sso login` left, which has expired."""
    cache = home / ".aws" / "sso" / "cache"
    cache.mkdir(parents=True)
    token = {"accessToken": "x", "expiresAt": "2020-01-01T00:00:00Z"}
    name = hashlib.sha1(b"school").hexdigest()
    (cache / f"{name}.json").write_text(json.dumps(token))


@pytest.mark.parametrize("way", ["environment", "AWS_PROFILE", "SSO", "OIDC"])
def test_credentials_that_any_tool_finds_name_an_account_where_they_may(
    way: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    title = _credentials_by(way, monkeypatch, tmp_path)
    assert choose_target(profile=None, endpoint_url=None, region=None) is None
    target = choose(ambient=True)
    assert (target.kind, target.title, target.cli_options) == ("account", title, "")


def test_no_credentials_name_no_account() -> None:
    assert choose_target(profile=None, endpoint_url=None, region=None, ambient=True) is None


def test_a_profile_of_the_environment_may_name_the_endpoint(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "config").write_text(f"[profile local]\nendpoint_url = {LOCAL}\n")
    monkeypatch.setenv("AWS_PROFILE", "local")
    assert choose(ambient=True).endpoint_url == LOCAL


@pytest.mark.parametrize(
    ("profile", "expired"), [("class", False), ("class", True), ("grader", False)]
)
def test_an_sso_that_is_missing_or_expired_says_how_to_sign_in(
    profile: str, expired: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "config").write_text(SSO)
    monkeypatch.setenv("HOME", str(tmp_path))
    if expired:
        sign_in_long_ago(tmp_path)
    with pytest.raises(CannotLookError) as refused:
        caller(choose(profile=profile))
    assert refused.value.advice == "Sign in again with: aws sso login --profile class"


def test_an_endpoint_elsewhere_is_an_account() -> None:
    assert choose(endpoint_url="https://aws.example.com").kind == "account"


def test_an_unknown_profile_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="There is no profile 'nobody'") as error:
        choose(profile="nobody")
    assert error.value.advice == "There are: sandbox."


def test_a_person_s_broken_profile_does_not_matter_to_a_local_aws(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    assert choose(endpoint_url=aws.endpoint_url).session().get_credentials()


def test_made_up_keys_are_for_a_local_aws_only(aws: LocalAws) -> None:
    assert choose(endpoint_url=aws.endpoint_url).session().get_credentials()
    with answering(200, b"<html></html>") as url:
        assert choose(endpoint_url=url).session().get_credentials() is None


def test_keys_of_the_environment_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAMINE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    credentials = choose(endpoint_url=LOCAL).session().get_credentials()
    assert credentials
    assert credentials.access_key == "AKIAMINE"


def test_an_unknown_region_is_a_usage_error_with_the_nearest_name() -> None:
    with pytest.raises(UsageError, match="Region 'us-esat-1'") as error:
        check_region("us-esat-1")
    assert error.value.advice == "Did you mean --region us-east-1?"


@pytest.mark.parametrize("url", ["127.0.0.1:5000", "ftp://127.0.0.1", "http://"])
def test_what_is_no_url_is_a_usage_error(url: str) -> None:
    with pytest.raises(UsageError, match="is not an endpoint URL"):
        choose(endpoint_url=url)


def test_who_waits_longer_than_usual_has_more_patience() -> None:
    assert choose(profile="sandbox", timeout=6000).patience.due == timedelta(seconds=6000)
    assert choose(profile="sandbox", timeout=1).patience == AWS_PATIENCE


@pytest.fixture
def _in_new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("_in_new_york")
def test_times_of_answers_are_in_utc_wherever_we_are(aws: LocalAws, target: Target) -> None:
    table(aws)
    target.client("s3").create_bucket(Bucket="logs")
    made = [
        target.ask("dynamodb:DescribeTable", {"TableName": "Users"})["Table"]["CreationDateTime"],
        target.ask("s3:ListBuckets", {})["Buckets"][0]["CreationDate"],
    ]
    assert [each.utcoffset() for each in made] == [timedelta(), timedelta()]
    assert all(abs(each - datetime.now(UTC)) < timedelta(minutes=1) for each in made)


def test_a_local_aws_is_asked_how_late_it_delivers(target: Target) -> None:
    patience = choose(endpoint_url=target.endpoint_url).patience
    assert patience.due == LOCAL_PATIENCE.due + timedelta(seconds=0.2)
    assert choose(endpoint_url=target.endpoint_url, timeout=600).patience.due.seconds == 600


def test_an_endpoint_that_does_not_tell_has_the_patience_of_aws(
    silent_endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An address says nothing of what answers there, also where it is one of this machine."""
    monkeypatch.setattr(control, "_SECONDS", 0.3)
    for url in (LOCAL, silent_endpoint, "http://cloudtrail.invalid:80"):
        assert choose(endpoint_url=url).patience == AWS_PATIENCE


def test_a_profiles_own_endpoint_is_where_all_calls_go(tmp_path: Path) -> None:
    profile(tmp_path, f"endpoint_url = {LOCAL}")
    assert choose(profile="sandbox").endpoint_url == LOCAL


def test_services_that_would_go_elsewhere_are_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", LOCAL)
    with pytest.raises(UsageError, match=f"AWS_ENDPOINT_URL_S3 .{LOCAL}"):
        choose(profile="sandbox")
    monkeypatch.setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")
    assert choose(profile="sandbox").endpoint_url is None
    monkeypatch.delenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")
    monkeypatch.delenv("AWS_ENDPOINT_URL_S3")
    profile(tmp_path, f"services = near\n[services near]\ndynamodb =\n  endpoint_url = {LOCAL}")
    with pytest.raises(UsageError, match="dynamodb's endpoint_url in services near"):
        choose(profile="sandbox")


def test_a_named_endpoint_is_where_every_service_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    for service in ("S3", "DYNAMODB", "CLOUDFORMATION", "STS"):
        monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service}", "http://127.0.0.1:9")
    target = choose(endpoint_url=LOCAL)
    for service in ("s3", "dynamodb", "cloudformation", "sts", "cloudtrail", "athena"):
        assert target.client(service).meta.endpoint_url == LOCAL


def test_calls_to_this_machine_pass_no_proxy(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = socket.create_server(("127.0.0.1", 0))
    proxy.setblocking(False)
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.getsockname()[1]}")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    assert caller(target).account == "123456789012"
    assert delay_at(target.endpoint_url) is not None
    target.client("s3").create_bucket(Bucket="logs")
    key = "AWSLogs/1/CloudTrail/us-east-1/2026/01/01/x.json.gz"
    target.client("s3").put_object(Bucket="logs", Key=key, Body=b"x")
    source = target.log_source("logs", "")
    files = [LogFile(key, 1, "")]
    assert [body for _, body in source.bodies(files)] == [b"x"]
    with proxy, pytest.raises(BlockingIOError):
        proxy.accept()


def profile(tmp_path: Path, *lines: str) -> None:
    (tmp_path / "config").write_text("\n".join(["[profile sandbox]", *lines, ""]))

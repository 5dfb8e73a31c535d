"""Which log files of a bucket are listed, and what comes of reading them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import boto3
import pytest

from tests.trail_logs.log_samples import (
    ACCOUNT,
    NOON,
    OTHER_ACCOUNT,
    file_of,
    key_of,
    record,
    write,
)
from tests.trail_logs.sources.conftest import DAY, ORGANIZATION, Bucket, keys
from trail_logs.expectations import Expectation
from trail_logs.layout import Scope
from trail_logs.reader import read
from trail_logs.sources.bucket import BucketSource
from trail_logs.sources.folder import FolderSource
from trail_logs.sources.location import open_location
from trail_logs.sources.log_source import (
    AccessDeniedError,
    LogFile,
    NoSuchLocationError,
    UnreachableError,
    read_body,
)


def test_all_accounts_and_regions_of_a_bucket_are_found(bucket: Bucket) -> None:
    wanted = sorted([key_of(), key_of(region="eu-west-1"), key_of(account=OTHER_ACCOUNT)])
    bucket.put(*wanted, "AWSLogs/readme.txt", "other/thing", "AWSLogs/nobody/CloudTrail/x/y")
    assert keys(bucket.source()) == wanted


def test_members_of_an_organization_are_found(bucket: Bucket) -> None:
    member = key_of(account=OTHER_ACCOUNT, organization_id=ORGANIZATION)
    bucket.put(key_of(), member)
    assert keys(bucket.source(), Scope(accounts=(OTHER_ACCOUNT,))) == [member]


def test_digests_and_insights_are_kept_apart(bucket: Bucket) -> None:
    log, insight = key_of(), key_of(folder="CloudTrail-Insight")
    bucket.put(log, insight, log.replace("CloudTrail", "CloudTrail-Digest"))
    assert keys(bucket.source()) == [log]
    assert keys(bucket.source(), Scope(folders=("CloudTrail-Insight",))) == [insight]


def test_the_trails_prefix_is_the_locations(bucket: Bucket) -> None:
    inside = key_of(prefix="team/one")
    bucket.put(inside, key_of())
    assert keys(bucket.source("team/one")) == [inside]
    assert keys(bucket.source("team/one/")) == [inside]


@pytest.mark.parametrize("levels", range(1, 8))
def test_a_location_may_end_at_any_level_of_the_layout(bucket: Bucket, levels: int) -> None:
    inside = key_of()
    bucket.put(inside, key_of(account=OTHER_ACCOUNT))
    found = keys(bucket.source("/".join(inside.split("/")[:levels])), Scope(accounts=(ACCOUNT,)))
    assert found == [inside]


def test_a_location_may_be_one_object(bucket: Bucket) -> None:
    inside = key_of()
    bucket.put(inside, key_of())
    assert keys(bucket.source(inside)) == [inside]


def test_a_key_with_a_slash_before_it_is_not_taken_for_one_without(bucket: Bucket) -> None:
    bucket.put("/a.json.gz")
    bucket.put("a.json.gz", data=file_of())
    assert read(bucket.source("/a.json.gz"), [Expectation("put")]).records == 1


def test_only_the_days_in_question_are_listed(bucket: Bucket) -> None:
    days = [key_of(NOON + day * DAY) for day in range(-2, 4)]
    bucket.put(*days)
    assert keys(bucket.source(), Scope(since=NOON, until=NOON)) == days[2:4]
    assert keys(bucket.source(), Scope(since=NOON + DAY)) == days[3:]
    assert keys(bucket.source(), Scope(until=NOON - DAY)) == days[:3]


def test_a_folder_marker_of_the_console_is_no_file(bucket: Bucket) -> None:
    bucket.put(f"AWSLogs/{ACCOUNT}/CloudTrail/us-east-1/", data=b"\n")
    assert keys(bucket.source()) == []


def _asked(source: BucketSource, page_size: int = 1000) -> list[str]:
    """The prefixes that will be listed, a page each."""
    asked: list[str] = []

    def note(params: dict[str, Any], **_: Any) -> None:
        params["MaxKeys"] = page_size
        asked.append(params["Prefix"])

    source._client.meta.events.register("provide-client-params.s3.ListObjectsV2", note)
    return asked


def test_a_small_bucket_is_listed_at_once(bucket: Bucket) -> None:
    """Another folder's objects are never listed; nor are the levels above the log files."""
    inside = key_of()
    bucket.put(inside, *(f"unrelated/{number}" for number in range(5)))
    source = bucket.source()
    asked = _asked(source)
    assert keys(source) == [inside]
    assert asked == ["AWSLogs/"]


def test_a_large_bucket_is_walked_to_its_log_files(bucket: Bucket) -> None:
    """Where a few pages do not hold everything, folders are listed as one name each."""
    inside = key_of()
    others = (f"AWSLogs/{ACCOUNT}/Config/us-east-1/{number}.json.gz" for number in range(20))
    bucket.put(inside, *others)
    source = bucket.source()
    asked = _asked(source, page_size=5)
    assert keys(source) == [inside]
    assert asked == [
        *["AWSLogs/"] * 4,
        f"AWSLogs/{ACCOUNT}/CloudTrail/",
        f"AWSLogs/{ACCOUNT}/CloudTrail/us-east-1/",
    ]


VARIED = (
    *(
        key_of(NOON + day * DAY, account)
        for day in range(3)
        for account in (ACCOUNT, OTHER_ACCOUNT)
    ),
    key_of(region="eu-west-1"),
    key_of(account=OTHER_ACCOUNT, organization_id=ORGANIZATION),
    key_of(folder="CloudTrail-Insight"),
    f"AWSLogs/{ACCOUNT}/CloudTrail/us-east-1/2026/03/14/notes.txt",
    f"AWSLogs/{ACCOUNT}/CloudTrail/us-east-10/2026/03/14/notes.txt",
    f"AWSLogs/{ACCOUNT}/CloudTrail.txt",
    "AWSLogs/readme.txt",
)
SCOPES = (
    Scope(),
    Scope(accounts=(OTHER_ACCOUNT,)),
    Scope(regions=("eu-west-1",)),
    Scope(since=NOON + DAY),
    Scope(until=NOON - DAY),
    Scope(accounts=(ACCOUNT,), regions=("us-east-1",), since=NOON, until=NOON),
    Scope(folders=("CloudTrail", "CloudTrail-Insight")),
)


@pytest.mark.parametrize("scope", SCOPES)
def test_listing_at_once_and_walking_find_the_same(bucket: Bucket, scope: Scope) -> None:
    """Whatever is asked for, the way of looking makes no difference."""
    bucket.put(*VARIED)
    walking = bucket.source()
    asked = _asked(walking, page_size=2)
    found = keys(walking, scope)
    assert found == keys(bucket.source(), scope)
    assert found
    assert len(asked) > 4


@pytest.mark.parametrize("size", [0, 5, 6, 7, 100_000])
def test_a_file_is_read_whole_whatever_size_it_had_when_it_was_listed(
    tmp_path: Path, size: int
) -> None:
    path = tmp_path / "grown"
    path.write_bytes(b"abcdef")
    assert read_body(str(path), size) == b"abcdef"


@pytest.mark.parametrize("name", ["with space+and%20é.json.gz", "a//b.json.gz", "./c.json.gz"])
def test_objects_with_unusual_keys_are_read(bucket: Bucket, name: str) -> None:
    bucket.put(f"AWSLogs/{ACCOUNT}/CloudTrail/us-east-1/2026/03/14/{name}")
    (answer,) = read(bucket.source(), [Expectation("put")]).answers
    assert answer.count == 1


def test_objects_are_read_where_obstore_is_not_installed(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "obstore", None)
    monkeypatch.setattr("trail_logs.sources.bucket._HAS_OBSTORE", False)
    bucket.put(key_of(), key_of())
    (answer,) = read(bucket.source(), [Expectation("put")]).answers
    assert answer.count == 2


def test_a_foreign_object_under_the_log_prefix_is_named(bucket: Bucket) -> None:
    foreign = f"AWSLogs/{ACCOUNT}/CloudTrail/us-east-1/2026/03/14/notes.txt"
    bucket.put(foreign, data=b"remember the milk")
    (damage,) = read(bucket.source(), [Expectation("put")]).damaged
    assert damage.key == foreign


def test_many_objects_are_read_in_order(bucket: Bucket) -> None:
    many = sorted(key_of() for _ in range(150))
    bucket.put(*many)
    source = bucket.source()
    assert [file.key for file, _ in source.bodies(source.files(Scope()))] == many


def test_a_bucket_that_does_not_exist_is_said_to_be_missing(
    session: boto3.Session, moto_url: str
) -> None:
    source = BucketSource(session, "no-such-bucket", endpoint_url=moto_url)
    with pytest.raises(NoSuchLocationError, match="s3://no-such-bucket: NoSuchBucket"):
        source.files(Scope())


def test_an_endpoint_that_does_not_answer_is_unreachable(session: boto3.Session) -> None:
    source = BucketSource(session, "bucket", endpoint_url="http://127.0.0.1:9")
    with pytest.raises(UnreachableError, match="s3://bucket does not answer"):
        source.files(Scope())


def test_an_object_gone_since_it_was_listed_is_said_to_be_missing(bucket: Bucket, s3: Any) -> None:
    gone = key_of()
    bucket.put(gone)
    source = bucket.source()
    files = source.files(Scope())
    s3.delete_object(Bucket=bucket.name, Key=gone)
    ((_, body),) = source.bodies(files)
    assert isinstance(body, NoSuchLocationError)
    assert f"{gone}: NoSuchKey" in str(body)


def test_a_session_without_credentials_is_denied(
    monkeypatch: pytest.MonkeyPatch, moto_url: str, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    source = BucketSource(boto3.Session(region_name="us-east-1"), "b", endpoint_url=moto_url)
    with pytest.raises(AccessDeniedError, match="no credentials"):
        source.files(Scope())


def test_a_bucket_and_its_copy_on_disk_hold_the_same_files(bucket: Bucket, tmp_path: Path) -> None:
    layout = [
        key_of(),
        key_of(NOON + 3 * DAY),
        key_of(region="eu-west-1"),
        key_of(account=OTHER_ACCOUNT, organization_id=ORGANIZATION),
        key_of(folder="CloudTrail-Insight"),
        "other/thing.json",
    ]
    bucket.put(*layout)
    for key in layout:
        write(tmp_path, key, file_of(record()))
    for scope in (
        Scope(),
        Scope(until=NOON),
        Scope(since=NOON + DAY),
        Scope(regions=("eu-west-1",)),
        Scope(accounts=(OTHER_ACCOUNT,)),
        Scope(folders=("CloudTrail", "CloudTrail-Insight")),
    ):
        assert keys(FolderSource(tmp_path), scope) == keys(bucket.source(), scope)


def test_of_an_object_that_is_no_log_file_by_its_size_only_the_beginning_is_fetched(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trail_logs.sources.bucket.MOST_INFLATED_BYTES", 1000)
    bucket.put(key_of(), data=b"{" * 5000)
    source = bucket.source()
    ((_, body),) = source.bodies(source.files(Scope()))
    assert body == b"{" * 1001


def test_a_location_without_a_bucket_is_refused(session: boto3.Session) -> None:
    with pytest.raises(NoSuchLocationError, match="names no bucket"):
        open_location("s3://", session)


@pytest.fixture
def refusing(session: boto3.Session) -> Iterator[Callable[[int, str], BucketSource]]:
    """A bucket whose endpoint answers every request with one S3 error; moto checks no policies."""
    servers: list[ThreadingHTTPServer] = []

    def source(status: int, code: str) -> BucketSource:
        body = f"<Error><Code>{code}</Code><Message>not for you</Message></Error>".encode()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        return BucketSource(session, "logs", endpoint_url=url)

    yield source
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("code", ["AccessDenied", "InvalidAccessKeyId", "ExpiredToken"])
def test_a_bucket_that_may_not_be_listed_is_denied(
    refusing: Callable[[int, str], BucketSource], code: str
) -> None:
    with pytest.raises(AccessDeniedError, match=f"s3://logs: {code}: not for you"):
        refusing(403, code).files(Scope())


def test_an_object_that_may_not_be_read_is_denied(
    refusing: Callable[[int, str], BucketSource],
) -> None:
    ((_, body),) = refusing(403, "AccessDenied").bodies([LogFile(key_of(), 10, "")])
    assert isinstance(body, AccessDeniedError)
    with pytest.raises(AccessDeniedError, match="AccessDenied"):
        read_body(body, 10)


def test_another_error_of_s3_is_no_answer(refusing: Callable[[int, str], BucketSource]) -> None:
    with pytest.raises(UnreachableError, match="MethodNotAllowed"):
        refusing(405, "MethodNotAllowed").files(Scope())

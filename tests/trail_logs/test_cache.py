from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.trail_logs.log_samples import ACCOUNT, NOON, file_of, key_of, record, write
from tests.waiting import LONG
from trail_logs.cache import TallyCache, default_path, question_of
from trail_logs.expectations import Expectation
from trail_logs.layout import Scope
from trail_logs.reader import Reading, read
from trail_logs.sources.bucket import BucketSource
from trail_logs.sources.folder import FolderSource
from trail_logs.sources.log_source import Body, LogFile

PUT = Expectation("put", event_names=("PutItem",))


class Counting(FolderSource):
    """A folder that notes which files are read."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.read: list[str] = []

    def bodies(self, files: Sequence[LogFile]) -> Iterator[tuple[LogFile, Body]]:
        for file, body in super().bodies(files):
            self.read.append(file.key)
            yield file, body


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    for _ in range(3):
        write(folder, key_of(), file_of(record(), record("GetItem")))
    return folder


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "tallies.sqlite"


def check(logs: Path, path: Path, *expectations: Expectation) -> tuple[Reading, list[str]]:
    source = Counting(logs)
    return read(source, expectations or (PUT,), cache=TallyCache(path)), source.read


def same(one: Reading, other: Reading) -> bool:
    return replace(one, cached=0) == replace(other, cached=0)


def test_a_repeated_check_reads_only_what_is_new(logs: Path, path: Path) -> None:
    first, _ = check(logs, path)
    again, read_again = check(logs, path)
    assert same(first, again)
    assert (read_again, again.cached) == ([], 3)
    new = key_of()
    write(logs, new, file_of(record()))
    more, read_now = check(logs, path)
    assert read_now == [new]
    assert more.of("put")[0].count == 4
    assert same(more, read(FolderSource(logs), [PUT]))


def test_a_changed_file_is_read_again(logs: Path, path: Path) -> None:
    changed = key_of()
    write(logs, changed, file_of(record()))
    check(logs, path)
    write(logs, changed, file_of(record(), record(), record("ListTables")))
    reading, read_again = check(logs, path)
    assert read_again == [changed]
    assert reading.of("put")[0].count == 5


def test_a_deleted_file_no_longer_counts(logs: Path, path: Path) -> None:
    first, keys = check(logs, path)
    (logs / keys[0]).unlink()
    assert check(logs, path)[0].records == first.records - 2


def test_another_question_reads_the_files_again(logs: Path, path: Path) -> None:
    check(logs, path)
    reading, read_again = check(logs, path, replace(PUT, event_names=("GetItem",)))
    assert len(read_again) == 3
    assert reading.of("put")[0].count == 3


def test_names_and_locations_are_no_part_of_the_question() -> None:
    renamed = replace(PUT, name="other", location="x")
    assert question_of([PUT]) == question_of([renamed])


def test_damage_is_remembered(logs: Path, path: Path) -> None:
    write(logs, key_of(), b"junk")
    first, _ = check(logs, path)
    again, read_again = check(logs, path)
    assert read_again == []
    assert again.damaged == first.damaged
    assert len(again.damaged) == 1


class Listing:
    """A bucket in moto that notes what is listed, in pages of two."""

    def __init__(self, s3: Any, session: boto3.Session, url: str, path: Path) -> None:
        self._s3, self._path = s3, path
        s3.create_bucket(Bucket="logs")
        self._session, self._url = session, url

    def put(self, *keys: str) -> None:
        for key in keys:
            self._s3.put_object(Bucket="logs", Key=key, Body=file_of(record()))

    def delete(self, key: str) -> None:
        self._s3.delete_object(Bucket="logs", Key=key)

    def check(
        self, prefix: str = "", expectation: Expectation = PUT
    ) -> tuple[int, list[tuple[str, str]]]:
        """How many files were found, and prefix and start of every page that was listed."""
        source = BucketSource(self._session, "logs", prefix, endpoint_url=self._url)
        asked: list[tuple[str, str]] = []

        def note(params: dict[str, Any], **_: Any) -> None:
            params["MaxKeys"] = 2
            asked.append((params["Prefix"], params.get("StartAfter", "")))

        source._client.meta.events.register("provide-client-params.s3.ListObjectsV2", note)
        files = read(source, (expectation,), cache=TallyCache(self._path)).files
        source.close()
        return files, asked


@pytest.fixture
def listing(
    s3: Any, session: boto3.Session, moto_url: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> Listing:
    monkeypatch.setattr("trail_logs.cache.LISTED_FILES", 8)
    return Listing(s3, session, moto_url, path)


TEN_DAYS = tuple(key_of(NOON + timedelta(days=day)) for day in range(10))
REGION = f"AWSLogs/{ACCOUNT}/CloudTrail/us-east-1/"


def test_a_large_bucket_is_listed_from_the_last_days_on(listing: Listing) -> None:
    listing.put(*TEN_DAYS)
    listing.check()
    listing.put(key_of(NOON + timedelta(days=10)), key_of(region="eu-west-1"))
    files, asked = listing.check()
    assert files == 12
    assert (REGION, REGION + "2026/03/22") in asked
    assert REGION not in [prefix for prefix, start in asked if not start]


def test_after_an_hour_all_is_listed_anew(
    listing: Listing, monkeypatch: pytest.MonkeyPatch
) -> None:
    listing.put(*TEN_DAYS)
    listing.check()
    listing.delete(TEN_DAYS[0])
    assert listing.check()[0] == 10, "the cursor stands after the deleted file"
    monkeypatch.setattr("trail_logs.cache.LISTING_SECONDS", 0)
    assert listing.check()[0] == 9


def test_a_listing_of_some_days_is_not_taken_for_one_of_all(listing: Listing) -> None:
    some_day = NOON + timedelta(days=9)
    listing.put(*TEN_DAYS, *(key_of(some_day) for _ in range(8)))
    assert listing.check(f"{REGION}{some_day:%Y/%m/%d}")[0] == 9
    assert listing.check()[0] == 18


def test_files_gone_since_they_were_listed_do_not_stop_another_question(listing: Listing) -> None:
    listing.put(*TEN_DAYS)
    listing.check()
    listing.delete(TEN_DAYS[0])
    assert listing.check(expectation=Expectation("get", event_names=("GetItem",)))[0] == 9


def test_a_listing_of_the_future_is_made_anew(
    listing: Listing, monkeypatch: pytest.MonkeyPatch
) -> None:
    listing.put(*TEN_DAYS)
    tomorrow = time.time() + 24 * 3600
    with monkeypatch.context() as patched:
        patched.setattr("trail_logs.cache.time.time", lambda: tomorrow)
        listing.check()
    listing.delete(TEN_DAYS[0])
    assert listing.check()[0] == 9


def test_a_listing_that_was_made_anew_is_not_replaced_by_an_older_one(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trail_logs.cache.LISTED_FILES", 1)
    old, new, added = ([LogFile(name, 1, "e")] for name in ("old", "new", "added"))
    cache, scope = TallyCache(path), Scope()
    cache.keep_listing("bucket", scope, old, known=())
    cache.keep_listing("bucket", scope, new, known=())
    cache.keep_listing("bucket", scope, old + added, known=old)
    assert cache.listed("bucket", scope) == new
    cache.keep_listing("bucket", scope, new + added, known=new)
    assert cache.listed("bucket", scope) == new + added


def test_a_small_bucket_is_always_listed_anew(listing: Listing) -> None:
    listing.put(*TEN_DAYS[:7])
    listing.check()
    listing.delete(TEN_DAYS[0])
    assert listing.check()[0] == 6


def test_a_corrupt_listing_is_made_anew(listing: Listing, path: Path) -> None:
    listing.put(*TEN_DAYS)
    listing.check()
    with sqlite3.connect(path) as database:
        database.execute("UPDATE listings SET files = x'00'")
    assert listing.check()[0] == 10


def test_two_folders_do_not_share_tallies(logs: Path, path: Path, tmp_path: Path) -> None:
    check(logs, path)
    other = tmp_path / "other"
    for file in logs.rglob("*.gz"):
        write(other, str(file.relative_to(logs)), file.read_bytes())
    assert check(other, path)[0].cached == 0


@pytest.mark.parametrize("junk", [b"junk" * 1000, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_corrupt_cache_is_started_anew_with_a_notice(logs: Path, path: Path, junk: bytes) -> None:
    first, _ = check(logs, path)
    path.write_bytes(junk)
    reading, read_again = check(logs, path)
    assert len(read_again) == 3
    assert "a new one was started" in reading.notices[0]
    assert reading.of("put") == first.of("put")
    assert check(logs, path)[0].cached == 3


def test_a_corrupt_tally_is_read_again(logs: Path, path: Path) -> None:
    check(logs, path)
    with sqlite3.connect(path) as database:
        database.execute("UPDATE tallies SET tally = x'c1'")
    database.close()
    reading, read_again = check(logs, path)
    assert len(read_again) == 3
    assert "damaged" in reading.notices[0]


def test_a_cache_that_cannot_be_written_does_not_stop_the_check(logs: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    reading, _ = check(logs, tmp_path / "cache" / "tallies.sqlite")
    assert reading.of("put")[0].count == 3
    assert "was not used" in reading.notices[0]


def test_tallies_nobody_asks_for_are_dropped(logs: Path, path: Path) -> None:
    check(logs, path)
    with sqlite3.connect(path) as database:
        database.execute("UPDATE tallies SET used = 0")
    check(logs, path, Expectation("another"))
    (count,) = database.execute("SELECT count(*) FROM tallies WHERE used = 0").fetchone()
    database.close()
    assert count == 0


def test_two_processes_share_a_cache(logs: Path, path: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from tests.trail_logs.test_cache import check\n"
        "for _ in range(10):\n"
        "    reading, _ = check(Path(sys.argv[1]), Path(sys.argv[2]))\n"
        "    assert reading.of('put')[0].count == 3 and not reading.notices, reading\n"
    )
    command = [sys.executable, "-c", code, str(logs), str(path)]
    running = [subprocess.Popen(command) for _ in range(2)]
    assert [process.wait(LONG) for process in running] == [0, 0]


def test_the_cache_lies_where_xdg_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_path() == tmp_path / "cloudtrail-lab" / "tallies.sqlite"

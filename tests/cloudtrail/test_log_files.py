"""Log files: names, keys, contents."""

from __future__ import annotations

import gzip
import random
from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from isal import igzip

from cloudtrail.log_files import (
    MOST_INFLATED_BYTES,
    DamagedLogFile,
    LogFileName,
    digest_key,
    file_stamp,
    inflate,
    log_file,
    log_file_key,
    log_prefix,
    parse_log_file_key,
    read_log_file,
    split_by_size,
    unique_string,
)

ACCOUNT = "111122223333"
STAMP = datetime(2015, 8, 1, 2, 10, tzinfo=UTC)
UNIQUE = "Mu0KsOhtH1ar15ZZ"
KEY = (
    "AWSLogs/111122223333/CloudTrail/us-east-2/2015/08/01/"
    "111122223333_CloudTrail_us-east-2_20150801T0210Z_Mu0KsOhtH1ar15ZZ.json.gz"
)
ONE = b'{"eventID":"1"}'
TWO = b'{"eventID":"2"}'

times = st.datetimes(
    datetime(2013, 1, 1),  # noqa: DTZ001 (hypothesis adds the zone)
    datetime(2035, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
prefixes = st.sampled_from(["", "lab", "a/b", "AWSLogs", "x/AWSLogs/o-0123456789"])
organizations = st.none() | st.from_regex(r"o-[a-z0-9]{10,32}", fullmatch=True)
folders = st.sampled_from(["CloudTrail", "CloudTrail-Insight", "CloudTrail-NetworkActivity"])


@pytest.mark.parametrize(
    ("newest", "stamp"),
    [
        ("2026-11-22T15:34:05", "2026-11-22T15:35:00"),
        ("2026-11-22T15:35:00", "2026-11-22T15:35:00"),
        ("2026-11-22T15:35:01", "2026-11-22T15:40:00"),
        ("2026-12-31T23:59:59", "2027-01-01T00:00:00"),
    ],
)
def test_the_stamp_is_the_newest_event_rounded_up_to_five_minutes(newest: str, stamp: str) -> None:
    assert file_stamp(datetime.fromisoformat(newest + "Z")) == datetime.fromisoformat(stamp + "Z")


@given(times)
def test_a_stamp_is_on_a_boundary_less_than_five_minutes_later(newest: datetime) -> None:
    stamp = file_stamp(newest)
    assert timedelta() <= stamp - newest < timedelta(minutes=5)
    assert stamp.timestamp() % 300 == 0


def test_a_stamp_is_in_utc() -> None:
    tokyo = timezone(timedelta(hours=9))
    assert file_stamp(datetime(2026, 1, 1, 8, 0, 1, tzinfo=tokyo)).isoformat() == (
        "2025-12-31T23:05:00+00:00"
    )


def test_a_key_is_spelled_as_in_the_user_guide() -> None:
    assert log_file_key("", ACCOUNT, "us-east-2", STAMP, UNIQUE) == KEY


def test_a_digest_key_names_trail_and_home_region_and_the_second() -> None:
    end = datetime(2026, 1, 2, 23, 53, 36, tzinfo=UTC)
    key = digest_key("", ACCOUNT, "eu-west-1", end, trail="my_trail", home_region="us-east-1")
    assert key == (
        "AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2026/01/02/111122223333_"
        "CloudTrail-Digest_eu-west-1_my_trail_us-east-1_20260102T235336Z.json.gz"
    )


@given(times, prefixes, organizations, folders)
def test_a_key_says_what_it_was_made_of(
    time: datetime, prefix: str, organization: str | None, folder: str
) -> None:
    minute = time.replace(second=0, microsecond=0)
    key = log_file_key(
        prefix,
        ACCOUNT,
        "us-east-2",
        minute,
        UNIQUE,
        folder=folder,
        organization_id=organization,
    )
    assert parse_log_file_key(key) == LogFileName(
        prefix, organization, ACCOUNT, folder, "us-east-2", minute, UNIQUE
    )


@given(times, organizations)
def test_a_digest_key_says_what_it_was_made_of(time: datetime, organization: str | None) -> None:
    second = time.replace(microsecond=0)
    key = digest_key(
        "p",
        ACCOUNT,
        "us-east-2",
        second,
        trail="a_b.c",
        home_region="us-west-1",
        organization_id=organization,
    )
    assert parse_log_file_key(key) == LogFileName(
        "p",
        organization,
        ACCOUNT,
        "CloudTrail-Digest",
        "us-east-2",
        second,
        "",
        trail="a_b.c",
        home_region="us-west-1",
    )


@pytest.mark.parametrize(
    "key",
    [
        "",
        "notes.txt",
        "AWSLogs/111122223333/CloudTrail/us-east-2/2015/08/01/",
        KEY.replace("2015/08/01", "2015/08/02"),
        KEY.replace("_CloudTrail_", "_CloudTrail-Digest_"),
        KEY.replace("111122223333_", "999999999999_"),
        KEY.replace("us-east-2_", "us-east-1_"),
        KEY.replace("20150801T0210Z", "20150801T2510Z"),
        KEY.replace("Mu0KsOhtH1ar15ZZ", "short"),
        KEY.removesuffix(".gz"),
        KEY.replace("AWSLogs", "awslogs"),
        KEY.replace("CloudTrail", "Config"),
    ],
)
def test_a_foreign_key_is_no_log_file(key: str) -> None:
    assert parse_log_file_key(key) is None


@pytest.mark.parametrize(
    ("arguments", "folder"),
    [
        ({}, "lab/AWSLogs/111122223333/CloudTrail/"),
        ({"region": "us-east-2"}, "lab/AWSLogs/111122223333/CloudTrail/us-east-2/"),
        (
            {"region": "us-east-2", "day": STAMP},
            "lab/AWSLogs/111122223333/CloudTrail/us-east-2/2015/08/01/",
        ),
        (
            {"folder": "CloudTrail-Insight", "organization_id": "o-exampleorg"},
            "lab/AWSLogs/o-exampleorg/111122223333/CloudTrail-Insight/",
        ),
    ],
)
def test_a_folder_is_as_narrow_as_asked(arguments: dict[str, str], folder: str) -> None:
    assert log_prefix("lab", ACCOUNT, **arguments) == folder  # type: ignore[arg-type]


def test_unique_strings_are_16_letters_and_digits_and_follow_the_source() -> None:
    source = random.Random(7)
    first, second = unique_string(source), unique_string(source)
    assert first != second
    assert len(first) == 16
    assert first.isalnum()
    assert first == unique_string(random.Random(7))


def test_a_log_file_is_gzip_of_compact_json() -> None:
    assert gzip.decompress(log_file([ONE, TWO])) == b'{"Records":[{"eventID":"1"},{"eventID":"2"}]}'


def test_equal_records_give_equal_bytes() -> None:
    assert log_file([ONE, TWO]) == log_file([ONE, TWO])


@given(st.lists(st.dictionaries(st.text(), st.text() | st.integers(0, 9) | st.none())))
def test_a_log_file_gives_its_records_back(records: list[dict[str, object]]) -> None:
    assert read_log_file(log_file([msgspec.json.encode(record) for record in records])) == records


@pytest.mark.parametrize("members", [1, 2])
def test_a_file_that_unpacks_to_far_too_much_is_refused(members: int) -> None:
    spaces = igzip.compress(b" " * (MOST_INFLATED_BYTES // members + 1), 1)
    with pytest.raises(DamagedLogFile, match="unpacks to over 200,000,000 bytes"):
        inflate(spaces * members)


def test_all_members_of_a_gzip_file_are_read() -> None:
    content = gzip.compress(b'{"Records":[') + gzip.compress(b'{"eventID":"1"}]}')
    assert read_log_file(content) == [{"eventID": "1"}]


WHOLE = log_file([ONE, TWO])


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (WHOLE[:5], "truncated"),
        (WHOLE[:-4], "truncated"),
        (b"hello world", "not a complete gzip file"),
        (WHOLE[:-8] + bytes(8), "not a complete gzip file"),
        (WHOLE[:14] + b"\xff\xff\xff" + WHOLE[17:], "not a complete gzip file"),
        (gzip.compress(b""), "the gzip file is empty"),
        (gzip.compress(b"[]"), "not a CloudTrail log file"),
        (gzip.compress(b'{"logFiles":[]}'), "not a CloudTrail log file"),
        (gzip.compress(b'{"Records":null}'), "not a CloudTrail log file"),
        (gzip.compress(b'{"Records":[1]}'), "not a CloudTrail log file"),
        (gzip.compress(b'{"Records":[{"a":1}'), "not a CloudTrail log file"),
        (gzip.compress(b'{"Records":[{"a":"\xff"}]}'), "not a CloudTrail log file"),
        (gzip.compress(b'{"Records":[' + b'{"a":' * 100_000), "not a CloudTrail log file"),
    ],
    ids=[
        "empty",
        "cut in the header",
        "cut in the trailer",
        "no gzip",
        "wrong checksum",
        "broken stream",
        "nothing inside",
        "a list",
        "a digest",
        "no records",
        "records of numbers",
        "cut JSON",
        "not UTF-8",
        "nested too deep",
    ],
)
def test_damage_is_named(data: bytes, reason: str) -> None:
    with pytest.raises(DamagedLogFile, match=reason):
        read_log_file(data)


@given(st.lists(st.binary(min_size=1, max_size=30)), st.integers(20, 100))
def test_a_split_keeps_order_and_limit(records: list[bytes], limit: int) -> None:
    parts = list(split_by_size(records, limit))
    assert [record for part in parts for record in part] == records
    for part in parts:
        size = len(gzip.decompress(log_file(part)))
        assert size <= limit or len(part) == 1


def test_a_split_closes_a_file_only_when_the_next_record_does_not_fit() -> None:
    whole = len(b'{"Records":[') + len(ONE) + 1 + len(TWO) + len(b"]}")
    assert list(split_by_size([ONE, TWO], whole)) == [[ONE, TWO]]
    assert list(split_by_size([ONE, TWO], whole - 1)) == [[ONE], [TWO]]

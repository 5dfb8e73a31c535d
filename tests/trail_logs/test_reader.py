from __future__ import annotations

import gzip
import json
from datetime import timedelta
from pathlib import Path

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
from trail_logs import damage, records
from trail_logs.expectations import Answer, Expectation
from trail_logs.reader import Reading, Window, read
from trail_logs.sources.folder import FolderSource

PUT = Expectation("put", event_names=("PutItem",))
DATA = Expectation("data", category="Data")


def read_folder(folder: Path, *expectations: Expectation) -> Reading:
    return read(FolderSource(folder), expectations or (PUT,))


def answer(reading: Reading, name: str = "put") -> Answer:
    (only,) = reading.of(name)
    return only


def test_counts_matching_records_over_all_files(tmp_path: Path) -> None:
    write(tmp_path, key_of(), file_of(record(), record("GetItem")))
    write(tmp_path, key_of(), file_of(record()))
    reading = read_folder(tmp_path)
    assert answer(reading).count == 2
    assert (reading.files, reading.records, reading.duplicates) == (2, 3, 0)


def test_evidence_is_the_earliest_and_the_latest_record(tmp_path: Path) -> None:
    late, early = key_of(), key_of()
    write(tmp_path, late, file_of(record(eventTime="2026-03-14T12:00:09Z")))
    first = record(eventTime="2026-03-14T12:00:01Z")
    write(tmp_path, early, file_of(record(eventTime="2026-03-14T12:00:05Z"), first))
    found = answer(read_folder(tmp_path))
    assert found.first is not None
    assert found.last is not None
    assert (found.first.key, found.first.event_id) == (early, first["eventID"])
    assert (found.last.key, found.last.event_time) == (late, NOON + timedelta(seconds=9))
    excerpt = json.loads(found.first.excerpt)
    assert excerpt["requestParameters"] == first["requestParameters"]
    assert excerpt["userIdentity"] == first["userIdentity"]


def test_a_record_delivered_twice_counts_once(tmp_path: Path) -> None:
    twice = record()
    write(tmp_path, key_of(), file_of(twice, record()))
    write(tmp_path, key_of(), file_of(twice))
    reading = read_folder(tmp_path)
    assert (answer(reading).count, reading.records, reading.duplicates) == (2, 3, 1)


def test_event_ids_that_share_their_first_half_are_no_duplicates(tmp_path: Path) -> None:
    ids = (f"11111111-2222-4333-8444-00000000000{digit}" for digit in range(3))
    write(tmp_path, key_of(), file_of(*(record("GetItem", eventID=each) for each in ids)))
    assert read_folder(tmp_path).duplicates == 0


def test_event_ids_that_are_no_uuids_are_told_apart(tmp_path: Path) -> None:
    ids = ["-" * 4 + "a" * 32, "b" * 36, "x", "x"]
    write(tmp_path, key_of(), file_of(*(record(eventID=each) for each in ids)))
    reading = read_folder(tmp_path)
    assert (answer(reading).count, reading.duplicates) == (3, 1)


def test_every_account_has_its_own_answer(tmp_path: Path) -> None:
    write(tmp_path, key_of(), file_of(record()))
    other = record("GetItem", recipientAccountId=OTHER_ACCOUNT)
    write(tmp_path, key_of(account=OTHER_ACCOUNT), file_of(other))
    reading = read_folder(tmp_path)
    assert [(each.account, each.count) for each in reading.of("put")] == [
        (ACCOUNT, 1),
        (OTHER_ACCOUNT, 0),
    ]


def test_nothing_delivered_is_an_answer_of_none_found(tmp_path: Path) -> None:
    (tmp_path / "AWSLogs").mkdir()
    reading = read_folder(tmp_path, PUT, DATA)
    assert (answer(reading).count, answer(reading, "data").count) == (0, 0)


def test_an_accounts_span_tells_how_far_its_logs_reach(tmp_path: Path) -> None:
    write(tmp_path, key_of(), file_of(record(), record(eventTime="2026-03-14T11:59:00Z")))
    write(tmp_path, key_of(NOON + timedelta(minutes=5)), file_of(record()))
    reading = read_folder(tmp_path)
    span = reading.accounts[ACCOUNT]
    assert (span.earliest, span.latest) == (NOON - timedelta(minutes=1), NOON)


def test_only_the_days_of_the_window_are_read(tmp_path: Path) -> None:
    for day in range(-3, 5):
        write(tmp_path, key_of(NOON + timedelta(days=day)), file_of(record()))
    window = Window(NOON, NOON + timedelta(hours=1))
    reading = read(FolderSource(tmp_path), [PUT], window=window)
    assert reading.files == 2  # the day itself, and the next for late delivery


def test_the_window_defaults_to_what_the_expectations_span(tmp_path: Path) -> None:
    for day in range(-3, 5):
        write(tmp_path, key_of(NOON + timedelta(days=day)), file_of(record()))
    spans = [Expectation(f"{day}", since=NOON + timedelta(days=day), until=NOON) for day in (-1, 0)]
    assert read(FolderSource(tmp_path), spans).files == 3


DAMAGED = {
    "truncated gzip": (file_of(record())[:-9], "truncated"),
    "not gzip": (b"hello", "neither gzip nor"),
    "wrong checksum": (file_of(record())[:-8] + b"\0" * 8, "CRC"),
    "junk after gzip": (file_of(record()) + b"junk, much of it", "not a complete gzip file"),
    "zero bytes": (b"", "empty"),
    "gzip of nothing": (gzip.compress(b""), "is empty"),
    "gzip of no JSON": (gzip.compress(b"hello"), "JSON is broken"),
    "cut JSON": (gzip.compress(b'{"Records":[{"eventVersion":'), "JSON is broken"),
    "foreign JSON": (gzip.compress(b'{"a":1}'), "`Records`"),
    "foreign records": (gzip.compress(b'{"Records":[{"eventVersion":"2.1"}]}'), "`eventTime`"),
    "JSON array": (gzip.compress(b"[]"), "not a CloudTrail log file"),
    "no time": (file_of(record(eventTime="yesterday")), "yesterday"),
    "no UTF-8": (gzip.compress(b'{"Records":[],"a":"\xff"}'), "not UTF-8"),
    "byte order mark": (gzip.compress(b'\xef\xbb\xbf{"Records":[]}'), "JSON is broken"),
    "not a number": (gzip.compress(b'{"Records":[],"a":NaN}'), "JSON is broken"),
    "two documents": (gzip.compress(b'{"Records":[]}{"Records":[]}'), "JSON is broken"),
    "deep nesting": (gzip.compress(b'{"Records":' + b"[" * 100_000), "JSON"),
}


@pytest.mark.parametrize(("data", "reason"), DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_file_is_named_with_its_reason_and_the_rest_is_read(
    tmp_path: Path, data: bytes, reason: str
) -> None:
    damaged = key_of()
    write(tmp_path, damaged, data)
    write(tmp_path, key_of(), file_of(record()))
    reading = read_folder(tmp_path)
    assert answer(reading).count == 1
    (named,) = reading.damaged
    assert named.key == damaged
    assert reason in named.reason


def test_a_damaged_record_is_named_and_counted_and_the_others_of_its_file_count(
    tmp_path: Path,
) -> None:
    damaged = key_of()
    wrong = record(eventName=7)
    write(tmp_path, damaged, file_of(record(), wrong, record("GetItem"), record(eventTime="")))
    reading = read_folder(tmp_path)
    assert (answer(reading).count, reading.records) == (1, 2)
    (named,) = reading.damaged
    assert (named.key, named.records) == (damaged, 2)
    assert "Records[1]: Expected `str`, got `int` - at `$.eventName`" in named.reason
    assert "Records[3]: wanted eventTime as YYYY-MM-DDTHH:MM:SSZ, got ''" in named.reason


def test_of_many_damaged_records_the_first_are_told_and_all_are_counted(tmp_path: Path) -> None:
    write(tmp_path, key_of(), gzip.compress(b'{"Records":[' + b"1," * 9_999 + b"1]}"))
    (named,) = read_folder(tmp_path).damaged
    assert named.records == 10_000
    assert named.reason.endswith("; 9,997 more")
    assert len(named.reason) < 300


def test_a_file_of_more_values_than_log_files_have_is_not_taken_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "MAX_VALUES", 1_000)
    write(tmp_path, key_of(), gzip.compress(b'{"Records":[' + b"1," * 1_001 + b"1]}"))
    (named,) = read_folder(tmp_path).damaged
    assert (named.records, "over 1,000 values" in named.reason) == (0, True)


def test_a_file_of_more_records_than_log_files_have_is_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "MAX_RECORDS", 2)
    write(tmp_path, key_of(), file_of(record(), record(), record()))
    write(tmp_path, key_of(), file_of(record(), record()))
    reading = read_folder(tmp_path)
    assert (answer(reading).count, len(reading.damaged)) == (2, 1)
    assert "over 2 records" in reading.damaged[0].reason


@pytest.mark.parametrize("depth", [100, 300, 900, 990, 20_000])
def test_deep_nesting_is_damage_or_none_and_never_a_traceback(tmp_path: Path, depth: int) -> None:
    deep = b"[" * depth + b"]" * depth
    body = file_of(record(userAgent=None, requestParameters="DEEP"))
    write(tmp_path, key_of(), gzip.compress(gzip.decompress(body).replace(b'"DEEP"', deep)))
    reading = read_folder(tmp_path, PUT, Expectation("by", parameters=(("a.b", "c"),)))
    assert len(reading.damaged) == (depth > damage.MAX_NESTING)
    assert answer(reading).count == (depth <= damage.MAX_NESTING)


def test_event_ids_that_differ_in_case_or_hyphens_are_two(tmp_path: Path) -> None:
    plain = "0a0b0c0d-0000-4000-8000-00000000abcd"
    ids = [plain, plain.upper(), plain.replace("-", ""), f"{plain[:8]}{plain[9:]}-", plain]
    write(tmp_path, key_of(), file_of(*(record(eventID=each) for each in ids)))
    reading = read_folder(tmp_path)
    assert (answer(reading).count, reading.duplicates, reading.damaged) == (4, 1, ())


def test_all_members_of_a_multi_member_gzip_are_read(tmp_path: Path) -> None:
    text = gzip.decompress(file_of(record(), record()))
    write(tmp_path, key_of(), gzip.compress(text[:100]) + gzip.compress(text[100:]))
    assert answer(read_folder(tmp_path)).count == 2


def test_an_unpacked_log_file_is_read(tmp_path: Path) -> None:
    write(tmp_path, key_of().removesuffix(".gz"), gzip.decompress(file_of(record())))
    assert answer(read_folder(tmp_path)).count == 1


def test_unknown_fields_and_newer_versions_are_read(tmp_path: Path) -> None:
    newer = record(eventVersion="2.0", somethingNew={"deep": [1, {"er": None}]})
    write(tmp_path, key_of(), file_of(newer))
    assert answer(read_folder(tmp_path)).count == 1


def test_an_expectation_that_was_not_read_is_a_key_error_naming_the_others(tmp_path: Path) -> None:
    write(tmp_path, key_of(), file_of(record()))
    with pytest.raises(KeyError, match="expectations put"):
        read_folder(tmp_path).of("get")

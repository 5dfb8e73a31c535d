"""The verb `logs` on what is at a location: records in any form, damaged files, nothing."""

from __future__ import annotations

import gzip
import io
import json
import os
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from lab_steps.errors import ExitCode
from lab_steps.verbs import logs as command
from tests.lab_steps.verbs.counting import counted, logs
from tests.trail_logs.log_samples import (
    file_of,
    key_of,
    record,
    write,
)
from trail_logs import workers
from trail_logs.layout import Scope
from trail_logs.sources import bucket
from trail_logs.sources.bucket import BucketSource
from trail_logs.sources.log_source import LogFile, NoSuchLocationError, UnreachableError


def looked_up(*found: dict[str, Any]) -> bytes:
    events = [{"EventId": each["eventID"], "CloudTrailEvent": json.dumps(each)} for each in found]
    return json.dumps({"Events": events, "NextToken": None}).encode()


def lines(*found: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(each).encode() + b"\n" for each in found)


def keyed(*found: dict[str, Any]) -> bytes:
    return lines(*({"key": "k", "record": each} for each in found))


def one_after_the_other(*found: dict[str, Any]) -> bytes:
    return b"".join(json.dumps({"Records": [each]}).encode() for each in found)


FORMS = [looked_up, lines, keyed, one_after_the_other, file_of]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
@pytest.mark.parametrize("by", ["name", "stdin", "stdin.gz"])
def test_records_are_read_in_whatever_form_they_come(
    form: Callable[..., bytes],
    by: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = form(record(), record("GetItem"))
    if by == "name":
        location: object = tmp_path / "found.jsonl"
        (tmp_path / "found.jsonl").write_bytes(data)
        assert counted(capsys, tmp_path) == {"PutItem": 1, "GetItem": 1}
    else:
        location = "-"
        packed = by.endswith("gz") and not data.startswith(b"\x1f\x8b")
        stream = io.BytesIO(gzip.compress(data) if packed else data)
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(stream))
    assert counted(capsys, location) == {"PutItem": 1, "GetItem": 1}


def test_a_line_that_is_no_record_is_named_and_the_others_count(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "found.jsonl"
    path.write_bytes(lines(record(), {"no": "record"}, record("GetItem")))
    assert logs(path) == ExitCode.CANNOT_LOOK
    output = capsys.readouterr()
    assert "not read: found.jsonl: Records[1]: Object missing required field" in output.err
    assert "2 records, 2 matching" in output.out


@pytest.mark.parametrize("data", [b"", b"\n"])
def test_nothing_on_standard_input_is_exit_code_3(
    data: bytes, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert logs("-") == ExitCode.CANNOT_LOOK
    assert "Nothing was read" in capsys.readouterr().err


def test_a_bundle_s_log_files_are_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with zipfile.ZipFile(tmp_path / "lab.zip", "w") as archive:
        archive.writestr("manifest.json", "{}")
        archive.writestr(f"logs/bucket/{key_of()}", file_of(record()))
        archive.writestr(f"logs/bucket/{key_of()}", file_of(record("GetItem")))
    assert counted(capsys, tmp_path / "lab.zip") == {"PutItem": 1, "GetItem": 1}
    (tmp_path / "bad.zip").write_bytes(b"PK no zip")
    with pytest.raises(UnreachableError, match="The log files in the bundle"):
        logs(tmp_path / "bad.zip")


def test_damaged_files_are_named_and_the_exit_code_says_so(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = key_of()
    write(folder, bad, file_of(record())[:-9])
    write(folder, key_of(), file_of(record(eventTime="2026-99-14T12:00:00Z")))
    assert logs(folder) == ExitCode.CANNOT_LOOK
    output = capsys.readouterr()
    assert f"not read: {bad}: the gzip file is truncated" in output.err
    assert "2026-99-14T12:00:00Z" in output.err
    assert "5 matching" in output.out


def test_damaged_records_are_named_counted_and_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = key_of()
    padded = record(eventID=" 0a0b0c0d-0000-4000-8000-00000000abcd ")
    write(tmp_path, bad, file_of(record(), padded, record("GetItem", recipientAccountId=1)))
    write(tmp_path, key_of(), b"no log file")
    for options in ([], ["--format", "json"], ["--records"]):
        assert logs(tmp_path, *options) == ExitCode.CANNOT_LOOK
        output = capsys.readouterr()
        assert (
            f"not read: {bad}: Records[1]: wanted letters, digits and hyphens as eventID"
            in output.err
        )
        assert "not read in total: 1 file, and 2 records of others" in output.err
        assert output.out.count("PutItem") == 1
        assert "GetItem" not in output.out


def test_the_document_names_and_counts_what_is_damaged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = key_of()
    write(tmp_path, bad, file_of(record(), record(eventTime="2026-02-29T12:00:00Z")))
    logs(tmp_path, "--format", "json")
    document = json.loads(capsys.readouterr().out)
    assert (document["damagedFiles"], document["damagedRecords"]) == (0, 1)
    assert [(each["key"], each["records"]) for each in document["damaged"]] == [(bad, 1)]
    assert (document["records"], document["matching"]) == (1, 1)


@pytest.mark.parametrize("processes", [1, 2])
def test_files_that_cannot_be_read_are_named_and_the_others_are_read(
    processes: int,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(workers, "processes_for", lambda _: processes)
    monkeypatch.setattr(workers, "_BATCH_FILES", 1)
    below = folder / key_of()
    below.symlink_to("nowhere")
    assert logs(folder) == ExitCode.CANNOT_LOOK
    output = capsys.readouterr()
    assert f"{below.relative_to(folder)}: {below} does not exist, or no longer" in output.err
    assert "4 files, 5 records, 5 matching" in output.out


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_folder_whose_name_is_no_text_is_read(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / os.fsdecode(b"\xff")
    write(place, "a.json", file_of(record()))
    (place / "b.json").symlink_to("nowhere")
    assert logs(place, "--format", form) == ExitCode.CANNOT_LOOK
    output = capsys.readouterr()
    assert "not read: b.json" in output.err
    assert "PutItem" in output.out


def test_an_object_that_is_gone_is_named_and_the_others_are_read(
    s3: Any,
    session: boto3.Session,
    moto_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    gone, there = sorted([key_of(), key_of()])
    s3.create_bucket(Bucket="some-logs")
    for key in (gone, there):
        s3.put_object(Bucket="some-logs", Key=key, Body=file_of(record()))
    files = BucketSource.files

    def files_and_delete(source: BucketSource, scope: Scope) -> list[LogFile]:
        listed = files(source, scope)
        s3.delete_object(Bucket="some-logs", Key=gone)
        return listed

    monkeypatch.setattr(BucketSource, "files", files_and_delete)
    monkeypatch.setattr(command, "_session", lambda _: session)
    assert logs("s3://some-logs", "--endpoint-url", moto_url) == ExitCode.CANNOT_LOOK
    output = capsys.readouterr()
    assert f"not read: {gone}: s3://some-logs/{gone}: NoSuchKey" in output.err
    assert "2 files, 1 record," in output.out


@pytest.mark.parametrize("options", [[], ["--format", "json"], ["--records"]])
def test_a_folder_from_which_nothing_was_read_says_so_and_is_exit_code_3(
    options: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "notes.txt").write_text("no log file")
    assert logs(tmp_path, *options) == ExitCode.CANNOT_LOOK
    assert "Nothing was read: found no log files" in capsys.readouterr().err


def test_log_files_of_another_time_are_nothing_that_was_read(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert logs(folder, "--since", "2027-01-01") == ExitCode.CANNOT_LOOK
    assert "for the time, accounts and Regions you asked for" in capsys.readouterr().err


def test_a_location_that_does_not_exist_cannot_be_looked_at(tmp_path: Path) -> None:
    with pytest.raises(NoSuchLocationError):
        logs(tmp_path / "nowhere")


def test_a_bucket_is_read_with_the_environments_credentials(
    s3: Any,
    moto_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "AKIAIOSFODNN7EXAMPLE")
    s3.create_bucket(Bucket="some-logs")
    s3.put_object(Bucket="some-logs", Key=key_of(prefix="team"), Body=file_of(record()))
    assert counted(capsys, "s3://some-logs/team", "--endpoint-url", moto_url) == {"PutItem": 1}


def test_a_bucket_that_does_not_answer_is_given_up_after_seconds_that_are_told(
    silent_endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bucket, "_ANSWER_SECONDS", 0.2)
    source = BucketSource(boto3.Session("x", "y"), "logs", endpoint_url=silent_endpoint)
    with pytest.raises(UnreachableError, match=r"gave up after 3 tries of 0\.2 seconds"):
        source.files(Scope())

from __future__ import annotations

import argparse
import gzip
import io
import json
import os
import sys
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from lab_steps.errors import ExitCode, UsageError
from lab_steps.verbs import logs as command
from lab_steps.walkthrough.lab import WALKTHROUGH
from tests.lab_steps.terminal.pseudo_terminal import in_terminal
from tests.trail_logs.log_samples import (
    ACCOUNT,
    NOON,
    OTHER_ACCOUNT,
    file_of,
    key_of,
    record,
    write,
)
from trail_logs import workers
from trail_logs.layout import Scope
from trail_logs.sources import LogFile, NoSuchLocationError, UnreachableError, bucket
from trail_logs.sources.bucket import BucketSource
from trail_logs.survey_report import bar, histogram

INSIGHT: dict[str, Any] = {
    "eventName": None,
    "eventSource": None,
    "insightDetails": {"eventName": "PutItem"},
}


def logs(*arguments: object) -> int:
    parser = argparse.ArgumentParser()
    command.add_options(parser, WALKTHROUGH)
    return command.run(parser.parse_args([*map(str, arguments)]))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(
        tmp_path,
        key_of(),
        file_of(
            record(sourceIPAddress="203.0.113.7"),
            record(requestParameters={"tableName": "Orders"}),
            record("GetItem", eventTime="2026-03-14T11:58:00Z", readOnly=True),
        ),
    )
    denied = record("CreateTable", errorCode="AccessDenied", requestParameters=None)
    other = record("ListTables", recipientAccountId=OTHER_ACCOUNT, awsRegion="eu-west-1")
    write(tmp_path, key_of(), file_of(denied))
    write(tmp_path, key_of(account=OTHER_ACCOUNT, region="eu-west-1"), file_of(other))
    return tmp_path


def counted(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, int]:
    logs(*arguments, "--format", "json")
    document = json.loads(capsys.readouterr().out)
    return {each["eventName"]: each["count"] for each in document["events"]}


def test_counts_by_event_name_are_the_default(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert logs(folder) == ExitCode.PASSED
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{folder}: 3 files, 5 records, 5 matching events"
    assert lines[3].split()[:2] == ["PutItem", "2"]


OWN = "[Boto3/1.44.5 cloudtrail-lab/check]"
DELIVERY = "cloudtrail.amazonaws.com"


@pytest.fixture
def looked_at(tmp_path: Path) -> Path:
    """Log files with a person's call, and with those of checks and of a delivery."""
    agents = {"ListTables": "aws-cli/2", "Scan": OWN, "LookupEvents": OWN, "PutObject": DELIVERY}
    made = [record(name, userAgent=agent) for name, agent in agents.items()]
    write(tmp_path, key_of(), file_of(*made, record("LookupEvents", userAgent=OWN, eventID="b")))
    return tmp_path


def test_calls_of_checks_and_deliveries_are_counted_apart(
    looked_at: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert counted(capsys, looked_at) == {"ListTables": 1}
    assert logs(looked_at, "--format", "json") == ExitCode.PASSED
    document = json.loads(capsys.readouterr().out)
    assert document["matching"] == 1
    assert {each["eventName"]: each["count"] for each in document["apart"]} == {
        "LookupEvents": 2,
        "PutObject": 1,
        "Scan": 1,
    }
    logs(looked_at)
    assert capsys.readouterr().out.splitlines()[-1] == (
        "not listed: 4 calls of checks and of CloudTrail's deliveries: "
        "2 LookupEvents, 1 PutObject, 1 Scan"
    )


@pytest.mark.parametrize(
    ("options", "events"),
    [
        (["--by", "userAgent"], 5),
        (["--where", "userAgent=*check*"], 3),
        (["--where", "eventName=Scan or userAgent=aws*"], 2),
        (["--records"], 5),
    ],
)
def test_they_are_as_all_others_where_they_are_asked_about(
    options: list[str], events: int, looked_at: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    logs(looked_at, *options)
    told = capsys.readouterr().out
    assert "apart" not in told
    assert f" {events} matching" in told or len(told.splitlines()) == events


def test_insights_and_network_activity_are_counted_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """They lie in folders of their own beside the log files."""
    write(tmp_path, key_of(folder="CloudTrail-Insight"), file_of(record(**INSIGHT)))
    denied = record("GetObject", eventCategory="NetworkActivity")
    write(tmp_path, key_of(folder="CloudTrail-NetworkActivity"), file_of(denied))
    assert counted(capsys, tmp_path) == {"PutItem": 1, "GetObject": 1}


def test_a_limit_without_records_is_refused(folder: Path) -> None:
    with pytest.raises(UsageError, match="add --records"):
        logs(folder, "--limit", "5")


def test_a_terminal_is_told_how_many_files_were_read(folder: Path) -> None:
    shown = in_terminal([sys.executable, "-m", "lab_steps", "logs", str(folder)], 80)
    assert b"3 of 3 files read" in shown.raw
    assert not [line for line in shown.lines if "files read" in line]


@pytest.mark.parametrize(
    ("conditions", "names"),
    [
        (["eventName=PutItem"], {"PutItem"}),
        (["eventName!=PutItem"], {"GetItem", "CreateTable", "ListTables"}),
        (["requestParameters.tableName=Users"], {"PutItem", "GetItem", "ListTables"}),
        (["requestParameters.key.id=7", "readOnly=true"], {"GetItem"}),
        (["errorCode="], {"PutItem", "GetItem", "ListTables"}),
        (["errorCode!="], {"CreateTable"}),
        (["sourceIPAddress=203.0.113.7"], {"PutItem"}),
        (["userIdentity.userName=bob"], set()),
        (["eventName=PutItem", "eventName=GetItem"], set()),
    ],
)
def test_conditions_must_all_hold(
    folder: Path, conditions: list[str], names: set[str], capsys: pytest.CaptureFixture[str]
) -> None:
    where = [part for each in conditions for part in ("--where", each)]
    assert set(counted(capsys, folder, *where)) == names


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ("eventName=*Item", {"PutItem", "GetItem"}),
        ("eventName!=*Item", {"CreateTable", "ListTables"}),
        ("eventName=*t*I*", {"PutItem", "GetItem"}),
        ("eventName=*.*", set()),
        ("sourceIPAddress=203.0.*.7", {"PutItem"}),
        ("eventName=GetItem or errorCode=Access*", {"GetItem", "CreateTable"}),
        ("requestParameters.tableName=Orders OR eventName!=*Item", None),
        ("eventName=this or that", set()),
    ],
)
def test_a_condition_may_have_patterns_and_alternatives(
    folder: Path, condition: str, names: set[str] | None, capsys: pytest.CaptureFixture[str]
) -> None:
    if names is None:
        names = {"PutItem", "CreateTable", "ListTables"}
    assert set(counted(capsys, folder, "--where", condition)) == names


def test_all_conditions_must_hold_of_each_one_alternative(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--where", "eventName=PutItem or eventName=GetItem", "--where", "readOnly=true"]
    assert counted(capsys, folder, *where) == {"GetItem": 1}
    logs(folder, *where)
    assert (
        "where (eventName=PutItem or eventName=GetItem) and readOnly=true"
        in capsys.readouterr().out
    )


def test_events_are_counted_by_any_field_or_several(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    logs(folder, "--by", "sourceIPAddress")
    rows = [line.split()[:2] for line in capsys.readouterr().out.splitlines()[3:5]]
    assert sorted(rows) == [["(none)", "4"], ["203.0.113.7", "1"]]
    logs(folder, "--by", "awsRegion", "--by", "eventName", "--format", "json")
    document = json.loads(capsys.readouterr().out)
    assert document["by"] == ["awsRegion", "eventName"]
    assert document["counts"][0] == {
        "values": {"awsRegion": "us-east-1", "eventName": "PutItem"},
        "count": 2,
    }
    assert {"awsRegion": "eu-west-1", "eventName": "ListTables"} in [
        each["values"] for each in document["counts"]
    ]


@pytest.mark.parametrize(
    ("options", "field", "meant"),
    [
        (["--where", "eventname=PutItem"], "eventname", "eventName"),
        (["--where", "tableName=Users"], "tableName", "requestParameters.tableName"),
        (["--where", "eventSorce!=x"], "eventSorce", "eventSource"),
        (["--by", "userIdentity.userNam"], "userIdentity.userNam", "userIdentity.userName"),
        (["--where", "requestParameters.key=7"], "requestParameters.key", ".key.id"),
        (["--where", "nothingOfTheKind=1"], "nothingOfTheKind", None),
    ],
)
def test_a_field_that_no_record_has_is_said_with_what_was_meant(
    folder: Path,
    options: list[str],
    field: str,
    meant: str | None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs(folder, *options)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"no record has the field {field}")
    assert line.endswith(f"{meant}?" if meant else field)
    logs(folder, *options, "--format", "json")
    (told,) = json.loads(capsys.readouterr().out)["unknownFields"]
    assert told["field"] == field
    assert (told["meant"] or "").endswith(meant or "")


def test_fields_that_records_have_are_not_said(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ("--where", "errorCode!=AccessDenied", "--where", "sourceIPAddress!=1.2.3.4")
    logs(folder, *where, "--by", "userIdentity.arn")
    assert capsys.readouterr().err == ""


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


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (["--account", OTHER_ACCOUNT], {"ListTables"}),
        (["--region", "eu-west-1"], {"ListTables"}),
        (["--until", "2026-03-14T11:59Z"], {"GetItem"}),
        (["--since", "2026-03-14T12:00Z"], {"PutItem", "CreateTable", "ListTables"}),
        (["--until", "2026-03-13"], set()),
        (["--until", "2026-03-14", "--account", ACCOUNT], {"PutItem", "GetItem", "CreateTable"}),
    ],
)
def test_records_are_chosen_by_time_and_place(
    folder: Path, options: list[str], names: set[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert set(counted(capsys, folder, *options)) == names


def test_an_event_delivered_twice_counts_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    twice = record()
    write(tmp_path, key_of(), file_of(twice))
    write(tmp_path, key_of(), file_of(twice))
    assert counted(capsys, tmp_path) == {"PutItem": 1}


def test_insights_count_under_the_name_of_their_api(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, key_of(folder="CloudTrail-Insight"), file_of(record(**INSIGHT)))
    assert counted(capsys, tmp_path) == {"PutItem": 1}


def test_records_are_listed_the_latest_ones_in_order_of_time(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    logs(folder, "--records", "--limit", "4")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert not any("GetItem" in line for line in lines)  # the earliest of five
    times = [line[:20] for line in lines]
    assert times == sorted(times)
    assert any("dynamodb:CreateTable  AccessDenied" in line for line in lines)


def test_records_as_json_are_whole_records_one_a_line(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    logs(folder, "--records", "--format", "json", "--where", "sourceIPAddress!=")
    (line,) = capsys.readouterr().out.splitlines()
    found = json.loads(line)
    assert found["record"]["sourceIPAddress"] == "203.0.113.7"
    assert found["record"]["managementEvent"] is False
    assert (folder / found["key"]).is_file()


def test_a_record_that_was_spread_over_lines_is_told_on_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, "pretty.json", json.dumps({"Records": [record()]}, indent=2).encode())
    for form in ("json", "text"):
        logs(tmp_path, "--records", "--format", form)
        assert len(capsys.readouterr().out.splitlines()) == 1


def test_what_a_caller_wrote_moves_no_cursor_and_stays_whole_in_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "Put\x1b[2J\u00a0\u202eItem"
    write(tmp_path, key_of(), file_of(record(name)))
    assert counted(capsys, tmp_path) == {name: 1}
    for arguments in ([], ["--records"]):
        logs(tmp_path, *arguments)
        told = capsys.readouterr().out
        assert not {"\x1b", "\u202e"} & set(told)
        assert r"\x1b[2J" in told


def test_times_at_the_ends_of_the_calendar_are_taken(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    everything = counted(capsys, folder)
    for bounds in (("--since", "0001-01-01"), ("--since", "0999-12-31", "--until", "9999-12-31")):
        assert counted(capsys, folder, *bounds) == everything


def test_an_event_of_the_first_year_is_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    zero_time = record(eventTime="0001-01-01T00:00:00Z")
    write(tmp_path, "zero.json.gz", file_of(zero_time, record()))
    logs(tmp_path, "--format", "json")
    bins = json.loads(capsys.readouterr().out)["histogram"]["bins"]
    assert bins[0] == {"from": "0001-01-01T00:00:00Z", "count": 1}
    assert sum(each["count"] for each in bins) == 2


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


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--where", "eventName"], "got 'eventName'"),
        (["--where", "=x"], "got '=x'"),
        (["--by", "=x"], "wanted a field such as userIdentity.arn, got '=x'"),
        (["--by", "eventName", "--records"], "leave one of them out"),
        (["--since", "yesterday"], "got 'yesterday'"),
        (["--since", "0001-01-01T00:00+05:00"], "wanted a date"),
        (["--since", "2026-03-14", "--until", "2026-03-13"], "is before"),
        (["--account", "123"], "--account: wanted 12 digits, got '123'"),
        (["--region", "moon"], "--region: wanted a name such as us-east-1, got 'moon'"),
    ],
)
def test_what_makes_no_sense_is_a_usage_error(
    folder: Path, options: list[str], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        logs(folder, *options)


def test_an_unknown_profile_is_a_usage_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="nobody"):
        logs("s3://bucket", "--profile", "nobody")


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


@pytest.mark.parametrize("columns", [20, 40, 80, 200])
def test_no_line_of_the_tables_is_wider_than_the_terminal(
    columns: int,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    write(folder, key_of(), file_of(record("AVeryLongEventName" * 9)))
    logs(folder)
    assert max(map(len, capsys.readouterr().out.splitlines()[1:])) <= columns


def test_times_are_read_as_people_write_them() -> None:
    assert command.moment("24h", NOON) == NOON - timedelta(hours=24)
    assert command.moment("2026-03-14", NOON) == datetime(2026, 3, 14, tzinfo=UTC)
    assert command.moment("2026-03-14T13:00+01:00", NOON) == NOON
    for day in ("2026-03-14", "20260314", "2026-W11-6"):
        assert command.moment(day, NOON, end_of_day=True) > NOON + timedelta(hours=11)


def test_the_histograms_step_fits_the_span() -> None:
    def shape(*minutes: str) -> tuple[timedelta, int]:
        step, bins = histogram(dict.fromkeys(minutes, 1))
        return step, len(bins)

    assert shape("2026-03-14T12:00", "2026-03-14T12:10") == (timedelta(minutes=1), 11)
    assert shape("2026-03-14T12:00", "2026-03-15T11:59") == (timedelta(hours=1), 24)
    assert shape("2026-01-01T00:00", "2026-01-10T00:00") == (timedelta(hours=12), 19)
    assert shape("2006-01-01T00:00", "2026-01-10T00:00")[0] == timedelta(days=364)


def test_histogram_bins_are_without_gaps_and_lose_no_event() -> None:
    _, bins = histogram({"2026-03-14T12:00": 3, "2026-03-14T12:05": 4})
    assert [count for _, count in bins] == [3, 0, 0, 0, 0, 4]


def test_a_bar_shows_anything_above_zero() -> None:
    assert bar(0, 100, 10, unicode=True) == ""
    assert bar(1, 10_000, 10, unicode=True) == "▏"
    assert bar(100, 100, 10, unicode=True) == "█" * 10
    assert bar(1, 10_000, 10, unicode=False) == "#"


def test_a_bucket_that_does_not_answer_is_given_up_after_seconds_that_are_told(
    silent_endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bucket, "_ANSWER_SECONDS", 0.2)
    source = BucketSource(boto3.Session("x", "y"), "logs", endpoint_url=silent_endpoint)
    with pytest.raises(UnreachableError, match=r"gave up after 3 tries of 0\.2 seconds"):
        source.files(Scope())

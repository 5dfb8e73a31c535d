"""The verb `logs`: which records are counted and listed, and how."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lab_steps.errors import ExitCode, UsageError
from lab_steps.verbs import logs as command
from tests.lab_steps.terminal.pseudo_terminal import in_terminal
from tests.lab_steps.verbs.counting import counted, logs
from tests.trail_logs.log_samples import (
    ACCOUNT,
    NOON,
    OTHER_ACCOUNT,
    file_of,
    key_of,
    record,
    write,
)

INSIGHT: dict[str, Any] = {
    "eventName": None,
    "eventSource": None,
    "insightDetails": {"eventName": "PutItem"},
}


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

"""`local-aws export`: all records as log files that readers of CloudTrail buckets take."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from cloudtrail.log_files import parse_log_file_key, read_log_file
from cloudtrail.records.calls import Record
from lab_steps.__main__ import main as lab_steps
from local_aws import LocalAws
from local_aws.__main__ import main
from tests.local_aws.delivered import client, put_item, table
from tests.waiting import LONG


@pytest.fixture
def session(aws: LocalAws) -> list[Record]:
    """Management and data events of two Regions and ten minutes, in order."""
    table(aws)
    put_item(aws, "1")
    client(aws, "sqs", "eu-west-1").list_queues()
    aws.advance(timedelta(minutes=10))
    put_item(aws, "2")
    return [*aws.records()]


def exported(folder: Path) -> list[Record]:
    found = []
    for path in sorted(folder.rglob("*.gz")):
        name = parse_log_file_key(str(path.relative_to(folder)))
        assert name
        for record in read_log_file(path.read_bytes()):
            assert (name.account_id, name.region) == (
                record["recipientAccountId"],
                record["awsRegion"],
            )
            found.append(record)
    return sorted(found, key=lambda each: str(each["eventTime"]))


def test_every_record_is_in_a_file_of_its_account_region_and_time(
    aws: LocalAws, session: list[Record], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "session"
    assert main(["export", str(folder), "--endpoint-url", aws.endpoint_url]) == 0
    out = capsys.readouterr().out
    assert out == f"{len(session)} records in 3 files: {folder / 'AWSLogs'}\n"
    by_id = {each["eventID"]: each for each in exported(folder)}
    assert by_id == {each["eventID"]: each for each in session}


def test_the_lab_s_reader_and_the_selector_laboratory_read_it(
    aws: LocalAws, session: list[Record], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert len(aws.export(tmp_path)) == 3
    assert lab_steps(["logs", str(tmp_path), "--format", "json"]) == 0
    assert '"PutItem"' in capsys.readouterr().out
    selectors = tmp_path / "selectors.json"
    selectors.write_text(json.dumps([{"ReadWriteType": "All"}]))
    assert main(["select", "--logs", str(tmp_path), "--selectors", str(selectors)]) == 0
    assert "ListQueues" in capsys.readouterr().out


def test_some_records_alone_are_exported_by_the_filters_of_records(
    aws: LocalAws, session: list[Record], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["export", str(tmp_path / "some"), "--endpoint-url", aws.endpoint_url]
    wanted = ["--event-source", "dynamodb", "--event-source", "sqs", "--category", "Management"]
    assert main([*words, *wanted]) == 0
    names = {each["eventName"] for each in exported(tmp_path / "some")}
    assert names == {"CreateTable", "ListQueues"}
    assert main([*words[:1], str(tmp_path / "none"), *words[2:], "--user", "nobody"]) == 2
    assert "nothing to export" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()
    assert main([*words, "--category", "All"]) == 3
    assert "wanted category Management" in capsys.readouterr().err


@pytest.mark.usefixtures("session")
def test_a_folder_with_log_files_is_left_as_it_is(
    aws: LocalAws, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["export", str(tmp_path), "--endpoint-url", aws.endpoint_url]
    assert main(words) == 0
    before = sorted(tmp_path.rglob("*"))
    assert main(words) == 2
    assert "wanted a folder without log files" in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before
    assert main(["export", str(tmp_path), "--endpoint-url", "http://127.0.0.1:1"]) == 3


def test_what_a_command_called_is_exported_when_it_has_ended(tmp_path: Path) -> None:
    program = "import boto3; boto3.client('sqs').list_queues()"
    words = ["run", "--export", str(tmp_path), "--", sys.executable, "-c", program]
    ended = subprocess.run(
        [sys.executable, "-m", "local_aws", *words],
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
        capture_output=True,
        text=True,
        timeout=LONG,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert f"local_aws: 1 log file in {tmp_path}" in ended.stderr
    assert [each["eventName"] for each in exported(tmp_path)] == ["ListQueues"]

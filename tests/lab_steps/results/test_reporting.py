"""The verbs `report`, `bundle` and `check --bundle` from the command line."""

from __future__ import annotations

import errno
import io
import json
import os
import re
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import msgspec
import pytest

from lab_steps.__main__ import main
from lab_steps.bundles.replay import SavedAnswer
from lab_steps.checking.finding import ApiAnswer, LogObject, failed
from lab_steps.documents import DocumentError, decoded
from lab_steps.results.delivered import Observed
from lab_steps.results.result import Result, schema
from local_aws import LocalAws
from tests.lab_steps.by_hand import ACCOUNT, ByHand
from tests.lab_steps.documents import event, findings, made, observed
from tests.lab_steps.step_numbers import ALL

Printed = pytest.CaptureFixture[str]
Run = Callable[..., int]


@pytest.fixture
def run(aws: LocalAws, by_hand: ByHand, state_directory: Path) -> Run:
    """A verb at a lab whose management trail validates its log files."""
    by_hand.management_trail(EnableLogFileValidation=True)
    by_hand.data_trail()
    by_hand.work()
    aws.deliver_now()

    def lab(verb: str, *options: str) -> int:
        return main([verb, "--endpoint-url", aws.endpoint_url, "--timeout", "10", *options])

    return lab


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "result.json"
    path.write_bytes(msgspec.json.encode(made(seen=observed())))
    return path


def steps_of(text: str) -> list[dict[str, Any]]:
    return list(json.loads(text)["steps"])


def test_a_report_of_a_check_has_what_was_observed(run: Run, capsys: Printed) -> None:
    assert run("report", "--format", "json") == 1
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, schema())
    assert [each["number"] for each in document["steps"] if each["outcome"] == "FAIL"] == [7]
    assert [len(each["events"]) > 2 for each in document["observed"]["trails"]] == [True, True]


def test_a_bundle_is_checked_to_the_same_steps_without_a_lab(
    run: Run, tmp_path: Path, capsys: Printed
) -> None:
    path = tmp_path / "lab.zip"
    assert run("bundle", "--output", str(path), "--name", "Zoë") == 0
    assert f"{ALL - 1} passed, 1 failed" in capsys.readouterr().out
    assert main(["check", "--bundle", str(path), "--format", "json"]) == 1
    first = capsys.readouterr().out
    assert main(["check", "--bundle", str(path), "--format", "json"]) == 1
    second = capsys.readouterr()
    assert steps_of(first) == steps_of(second.out)
    assert json.loads(first)["observed"] is None
    assert second.err == ""
    assert main(["report", "--bundle", str(path), "--format", "html"]) == 1
    assert f"{ALL - 1} of {ALL} steps passed" in capsys.readouterr().out


def test_a_bundle_that_is_graded_again_tells_whose_it_is_and_both_times(
    run: Run, tmp_path: Path, capsys: Printed
) -> None:
    path = tmp_path / "lab.zip"
    run("bundle", "--output", str(path), "--name", "Zoë")
    capsys.readouterr()
    main(["check", "--bundle", str(path)])
    first, second = capsys.readouterr().out.splitlines()[:2]
    assert first.startswith("CloudTrail lab of Zoë on ")
    assert re.fullmatch(
        r"As of when the bundle was saved, [-0-9]{10} [:0-9]{8} UTC; "
        r"graded again [-0-9]{10} [:0-9]{8} UTC",
        second,
    )
    main(["report", "--bundle", str(path), "--format", "junit", "--name", "Jo"])
    suite = ET.fromstring(capsys.readouterr().out)[0]
    told = {each.attrib["name"]: each.attrib["value"] for each in suite.iter("property")}
    assert told["name"] == "Jo"
    assert re.fullmatch(r"[-0-9]{10}T[:0-9]{8}Z", told["saved"])


@pytest.mark.parametrize("form", ["text", "json", "junit", "html"])
def test_a_saved_result_is_reported_in_any_form(
    form: str, saved: Path, tmp_path: Path, capsys: Printed
) -> None:
    output = tmp_path / "out"
    options = ["--from", str(saved), "--format", form]
    assert main(["report", *options, "--output", str(output)]) == 1
    assert capsys.readouterr().out == ""
    assert main(["report", *options]) == 1
    printed = capsys.readouterr().out
    assert "Tick both boxes." in printed
    assert "Tick both boxes." in output.read_text()
    if form == "json":
        assert msgspec.json.decode(printed, type=Result) == made(seen=observed())
    if form == "junit":
        assert ET.fromstring(output.read_text()).attrib["tests"] == str(ALL)


def test_a_result_is_read_from_standard_input(
    saved: Path, capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(saved.read_bytes())))
    assert main(["report", "--from", "-", "--format", "junit"]) == 1
    assert "<testsuites" in capsys.readouterr().out


def test_a_result_with_observations_fits_the_schema(saved: Path) -> None:
    jsonschema.validate(json.loads(saved.read_text()), schema())


def no_json(path: Path) -> None:
    path.write_text("<html>")


def another_document(path: Path) -> None:
    path.write_text('{"schema_version": 1}')


def another_version(path: Path) -> None:
    path.write_text(path.read_text().replace('"schema_version":1', '"schema_version":9'))


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (no_json, "is not a result that can be reported: JSON is malformed"),
        (another_document, "is not a result that can be reported: Object missing required field"),
        (
            another_version,
            "a newer version of this program wrote it (wanted schema version 1, got 9)",
        ),
        (Path.unlink, "cannot be read: No such file"),
    ],
)
def test_what_is_no_result_is_a_usage_error(
    spoil: Callable[[Path], None], told: str, saved: Path, capsys: Printed
) -> None:
    spoil(saved)
    assert main(["report", "--from", str(saved)]) == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["report", "--from", "x", "--step", "3"], "--from reports a saved result as it is"),
        (["report", "--from", "x", "--bundle", "y"], "--from reports a saved result as it is"),
        (["report", "--from", "x", "--account", ACCOUNT], "--from reports a saved result as it is"),
        (["check", "--bundle", "x.zip", "--profile", "p"], "--bundle is graded instead of a lab"),
        (["check", "--bundle", "x.zip", "--account", ACCOUNT], "--bundle is graded instead"),
        (["check", "--bundle", "x.zip", "--region", "eu-west-1"], "--bundle is graded instead"),
        (["report", "--bundle", "x.zip", "--prefix", "p"], "--bundle is graded instead"),
        (["check", "--bundle", "none.zip"], "There is no file none.zip"),
    ],
)
def test_options_that_exclude_each_other_are_usage_errors(
    arguments: list[str], told: str, state_directory: Path, capsys: Printed
) -> None:
    assert main(arguments) == 2
    assert told in capsys.readouterr().err


def test_an_output_that_cannot_be_written_is_a_usage_error(
    saved: Path, tmp_path: Path, capsys: Printed
) -> None:
    (tmp_path / "no").touch()
    assert main(["report", "--from", str(saved), "--output", str(tmp_path / "no" / "x")]) == 2
    assert "cannot be written: " in capsys.readouterr().err


def test_the_folder_of_an_output_is_made(saved: Path, tmp_path: Path) -> None:
    output = tmp_path / "reports" / "today" / "lab.html"
    assert main(["report", "--from", str(saved), "--format", "html", "--output", str(output)]) == 1
    assert "</html>" in output.read_text()


def test_a_report_that_fails_leaves_the_old_one(
    saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "lab.html"
    output.write_text("the old one")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    assert main(["report", "--from", str(saved), "--format", "html", "--output", str(output)]) == 2
    assert output.read_text() == "the old one"
    assert {each.name for each in tmp_path.iterdir()} == {"lab.html", "result.json"}


def test_a_report_is_written_to_a_pipe(saved: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as pool:
        read = pool.submit(pipe.read_text)
        assert main(["report", "--from", str(saved), "--output", str(pipe)]) == 1
        assert "Tick both boxes." in read.result(30)


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        ({"counts": {}}, "its counts and exit code are not those of its steps"),
        ({"exit_code": 0}, "its counts and exit code are not those of its steps"),
        ({"started": "0001-01-01T00:00:00Z"}, "wanted a time of this century"),
        ({"finished": "2026-03-14T12:00:00"}, "wanted a time in UTC"),
        ({"steps": [5]}, "Expected `object`, got `int` - at `$.steps[0]`"),
        ({"exit_code": 10**30}, "its counts and exit code are not those of its steps"),
        ({"settings": {"deep": 0}}, "Expected `str`, got `int` - at `$.settings[...]`"),
    ],
)
def test_a_result_that_cannot_be_is_refused(
    damage: dict[str, object], told: str, saved: Path, capsys: Printed
) -> None:
    saved.write_text(json.dumps({**json.loads(saved.read_text()), **damage}))
    assert main(["report", "--from", str(saved), "--format", "html"]) == 2
    assert told in capsys.readouterr().err


def spoil_event(saved: Path, **changes: object) -> None:
    document = json.loads(saved.read_text())
    document["observed"]["trails"][1]["events"][0] |= changes
    saved.write_text(json.dumps(document))


def test_an_event_at_no_time_is_refused(saved: Path, capsys: Printed) -> None:
    spoil_event(saved, event_time="yesterday\x1b[2J")
    assert main(["report", "--from", str(saved), "--format", "html"]) == 2
    assert r"an event has the time 'yesterday\x1b[2J'" in capsys.readouterr().err


def deep(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\xff\xfe", "it is not UTF-8 at byte 0"),
        (b'{"unknown": "\xc3\x28"}', "it is not UTF-8 at byte 13"),
        (b'{"a": ' + deep(150) + b"}", "it is nested deeper than 100"),
        (b'{"a": "\\ud800"}', "is not a result that can be reported"),
        (b"", "is not a result that can be reported"),
    ],
)
def test_a_damaged_document_is_refused_in_one_sentence(
    content: bytes, told: str, saved: Path, capsys: Printed
) -> None:
    saved.write_bytes(content)
    assert main(["report", "--from", str(saved)]) == 2
    said = capsys.readouterr()
    assert told in said.err
    assert (said.out, said.err.count("\n")) == ("", 2)


@pytest.mark.parametrize("end", [b"", rb"\"", rb"\\", rb"\\\"", rb"\n"])
def test_brackets_in_texts_are_no_depth(end: bytes) -> None:
    text = b"[" * 500 + end
    assert decoded(b'{"operation": "%s", "parameters": 1}' % text, SavedAnswer, None)
    with pytest.raises(DocumentError, match="nested deeper"):
        decoded(b'{"operation": "%s", "parameters": %s}' % (text, deep(150)), SavedAnswer, None)


@pytest.mark.parametrize("form", ["text", "json", "junit", "html"])
def test_no_report_has_a_session_token(form: str, tmp_path: Path, capsys: Printed) -> None:
    token = "IQoJb3JpZ2luX2VjEXAMPLETOKEN//////////wEaCXVzLWVhc3QtMSJ"
    credentials = {"accessKeyId": "ASIA", "sessionToken": token}
    found = findings()
    found[7] = failed(
        "plain",
        f"an answer {json.dumps({'credentials': json.dumps(credentials)})}",
        ApiAnswer(operation="sts:AssumeRole", answer={"Credentials": {"SessionToken": token}}),
        LogObject(bucket="b", key="k", note=f"https://x/?X-Amz-Security-Token={token}&x=1"),
        rationale="none",
    )
    record = {"responseElements": {"credentials": credentials}}
    seen = observed()
    trail = msgspec.structs.replace(seen.trails[1], events=(event("AssumeRole", 1, record=record),))
    path = tmp_path / "result.json"
    path.write_bytes(msgspec.json.encode(made(found, Observed(trails=(trail,)))))
    assert main(["report", "--from", str(path), "--format", form]) == 1
    told = capsys.readouterr().out
    assert token[:20] not in told
    assert "REDACTED" in told

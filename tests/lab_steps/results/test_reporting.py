"""The verbs `report`, `bundle` and `check --bundle` from the command line."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import msgspec
import pytest

from lab_steps.__main__ import main
from lab_steps.results.result import Result, schema
from local_aws import LocalAws
from tests.lab_steps.by_hand import ACCOUNT, ByHand
from tests.lab_steps.documents import made, observed

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
    assert run("bundle", "--output", str(path)) == 1
    assert "37 passed, 1 failed" in capsys.readouterr().out
    assert main(["check", "--bundle", str(path), "--format", "json"]) == 1
    first = capsys.readouterr().out
    assert main(["check", "--bundle", str(path), "--format", "json"]) == 1
    second = capsys.readouterr()
    assert steps_of(first) == steps_of(second.out)
    assert json.loads(first)["observed"] is None
    assert second.err == ""
    assert main(["report", "--bundle", str(path), "--format", "html"]) == 1
    assert "37 of 38 steps passed" in capsys.readouterr().out


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
        assert ET.fromstring(output.read_text()).attrib["tests"] == "38"


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
        (no_json, "is no result of this lab: JSON is malformed"),
        (another_document, "is no result of this lab: Object missing required field"),
        (another_version, "has schema version 9; this program reads version 1"),
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
        (["check", "--bundle", "x.zip", "--profile", "p"], "--bundle is graded in place of a lab"),
        (["check", "--bundle", "x.zip", "--account", ACCOUNT], "--bundle is graded in place"),
        (["check", "--bundle", "x.zip", "--region", "eu-west-1"], "--bundle is graded in place"),
        (["report", "--bundle", "x.zip", "--prefix", "p"], "--bundle is graded in place"),
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
    assert main(["report", "--from", str(saved), "--output", str(tmp_path / "no" / "x")]) == 2
    assert "cannot be written: No such file or directory" in capsys.readouterr().err

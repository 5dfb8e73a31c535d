"""The command line as people and scripts use it: what it does, and what it prints."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from lab_steps.command_line.opening import chosen_target
from lab_steps.command_line.parser import parser
from lab_steps.results.result import schema_text
from lab_steps.walkthrough.lab import WALKTHROUGH
from local_aws import LocalAws
from tests.lab_steps.by_hand import ACCOUNT, ByHand
from tests.lab_steps.conftest import CliRun
from tests.lab_steps.step_numbers import ALL, ALL_PASSED, NUMBERS
from tests.lab_steps.terminal.pseudo_terminal import in_terminal


def test_run_does_the_whole_lab_and_leaves_it_standing(cli: CliRun, by_hand: ByHand) -> None:
    code, out, err = cli("run")
    assert (code, ALL_PASSED in out) == (0, True), out + err
    assert "python -m lab_steps down --endpoint-url" in err
    assert cli("check")[0] == 0
    code, out, err = cli("run")
    assert (code, ALL_PASSED in out) == (0, True), out + err
    code, out, _ = cli("down")
    assert (code, out) == (0, "Nothing of the lab is left.\n")
    assert by_hand.dynamodb.list_tables()["TableNames"] == []


def test_run_without_a_place_starts_a_local_aws_and_ends_it(state_directory: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "lab_steps", "run", "--format", "json", "--suffix", "mine"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    document = json.loads(ran.stdout)
    assert document["counts"]["PASS"] == ALL
    assert document["place"]["kind"] == "on-the-spot"
    assert document["settings"]["suffix"] == "mine"
    whats = [each["what"] for each in document["timings"]]
    assert {"synth", "start of the local AWS", "deploy", "workload", "checks"} <= set(whats)
    assert list(state_directory.glob("*.json")) == []


def test_json_is_one_document_that_keeps_to_the_published_schema(
    cli: CliRun, by_hand: ByHand
) -> None:
    by_hand.management_trail()
    code, out, _ = cli("check", "--format", "json", "--timeout", "0")
    document = json.loads(out)
    published = json.loads(Path("lab_steps/results/result.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(document, published, format_checker=jsonschema.FormatChecker())
    assert document["exit_code"] == code == 1
    assert {"PASS", "FAIL", "BLOCKED", "PENDING"} == {each["outcome"] for each in document["steps"]}


def test_the_published_schema_is_that_of_the_types() -> None:
    published = Path("lab_steps/results/result.schema.json").read_text(encoding="utf-8")
    assert published == schema_text(), "renew it with: make schema"


def test_check_names_the_step_that_is_wrong_and_what_to_do(cli: CliRun, by_hand: ByHand) -> None:
    by_hand.management_trail()
    by_hand.data_trail(logging=False)
    code, out, _ = cli("check", "--step", "16")
    assert code == 1
    assert "FAIL    16  Create the trail" in out
    assert "cloudtrail start-logging --name student-data-events" in out
    assert "1 failed" in out


def test_check_takes_ranges_of_steps(cli: CliRun, by_hand: ByHand) -> None:
    by_hand.lab()
    code, out, _ = cli("check", "--step", "17-18", "--step", "2", "--format", "json")
    assert code == 0
    assert [each["number"] for each in json.loads(out)["steps"]] == [2, 17, 18]


@pytest.mark.parametrize(("option", "kept"), [([], True), (["--no-cache"], False)])
def test_check_keeps_what_it_has_read_unless_told_otherwise(
    cli: CliRun,
    by_hand: ByHand,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    option: list[str],
    kept: bool,
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    by_hand.lab()
    by_hand.aws.deliver_now()
    assert cli("check", "--step", "34", *option)[0] == 0
    assert (tmp_path / "cloudtrail-lab" / "tallies.sqlite").exists() is kept


def test_a_report_makes_the_folder_that_it_is_written_to(
    cli: CliRun, by_hand: ByHand, tmp_path: Path
) -> None:
    by_hand.lab()
    path = tmp_path / "new" / "folder" / "report.txt"
    assert cli("report", "--step", "17", "--output", str(path))[0] == 0
    assert "1 passed" in path.read_text(encoding="utf-8")


def test_down_tells_programs_what_was_removed_and_what_is_left(
    cli: CliRun, by_hand: ByHand
) -> None:
    cli("up")
    by_hand.table()
    code, out, _ = cli("down", "--format", "json")
    told = json.loads(out)
    assert (code, told["exit_code"], told["account"]) == (5, 5, ACCOUNT)
    assert {"stack", "trail", "bucket"} == {each["kind"] for each in told["removed"]}
    assert told["left"] == []
    other = told["others"][0]
    assert (len(told["others"]), other["name"]) == (1, "Users")
    assert re.fullmatch(
        r"aws --endpoint-url http://127.0.0.1:\d+ --region us-east-1 "
        "dynamodb delete-table --table-name Users",
        other["removal"],
    )


@pytest.mark.parametrize("closed", ["stdout", "stderr"])
def test_a_stream_that_was_closed_takes_nothing_and_breaks_nothing(closed: str) -> None:
    number = {"stdout": 1, "stderr": 2}[closed]
    command = f"{sys.executable} -m lab_steps explain {15 if number == 1 else 99} {number}>&-"
    ran = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == ({1: 0, 2: 2}[number], "", "")


def test_run_without_a_named_account_leaves_the_persons_credentials_alone(
    state_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "there-is-none")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAMINE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    assert chosen_target(_given("run")) is None
    monkeypatch.delenv("AWS_PROFILE")
    for given in (_given("run", "--account", ACCOUNT), _given("check"), _given("up")):
        found = chosen_target(given)
        assert found
        assert (found.kind, found.title) == ("account", "AWS, credentials from the environment")


def _given(*arguments: str) -> Namespace:
    given = list(arguments)
    return parser(WALKTHROUGH, given).parse_args(given, Namespace(lab=WALKTHROUGH))


def test_the_first_line_says_which_region_and_from_where(
    cli: CliRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "af-south-1")
    for verb in (["check", "--timeout", "0"], ["status"], ["plan"]):
        assert "af-south-1 (AWS_DEFAULT_REGION)" in cli(*verb)[1].splitlines()[0]
    for verb in (["down"], ["up"]):
        assert "Region af-south-1 (AWS_DEFAULT_REGION)" in cli(*verb)[2].splitlines()[0]
    cli("down")


def test_an_account_is_not_changed_without_its_number(
    aws: LocalAws, cli: CliRun, by_hand: ByHand
) -> None:
    code, _, err = cli("up", "--account", "111122223333")
    assert code == 5
    assert "belongs to account 123456789012" in err
    assert by_hand.cloudformation.describe_stacks()["Stacks"] == []


def test_another_suffix_than_that_of_the_standing_lab_is_refused(cli: CliRun) -> None:
    assert cli("up", "--suffix", "mine")[0] == 0
    code, _, err = cli("run", "--suffix", "yours")
    assert code == 2
    assert "started with --suffix mine" in err
    assert cli("down")[0] == 0


def test_a_taken_bucket_name_is_a_clear_failure(cli: CliRun, by_hand: ByHand) -> None:
    by_hand.s3.create_bucket(Bucket="aws-cloudtrail-logs-data-events-123456789012-lab")
    code, _, err = cli("up")
    assert code == 5
    assert "aws-cloudtrail-logs-data-events-123456789012-lab" in err
    assert "Use another --suffix" in err
    assert "Traceback" not in err


def test_status_tells_what_stands(cli: CliRun) -> None:
    assert "stack student-data-events: not there" in cli("status")[1]
    cli("up")
    standing: dict[str, Any] = json.loads(cli("status", "--format", "json")[1])
    assert standing["stacks"]["student-data-events"] == "CREATE_COMPLETE"
    assert standing["trails"]["student-data-events"].startswith("logging")
    assert standing["tables"] == {"Users": "not there"}
    cli("down")


def test_explain_tells_how_a_step_is_done_by_hand(cli: CliRun) -> None:
    code, out, _ = cli("explain", "15", here=False)
    assert code == 0
    assert "cloudtrail put-event-selectors --trail-name student-data-events" in out
    assert "What is checked" in out


def test_explain_lists_all_steps(cli: CliRun) -> None:
    out = cli("explain", here=False)[1]
    assert re.findall(r"^ +(\d+)  ", out, re.MULTILINE) == [str(each) for each in NUMBERS]


def test_explain_names_the_region_that_sdks_look_at_first(
    cli: CliRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-west-2")
    monkeypatch.setenv("AWS_REGION", "eu-west-3")
    assert "aws --region eu-west-3 " in cli("explain", "9", here=False)[1]


def test_steps_and_hints_can_be_read_by_programs(cli: CliRun) -> None:
    (step,) = json.loads(cli("explain", "15", "--format", "json", here=False)[1])["steps"]
    assert (step["number"], step["title"]) == (15, "Log all DynamoDB data events")
    assert "put-event-selectors" in step["command"]
    every = json.loads(cli("explain", "--format", "json", here=False)[1])["steps"]
    assert [each["number"] for each in every] == list(NUMBERS)
    cli("hint", "--reset", here=False)
    given = json.loads(cli("hint", "15", "--format", "json", here=False)[1])
    assert (given["step"], [each["number"] for each in given["hints"]]) == (15, [1])


@pytest.mark.parametrize("columns", [40, 200])
def test_a_check_leaves_no_line_of_progress_in_a_terminal(
    columns: int, aws: LocalAws, by_hand: ByHand, state_directory: Path
) -> None:
    by_hand.lab()
    command = [sys.executable, "-m", "lab_steps", "check", "--endpoint-url", aws.endpoint_url]
    shown = in_terminal([*command, "--timeout", "0"], columns)
    assert shown.raw.count(b"checking step") >= ALL
    stale = [
        each for each in shown.lines if re.search("checking step|asking|waiting for Cloud", each)
    ]
    assert stale == []
    assert not shown.cursor_is_hidden


def test_help_teaches_with_examples_and_exit_codes(cli: CliRun) -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "lab_steps", "--help"], capture_output=True, text=True, check=True
    )
    assert "examples" in shown.stdout
    assert "5 refused: the wrong account, or not the lab's own" in shown.stdout


SLOW = (
    *("boto3", "botocore", "moto", "aws_cdk", "jinja2", "sqlglot", "local_aws"),
    *("sqlite3", "email.utils", "urllib.request", "traceback", "concurrent.futures"),
    *("trail_logs.reader", "trail_logs.records", "trail_logs.sources", "trail_logs.cache"),
    *("cloudtrail.selectors.matching", "cloudtrail.event_history", "cloudtrail.records.calls"),
    *("lab_steps.session", "lab_steps.checking.rounds", "lab_steps.results.result"),
)
"""What takes its time to import, and what only a look at a lab needs."""


@pytest.mark.parametrize(
    ("arguments", "slow"),
    [
        (["--help"], (*SLOW, "rich")),
        (["hint", "15"], (*SLOW, "rich")),
        (["hint", "--reset"], (*SLOW, "rich")),
        (["plan", "--help"], ("boto3", "rich", "moto", "aws_cdk", "jinja2", "local_aws")),
        (["explain", "15"], SLOW),
        (["explain"], SLOW),
    ],
)
def test_what_asks_nothing_of_aws_imports_nothing_slow(
    arguments: list[str], slow: tuple[str, ...], state_directory: Path
) -> None:
    program = f"""
import sys
from lab_steps.__main__ import main
try:
    main({arguments!r})
except SystemExit:
    pass
print([each for each in {slow!r} if each in sys.modules])
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ran.stdout.endswith("[]\n")


def test_local_serves_and_ends_with_its_exit_code() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "lab_steps", "local", "--port", "no"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 2
    assert "wanted a port" in ran.stderr


POOR = [
    {"PYTHONIOENCODING": "cp1252"},
    {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
]
VERBS = [
    *(["explain", "15"], ["logs", "東京"], ["status"], ["explain", "東京"]),
    ["check", "--name", "東京", "--step", "1-3"],
]


@pytest.mark.parametrize("environment", POOR, ids=str)
def test_a_terminal_with_few_characters_gets_text(
    environment: dict[str, str], aws: LocalAws, by_hand: ByHand, state_directory: Path
) -> None:
    by_hand.dynamodb.list_tables()
    place = {"AWS_ENDPOINT_URL": aws.endpoint_url, "COLUMNS": "80"}
    for verb in VERBS:
        command = [sys.executable, "-m", "lab_steps", *verb]
        shown = in_terminal(command, 80, {**environment, **place})
        assert shown.exit_code in {0, 1, 2, 3}, (verb, shown.lines)
        assert b"Traceback" not in shown.raw
        assert any(shown.lines)


def test_output_in_a_pipe_has_no_colours(cli: CliRun, by_hand: ByHand) -> None:
    by_hand.lab()
    assert "\x1b" not in cli("check")[1]

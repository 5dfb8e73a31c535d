"""The result for people."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from rich.console import Console

from lab_steps.checking.finding import Finding, LogRecord, NextAction, Outcome, passed
from lab_steps.results import plain_text
from lab_steps.results.result import Place, Result, count, exit_code, step_results
from lab_steps.walkthrough.lab import WALKTHROUGH

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
RECORD = LogRecord(
    bucket="logs",
    key="AWSLogs/1/CloudTrail/file.json.gz",
    event_id="11111111-2222",
    event_name="CreateTable",
    event_time="2026-01-02T11:59:00Z",
)


def result(findings: dict[int, Finding]) -> Result:
    return Result(
        verb="check",
        place=Place(title="local AWS", kind="endpoint", account="1" * 12, region="us-east-1"),
        settings={},
        started=NOON,
        finished=NOON,
        exit_code=exit_code(findings),
        counts=count(findings),
        steps=step_results(WALKTHROUGH, findings),
    )


def shown(findings: dict[int, Finding], *, terminal: bool = False, width: int = 60) -> str:
    stream = io.StringIO()
    plain_text.show(
        result(findings), Console(file=stream, force_terminal=terminal, width=width, no_color=True)
    )
    return stream.getvalue()


def found(outcome: Outcome, **more: object) -> Finding:
    given: dict[str, object] = {"expected": "this", "actual": "that", **more}
    return Finding(outcome=outcome, **given)  # type: ignore[arg-type]


def test_what_failed_shows_expected_found_why_and_what_to_do() -> None:
    action = NextAction(console="Click there.", command="aws do-it")
    text = shown({16: found(Outcome.FAIL, rationale="Because.", next_action=action)})
    for told in ("expected: this", "found:    that", "why:      Because.", "aws do-it"):
        assert told in text


def test_what_is_blocked_names_the_step_it_needs() -> None:
    text = shown({34: found(Outcome.BLOCKED, blocked_by=6)})
    assert "needs:    this (step 6)" in text


def test_what_is_pending_shows_how_long_it_is_waited_for() -> None:
    text = shown({34: found(Outcome.PENDING, since=NOON, until=NOON.replace(minute=20))})
    assert "wait:     up to 20 min 0 s more, until 12:20:00 UTC" in text


def test_a_record_is_shown_with_its_file_and_event() -> None:
    text = shown({34: passed("this", "that", RECORD, RECORD)})
    assert text.count("s3://logs/AWSLogs/1/CloudTrail/file.json.gz") == 1
    assert text.count("CreateTable  2026-01-02T11:59:00Z 11111111-2222") == 2


def test_lines_are_unbroken_in_a_pipe_and_fit_a_terminal() -> None:
    findings = {6: found(Outcome.FAIL, actual="long " * 30)}
    assert max(map(len, shown(findings).splitlines())) > 150
    assert max(map(len, shown(findings, terminal=True, width=40).splitlines())) <= 60


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        ([Outcome.PASS, Outcome.PASS], 0),
        ([Outcome.PASS, Outcome.PENDING], 4),
        ([Outcome.PENDING, Outcome.ERROR], 3),
        ([Outcome.ERROR, Outcome.PENDING, Outcome.FAIL], 1),
    ],
)
def test_the_exit_code_tells_the_gravest_outcome(outcomes: list[Outcome], code: int) -> None:
    assert exit_code(dict(enumerate(map(found, outcomes), 1))) == code


def test_the_summary_counts_what_there_is() -> None:
    findings = {1: found(Outcome.PASS), 2: found(Outcome.PASS), 3: found(Outcome.ERROR)}
    assert plain_text.summary(result(findings)) == "2 passed, 1 could not be checked"

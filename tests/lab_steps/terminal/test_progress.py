"""Progress: one line that changes on a terminal and is gone in the end, nothing of it elsewhere."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta

import pytest

from lab_steps.checking.finding import Finding, Outcome
from lab_steps.terminal.progress import DeliveryProgress, Progress
from lab_steps.walkthrough.lab import WALKTHROUGH
from tests.lab_steps.step_numbers import ALL
from tests.lab_steps.terminal.pseudo_terminal import Shown, in_terminal

WIDTHS = (40, 80, 200)
_LOOKS = """
from lab_steps.terminal.legible import guarded
from lab_steps.terminal.progress import Progress
from lab_steps.walkthrough.lab import WALKTHROUGH
with guarded():
    progress = Progress()
    progress.say("begun")
    for number in range(3):
        for step in WALKTHROUGH.steps:
            progress.looking(step)
        progress.now("looking at \\u6771\\u4eac " * 40)
        progress.say(f"said {number}")
    progress.looking(WALKTHROUGH.steps[0])
    progress.end()
    print("done")
"""


def looked(columns: int, **environment: str) -> Shown:
    return in_terminal([sys.executable, "-c", _LOOKS], columns, environment)


def told(shown: Shown) -> list[str]:
    return [line[10:] if " s  " in line else line for line in shown.lines if line]


@pytest.mark.parametrize("columns", WIDTHS)
@pytest.mark.parametrize(
    "environment",
    [{}, {"COLUMNS": "300"}, {"PYTHONIOENCODING": "ascii"}, {"PYTHONIOENCODING": "cp1252"}],
    ids=str,
)
def test_no_line_of_progress_is_left_behind(columns: int, environment: dict[str, str]) -> None:
    shown = looked(columns, **environment)
    assert shown.raw.count(b"checking step") > 3 * ALL
    assert told(shown) == ["begun", "said 0", "said 1", "said 2", "done"]
    assert not shown.cursor_is_hidden


def test_a_dumb_terminal_gets_the_lines_that_stay_alone() -> None:
    shown = looked(80, TERM="dumb")
    assert b"\x1b" not in shown.raw
    assert told(shown) == ["begun", "said 0", "said 1", "said 2", "done"]


def test_a_pipe_is_not_told_what_is_done_now(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # as CI systems do
    Progress().looking(WALKTHROUGH.step(3))
    assert capsys.readouterr().err == ""


def test_a_pipe_is_told_once_what_is_waited_for(capsys: pytest.CaptureFixture[str]) -> None:
    progress, until = Progress(), datetime.now(UTC) + timedelta(minutes=20)
    waits = Finding(outcome=Outcome.PENDING, expected="x", actual="y", until=until)
    seen = DeliveryProgress(datetime.now(UTC))
    for found in ({34: waits, 36: waits}, {34: waits, 36: waits}, {36: waits}):
        progress.waiting(found, seen)
    assert [line[10:40] for line in capsys.readouterr().err.splitlines()] == [
        "waiting for CloudTrail's deliv"
    ] * 2


def test_what_is_waited_for_is_told_with_times_files_and_events(
    capsys: pytest.CaptureFixture[str],
) -> None:
    now = datetime(2026, 3, 14, 12, 4, tzinfo=UTC)
    waits = Finding(
        outcome=Outcome.PENDING,
        expected="x",
        actual="y",
        since=now - timedelta(minutes=4),
        until=now + timedelta(minutes=16),
    )
    Progress().waiting({34: waits}, DeliveryProgress(now, timedelta(minutes=5), 3, 2, 5))
    assert capsys.readouterr().err[10:] == (
        "waiting for CloudTrail's delivery: step 34; 3 log files, 2 of 5 events, for 4 min, "
        "usually 5 min, at most 16 min more\n"
    )


@pytest.mark.parametrize("comes", [True, False])
def test_what_is_waited_for_is_said_once_and_not_waited_for_longer_than_told(
    comes: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    looked, paused = iter([False, False, comes]), list[float]()
    patience = timedelta(minutes=30) if comes else timedelta()
    found = Progress().until(lambda: next(looked), "Do it.", patience, paused.append)
    assert (found, len(paused)) == (comes, 2 * comes)
    told = capsys.readouterr().err
    assert told.count("Do it. Waiting for it up to ") == 1
    assert ("continuing" in told) is comes

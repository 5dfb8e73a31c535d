"""What others wrote, made fit for a terminal."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from lab_steps.results import text as report
from lab_steps.terminal.legible import one_line
from lab_steps.verbs.watch import Screen
from lab_steps.walkthrough.lab import WALKTHROUGH
from tests.lab_steps import documents


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Ada Lovelace, Zoë, 東京 ▌", "Ada Lovelace, Zoë, 東京 ▌"),
        ("\x1b[2J\x1b]0;title\x07", r"\x1b[2J\x1b]0;title\x07"),
        ("x\n  PASS    34  Find", r"x\n  PASS    34  Find"),
        ("\u202etxt.exe", r"\u202etxt.exe"),
        ("\ud800", r"\ud800"),
    ],
)
def test_what_is_not_printable_is_spelled_out(text: str, shown: str) -> None:
    assert one_line(text) == shown


def test_no_finding_moves_the_cursor_of_who_reads_it() -> None:
    stream = io.StringIO()
    report.show(documents.made(), Console(file=stream, width=300, markup=False, highlight=False))
    assert r"\x1b[31m" in stream.getvalue()
    assert "\x1b" not in stream.getvalue()


def test_no_finding_moves_the_cursor_of_who_watches(capsys: pytest.CaptureFixture[str]) -> None:
    Screen(WALKTHROUGH).show(documents.findings())
    told = capsys.readouterr().out
    assert r"\x1b[31m" in told
    assert "\x1b" not in told

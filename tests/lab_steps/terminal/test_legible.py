"""What others wrote, made fit for a terminal."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from lab_steps.__main__ import main
from lab_steps.errors import CannotLookError
from lab_steps.results import plain_text
from lab_steps.terminal.legible import guarded, json_text, legible, one_line
from lab_steps.terminal.progress import Progress
from lab_steps.verbs import plan
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
    plain_text.show(
        documents.made(), Console(file=stream, width=300, markup=False, highlight=False)
    )
    assert r"\x1b[31m" in stream.getvalue()
    assert "\x1b" not in stream.getvalue()


def test_no_finding_moves_the_cursor_of_who_watches(capsys: pytest.CaptureFixture[str]) -> None:
    Screen(WALKTHROUGH, has_console=True).show(documents.findings(), documents.STARTED)
    told = capsys.readouterr().out
    assert r"\x1b[31m" in told
    assert "\x1b" not in told


HOSTILE = "\x00\x1b[2J\x7f\x85\x9b\xad\u061c\u200b\u200f\u2028\u202e\u2066\ufeff\U000e0041"
"""C0, DEL, C1, soft hyphen, bidi and other format characters, line separator, a tag."""


def test_json_for_a_terminal_is_plain_and_means_the_same() -> None:
    value = {HOSTILE: [HOSTILE, "Zoë, 東京 \U0001f600"]}
    for indent in (2, -1):
        text = json_text(value, indent)
        assert text.replace("\n", "").isprintable()
        assert "東京" in text
        assert json.loads(text) == msgspec.json.decode(text) == value


def test_lines_stay_lines() -> None:
    assert legible("one\n two\r\n") == "one\n two\\r\n"


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_terminal_without_the_characters_gets_text(
    encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    behind = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(behind, encoding=encoding))
    with guarded():
        print("東京", flush=True)
    assert behind.getvalue() == rb"\u6771\u4eac" + b"\n"


@pytest.mark.parametrize("form", ["text", "json", "html", "junit"])
def test_every_form_of_a_report_fits_any_terminal(form: str, tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    path.write_bytes(msgspec.json.encode(documents.made(seen=documents.observed())))
    told = subprocess.run(
        [sys.executable, "-m", "lab_steps", "report", "--from", str(path), "--format", form],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )
    assert (told.returncode, told.stderr) == (1, b"")
    assert told.stdout.decode().replace("\n", "").isprintable()


@pytest.mark.parametrize("error", [CannotLookError(HOSTILE, HOSTILE), KeyError(HOSTILE)])
def test_no_error_moves_the_cursor(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: object) -> int:
        raise error

    monkeypatch.setattr(plan, "run", fail)
    assert main(["plan"]) == 3
    assert capsys.readouterr().err.replace("\n", "").isprintable()


def test_no_line_of_an_error_begins_like_one_of_ours(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: object) -> int:
        raise CannotLookError("AWS said\nNothing of the lab is left.")

    monkeypatch.setattr(plan, "run", fail)
    main(["plan"])
    assert "\n  Nothing of the lab is left." in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["check", "--timeout", HOSTILE], ["plan", HOSTILE]])
def test_no_argument_moves_the_cursor(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert capsys.readouterr().err.replace("\n", "").isprintable()


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """So that progress overwrites its line."""
        return True


def test_progress_moves_the_cursor_and_nothing_in_it_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm-256color")
    with guarded():
        progress = Progress()
        progress.now(f"reading {HOSTILE}")
        progress.end()
    shown = terminal.getvalue()
    assert r"\x1b[2J\x7f" in shown
    assert "\x1b[2J" not in shown


def test_colours_are_ours_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    with guarded():
        plain_text.tell(f"a name {HOSTILE}", plain_text.console(), style="bold")
    assert terminal.getvalue().lstrip().startswith("\x1b[1m")
    assert "\x1b[2J" not in terminal.getvalue()

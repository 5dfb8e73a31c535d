from __future__ import annotations

import io
import sys

import pytest

from lab_steps.terminal.progress import Progress
from lab_steps.walkthrough.lab import WALKTHROUGH


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_is_told_what_is_done_now_until_the_next_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    progress = Progress()
    progress.looking(WALKTHROUGH.step(3))
    progress.end()
    told, erased = terminal.getvalue().split("looking at step 3, Open Event history")
    assert told.startswith("\r\x1b[K")
    assert erased == "\r\x1b[K"


def test_a_file_is_not_told_what_is_done_now(capsys: pytest.CaptureFixture[str]) -> None:
    Progress().looking(WALKTHROUGH.step(3))
    assert capsys.readouterr().err == ""

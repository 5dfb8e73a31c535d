"""What people are told, kept in files that can be read in a row: `texts/*.txt`.

With RENEW_TEXTS=1 in the environment, test_mutants.py and test_texts.py rewrite them; look at
the difference before it is committed.
"""

from __future__ import annotations

import io
import os
import re
from pathlib import Path

from rich.console import Console

from lab_steps.checking.finding import Finding, Outcome
from lab_steps.results import plain_text
from lab_steps.session import LabSession

FOLDER = Path(__file__).with_name("texts")
_CHANGING = (
    (r"http://127\.0\.0\.1:\d+", "URL"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME"),
    (r"up to [\dmins ]+ more, until \d\d:\d\d:\d\d UTC", "up to LEFT more, until TIME"),
    (r"\d{4}/\d\d/\d\d", "DAY"),
    (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ID"),
    (r"_\d{8}T\d{4}Z_\w{16}", "_FILE"),
    (r"backup/[\d-]+\w*", "backup/ID"),
    # Of the events of one second any may be the first.
    (r"\b[A-Z]\w+ +TIME ID", "EVENT TIME ID"),
)
"""What is another at every run."""


def told(lab: LabSession, findings: dict[int, Finding]) -> str:
    """What `check` prints of the steps that did not pass, in lines as long as they are."""
    fallen = {n: each for n, each in findings.items() if each.outcome is not Outcome.PASS}
    out = io.StringIO()
    plain_text.show(lab.result("check", fallen), Console(file=out, width=10_000))
    text = out.getvalue().partition("\n")[2]
    for end in ("where the time went", "every call has"):
        text = text.partition(end)[0]
    return "\n".join(line.rstrip() for line in unchanging(text).strip().splitlines()) + "\n"


def unchanging(text: str) -> str:
    """`text` without what is another at every run."""
    for pattern, word in _CHANGING:
        text = re.sub(pattern, word, text)
    return text


def path_of(name: str) -> Path:
    """Where the text of that name is kept."""
    return FOLDER / f"{re.sub(r'[^a-z0-9]+', '-', name.lower()).strip('-')}.txt"


def assert_kept(name: str, text: str) -> None:
    """`text` is what is kept under `name`."""
    path = path_of(name)
    if os.environ.get("RENEW_TEXTS"):
        FOLDER.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), f"see {__name__} for how {path} is renewed"

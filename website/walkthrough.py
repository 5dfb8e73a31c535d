"""The walkthrough's page, from the lab's value: as a program it writes `docs/walkthrough.md`."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

from lab_steps.checking.step import Step
from lab_steps.lab import Part
from lab_steps.walkthrough.lab import WALKTHROUGH

PAGE = Path(__file__).resolve().parents[1] / "docs" / "walkthrough.md"

_INTRODUCTION = f"""\
# The walkthrough

A tour of CloudTrail in the AWS console, in {len(WALKTHROUGH.steps)} steps. You create a trail for
management events, a trail for data events, and a DynamoDB table with an item. Then you find your
own calls in the log files of both trails, and in Event history.

By hand, plan one to two hours. That is an estimate: nobody has been timed. In an account, part of
it is waiting for log files, five to twenty minutes each time. `python -m lab_steps run` does all
steps on a local AWS in seconds. `python -m lab_steps explain 15` shows one step, and how to do it.
[students.md](students.md) is where to begin.

Made from the steps by `make docs`. The files are in `lab_steps/walkthrough/steps/`.
"""
_TABLE = "| step | title | what is checked | file |\n|---|---|---|---|\n"
_PLACEHOLDER = re.compile(r"\S*<\w+>[^\s,.]*")


def text() -> str:
    """The page, as the lab is now."""
    return _INTRODUCTION + "".join(map(_section, WALKTHROUGH.parts))


def _section(part: Part) -> str:
    return f"\n## {part.title}\n\n{_TABLE}{''.join(_rows(part.steps))}"


def _rows(steps: tuple[Step, ...]) -> Iterator[str]:
    for step in steps:
        checked = _PLACEHOLDER.sub(r"`\g<0>`", step.looks_at)
        file = Path(inspect.getfile(step.check)).name
        yield f"| {step.number} | {step.title} | {checked} | `{file}` |\n"


if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8")

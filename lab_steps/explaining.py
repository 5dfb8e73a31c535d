"""`explain`: a step as people read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab_steps.lab import PARTS, STEPS
from lab_steps.step import Step

if TYPE_CHECKING:
    from rich.console import Console


def show_all(out: Console) -> None:
    """The list of all steps, by part."""
    for part, steps in PARTS.items():
        out.print(part, style="bold")
        for step in steps:
            out.print(f"  {step.number:>2}  {step.title}", overflow="fold")
    out.print(f"\nMore about one of the {len(STEPS)}: python -m lab_steps explain STEP")


def show(step: Step, out: Console) -> None:
    """Everything about one step."""
    out.print(f"Step {step.number}: {step.title}\n", style="bold")
    needs = ", ".join(f"{each.what} (step {each.step})" for each in step.needs)
    for label, text in (
        ("What the check looks at", step.looks_at),
        ("What it needs", needs),
        ("By hand, in the console", step.console),
        ("By hand, with the AWS CLI", step.command),
        ("What the runner does", step.action or "nothing: it only looks"),
        ("The API behind it", ", ".join(step.api)),
    ):
        if text:
            out.print(label, style="bold")
            out.print(f"  {text}\n", overflow="fold")

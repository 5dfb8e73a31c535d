"""The result for people: the steps in order, what to do about those that did not pass."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from lab_steps.outcomes import ApiAnswer, Evidence, LogObject, LogRecord, Outcome, Probe
from lab_steps.result import Result, StepResult

if TYPE_CHECKING:
    from rich.console import Console

STYLES = {
    Outcome.PASS: "green",
    Outcome.FAIL: "bold red",
    Outcome.PENDING: "yellow",
    Outcome.BLOCKED: "magenta",
    Outcome.ERROR: "bold yellow",
}
INDENT = " " * 13


def console(stderr: bool = False) -> Console:
    """A console that colours on a terminal only, heeds NO_COLOR, and wraps nothing in a pipe."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else int(os.environ.get("COLUMNS") or 200)
    return Console(stderr=stderr, highlight=False, markup=False, emoji=False, width=width)


def show(result: Result, out: Console) -> None:
    """Print the result."""
    place = result.place
    out.print(f"CloudTrail lab on {place.title}, account {place.account}, {place.region}\n")
    part = ""
    for step in result.steps:
        if step.part != part:
            part = step.part
            out.print(part, style="bold")
        _show_step(step, out)
    out.print()
    out.print(summary(result), style="bold")
    _show_timings(result, out)


def summary(result: Result) -> str:
    """`38 passed`, or `35 passed, 1 failed, 2 blocked`."""
    words = {
        Outcome.PASS: "passed",
        Outcome.FAIL: "failed",
        Outcome.PENDING: "pending",
        Outcome.BLOCKED: "blocked",
        Outcome.ERROR: "could not be checked",
    }
    told = [f"{result.counts[outcome]} {word}" for outcome, word in words.items()]
    return ", ".join(each for each in told if not each.startswith("0 ")) or "no step was checked"


def _show_step(step: StepResult, out: Console) -> None:
    from rich.text import Text

    line = Text.assemble(
        (f"  {step.outcome:<7}", STYLES[step.outcome]), f" {step.number:>2}  {step.title}"
    )
    if step.outcome is Outcome.PASS:
        line.append(f"  {step.actual}", style="dim")
        out.print(line, overflow="fold")
        _show_evidence(step.evidence, out, records_only=True)
        return
    out.print(line, overflow="fold")
    _show_trouble(step, out)


def _show_trouble(step: StepResult, out: Console) -> None:
    told = {"expected": step.expected, "found": step.actual, "why": step.rationale}
    if step.outcome is Outcome.BLOCKED:
        told = {"needs": f"{step.expected} (step {step.blocked_by})"}
    if step.since and step.until:
        told["due"] = f"since {step.since:%H:%M:%S}, until {step.until:%H:%M:%S} UTC"
    if step.next_action and step.outcome is Outcome.FAIL:
        told["console"] = step.next_action.console
        told["or"] = step.next_action.command
    for label, text in told.items():
        if text:
            out.print(f"{INDENT}{label + ':':<10}{text}", overflow="fold")
    if step.outcome is not Outcome.BLOCKED:
        _show_evidence(step.evidence, out)


def _show_evidence(
    evidence: tuple[Evidence, ...], out: Console, *, records_only: bool = False
) -> None:
    for each in evidence:
        if isinstance(each, LogRecord) or not records_only:
            out.print(f"{INDENT}{_evidence_line(each)}", style="dim", overflow="fold")


def _evidence_line(evidence: Evidence) -> str:
    match evidence:
        case LogRecord():
            return (
                f"{evidence.event_name} {evidence.event_time} {evidence.event_id} "
                f"s3://{evidence.bucket}/{evidence.key}"
            )
        case LogObject():
            return f"s3://{evidence.bucket}/{evidence.key} {evidence.note}".rstrip()
        case Probe():
            return f"{evidence.event}: {'recorded' if evidence.recorded else 'not recorded'}"
        case ApiAnswer():
            shown = ", ".join(f"{key}={value}" for key, value in evidence.answer.items())
            return f"{evidence.operation}: {shown}"


def _show_timings(result: Result, out: Console) -> None:
    if not result.timings:
        return
    out.print("where the time went", style="dim")
    for timing in result.timings:
        out.print(f"  {timing.what:<22}{timing.seconds:7.2f} s", style="dim")
    total = (result.finished - result.started).total_seconds()
    out.print(f"  {'all together':<22}{total:7.2f} s", style="dim")

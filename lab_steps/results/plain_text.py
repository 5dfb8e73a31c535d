"""The result for people: the steps in order, what to do about those that did not pass."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import msgspec

from lab_steps.checking.finding import ApiAnswer, Evidence, LogObject, LogRecord, Outcome, Probe
from lab_steps.redaction import redacted
from lab_steps.results.result import AthenaUse, Result, StepResult
from lab_steps.terminal.legible import in_one_line_each, legible, unguarded
from trail_logs.athena.prices import price

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

STYLES = {
    Outcome.PASS: "green",
    Outcome.FAIL: "bold red",
    Outcome.PENDING: "yellow",
    Outcome.BLOCKED: "magenta",
    Outcome.ERROR: "bold yellow",
}
INDENT = 13


def console() -> Console:
    """A console on stdout that colours on a terminal only and heeds NO_COLOR."""
    from rich.console import Console

    return Console(file=unguarded(sys.stdout), highlight=False, markup=False, emoji=False)


def show(result: Result, out: Console) -> None:
    """Print the result; what others wrote in it stays within its line."""
    result = _legible(result)
    place = result.place
    named = f" ({place.region_from})" if place.region_from else ""
    whose = f" of {result.name}" if result.name else ""
    heading = (
        f"CloudTrail lab{whose} on {place.title}, account {place.account}, {place.region}{named}"
    )
    tell(heading, out, indent=0)
    if result.saved:
        tell(regraded(result), out, indent=0)
    part = ""
    for step in result.steps:
        if step.part != part:
            part = step.part
            tell(f"\n{part}", out, indent=0, style="bold")
        _show_step(step, out)
    tell(f"\n{summary(result)}", out, indent=0, style="bold")
    if result.athena:
        tell(athena_line(result.athena), out, indent=0)
    _show_timings(result, out)


def regraded(result: Result) -> str:
    """Of when the findings are, and when they were made, for a bundle that is graded again."""
    saved = f"As it was when the bundle was saved, {result.saved:%F %T} UTC"
    return f"{saved}; graded again {result.finished:%F %T} UTC"


def _legible(result: Result) -> Result:
    told = msgspec.to_builtins(msgspec.structs.replace(result, observed=None))
    return msgspec.convert(in_one_line_each(told), Result)


def athena_line(use: AthenaUse) -> str:
    """`Athena: 1 query, 0.003 MB scanned, about $0.00005 (...); last query 8121d98f-...`."""
    number = len(use.queries)
    told = price(use.bytes_scanned, use.dollars)
    text = f"Athena: {number} quer{'y' if number == 1 else 'ies'}, {told}"
    return f"{text}; last query {use.queries[-1].query_id}" if use.queries else text


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

    heading = Text.assemble((f"{step.outcome:<7}", STYLES[step.outcome]), f" {step.number:>2}  ")
    heading.append(step.title)
    if step.outcome is Outcome.PASS:
        heading.append(f"  {step.actual}", style="dim")
        tell(heading, out, indent=2)
        _show_evidence(step.evidence, out, records_only=True)
        return
    tell(heading, out, indent=2)
    _show_trouble(step, out)


def _show_trouble(step: StepResult, out: Console) -> None:
    told = {"expected": step.expected, "found": step.actual, "why": step.rationale}
    if step.outcome is Outcome.BLOCKED:
        told = {"needs": f"{step.expected} (step {step.blocked_by})"}
    if step.since and step.until:
        told["due"] = f"since {step.since:%H:%M:%S}, until {step.until:%H:%M:%S} UTC"
    if step.next_action and step.outcome is Outcome.FAIL:
        told["do"] = step.next_action.console
        told["or"] = step.next_action.command
    for label, text in told.items():
        if text:
            tell(f"{label + ':':<10}{text}", out)
    if step.outcome is not Outcome.BLOCKED:
        _show_evidence(step.evidence, out)


def _show_evidence(
    evidence: tuple[Evidence, ...], out: Console, *, records_only: bool = False
) -> None:
    file = ""
    for each in evidence:
        if isinstance(each, LogRecord):
            key = f"s3://{each.bucket}/{each.key}"
            if key != file:
                tell(file := key, out, style="dim")
            tell(f"  {each.event_name:<12} {each.event_time} {each.event_id}", out, style="dim")
        elif not records_only:
            tell(evidence_line(each), out, style="dim")


def tell(text: str | Text, out: Console, *, indent: int = INDENT, style: str = "") -> None:
    """A line that keeps its indentation where a terminal is too narrow; unbroken in a pipe."""
    from rich.padding import Padding
    from rich.text import Text

    shown = text if isinstance(text, Text) else Text(legible(redacted(text)), style=style)
    if out.is_terminal:
        shown.overflow = "fold"
        out.print(Padding(shown, (0, 0, 0, indent)))
    else:
        out.print(Text(" " * indent).append(shown), soft_wrap=True)


def evidence_line(evidence: LogObject | Probe | ApiAnswer) -> str:
    """What is no record, in one line."""
    match evidence:
        case LogObject():
            return f"s3://{evidence.bucket}/{evidence.key} {evidence.note}".rstrip()
        case Probe():
            return f"{evidence.event}: {'recorded' if evidence.recorded else 'not recorded'}"
        case ApiAnswer():
            shown = ", ".join(f"{key}={value}" for key, value in evidence.answer.items())
            return f"{evidence.operation}: {shown}"


def _show_timings(result: Result, out: Console) -> None:
    total = (result.finished - result.started).total_seconds()
    tell("where the time went", out, indent=0, style="dim")
    for what, seconds in (
        *((each.what, each.seconds) for each in result.timings),
        ("all together", total),
    ):
        tell(f"{what:<22}{seconds:7.2f} s", out, indent=2, style="dim")

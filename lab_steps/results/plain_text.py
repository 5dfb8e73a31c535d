"""The result for people: the steps in order, and what to do about those that did not pass."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from lab_steps.checking.finding import (
    GOOD,
    ApiAnswer,
    Evidence,
    Finding,
    LogObject,
    LogRecord,
    NextAction,
    Outcome,
    Probe,
)
from lab_steps.credential_redaction import redacted
from lab_steps.terminal.legible import in_one_line_each, legible, unguarded
from trail_logs.prices import price

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from lab_steps.results.delivered import Observed
    from lab_steps.results.result import AthenaUse, Result, StepResult

STYLES = {
    Outcome.PASS: "green",
    Outcome.NOT_APPLICABLE: "cyan",
    Outcome.FAIL: "bold red",
    Outcome.PENDING: "yellow",
    Outcome.BLOCKED: "magenta",
    Outcome.ERROR: "bold yellow",
}
WORDS = {Outcome.NOT_APPLICABLE: "N/A"}
"""Outcomes that have a shorter word in a list."""

INDENT = 13
MOST_EVIDENCE = 3
"""Pieces of evidence shown for a step: the rest is mostly more of the same."""


def console() -> Console:
    """A console on stdout that uses color only on a terminal, and respects NO_COLOR."""
    from rich.console import Console

    return Console(file=unguarded(sys.stdout), highlight=False, markup=False, emoji=False)


def show(result: Result, out: Console) -> None:
    """Print the result. Other people's text in it cannot leave its line."""
    observed, result = result.observed, _legible(result)
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
        _show_step(step, place.endpoint_url is None, result.finished, out)
    if observed:
        _show_timeline(observed, out)
    tell(f"\n{summary(result)}", out, indent=0, style="bold")
    if result.athena:
        tell(athena_line(result.athena), out, indent=0)
    if result.calls:
        found = f"every call has run/{result.calls.run_id} in its user agent; to count them"
        tell(f"{found}:", out, indent=0, style="dim")
        tell_command(result.calls.command, out, indent=2)
    _show_timings(result, out)


def _show_timeline(observed: Observed, out: Console) -> None:
    from lab_steps.results.text_timeline import lines

    tell("\nRecorded events", out, indent=0, style="bold")
    for indent, text in lines(observed, out.width):
        tell(text, out, indent=indent)


def regraded(result: Result) -> str:
    """When a bundle was saved, and when it was graded again."""
    saved = f"As of when the bundle was saved, {result.saved:%F %T} UTC"
    return f"{saved}; graded again {result.finished:%F %T} UTC"


def _legible(result: Result) -> Result:
    from lab_steps.results.result import Result

    told = msgspec.to_builtins(msgspec.structs.replace(result, observed=None))
    return msgspec.convert(in_one_line_each(told), Result)


def athena_line(use: AthenaUse) -> str:
    """`Athena: 1 query, 0.003 MB scanned, about $0.00005 (...); last query 8121d98f-...`."""
    number = len(use.queries)
    told = price(use.bytes_scanned, use.dollars)
    text = f"Athena: {number} quer{'y' if number == 1 else 'ies'}, {told}"
    return f"{text}; last query {use.queries[-1].query_id}" if use.queries else text


def summary(result: Result) -> str:
    """`9 passed`, or `6 passed (1 of them not applicable here), 1 failed, 2 blocked`."""
    counts = result.counts
    good, apart = sum(counts[each] for each in GOOD), counts[Outcome.NOT_APPLICABLE]
    noted = f" ({apart} of them not applicable here)" if apart else ""
    words = {
        Outcome.FAIL: "failed",
        Outcome.PENDING: "pending",
        Outcome.BLOCKED: "blocked",
        Outcome.ERROR: "could not be checked",
    }
    told = [f"{good} passed{noted}"] if good else []
    told += [f"{counts[outcome]} {word}" for outcome, word in words.items() if counts[outcome]]
    return ", ".join(told) or "no step was checked"


def _show_step(step: StepResult, has_console: bool, now: datetime, out: Console) -> None:
    from rich.text import Text

    word = WORDS.get(step.outcome, step.outcome)
    heading = Text.assemble((f"{word:<7}", STYLES[step.outcome]), f" {step.number:>2}  ")
    heading.append(step.title)
    if step.outcome is Outcome.PASS:
        heading.append(f"  {step.actual}", style="dim")
        tell(heading, out, indent=2)
        _show_evidence(step.evidence, out, records_only=True)
        return
    tell(heading, out, indent=2)
    show_trouble(step, has_console, now, out)
    if step.outcome not in {Outcome.BLOCKED, Outcome.NOT_APPLICABLE}:
        _show_evidence(step.evidence, out)


def show_trouble(
    found: Finding | StepResult,
    has_console: bool,
    now: datetime,
    out: Console,
    indent: int = INDENT,
) -> None:
    """What was expected and found, why, and what to do. A wait is counted from `now`."""
    for label, text in trouble(found, has_console, now):
        if label in COMMANDS:
            tell_command(f"{label + ':':<10}{text}", out, indent=indent)
        else:
            tell(f"{label + ':':<10}{text}", out, indent=indent)


COMMANDS = ("do", "or", "if not")
"""Labels of texts that may be commands: they are never wrapped, so that they can be pasted."""


def trouble(
    found: Finding | StepResult, has_console: bool, now: datetime
) -> Iterator[tuple[str, str]]:
    """Labels and texts of a step that did not pass. Without AWS's console, the command comes first,
    and the console instructions follow as a note.
    """
    if found.outcome is Outcome.BLOCKED:
        yield "needs", f"{found.expected} (step {found.blocked_by})"
        return
    if found.outcome is Outcome.NOT_APPLICABLE:
        yield "why", found.rationale
        return
    told = {"expected": found.expected, "found": found.actual, "why": found.rationale}
    yield from ((label, text) for label, text in told.items() if text)
    if found.outcome is Outcome.PENDING and found.until:
        yield "wait", time_left(found.until, now)
    if found.next_action:
        yield from _ways(found.next_action, has_console, found.outcome is Outcome.PENDING)


def _ways(action: NextAction, has_console: bool, waits: bool) -> Iterator[tuple[str, str]]:
    first, second = ("if not", "or") if waits else ("do", "or")
    if has_console:
        yield first, action.console
        yield second, action.command
    else:
        yield first, action.command
        yield "console", action.console


def time_left(until: datetime, now: datetime) -> str:
    """`up to 19 min 40 s more, until 12:20:00 UTC`."""
    minutes, seconds = divmod(max(0, round((until - now).total_seconds())), 60)
    left = f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
    return f"up to {left} more, until {until:%H:%M:%S} UTC"


def _show_evidence(
    evidence: tuple[Evidence, ...], out: Console, *, records_only: bool = False
) -> None:
    file = ""
    for each in evidence[:MOST_EVIDENCE]:
        if isinstance(each, LogRecord):
            key = f"s3://{each.bucket}/{each.key}"
            if key != file:
                tell(file := key, out, style="dim")
            tell(f"  {each.event_name:<12} {each.event_time} {each.event_id}", out, style="dim")
        elif not records_only:
            tell(evidence_line(each), out, style="dim")
    more = len(evidence) - MOST_EVIDENCE
    if more > 0 and not records_only:
        tell(f"... and {more} more; --format json has them all", out, style="dim")


def tell(text: str | Text, out: Console, *, indent: int = INDENT, style: str = "") -> None:
    """A line that keeps its indentation when a terminal wraps it; never wrapped in a pipe."""
    from rich.padding import Padding
    from rich.text import Text

    shown = text if isinstance(text, Text) else Text(legible(redacted(text)), style=style)
    if out.is_terminal:
        shown.overflow = "fold"
        out.print(Padding(shown, (0, 0, 0, indent)))
    else:
        out.print(Text(" " * indent).append(shown), soft_wrap=True)


def tell_command(text: str, out: Console, *, indent: int = INDENT) -> None:
    """A line that is never broken, however narrow the terminal, so that it can be copied."""
    from rich.text import Text

    out.print(Text(" " * indent + legible(redacted(text))), soft_wrap=True)


def evidence_line(evidence: LogObject | Probe | ApiAnswer) -> str:
    """One line for evidence that is not a record."""
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
        ("total", total),
    ):
        tell(f"{what:<22}{seconds:7.2f} s", out, indent=2, style="dim")

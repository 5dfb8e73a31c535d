"""`watch`: look again at what is not passed, until everything is, and say what to do next."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from lab_steps.checking.finding import Finding, Outcome
from lab_steps.checking.patience import Patience
from lab_steps.checking.rounds import Look, Round
from lab_steps.checking.step import Step
from lab_steps.errors import ExitCode
from lab_steps.lab import Lab
from lab_steps.results.plain_text import console, tell
from lab_steps.results.result import exit_code
from lab_steps.terminal.legible import one_line
from lab_steps.verbs import options
from lab_steps.verbs.opening import open_lab
from lab_steps.verbs.options import Given, chosen_steps

SECONDS = 2.0
"""How often to look where nothing is said and the target's patience allows it."""

ORDER = (Outcome.FAIL, Outcome.ERROR, Outcome.BLOCKED, Outcome.PENDING)
"""What to do first: a failure, before what could not be looked at, before what only waits."""

Findings = dict[int, Finding]


def add_options(parser: argparse.ArgumentParser, lab: Lab) -> None:
    """What it can be told."""
    options.where(parser)
    options.parameters(parser, lab)
    options.account(parser)
    options.steps(parser)
    options.engine(parser, lab)
    text = "between two looks (2 s, AWS: 15 s)"
    parser.add_argument("--interval", type=options.seconds, metavar="SECONDS", help=text)
    text = "stop after that; without: Ctrl-C"
    parser.add_argument("--deadline", type=options.seconds, metavar="SECONDS", help=text)


def run(given: Given) -> int:
    """Look again and again, and say what to do next."""
    steps = chosen_steps(given)
    session = open_lab(given)
    seconds = interval(session.look().patience, given.interval)
    last = timedelta(seconds=given.deadline) if given.deadline is not None else None
    deadline = datetime.now(UTC) + last if last is not None else None
    return follow(Watch(session.lab, steps, session.look, seconds), deadline)


def interval(patience: Patience, asked: float | None) -> float:
    """Seconds between two looks: as asked, but not sooner than the target's poll interval and
    not later than a delivery is due there."""
    latest = max(patience.poll, patience.due.total_seconds())
    return min(max(SECONDS if asked is None else asked, patience.poll), latest)


def next_step(findings: Findings) -> int | None:
    """The number of the one step to work on next; None when all passed."""
    for outcome in ORDER:
        for number, finding in findings.items():
            if finding.outcome is outcome:
                return number
    return None


@dataclass
class Watch:
    """Rounds over some steps. What passed is not judged again, but for a last whole round."""

    lab: Lab
    steps: Sequence[Step]
    look: Look
    seconds: float
    findings: Findings = field(default_factory=dict)

    def rounds(self, deadline: datetime | None) -> Iterator[Findings]:
        """The findings after each look, until all pass or `deadline` (UTC) has come."""
        while True:
            self.findings = self._one_round(self._passed())
            if self._all_pass():
                self.findings = self._one_round({})
            yield self.findings
            if self._all_pass() or (deadline and datetime.now(UTC) >= deadline):
                return
            self._wait(deadline)

    def _one_round(self, settled: Findings) -> Findings:
        round_ = Round(self.lab, self.look(), settled)
        return {step.number: round_.judge(step) for step in self.steps}

    def _passed(self) -> Findings:
        return {n: each for n, each in self.findings.items() if each.outcome is Outcome.PASS}

    def _all_pass(self) -> bool:
        return len(self._passed()) == len(self.findings)

    def _wait(self, deadline: datetime | None) -> None:
        left = deadline - datetime.now(UTC) if deadline else timedelta(seconds=self.seconds)
        time.sleep(max(0.0, min(self.seconds, left.total_seconds())))


def changes(lab: Lab, before: Findings, now: Findings) -> Iterator[str]:
    """A line for each step whose outcome is another than before: `step 15  FAIL -> PASS`."""
    for number, finding in now.items():
        was = before.get(number)
        if was and was.outcome is not finding.outcome:
            title = lab.step(number).title
            yield f"step {number:>2}  {was.outcome} -> {finding.outcome}  {title}"


def advice(lab: Lab, findings: Findings) -> Iterator[str]:
    """How far it is, and the one next thing to do."""
    passed = sum(each.outcome is Outcome.PASS for each in findings.values())
    yield f"{passed} of {len(findings)} steps passed"
    number = next_step(findings)
    if number is None:
        return
    finding = findings[number]
    yield f"next: step {number}, {lab.step(number).title}"
    yield f"  {finding.outcome}: {finding.actual}"
    if finding.outcome is Outcome.PENDING and finding.until:
        yield f"  Wait: the log files are due by {finding.until:%H:%M:%S} UTC."
    elif finding.next_action:
        yield f"  {finding.next_action.console}"
        yield f"  or: {finding.next_action.command}"
    elif finding.outcome is Outcome.ERROR:
        yield f"  {finding.rationale}"
    if finding.outcome is Outcome.FAIL:
        yield f"  A hint: {lab.command(f'hint {number}')}"


class Screen:
    """Tells people what changed, once; the advice again whenever it is another."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._out = console()
        self._before: Findings = {}
        self._told: list[str] = []

    def show(self, findings: Findings) -> None:
        """Print what is new."""
        for line in changes(self._lab, self._before, findings):
            tell(f"{datetime.now(UTC):%H:%M:%S}  {line}", self._out, indent=0)
        told = list(advice(self._lab, findings))
        if told != self._told:
            for line in told:
                indent = len(line) - len(line.lstrip())
                style = "" if indent else "bold"
                tell(one_line(line.strip()), self._out, indent=indent, style=style)
            sys.stdout.flush()
        self._before, self._told = findings, told


def follow(watch: Watch, deadline: datetime | None) -> ExitCode:
    """Watch until all steps pass, `deadline` has come, or Ctrl-C; the exit code says which."""
    screen = Screen(watch.lab)
    try:
        for findings in watch.rounds(deadline):
            screen.show(findings)
    except KeyboardInterrupt:
        print("\nNo longer watching; the lab stands as it is.", file=sys.stderr)
        return ExitCode.INTERRUPTED
    return exit_code(watch.findings)

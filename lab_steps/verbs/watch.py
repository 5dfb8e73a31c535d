"""`watch`: keep checking all steps until they pass, and say what to do next."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from lab_steps.checking.finding import GOOD, WORST_FIRST, Finding, Outcome
from lab_steps.checking.watching import Findings, Watch, changed, interval, outcomes
from lab_steps.command_line import options
from lab_steps.command_line.opening import open_lab
from lab_steps.command_line.options import Given, chosen_steps
from lab_steps.errors import ExitCode
from lab_steps.lab import Lab
from lab_steps.results.plain_text import console, show_trouble, tell, tell_command
from lab_steps.results.result import exit_code, without_secrets
from lab_steps.terminal.legible import in_one_line_each, json_text

if TYPE_CHECKING:
    from rich.console import Console

    from lab_steps.session import LabSession


def add_options(parser: argparse.ArgumentParser, lab: Lab) -> None:
    options.where(parser)
    options.parameters(parser, lab)
    options.account(parser)
    options.steps(parser)
    options.engine(parser, lab)
    options.text_or_json(parser, f"one line each time an outcome changes; {options.RESULT_SCHEMA}")
    text = "time between two checks (2 s, AWS: 15 s)"
    parser.add_argument("--interval", type=options.seconds, metavar="SECONDS", help=text)
    text = "stop after that (default: at Ctrl-C)"
    parser.add_argument("--deadline", type=options.seconds, metavar="SECONDS", help=text)


def run(given: Given) -> int:
    """Look again and again, and say what to do next."""
    steps = chosen_steps(given)
    session = open_lab(given)
    seconds = interval(session.look().patience, given.interval)
    last = timedelta(seconds=given.deadline) if given.deadline is not None else None
    deadline = datetime.now(UTC) + last if last is not None else None
    watch = Watch(session.lab, steps, session.look, seconds)
    if given.format == "json":
        return follow(watch, deadline, Documents(session).show)
    screen = Screen(session.lab, has_console=session.target.endpoint_url is None)
    return follow(watch, deadline, screen.show)


def next_step(findings: Findings) -> int | None:
    """The number of the one step to work on next; None when all passed."""
    for outcome in WORST_FIRST:
        for number, finding in findings.items():
            if finding.outcome is outcome:
                return number
    return None


def changes(lab: Lab, before: Findings, now: Findings) -> Iterator[str]:
    """A line for each step whose outcome has changed: `step 15 FAIL -> PASS`."""
    for number in changed(before, now):
        was, is_ = before[number].outcome, now[number].outcome
        yield f"step {number:>2}  {was} -> {is_}  {lab.step(number).title}"


@dataclass
class Screen:
    """Tells people what changed, once; repeats the advice whenever it changes."""

    lab: Lab
    has_console: bool
    out: Console = field(default_factory=console)
    before: Findings = field(default_factory=dict)
    told: object = None

    def show(self, findings: Findings, now: datetime) -> None:
        """Print what is new. What is only waiting is printed again when something else has
        changed."""
        for line in changes(self.lab, self.before, findings):
            tell(f"{datetime.now(UTC):%H:%M:%S}  {line}", self.out, indent=0)
        number = next_step(findings)
        good = sum(each.outcome in GOOD for each in findings.values())
        new = (good, number, findings[number] if number else None)
        if new != self.told:
            tell(f"{good} of {len(findings)} steps passed", self.out, indent=0, style="bold")
            if number:
                self._advise(number, findings, now)
            sys.stdout.flush()
        self.before, self.told = findings, new

    def _advise(self, number: int, findings: Findings, now: datetime) -> None:
        """Print the one thing to do next, as `check` prints it, and a hint."""
        finding = msgspec.convert(in_one_line_each(msgspec.to_builtins(findings[number])), Finding)
        heading = f"next: step {number}, {self.lab.step(number).title}: {finding.outcome}"
        tell(heading, self.out, indent=0, style="bold")
        show_trouble(finding, self.has_console, now, self.out, indent=2)
        if finding.outcome is Outcome.PENDING:
            self._other_work(number, findings)
        else:
            tell_command(f"a hint:   {self.lab.command(f'hint {number}')}", self.out, indent=2)

    def _other_work(self, number: int, findings: Findings) -> None:
        """While one step waits: print what other waiting steps need, if it is not done yet."""
        said = {findings[number].next_action}
        for each, finding in findings.items():
            action = finding.next_action
            if finding.outcome is Outcome.PENDING and action and action not in said:
                said.add(action)
                way = action.console if self.has_console else action.command
                tell_command(f"step {each} waits too; if not done yet: {way}", self.out, indent=2)


@dataclass
class Documents:
    """Tells programs: the result of each look with an outcome that differs from the one before."""

    session: LabSession
    told: Findings = field(default_factory=dict)

    def show(self, findings: Findings, _now: datetime) -> None:
        """Print one line of JSON if an outcome is new."""
        if outcomes(findings) != outcomes(self.told):
            result = without_secrets(self.session.result("watch", findings))
            print(json_text(result, indent=-1), flush=True)
        self.told = findings


def follow(
    watch: Watch, deadline: datetime | None, show: Callable[[Findings, datetime], None]
) -> ExitCode:
    """Watch until all steps pass, `deadline` is reached, or Ctrl-C; the exit code says which.
    `show` gets the findings of each look, and its time.
    """
    try:
        for findings in watch.rounds(deadline):
            show(findings, watch.now)
    except KeyboardInterrupt:
        print("\nNo longer watching. The lab is unchanged.", file=sys.stderr)
        return ExitCode.INTERRUPTED
    return exit_code(watch.findings)

"""Judging steps: needs first, then the check; again while something is not due yet."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import msgspec

from lab_steps.access import advice
from lab_steps.checking.finding import Finding, NextAction, Outcome, undecidable
from lab_steps.checking.step import Need, Step
from lab_steps.checking.view import View
from lab_steps.errors import LabError
from lab_steps.terminal.stopwatch import Stopwatch
from trail_logs.sources import LogSourceError

Look = Callable[[], View]
"""Makes a fresh View: what it shows is the state of now."""

OnWait = Callable[[dict[int, Finding]], None]
OnStep = Callable[[Step], None]


class Steps(Protocol):
    """What a round knows of the lab: how its steps belong together."""

    def step(self, number: int) -> Step:
        """The step with `number`."""

    def provider(self, need: Need) -> Step:
        """The step that provides what `need` asks for."""

    def command(self, rest: str) -> str:
        """The lab's command line: `python -m lab_steps check` for `check`."""


@dataclass
class Round:
    """One look at the lab: judges steps, and the steps they need, once each."""

    lab: Steps
    view: View
    settled: dict[int, Finding] = field(default_factory=dict)

    def judge(self, step: Step) -> Finding:
        """The finding for `step`; asked again, the same one."""
        if step.number not in self.settled:
            self.settled[step.number] = self._with_next_action(step, self._judge(step))
        return self.settled[step.number]

    def _judge(self, step: Step) -> Finding:
        try:
            for need in step.needs:
                if not need.there(self.view):
                    return self._without(need)
            return step.check(self.view)
        except Exception as error:  # noqa: BLE001 (whatever it is, the lab is not at fault)
            return could_not_look(step, error)

    def _without(self, need: Need) -> Finding:
        """What is said of a step that lacks `need`: PENDING as long as the need itself is."""
        step = self.lab.provider(need)
        cause = self.judge(step)
        if cause.outcome is Outcome.PENDING:
            return msgspec.structs.replace(
                cause, expected=need.what, actual=f"waits for step {step.number}"
            )
        return Finding(
            outcome=Outcome.BLOCKED,
            expected=need.what,
            actual=f"not there: step {step.number} is {cause.outcome}",
            rationale=f"It can be looked at when step {step.number} has passed.",
            blocked_by=step.number,
            next_action=cause.next_action,
        )

    def _with_next_action(self, step: Step, finding: Finding) -> Finding:
        if finding.outcome is Outcome.BLOCKED and finding.blocked_by is not None:
            step = self.lab.step(finding.blocked_by)
        if finding.outcome in {Outcome.PASS, Outcome.ERROR} or finding.next_action:
            return finding
        if finding.outcome is Outcome.PENDING:
            action = NextAction(
                console="Nothing to do but wait.", command=self.lab.command("check")
            )
        else:
            action = step.remedy
        return msgspec.structs.replace(finding, next_action=action)


def could_not_look(step: Step, error: Exception) -> Finding:
    """ERROR: what the check was about, and the exception in one line."""
    text = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, LabError | LogSourceError):
        next_step = error.next_step
    else:
        next_step = advice(error) or ""
    return undecidable(
        step.looks_at,
        f"{type(error).__name__}: {text}"[:600],
        rationale=f"The check could not look; nothing is said about the lab. {next_step}".strip(),
    )


def check_until_due(
    lab: Steps,
    steps: Iterable[Step],
    look: Look,
    *,
    deadline: datetime,
    on_step: OnStep,
    on_wait: OnWait,
    stopwatch: Stopwatch,
) -> dict[int, Finding]:
    """Findings by step number: look, and look again every poll interval while one is PENDING.

    Ends at `deadline` at the latest; what is settled is not judged again. `on_step` is told
    each step before it is judged, `on_wait` the findings before each wait.
    """
    steps = tuple(steps)
    with stopwatch.measure("checks"):
        view = look()
        findings = _one_round(steps, Round(lab, view), on_step)
    while _is_pending(findings) and view.now < deadline:
        with stopwatch.measure("waiting for delivery"):
            on_wait(findings)
            left = (deadline - view.now).total_seconds()
            time.sleep(max(0.0, min(view.patience.poll, left)))
        with stopwatch.measure("checks"):
            view = look()
            settled = {n: each for n, each in findings.items() if _is_settled(each, findings)}
            findings = _one_round(steps, Round(lab, view, settled), on_step)
    return findings


def _one_round(steps: tuple[Step, ...], round_: Round, on_step: OnStep) -> dict[int, Finding]:
    findings = {}
    for step in steps:
        on_step(step)
        findings[step.number] = round_.judge(step)
    return findings


def _is_pending(findings: dict[int, Finding]) -> bool:
    return any(each.outcome is Outcome.PENDING for each in findings.values())


def _is_settled(finding: Finding, findings: dict[int, Finding]) -> bool:
    """PASS and FAIL stay; so does BLOCKED by a step that is settled itself."""
    if finding.outcome is Outcome.BLOCKED and finding.blocked_by in findings:
        return _is_settled(findings[finding.blocked_by], findings)
    return finding.outcome in {Outcome.PASS, Outcome.FAIL}

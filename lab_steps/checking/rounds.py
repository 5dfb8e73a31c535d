"""Judging steps: needs first, then the check; again while something is not due yet."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import msgspec

from lab_steps.call_errors import advice
from lab_steps.checking.finding import GOOD, Finding, NextAction, Outcome, undecidable
from lab_steps.checking.patience import Patience
from lab_steps.checking.step import Need, Step
from lab_steps.checking.trails.lab_trails import LabTrail, at_home
from lab_steps.checking.view import View
from lab_steps.errors import ExpiredError, LabError
from lab_steps.stopwatch import Stopwatch
from trail_logs.sources.log_source import LogSourceError

Look = Callable[[], View]
"""Makes a fresh View: what it shows is the state of now."""

OnWait = Callable[[dict[int, Finding], View], None]
OnStep = Callable[[Step], None]


class Steps(Protocol):
    """What a round knows of the lab: how its steps belong together, and its trails."""

    @property
    def trails(self) -> tuple[LabTrail, ...]:
        """The trails that commands may name."""

    def step(self, number: int) -> Step:
        """The step with `number`."""

    def provider(self, need: Need) -> Step:
        """The step that provides what `need` asks for."""

    def command(self, rest: str) -> str:
        """The lab's command line: `python -m lab_steps check` for `check`."""


def blocked(need: Need, number: int, outcome: Outcome) -> Finding:
    """The finding for a step whose `need` step `number` should provide, but does not."""
    return Finding(
        outcome=Outcome.BLOCKED,
        expected=need.what,
        actual=f"missing: step {number} is {outcome}",
        rationale=f"It can be checked once step {number} has passed.",
        blocked_by=number,
    )


@dataclass
class Round:
    """One look at the lab: judges steps, and the steps they need, once each."""

    lab: Steps
    view: View
    _judged: dict[int, Finding] = field(default_factory=dict)
    _waiting: set[int] = field(default_factory=set)

    def judge(self, step: Step) -> Finding:
        """The finding for `step`, the same each time."""
        if step.number not in self._judged:
            self._judged[step.number] = self._judge(step)
        return self._judged[step.number]

    def _judge(self, step: Step) -> Finding:
        try:
            for need in step.needs:
                if not need.there(self.view):
                    return self._without(step, need)
            return self._with_next_action(step, step.check(self.view))
        except ExpiredError:
            raise
        except Exception as error:  # noqa: BLE001 (whatever it is, the lab is not at fault)
            return could_not_look(step, error)

    def _without(self, step: Step, need: Need) -> Finding:
        """The finding for `step`, which lacks `need`: PENDING as long as the need itself is.

        A step whose need waits for another step has nothing to do yet.
        """
        provider = self.lab.provider(need)
        cause = self.judge(provider)
        if cause.outcome is Outcome.PENDING:
            waits = msgspec.structs.replace(
                cause,
                expected=need.what,
                actual=f"waiting for step {provider.number}",
                next_action=None,
            )
            is_next = provider.number not in self._waiting
            self._waiting.add(step.number)
            if not (is_next and step.may_be_undone):
                return waits
            return msgspec.structs.replace(waits, next_action=self._pasted(step.remedy))
        return msgspec.structs.replace(
            blocked(need, provider.number, cause.outcome), next_action=cause.next_action
        )

    def _with_next_action(self, step: Step, finding: Finding) -> Finding:
        """`finding` with its next action, ready to be pasted.

        While it is PENDING, that is what to do if it was not done yet.
        """
        told = msgspec.structs.replace(
            finding, rationale=self.view.place.text(finding.rationale), next_action=None
        )
        if finding.outcome in {*GOOD, Outcome.ERROR}:
            return told
        waits = finding.outcome is Outcome.PENDING
        action = finding.next_action or (None if waits else step.remedy)
        return msgspec.structs.replace(told, next_action=action and self._pasted(action))

    def _pasted(self, action: NextAction) -> NextAction:
        """`action` with what is known of the place filled in."""
        place, command = self.view.place, at_home(self.view, self.lab.trails, action.command)
        return NextAction(console=place.text(action.console), command=place.command(command))


def could_not_look(step: Step, error: Exception) -> Finding:
    """ERROR: what the check was about, and the exception in one line."""
    text = " ".join(str(error).split()) or type(error).__name__
    advised = error.advice if isinstance(error, LabError | LogSourceError) else advice(error) or ""
    return undecidable(
        step.looks_at,
        f"{type(error).__name__}: {text}"[:600],
        rationale=(
            f"The check could not be made. This says nothing about the lab. {advised}"
        ).strip(),
    )


MOST_SECONDS = 2.0
"""The longest wait between two looks, unless the target's poll interval is longer."""

_LONGER = 1.5
_CHANCE = 0.2


def waits(patience: Patience) -> Iterator[float]:
    """Seconds between looks that find nothing new: from the poll interval to four times that.

    Looks leave records in the student's own log files: the longer nothing changes, the fewer. Each
    is randomly a bit longer or shorter, so that a class's looks do not come all at once.
    """
    seconds, most = patience.poll, max(MOST_SECONDS, 4 * patience.poll)
    while True:
        yield min(seconds, most) * random.uniform(1 - _CHANCE, 1 + _CHANCE)
        seconds *= _LONGER


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
    """Findings by step number: look at all steps, and again while one is PENDING.

    Ends at `deadline` at the latest, and returns everything the last look found. `on_step` gets
    each step before it is judged, `on_wait` gets the findings and the view before each wait.
    """
    steps = tuple(steps)
    seconds: Iterator[float] | None = None
    while True:
        with stopwatch.measure("checks"):
            view = look()
            findings = _one_round(steps, Round(lab, view), on_step)
        if not _is_pending(findings) or view.now >= deadline:
            return findings
        seconds = seconds or waits(view.patience)
        with stopwatch.measure("waiting for delivery"):
            on_wait(findings, view)
            left = (deadline - view.now).total_seconds()
            time.sleep(max(0.0, min(next(seconds), left)))


def _one_round(steps: tuple[Step, ...], round_: Round, on_step: OnStep) -> dict[int, Finding]:
    findings = {}
    for step in steps:
        on_step(step)
        findings[step.number] = round_.judge(step)
    return findings


def _is_pending(findings: dict[int, Finding]) -> bool:
    return any(each.outcome is Outcome.PENDING for each in findings.values())

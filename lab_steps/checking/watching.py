"""Looking at a lab again and again: whole looks, and rarer ones while nothing changes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from lab_steps.checking.finding import GOOD, Finding, Outcome
from lab_steps.checking.patience import Patience
from lab_steps.checking.rounds import Look, Round, Steps
from lab_steps.checking.step import Step
from lab_steps.checking.view import View

SECONDS = 2.0
"""Seconds between two looks by default, if the target's patience allows it."""

LONGER, LONGEST = 1.5, 5.0
"""How the time between two looks grows while nothing changes, and to how many times itself."""

Findings = dict[int, Finding]


def interval(patience: Patience, asked: float | None) -> float:
    """Seconds between two looks: as requested, but not sooner than the target's poll interval
    and not later than a delivery is due there."""
    latest = max(patience.poll, patience.due.total_seconds())
    return min(max(SECONDS if asked is None else asked, patience.poll), latest)


def outcomes(findings: Findings) -> dict[int, Outcome]:
    """The outcome of each step, by its number."""
    return {number: each.outcome for number, each in findings.items()}


def changed(before: Findings, now: Findings) -> list[int]:
    """The numbers of the steps whose outcome has changed."""
    was = outcomes(before)
    return [n for n, each in outcomes(now).items() if n in was and was[n] is not each]


def sleep(seconds: float) -> bool:
    """Wait; False, because nothing tells whether something has happened meanwhile."""
    time.sleep(seconds)
    return False


@dataclass
class Watch:
    """Looks at all of some steps.

    Each look is complete, so what it says is true at one moment. A look leaves records in the
    student's own log files, so looks get rarer while nothing changes. `wait` waits for so many
    seconds or fewer, and says whether something has happened that is worth a look. The time between
    looks grows by `longer` each, up to `longest` times `seconds`. `view` is the last look.
    """

    lab: Steps
    steps: Sequence[Step]
    look: Look
    seconds: float
    wait: Callable[[float], bool] = sleep
    longer: float = LONGER
    longest: float = LONGEST
    findings: Findings = field(default_factory=dict)
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    view: View | None = None

    def rounds(self, deadline: datetime | None) -> Iterator[Findings]:
        """The findings of each look, until all pass or `deadline` (UTC) has come."""
        seconds = self.seconds
        while True:
            before, self.findings = self.findings, self.one_round()
            yield self.findings
            if self.all_pass or (deadline and datetime.now(UTC) >= deadline):
                return
            same = outcomes(before) == outcomes(self.findings)
            seconds = (
                min(seconds * self.longer, self.seconds * self.longest) if same else self.seconds
            )
            if self.wait(self._until(deadline, seconds)):
                seconds = self.seconds / self.longer

    @property
    def all_pass(self) -> bool:
        """Whether nothing was left to do at the last look."""
        return all(each.outcome in GOOD for each in self.findings.values())

    def one_round(self) -> Findings:
        """What a look finds, now."""
        self.view = self.look()
        round_, self.now = Round(self.lab, self.view), self.view.now
        return {step.number: round_.judge(step) for step in self.steps}

    def _until(self, deadline: datetime | None, seconds: float) -> float:
        left = deadline - datetime.now(UTC) if deadline else timedelta(seconds=seconds)
        return max(0.0, min(seconds, left.total_seconds()))

"""Standings as checks leave them, made up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from lab_steps.checking.finding import GOOD, Outcome
from lab_steps.classes.standing import AccountProblem, StepStanding, StudentStanding
from lab_steps.walkthrough.lab import WALKTHROUGH

NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def standing(
    name: str, number: int = 1, problem: AccountProblem | None = None, **steps: Any
) -> StudentStanding:
    """A student who passed all steps by NOON, except for those such as `s7=Outcome.FAIL`."""
    return StudentStanding(
        student=name,
        account=f"{number:012}",
        region="us-east-1",
        files=f"student-{number:012}-us-east-1",
        finished=NOON,
        looked=NOON,
        seconds=1.0,
        problem=problem,
        steps=tuple(
            step(each.number, steps.get(f"s{each.number}", Outcome.PASS))
            for each in WALKTHROUGH.steps
        ),
    )


def step(number: int, outcome: Outcome, **told: Any) -> StepStanding:
    """A step, passed at NOON or not at all."""
    if outcome in GOOD:
        return StepStanding(number=number, outcome=outcome, **{"passed": NOON, **told})
    reason = {"why": f"found {number}", "reason": f"reason of {number}"}
    return StepStanding(number=number, outcome=outcome, **{**reason, **told})

"""The lab: its 38 steps in the walkthrough's order, and how to find one."""

from __future__ import annotations

from collections.abc import Iterable

from lab_steps.checking.step import Step
from lab_steps.errors import UsageError
from lab_steps.walkthrough.steps import (
    data_trail,
    event_history,
    log_files,
    management_trail,
    sign_in,
    users_table,
)

PARTS: dict[str, tuple[Step, ...]] = {
    "Signing in": sign_in.STEPS,
    "The trail for management events": management_trail.STEPS,
    "The trail for data events": data_trail.STEPS,
    "The table Users": users_table.STEPS,
    "The log files": log_files.STEPS,
    "Event history": event_history.STEPS,
}

STEPS: tuple[Step, ...] = tuple(step for part in PARTS.values() for step in part)


def find_step(number: int) -> Step:
    """The step with `number`, or UsageError."""
    for step in STEPS:
        if step.number == number:
            return step
    raise UsageError(
        f"There is no step {number}: the walkthrough has steps 1 to {STEPS[-1].number}.",
        "See them all with: python -m lab_steps explain",
    )


def choose_steps(numbers: Iterable[int] | None) -> tuple[Step, ...]:
    """The steps with `numbers`, in the walkthrough's order; all of them for None."""
    if not numbers:
        return STEPS
    wanted = {find_step(number).number for number in numbers}
    return tuple(step for step in STEPS if step.number in wanted)

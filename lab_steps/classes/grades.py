"""Points by step; what is late, pending, not dated or could not be checked is separate.

Pure: a standing, weights and a time give a grade.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import msgspec

from lab_steps.checking.finding import GOOD, Outcome
from lab_steps.classes.standing import StepStanding, StudentStanding


class Mark(StrEnum):
    """What a step counts as.

    PASSED: in time, or there is no due time. LATE: passed, with evidence from after that time.
    UNDATED: passed, first seen after that time, and the evidence has no time. NOT_TOLD: what was
    read does not decide it.
    """

    PASSED = "passed"
    LATE = "late"
    UNDATED = "undated"
    FAILED = "failed"
    PENDING = "pending"
    ERROR = "error"
    NOT_TOLD = "not decided"


class StepGrade(msgspec.Struct, frozen=True, kw_only=True):
    """One step: what it counts as, what it is worth, and when it was done, as far as that shows."""

    step: int
    mark: Mark
    worth: float
    made: datetime | None = None


class Grade(msgspec.Struct, frozen=True, kw_only=True):
    """One student.

    `points` are those passed in time; each other kind is separate, and all together are `possible`,
    without those `not_told`. `looked` is when the student was last looked at, None before the first
    look; `problem` and `what_to_do` say why the last look failed.
    """

    student: str
    account: str
    region: str
    status: Outcome | None
    points: float
    late: float
    undated: float
    pending: float
    errors: float
    failed: float
    possible: float
    not_told: float = 0.0
    looked: datetime | None
    problem: str = ""
    what_to_do: str = ""
    report: str = ""
    steps: tuple[StepGrade, ...] = ()

    def numbers(self, mark: Mark) -> list[int]:
        """The numbers of the steps with this mark."""
        return [each.step for each in self.steps if each.mark is mark]


def grade(found: StudentStanding, weights: Mapping[int, float], due: datetime | None) -> Grade:
    """The grade of what was found, with `weights` by step, and work due until `due`."""
    known, untold = {each.number: each for each in found.steps}, {*found.not_told}
    steps = tuple(
        StepGrade(
            step=number,
            mark=mark(known[number], due)
            if number in known
            else Mark.NOT_TOLD
            if number in untold
            else Mark.ERROR,
            worth=worth,
            made=known[number].made if number in known else None,
        )
        for number, worth in weights.items()
    )
    total = {each: sum(step.worth for step in steps if step.mark is each) for each in Mark}
    return Grade(
        student=found.student,
        account=found.account,
        region=found.region,
        status=found.status,
        points=_round(total[Mark.PASSED]),
        late=_round(total[Mark.LATE]),
        undated=_round(total[Mark.UNDATED]),
        pending=_round(total[Mark.PENDING]),
        errors=_round(total[Mark.ERROR]),
        failed=_round(total[Mark.FAILED]),
        possible=_round(sum(weights.values()) - total[Mark.NOT_TOLD]),
        not_told=_round(total[Mark.NOT_TOLD]),
        looked=found.looked,
        problem=found.problem.what if found.problem else "",
        what_to_do=found.problem.do if found.problem else "",
        report=f"students/{found.files}.html" if found.looked else "",
        steps=steps,
    )


def mark(step: StepStanding, due: datetime | None) -> Mark:
    """What a step counts as."""
    if step.outcome not in GOOD:
        return _OTHERS[step.outcome]
    if due is None or (step.passed and step.passed <= due) or (step.made and step.made <= due):
        return Mark.PASSED
    return Mark.LATE if step.made else Mark.UNDATED


_OTHERS = {
    Outcome.FAIL: Mark.FAILED,
    Outcome.BLOCKED: Mark.FAILED,
    Outcome.PENDING: Mark.PENDING,
    Outcome.ERROR: Mark.ERROR,
}


def _round(points: float) -> float:
    return round(points, 4)

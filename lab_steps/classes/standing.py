"""What is known of one student: only what the class's page and gradebook need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import msgspec

from lab_steps.checking.finding import GOOD, ApiAnswer, Evidence, LogRecord, Outcome, worst
from lab_steps.documents import Document, require_time
from lab_steps.errors import ExitCode
from lab_steps.results.result import Result, StepResult
from stacks.class_list import Student

WORK_TIMES = ("EventTime", "StartLoggingTime")
"""Fields of API answers that show when the student did something: in LookupEvents and
GetTrailStatus. Other times, such as a delivery's, are CloudTrail's."""

_LONGEST = 400


class StepStanding(Document, frozen=True, kw_only=True, omit_defaults=True):
    """One student's step.

    `made` is the latest time of the student's work in its evidence; `passed` is when a check of the
    class first saw that it passes. For a step that did not pass, `why` says what was found, and
    `reason` why that is wrong, in words that other students' steps have, too.
    """

    number: int
    outcome: Outcome
    made: datetime | None = None
    passed: datetime | None = None
    why: str = ""
    reason: str = ""


class AccountProblem(msgspec.Struct, frozen=True, kw_only=True):
    """Why an account could not be checked, and what to do about it."""

    what: str
    do: str
    exit_code: int = ExitCode.CANNOT_LOOK

    def of_any(self, account: str) -> AccountProblem:
        """The same in words that hold for another account, too."""
        return AccountProblem(
            what=self.what.replace(account, "ACCOUNT"),
            do=self.do.replace(account, "ACCOUNT"),
            exit_code=self.exit_code,
        )


class StudentStanding(Document, frozen=True, kw_only=True, tag="student"):
    """One student: the steps when they were looked at last, or the `problem` with the account.

    `finished` is when that was, and `files` the name, less its ending, of the student's files. A
    student with a problem has the steps of the last look that went well, if any did. What was read
    does not decide the steps `not_told`.
    """

    student: str
    account: str
    region: str
    files: str
    finished: datetime | None = None
    seconds: float = 0.0
    steps: tuple[StepStanding, ...] = ()
    looked: datetime | None = None
    problem: AccountProblem | None = None
    not_told: tuple[int, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """Account and Region, which identify a lab."""
        return self.account, self.region

    @property
    def passed(self) -> int:
        """How many steps leave nothing to do."""
        return sum(each.outcome in GOOD for each in self.steps)

    @property
    def status(self) -> Outcome | None:
        """ERROR if the account could not be looked at, else the worst outcome of the steps; None
        before the first look."""
        if self.problem:
            return Outcome.ERROR
        if not self.steps:
            return None
        return worst({each.outcome for each in self.steps})


def unknown(student: Student, files: str) -> StudentStanding:
    """A student's standing before the first check."""
    return StudentStanding(
        student=student.student, account=student.account, region=student.region, files=files
    )


def standing(
    student: Student, found: Result, files: str, before: StudentStanding | None
) -> StudentStanding:
    """A student's standing by the result `found`; `before` is what was known until then."""
    known = {each.number: each for each in before.steps} if before else {}
    return StudentStanding(
        student=student.student,
        account=student.account,
        region=student.region,
        finished=found.finished,
        looked=found.finished,
        seconds=round((found.finished - found.started).total_seconds(), 3),
        files=files,
        steps=tuple(_step(each, found, known.get(each.number)) for each in found.steps),
        not_told=tuple(each.number for each in found.not_told),
    )


def _step(step: StepResult, found: Result, before: StepStanding | None) -> StepStanding:
    good = step.outcome in GOOD
    passed = found.finished if good else None
    if good and before and before.outcome in GOOD:
        passed = before.passed
    return StepStanding(
        number=step.number,
        outcome=step.outcome,
        made=max(_times(step.evidence), default=None) if good else None,
        passed=passed,
        why="" if good else step.actual[:_LONGEST],
        reason="" if good else _reason(step, found),
    )


def _reason(step: StepResult, found: Result) -> str:
    """Why, in words that other students' reports have, too."""
    told = step.rationale or step.actual
    return told.replace(found.place.account, "ACCOUNT")[:_LONGEST]


def _times(evidence: Iterable[Evidence]) -> Iterator[datetime]:
    for each in evidence:
        if isinstance(each, LogRecord):
            yield from _time(each.event_time)
        elif isinstance(each, ApiAnswer):
            yield from (time for name in WORK_TIMES for time in _time(each.answer.get(name)))


def _time(text: Any) -> Iterator[datetime]:
    """The time in a value of a record or an answer; nothing if it is not a time."""
    try:
        time = datetime.fromisoformat(text)
        require_time(time)
    except (TypeError, ValueError):
        return
    yield time


def broken(
    student: Student,
    error: AccountProblem,
    files: str,
    when: datetime,
    seconds: float,
    before: StudentStanding | None,
) -> StudentStanding:
    """A student whose account could not be looked at; `before` is what was known until then."""
    return StudentStanding(
        student=student.student,
        account=student.account,
        region=student.region,
        finished=when,
        looked=before.looked if before else None,
        seconds=round(seconds, 3),
        files=files,
        steps=before.steps if before else (),
        not_told=before.not_told if before else (),
        problem=error,
    )

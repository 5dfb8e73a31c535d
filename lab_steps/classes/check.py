"""A check of the class: everyone is checked once, and again while something is pending."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

import msgspec

from lab_steps.checking.finding import Outcome
from lab_steps.checking.patience import Patience
from lab_steps.checking.rounds import waits
from lab_steps.classes import worker_processes
from lab_steps.classes.board import Board
from lab_steps.classes.folder import ClassRound, ClassRoundEnd
from lab_steps.classes.standing import StudentStanding
from lab_steps.terminal.progress import Progress
from stacks.class_list import Student
from trail_logs.counting import counted

SAID_SECONDS = 30.0
"""Seconds between lines of progress if no line can be changed."""


class Grading(Protocol):
    """How students are graded: by a look at each one's account, or at what all have in common."""

    @property
    def run_id(self) -> str:
        """What the user agents of all calls contain."""

    @property
    def source(self) -> str:
        """The common source that is read for all students; empty if each one's account is read."""

    def look(self) -> None:
        """What is done once, before all students of a round. Raises LabError."""

    def grade(self, student: Student, before: StudentStanding | None) -> StudentStanding:
        """What is known of the student now; `before` is what was known until then."""


@dataclass
class ClassCheck:
    """One check of a class, by `jobs` workers; what it finds is on `board` at once."""

    grader: Grading
    board: Board
    jobs: int
    progress: Progress
    patience: Patience
    _said: float = 0.0

    def begin(self, *, again: bool) -> Sequence[Student]:
        """Whom to check: all, or if the last check did not finish, those it did not reach."""
        journal, students = self.board.journal, self.board.students
        known = {(each.account, each.region) for each in students}
        left = [each for each in students if (each.account, each.region) not in journal.done]
        begun = journal.round if not journal.ended and known & journal.done else None
        if begun and begun.source == self.grader.source and left and not again:
            self.progress.say(
                f"continuing the check of {begun.started:%Y-%m-%d %H:%M:%S} UTC: "
                f"{len(students) - len(left):,} of {len(students):,} students are done; --again "
                "checks all of them again"
            )
            journal.round = msgspec.structs.replace(
                begun, weights=self.board.weights, due=self.board.due
            )
            return left
        journal.take(
            ClassRound(
                started=datetime.now(UTC),
                run_id=self.grader.run_id,
                source=self.grader.source,
                weights=self.board.given_weights or {},
                due=self.board.given_due,
            )
        )
        return students

    def look(self, students: Sequence[Student], wait: timedelta) -> None:
        """Check the students, and for as long as `wait`, check those again who have something
        pending."""
        folder, deadline = self.board.folder, datetime.now(UTC) + wait
        folder.keep(self.board.journal)
        self._round(students)
        for pause in waits(self.patience):
            pending = list(self._pending(students))
            if not pending or datetime.now(UTC) >= deadline:
                break
            self.progress.now(f"waiting for log files of {counted(len(pending), 'student')}")
            time.sleep(pause)
            self._round(pending)
        self._note(ClassRoundEnd(finished=datetime.now(UTC)))

    def _round(self, students: Sequence[Student]) -> None:
        begun, errors = time.monotonic(), 0
        self._said = begun
        standings = self.board.journal.standings
        self.grader.look()

        def one(student: Student) -> StudentStanding:
            return self.grader.grade(student, standings.get((student.account, student.region)))

        for count, found in enumerate(worker_processes.done(one, students, self.jobs), 1):
            self._note(found)
            errors += found.problem is not None
            told = _told(count, len(students), errors, time.monotonic() - begun)
            self._tell(told)
            self.board.show(told)
        self.progress.end()

    def _note(self, each: StudentStanding | ClassRoundEnd) -> None:
        self.board.journal.take(each)
        self.board.folder.note(each)

    def _tell(self, told: str) -> None:
        if not self.progress.now(told) and time.monotonic() > self._said + SAID_SECONDS:
            self._said = time.monotonic()
            self.progress.say(told)

    def _pending(self, students: Iterable[Student]) -> Iterator[Student]:
        standings = self.board.journal.standings
        for each in students:
            found = standings.get((each.account, each.region))
            if found and any(step.outcome is Outcome.PENDING for step in found.steps):
                yield each


def _told(count: int, all_: int, errors: int, seconds: float) -> str:
    """`412 of 1,000 students checked, 3 could not be; 0.15 s each, about 88 s more`."""
    wrong = f", {errors:,} could not be" if errors else ""
    each = seconds / count
    more = f", about {each * (all_ - count):.0f} s more" if count < all_ else ""
    return f"{count:,} of {all_:,} students checked{wrong}; {each:.2f} s each{more}"

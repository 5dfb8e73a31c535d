"""What is shown of a class, made from its journal: gradebook and page, complete each time."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from lab_steps.atomic_files import FOR_ALL, write_atomically
from lab_steps.classes.folder import Journal, ResultsFolder, in_order
from lab_steps.classes.gradebook import Gradebook, as_csv, as_json
from lab_steps.classes.grades import grade
from lab_steps.classes.page import Moment, class_page
from lab_steps.classes.weights import USUAL
from lab_steps.credential_redaction import redacted
from lab_steps.lab import Lab
from stacks.class_list import Student

REST_SECONDS = 2.0
SHARE = 0.05
"""The share of time that may go to pages that show progress: a large class gets fewer of them."""


@dataclass
class Board:
    """Gradebook and page of `students`, made from what the journal knows.

    `title` is the class's name. `given_weights` are points of steps and `given_due` is when work is
    late; None for those that the last check was given.
    """

    lab: Lab
    title: str
    students: Sequence[Student]
    folder: ResultsFolder
    journal: Journal
    given_weights: dict[int, float] | None = None
    given_due: datetime | None = None
    _next: float = field(default_factory=time.monotonic)

    @property
    def weights(self) -> dict[int, float]:
        """Points by step."""
        checked = self.journal.round.weights if self.journal.round else {}
        named = self.given_weights or checked
        return {step.number: named.get(step.number, USUAL) for step in self.lab.steps}

    @property
    def due(self) -> datetime | None:
        """When work is late, None for never."""
        return self.given_due or (self.journal.round.due if self.journal.round else None)

    def write(self, running: str = "") -> Gradebook:
        """Write gradebook and page; `running` says on the page what is at work."""
        found = in_order(self.journal, self.students)
        weights, due = self.weights, self.due
        book = Gradebook(
            lab=self.lab.title,
            made=datetime.now(UTC),
            due=due,
            weights={str(step): points for step, points in weights.items()},
            students=tuple(grade(each, weights, due) for each in found),
        )
        moment = Moment(book.made, running, due)
        page = class_page(self.lab, self.title, found, book.students, moment)
        write_atomically(self.folder.page, redacted(page).encode(), FOR_ALL)
        write_atomically(self.folder.gradebook("json"), as_json(book).encode(), FOR_ALL)
        write_atomically(self.folder.gradebook("csv"), as_csv(book).encode(), FOR_ALL)
        return book

    def show(self, running: str) -> None:
        """Write both while something is `running`, if the last time is long enough ago."""
        begun = time.monotonic()
        if begun >= self._next:
            self.write(running)
            took = time.monotonic() - begun
            self._next = time.monotonic() + max(REST_SECONDS, took / SHARE)

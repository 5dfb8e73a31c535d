"""Grading one student: check and save the lab, or say why that is not possible and what to do."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from lab_steps.atomic_files import FOR_ALL, write_atomically
from lab_steps.bundles import saving
from lab_steps.classes.entering import Entrance
from lab_steps.classes.folder import ResultsFolder, stem
from lab_steps.classes.standing import AccountProblem, StudentStanding, broken, standing
from lab_steps.results.delivered import observe
from lab_steps.results.html import html
from lab_steps.results.result import Result, without_secrets
from lab_steps.session import LabSession
from lab_steps.terminal.legible import json_text
from stacks.class_list import Student


@dataclass(frozen=True, slots=True)
class Grader:
    """Looks at students' labs, each once, and keeps result and report; with `bundles` also a
    bundle of each."""

    entrance: Entrance
    folder: ResultsFolder
    bundles: bool = True

    @property
    def run_id(self) -> str:
        """What the user agents of all calls contain."""
        return self.entrance.run_id

    @property
    def source(self) -> str:
        """Empty: each student's own account is read."""
        return ""

    def look(self) -> None:
        """Do nothing: students have no source in common."""

    def grade(self, student: Student, before: StudentStanding | None) -> StudentStanding:
        """What is known of the student now; `before` is what was known until then.

        Anything wrong with the account is this student's problem only. Raises ExpiredError if the
        trainer's own credentials have ended, OSError if nothing can be written.
        """
        files, begun = stem(student), time.monotonic()
        found = self.entrance.attempt(student, lambda session: self._looked(session, files))
        if isinstance(found, AccountProblem):
            seconds = time.monotonic() - begun
            return broken(student, found, files, datetime.now(UTC), seconds, before)
        write_result(self.folder, files, found)
        return standing(student, found, files, before)

    def _looked(self, session: LabSession, files: str) -> Result:
        if self.bundles:
            return saving.save(self.folder.file(files, "zip"), session)
        findings = session.check(session.lab.steps, None)
        found = session.result("check", findings)
        observed = observe(session.look(), session.lab.trails)
        return without_secrets(msgspec.structs.replace(found, observed=observed))


def write_result(folder: ResultsFolder, files: str, found: Result) -> None:
    """The student's result, and the page."""
    write_atomically(folder.file(files, "json"), json_text(found).encode(), FOR_ALL)
    write_report(folder, files, found)


def write_report(folder: ResultsFolder, files: str, found: Result) -> None:
    """The student's page."""
    write_atomically(folder.file(files, "html"), html(found).encode(), FOR_ALL)

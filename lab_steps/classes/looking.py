"""One student graded: looked at, saved, and where that cannot be, why and what to do."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from lab_steps.bundles import archive
from lab_steps.classes.entering import Entrance
from lab_steps.classes.folder import ResultsFolder, stem
from lab_steps.classes.standing import AccountProblem, Standing, broken, standing
from lab_steps.errors import ExpiredError, LabError
from lab_steps.notes import FOR_ALL, write_atomically
from lab_steps.place.explaining import explained
from lab_steps.redaction import redacted
from lab_steps.results.delivered import observe
from lab_steps.results.html import html
from lab_steps.results.result import Result, without_secrets
from lab_steps.session import LabSession
from lab_steps.terminal.legible import json_text
from stacks.class_list import Student


@dataclass(frozen=True, slots=True)
class Grader:
    """Looks at students' labs, each once, and keeps result and report, with `bundles` also what
    the verdict rests on."""

    entrance: Entrance
    folder: ResultsFolder
    bundles: bool = True

    def grade(self, student: Student, before: Standing | None) -> Standing:
        """What is known of the student now; `before` is what was known until then.

        Whatever is wrong with an account is a problem of this student's alone. Raises ExpiredError
        where the trainer's own credentials have ended, OSError where nothing can be written.
        """
        files, begun = stem(student), time.monotonic()
        try:
            with self.entrance.entered(student) as session:
                found = self._looked(session, files)
        except ExpiredError as error:
            if student.role_arn:
                raise
            problem = problem_of(error)
        except Exception as error:
            if _is_of_disk(error):
                raise
            problem = problem_of(error)
        else:
            self.write(found, files)
            return standing(student, found, files, before)
        return broken(student, problem, files, datetime.now(UTC), time.monotonic() - begun, before)

    def write(self, found: Result, files: str) -> None:
        """The result, and the report of it."""
        result = json_text(found).encode()
        write_atomically(self.folder.file(files, "json"), result, FOR_ALL)
        write_atomically(self.folder.file(files, "html"), html(found).encode(), FOR_ALL)

    def _looked(self, session: LabSession, files: str) -> Result:
        if self.bundles:
            return archive.save(self.folder.file(files, "zip"), session)
        findings = session.check(session.lab.steps, None)
        found = session.result("check", findings)
        return without_secrets(msgspec.structs.replace(found, observed=observe(session.look())))


def problem_of(error: Exception) -> AccountProblem:
    """What went wrong with one account, in one line, and what to do about it."""
    told = error if isinstance(error, LabError) else explained(error)
    if told is None:
        what = f"{type(error).__name__}: {error}"
        do = "This is a bug in the lab's own program. Please report it."
    else:
        what, do = str(told), told.next_step
    return AccountProblem(what=redacted(" ".join(what.split())), do=redacted(do))


def _is_of_disk(error: Exception) -> bool:
    return isinstance(error, OSError) and not isinstance(error, ConnectionError | TimeoutError)

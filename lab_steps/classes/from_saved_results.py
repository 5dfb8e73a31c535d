"""Making reports, page and gradebook again from saved results, without a network."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from lab_steps.classes import worker_processes
from lab_steps.classes.board import Board
from lab_steps.classes.folder import ResultsFolder, stem
from lab_steps.classes.grader import write_report
from lab_steps.classes.standing import StudentStanding, standing
from lab_steps.results import reporting
from stacks.class_list import Student


def renew(board: Board, jobs: int) -> None:
    """Read each student's result, write the report, and put into the journal what it says.

    UsageError for a result that cannot be read.
    """
    known: Mapping[tuple[str, str], StudentStanding] = board.journal.standings

    def one(student: Student) -> StudentStanding | None:
        return _renewed(board.folder, student, known.get((student.account, student.region)))

    for found in worker_processes.done(one, board.students, jobs):
        if found:
            board.journal.standings[found.key] = found
    board.folder.keep(board.journal)


def _renewed(
    folder: ResultsFolder, student: Student, before: StudentStanding | None
) -> StudentStanding | None:
    files = before.files if before else stem(student)
    saved = folder.file(files, "json")
    if not saved.exists():
        return before
    result = msgspec.structs.replace(reporting.load(str(saved)), name=student.student)
    write_report(folder, files, result)
    found = standing(student, result, files, before)
    if before and before.problem:
        return msgspec.structs.replace(found, problem=before.problem, finished=before.finished)
    return found

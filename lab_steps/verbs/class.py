"""`class`: the same lab in many accounts: plan, deploy, grade, report and remove it."""

from __future__ import annotations

import argparse
import os
import sys
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from lab_steps.checking.finding import Outcome
from lab_steps.checking.patience import AWS_PATIENCE, LOCAL_PATIENCE
from lab_steps.classes.board import Board
from lab_steps.classes.check import ClassCheck
from lab_steps.classes.entering import Entrance, students_of
from lab_steps.classes.folder import ResultsFolder
from lab_steps.classes.gradebook import Gradebook
from lab_steps.classes.looking import Grader
from lab_steps.classes.weights import weights
from lab_steps.errors import ExitCode
from lab_steps.lab import Lab
from lab_steps.place.target import DEFAULT_REGION, region_of_environment
from lab_steps.terminal.legible import json_text
from lab_steps.terminal.progress import Progress
from lab_steps.verbs import options
from lab_steps.verbs.options import Given, given_parameters

JOBS_A_PROCESSOR = 4
MOST_JOBS = 200


def add_options(parser: argparse.ArgumentParser, lab: Lab) -> None:
    """Add its options."""
    tasks = parser.add_subparsers(dest="task", required=True, metavar="TASK")
    for name, (text, add) in _TASKS.items():
        added = tasks.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        added.add_argument("list", metavar="class.csv", type=Path, help="the class's list")
        results = "folder of results, page and gradebook (default: class-results beside class.csv)"
        added.add_argument("--results", metavar="FOLDER", type=Path, help=results)
        add(added, lab)


def run(given: Given) -> int:
    """Do the task."""
    return _RUN[given.task](given)


def _of_check(parser: argparse.ArgumentParser, lab: Lab) -> None:
    options.where(parser)
    options.parameters(parser, lab)
    _jobs(parser)
    text = (
        "check all again, even if the last check did not finish (default: those it did not reach)"
    )
    parser.add_argument("--again", action="store_true", help=text)
    text = "how long to wait for log files that are not due yet (default: 0)"
    parser.add_argument("--timeout", type=options.seconds, metavar="SECONDS", default=0, help=text)
    text = "keep no bundles; verdicts can then not be graded again from files"
    parser.add_argument("--no-bundles", dest="bundles", action="store_false", help=text)
    _grades(parser)


def _of_report(parser: argparse.ArgumentParser, lab: Lab) -> None:
    del lab
    _grades(parser)


def _jobs(parser: argparse.ArgumentParser) -> None:
    usual = JOBS_A_PROCESSOR * (os.cpu_count() or 1)
    text = (
        "how many accounts to check at once, each in a process of about 50 MB (default here: "
        f"{usual})"
    )
    parser.add_argument("--jobs", type=_number_of_jobs, metavar="N", default=usual, help=text)


def _grades(parser: argparse.ArgumentParser) -> None:
    text = "points by step, .csv or .toml (default: 1 each)"
    parser.add_argument("--weights", metavar="FILE", type=Path, help=text)
    text = "work after this time is late: a time with its zone, such as 2026-03-20T18:00+01:00"
    parser.add_argument("--due", metavar="TIME", type=_time, help=text)
    options.text_or_json(parser, "the gradebook, with counts and exit code")


def _number_of_jobs(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= MOST_JOBS):
        raise argparse.ArgumentTypeError(f"wanted a number from 1 to {MOST_JOBS}, got {text!r}")
    return int(text)


def _time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        raise argparse.ArgumentTypeError(
            f"wanted a time with its zone, such as 2026-03-20T18:00+01:00 or 2026-03-20T17:00Z, "
            f"got {text!r}"
        )
    return time.astimezone(UTC)


def _check(given: Given) -> int:
    board = _board(given)
    entrance = _entrance(given)
    if any(each.role_arn for each in board.students):
        patience = entrance.own.patience
    else:
        patience = LOCAL_PATIENCE if given.endpoint_url else AWS_PATIENCE
    progress = Progress()
    check = ClassCheck(
        Grader(entrance, board.folder, given.bundles), board, given.jobs, progress, patience
    )
    with board.folder.locked():
        students = check.begin(again=given.again)
        check.look(students, timedelta(seconds=given.timeout))
        book = board.write()
    return _tell(given, board, book)


def _report(given: Given) -> int:
    board = _board(given)
    with board.folder.locked():
        book = board.write()
    return _tell(given, board, book)


def _board(given: Given) -> Board:
    """The class, and what is known of it."""
    named = given.region if "region" in given else None
    region = named or (region_of_environment() or (DEFAULT_REGION,))[0]
    folder = ResultsFolder(given.results or given.list.with_name(f"{given.list.stem}-results"))
    return Board(
        lab=given.lab,
        title=given.list.stem,
        students=students_of(given.list, region),
        folder=folder,
        journal=folder.journal(),
        weights=weights(given.lab, given.weights),
        due=given.due,
    )


def _entrance(given: Given) -> Entrance:
    return Entrance(
        lab=given.lab,
        run_id=uuid.uuid4().hex[:12],
        endpoint_url=given.endpoint_url,
        profile=given.profile,
        parameters=given_parameters(given),
    )


class ClassTold(msgspec.Struct, frozen=True, kw_only=True):
    """What `--format json` prints."""

    schema_version: int = 1
    results: str
    counts: dict[str, int]
    exit_code: int
    gradebook: Gradebook


def _tell(given: Given, board: Board, book: Gradebook) -> int:
    counts = Counter(each.status or "NOT_YET" for each in book.students)
    code = _exit_code(set(counts))
    if given.format == "json":
        document = ClassTold(
            results=str(board.folder.path), counts=dict(counts), exit_code=code, gradebook=book
        )
        print(json_text(document))
        return code
    for each in book.students:
        if each.problem:
            print(
                f"{each.student}, account {each.account}: {each.problem}\n  {each.what_to_do}",
                file=sys.stderr,
            )
    told = ", ".join(f"{count:,} {status}" for status, count in sorted(counts.items()))
    print(f"{len(book.students):,} students: {told}")
    print(f"page: {board.folder.page}")
    print(f"gradebook: {board.folder.gradebook('csv')}, {board.folder.gradebook('json')}")
    return code


def _exit_code(found: set[str]) -> ExitCode:
    """As of one student: what is worst."""
    for status, code in (
        (Outcome.FAIL, ExitCode.FAILED),
        (Outcome.BLOCKED, ExitCode.FAILED),
        (Outcome.ERROR, ExitCode.CANNOT_LOOK),
        (Outcome.PENDING, ExitCode.PENDING),
        ("NOT_YET", ExitCode.PENDING),
    ):
        if status in found:
            return code
    return ExitCode.PASSED


_TASKS = {
    "check": ("check every student's lab, and grade it; read-only", _of_check),
    "report": ("make page, gradebook and reports again from saved results; no network", _of_report),
}
_RUN = {"check": _check, "report": _report}

"""`class`: the same lab in many accounts: plan, deploy, grade, report and remove it."""

from __future__ import annotations

import argparse
import os
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from lab_steps.checking.finding import Outcome, worst
from lab_steps.classes import changing, removing
from lab_steps.classes.board import Board
from lab_steps.classes.check import ClassCheck
from lab_steps.classes.folder import ResultsFolder, in_order
from lab_steps.classes.from_saved_results import renew
from lab_steps.classes.gradebook import Gradebook
from lab_steps.classes.grader import Grader
from lab_steps.classes.printing import tell_problems
from lab_steps.classes.weights import weights
from lab_steps.command_line import class_accounts, options, organization_logs
from lab_steps.command_line.options import Given
from lab_steps.command_line.organization_logs import LogsTold
from lab_steps.documents import require_time
from lab_steps.lab import Lab
from lab_steps.results.result import EXIT_CODES
from lab_steps.targets.control import delay_at, patience_of
from lab_steps.targets.endpoints import configured_endpoint
from lab_steps.terminal.legible import json_text
from lab_steps.terminal.progress import Progress
from trail_logs.counting import counted

if TYPE_CHECKING:
    from lab_steps.classes.organization.grading import LogsGrader

JOBS_A_PROCESSOR = 4
MOST_JOBS = 200


_TEACHING = """\
class.csv
  student,account,role_arn,external_id,region
  Ada Lovelace,111122223333,arn:aws:iam::111122223333:role/cloudtrail-lab-grader,spring,
  A student on each line. `profile` instead of role_arn names a profile of your AWS configuration.
  external_id and region may be empty. Every error in the file is reported with its line.

a class's life
  {command} class plan class.csv             what `up` would do, and what it costs
  {command} class up class.csv               deploy the lab in every account
  {command} class check class.csv --due 2026-03-20T18:00+01:00
  {command} class report class.csv --weights weights.csv
  {command} class down class.csv             remove the labs

  An account with a problem is one row, and stops no other. Repeat a command that was interrupted
  to continue. class-results/index.html is the page of the class, also while a check runs.

exit codes
  0 all passed, or done    1 a step failed, or a stack    3 an account could not be checked
  4 something is pending   5 an account was refused
"""


def add_options(parser: argparse.ArgumentParser, lab: Lab) -> None:
    parser.epilog = _TEACHING.format(command=lab.help.command)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    tasks = parser.add_subparsers(dest="task", required=True, metavar="TASK")
    for name, (text, add) in _TASKS.items():
        added = tasks.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        added.add_argument("list", metavar="class.csv", type=Path, help="the class's list")
        results = (
            "folder for results, page and gradebook (default: class-results next to class.csv)"
        )
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
    _grades(parser, "1 each")
    organization_logs.add_options(parser, lab)


def _of_report(parser: argparse.ArgumentParser, lab: Lab) -> None:
    del lab
    text = "of students whose line names none, as for `class check`"
    parser.add_argument("--region", metavar="NAME", help=text)
    _jobs(parser)
    _grades(parser, "those of the last check, as for --due")


def _jobs(parser: argparse.ArgumentParser) -> None:
    usual = JOBS_A_PROCESSOR * (os.cpu_count() or 1)
    text = (
        "how many accounts to check at once, each in a process of about 50 MB (default here: "
        f"{usual})"
    )
    parser.add_argument("--jobs", type=_number_of_jobs, metavar="N", default=usual, help=text)


def _grades(parser: argparse.ArgumentParser, default: str) -> None:
    text = f"points by step, .csv or .toml (default: {default})"
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
        require_time(time)
        require_time(time.astimezone(UTC))
    except (OverflowError, ValueError):
        raise argparse.ArgumentTypeError(
            f"wanted a time of this century with its zone, such as 2026-03-20T18:00+01:00 or "
            f"2026-03-20T17:00Z, got {text!r}"
        ) from None
    return time.astimezone(UTC)


def _check(given: Given) -> int:
    board = _board(given)
    by_logs = organization_logs.grader(given, board) if organization_logs.is_asked(given) else None
    check = _by_logs(given, board, by_logs) if by_logs else _by_accounts(given, board)
    with board.folder.locked():
        students = check.begin(again=given.again)
        check.look(students, timedelta(seconds=given.timeout))
        book = board.write()
    besides = organization_logs.told(by_logs) if by_logs else None
    if besides:
        organization_logs.tell(besides, check.progress.say)
    return _tell(given, board, book, besides)


def _by_logs(given: Given, board: Board, grader: LogsGrader) -> ClassCheck:
    jobs = min(given.jobs, os.cpu_count() or 1)  # nothing is waited for
    return ClassCheck(grader, board, jobs, Progress(), organization_logs.patience(grader))


def _by_accounts(given: Given, board: Board) -> ClassCheck:
    entrance = class_accounts.entrance_of(given)
    grader = Grader(entrance, board.folder, given.bundles)
    endpoint_url = given.endpoint_url or configured_endpoint(given.profile, ambient=True)
    return ClassCheck(grader, board, given.jobs, Progress(), patience_of(delay_at(endpoint_url)))


def _report(given: Given) -> int:
    board = _board(given)
    with board.folder.locked():
        renew(board, given.jobs)
        book = board.write()
    return _tell(given, board, book)


def _board(given: Given) -> Board:
    """The class, and what is known of it."""
    folder = ResultsFolder(given.results or given.list.with_name(f"{given.list.stem}-results"))
    return Board(
        lab=given.lab,
        title=given.list.stem,
        students=class_accounts.students_given(given),
        folder=folder,
        journal=folder.journal(),
        given_weights=weights(given.lab, given.weights) if given.weights else None,
        given_due=given.due,
    )


class ClassTold(msgspec.Struct, frozen=True, kw_only=True):
    """What `--format json` prints."""

    schema_version: int = 1
    results: str
    counts: dict[str, int]
    exit_code: int
    gradebook: Gradebook
    organization: LogsTold | None = None


def _tell(given: Given, board: Board, book: Gradebook, besides: LogsTold | None = None) -> int:
    counts = Counter(each.status or "NOT_YET" for each in book.students)
    # Students who were not checked yet count as pending.
    code = EXIT_CODES[worst({each.status or Outcome.PENDING for each in book.students})]
    if given.format == "json":
        document = ClassTold(
            results=str(board.folder.path),
            counts=dict(counts),
            exit_code=code,
            gradebook=book,
            organization=besides,
        )
        print(json_text(document))
        return code
    found = in_order(board.journal, board.students)
    tell_problems((each.student, each.account, each.problem) for each in found)
    told = ", ".join(f"{count:,} {status}" for status, count in sorted(counts.items()))
    print(f"{counted(len(book.students), 'student')}: {told}")
    print(f"page: {board.folder.page}")
    print(f"gradebook: {board.folder.gradebook('csv')}, {board.folder.gradebook('json')}")
    return code


def _of_plan(parser: argparse.ArgumentParser, lab: Lab) -> None:
    _of_accounts(parser, lab)
    options.text_or_json(parser, "what would change in each account, and what it costs")


def _of_up(parser: argparse.ArgumentParser, lab: Lab) -> None:
    _of_accounts(parser, lab)
    options.yes(parser)
    options.ttl(parser)
    options.with_athena(parser, lab)
    options.text_or_json(parser, "what was deployed in each account")


def _of_down(parser: argparse.ArgumentParser, lab: Lab) -> None:
    _of_accounts(parser, lab)
    options.yes(parser)
    text = "say what would be removed and what would stay; change nothing"
    parser.add_argument("--dry-run", action="store_true", help=text)
    text = (
        "remove labs made by hand, which lack the lab's tag: list in each account everything with "
        "the lab's names, and remove it when you type the number of accounts, except a table or "
        "bucket with other content"
    )
    parser.add_argument("--by-hand", action="store_true", help=text)
    options.text_or_json(parser, "what was removed in each account, and what is left")


def _of_accounts(parser: argparse.ArgumentParser, lab: Lab) -> None:
    options.where(parser)
    options.parameters(parser, lab)
    _jobs(parser)


def _of_consent(parser: argparse.ArgumentParser, lab: Lab) -> None:
    del parser, lab


def _up(given: Given) -> int:
    return class_accounts.change(
        given, changing.deployment(athena=given.athena, lifetime=given.ttl)
    )


def _down(given: Given) -> int:
    task = removing.removal_by_hand() if given.by_hand else removing.removal()
    return class_accounts.change(given, task, dry_run=given.dry_run)


_TASKS = {
    "consent": (
        "say that the accounts are meant for labs: put them on your own list; no network",
        _of_consent,
    ),
    "plan": (
        "list what up and run would change in each account, and the cost; read-only",
        _of_plan,
    ),
    "up": ("deploy the lab's stacks in each account", _of_up),
    "check": ("check every student's lab, and grade it; read-only", _of_check),
    "report": ("make page, gradebook and reports again from saved results; no network", _of_report),
    "down": ("remove the labs in all accounts", _of_down),
}
_RUN = {
    "consent": class_accounts.consent,
    "plan": class_accounts.plan,
    "up": _up,
    "check": _check,
    "report": _report,
    "down": _down,
}

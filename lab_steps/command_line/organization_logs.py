"""`class check --organization-logs`: its options, its grader, and what is printed besides
grades."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from lab_steps.command_line import options
from lab_steps.command_line.options import Given, given_parameters, names_athena
from lab_steps.errors import UsageError
from lab_steps.lab import Lab, Say
from lab_steps.results.result import AthenaQuery
from lab_steps.targets.caller import caller
from lab_steps.targets.choosing import choose_target
from trail_logs.prices import price

if TYPE_CHECKING:
    from lab_steps.checking.patience import Patience
    from lab_steps.classes.board import Board
    from lab_steps.classes.organization.grading import LogsGrader
    from lab_steps.classes.organization.reading import Engine
    from lab_steps.targets.target import Target

LONGEST = timedelta(days=90)
"""What Event history keeps: steps that look at it look no further back."""

MOST_NAMED = 20
"""How many accounts are named."""


def add_options(parser: argparse.ArgumentParser, lab: Lab) -> None:
    """Add its options."""
    group = parser.add_argument_group("from the organization's trail")
    text = "grade by these log files alone, of all accounts in one look; no account is entered"
    group.add_argument("--organization-logs", metavar="s3://BUCKET[/PREFIX]", help=text)
    text = "the first day of the class's work, YYYY-MM-DD (default: 90 days ago, the earliest)"
    group.add_argument("--since", type=_day, metavar="DAY", help=text)
    options.engine(parser, lab)
    if lab.athena:
        text = f"the Athena table (default: {_usual_table(lab)})"
        group.add_argument("--table", metavar="NAME", help=text)


def is_asked(given: Given) -> bool:
    """Whether it is given. Raises UsageError for options that only go with or without it."""
    if given.organization_logs:
        for name in given_parameters(given):
            raise UsageError(
                f"--{name} is for a look at the students' accounts; log files do not tell of it.",
                f"Leave --{name} or --organization-logs out.",
            )
        if not any(step.by_records for step in given.lab.steps):
            raise UsageError(
                f"{given.lab.title} has no step that log records alone decide.",
                "Grade it in the students' accounts: leave --organization-logs out.",
            )
        return True
    own = {
        "--since": given.since,
        "--engine athena": given.engine != options.ENGINES[0],
        "--workgroup": given.workgroup,
        "--database": given.database,
        "--table": getattr(given, "table", None),
        "--no-cache": not given.cached,
    }
    for name, value in own.items():
        if value:
            raise UsageError(
                f"{name} goes with --organization-logs, and there is none.",
                "Add --organization-logs s3://BUCKET, the bucket of the organization's trail.",
            )
    return False


def patience(found: LogsGrader) -> Patience:
    """How long to wait for the class's log files; if each look is a query, looks are rarer."""
    from lab_steps.place.athena_engine import RARER

    usual = found.target.patience
    rarer = RARER if found.engine.is_paid else 1
    return replace(usual, poll=rarer * usual.poll)


def grader(given: Given, board: Board) -> LogsGrader:
    """The grader that reads the log files. Raises UsageError without credentials."""
    from lab_steps.classes.organization.bucket import log_location
    from lab_steps.classes.organization.grading import LogsGrader
    from lab_steps.classes.organization.reading import ClassQuestion, first_day

    location = log_location(given.organization_logs)
    target = choose_target(
        profile=given.profile, endpoint_url=given.endpoint_url, region=given.region, ambient=True
    )
    if target is None:
        raise UsageError(
            f"To read {location}, wanted credentials of your own; there are none.",
            "Give --profile NAME, or sign in as for any AWS tool.",
        )
    question = ClassQuestion(
        given.lab, board.students, first_day(given.since or datetime.now(UTC) - LONGEST)
    )
    return LogsGrader(
        target, caller(target), location, _engine(given, target), question, board.folder, given.due
    )


class StepsNotTold(msgspec.Struct, frozen=True, kw_only=True):
    """Steps that the log files do not decide for any student, and why."""

    steps: tuple[int, ...]
    why: str


class LogsTold(msgspec.Struct, frozen=True, kw_only=True):
    """What the look at the log files found besides grades; `queries` are Athena's."""

    location: str
    log_files: int
    known_before: int
    not_in_class: tuple[str, ...]
    without_records: tuple[str, ...]
    not_told: tuple[StepsNotTold, ...]
    notices: tuple[str, ...]
    queries: tuple[AthenaQuery, ...]


def told(found: LogsGrader) -> LogsTold:
    """What the last look found besides grades."""
    reading, accounts = found.terms.reading, found.question.accounts
    return LogsTold(
        location=str(found.location),
        log_files=reading.files,
        known_before=reading.cached,
        not_in_class=tuple(sorted(found.bucket.accounts - set(accounts))),
        without_records=tuple(each for each in accounts if each not in reading.records),
        not_told=tuple(
            StepsNotTold(steps=tuple(numbers), why=why) for why, numbers in found.not_told()
        ),
        notices=reading.notices,
        queries=tuple(
            AthenaQuery(
                query_id=each.query_id,
                state=each.state,
                bytes_scanned=each.bytes_scanned,
                dollars=each.dollars,
            )
            for each in found.engine.scans
        ),
    )


def tell(found: LogsTold, say: Say) -> None:
    """Print it for people."""
    say(f"log files: {found.log_files:,}, of which {found.known_before:,} were read before")
    for accounts, what in (
        (found.not_in_class, "in the bucket, not in the class"),
        (found.without_records, "without a record"),
    ):
        if accounts:
            say(f"{what}: {_named(accounts)}")
    for each in found.not_told:
        say(f"not decided by these logs, steps {' '.join(map(str, each.steps))}: {each.why}")
    for notice in found.notices:
        say(notice)
    for query in found.queries:
        cost = price(query.bytes_scanned, query.dollars)
        say(f"Athena: query {query.query_id}, {query.state}, {cost}")


def _named(accounts: Iterable[str]) -> str:
    all_ = list(accounts)
    more = f" and {len(all_) - MOST_NAMED:,} more" if len(all_) > MOST_NAMED else ""
    return f"{', '.join(all_[:MOST_NAMED])}{more} ({len(all_):,})"


def _engine(given: Given, target: Target) -> Engine:
    from lab_steps.classes.organization.reading import ByAthena, ByFiles
    from trail_logs.cache import TallyCache

    names = given.lab.athena
    if names is None or not names_athena(given):
        if getattr(given, "table", None):
            raise UsageError("--table is Athena's: add --engine athena.")
        return ByFiles(target, TallyCache() if given.cached else None)
    return ByAthena(
        target,
        workgroup=given.workgroup or names.workgroup,
        database=given.database or names.database,
        table=given.table or _usual_table(given.lab),
        class_list=given.list,
    )


def _usual_table(lab: Lab) -> str:
    """The first trail's table: the stack creates it over any bucket that is given."""
    assert lab.athena
    return lab.athena.table(lab.trails[0].purpose)


def _day(text: str) -> datetime:
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise argparse.ArgumentTypeError(f"wanted a day such as 2026-03-20, got {text!r}") from None
    now = datetime.now(UTC)
    if not now - LONGEST - timedelta(days=1) <= day <= now:
        raise argparse.ArgumentTypeError(
            f"wanted a day of the last {LONGEST.days}, which Event history keeps, too; got {text}"
        )
    return day

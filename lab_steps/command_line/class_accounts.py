"""What `class` does in all accounts: look, ask once, change, and say what happened in each."""

from __future__ import annotations

import operator
import shlex
import sys
import uuid
from collections.abc import Iterable, Sequence
from functools import partial

from lab_steps.classes import changing, worker_processes
from lab_steps.classes.changing import AccountChange, ClassTask
from lab_steps.classes.entering import Entrance, students_of
from lab_steps.classes.printing import MOST_SHOWN, short, tell_changes
from lab_steps.command_line.confirming import NOT_CONFIRMED
from lab_steps.command_line.options import Given, given_parameters
from lab_steps.errors import ExitCode, UsageError
from lab_steps.targets.consent import add_to_list, list_path, listed
from lab_steps.targets.regions import DEFAULT_REGION, region_of_environment
from lab_steps.terminal.progress import Progress
from stacks.class_list import Student
from trail_logs.counting import counted


def plan(given: Given) -> int:
    """What `up` and `run` would do in each account."""
    intended = _intended(given, changing.plan(), students_given(given))
    return tell_changes(given.task, given.format, intended)


def change(given: Given, task: ClassTask, *, dry_run: bool = False) -> int:
    """Look at all accounts, ask once, and change them; a problem with one does not stop the
    others."""
    students = students_given(given)
    intended = _intended(given, task, students)
    if dry_run:
        return tell_changes(given.task, given.format, intended, dry_run=True)
    _confirm(given, task, intended)
    going = [
        (student, each)
        for student, each in zip(students, intended, strict=True)
        if not each.problem and (each.things or task.always)
    ]
    entrance = entrance_of(given)
    work = partial(task.done, entrance)
    done = _all(f"class {task.verb}", worker_processes.done(work, going, given.jobs), len(going))
    if going:
        Progress().say(f"run/{entrance.run_id} is in the user agent of every call")
    return tell_changes(given.task, given.format, [done.get(_key(each), each) for each in intended])


def _intended(given: Given, task: ClassTask, students: Sequence[Student]) -> list[AccountChange]:
    """What the task would do in each account, in the list's order."""
    work = partial(task.intended, entrance_of(given))
    what = f"checks before class {task.verb}"
    found = _all(what, worker_processes.done(work, students, given.jobs), len(students))
    return [found[_key(each)] for each in students]


def _all(
    what: str, changes: Iterable[AccountChange], number: int
) -> dict[tuple[str, str], AccountChange]:
    """The changes by account and Region, with progress while they arrive."""
    found, progress = dict[tuple[str, str], AccountChange](), Progress()
    for each in changes:
        found[_key(each)] = each
        progress.now(f"{what}: {len(found):,} of {number:,} accounts")
    progress.end()
    return found


def _key(each: Student | AccountChange) -> tuple[str, str]:
    return each.account, each.region


def _confirm(given: Given, task: ClassTask, intended: Sequence[AccountChange]) -> None:
    """Ask once about all accounts that require it.

    Raises UsageError unless their number is typed.
    """
    asked = changing.asked_for(intended, is_typed=task.is_typed)
    if not asked or (given.yes and not task.is_typed):
        return
    going = "to remove" if given.task == "down" else "to deploy"
    told = [f"{each.account} {each.student}: {short(each, going)}" for each in asked]
    otherwise = "Use --yes when nobody can answer the question."
    if task.is_typed:
        things = ["".join(f"\n    {thing}" for thing in each.things) for each in asked]
        told, otherwise = list(map(operator.add, told, things)), ""
    elif len(told) > MOST_SHOWN:
        told[MOST_SHOWN:] = [f"and {len(asked) - MOST_SHOWN} more"]
    _typed(f"This {task.happens}", told, len(asked), otherwise)


def _typed(happens: str, told: Sequence[str], number: int, otherwise: str = "") -> None:
    """Ask about `number` accounts, and show what is `told` about them."""
    print(f"{happens} {counted(number, 'account')}:", *told, sep="\n  ", file=sys.stderr)
    print("Type the number of accounts to continue: ", end="", file=sys.stderr, flush=True)
    line = sys.stdin.readline() if sys.stdin else ""
    if line.strip() != str(number):
        raise UsageError(NOT_CONFIRMED, otherwise)


def consent(given: Given) -> int:
    """Ask about the accounts that are not on the person's own list yet, and put them there."""
    known, students = listed(), students_of(given.list, DEFAULT_REGION, with_way_in=False)
    new = {each.account: each.student for each in students if each.account not in known}
    if new:
        told = [f"{account} {whose}" for account, whose in new.items()]
        _typed(f"This puts on your list of accounts for labs, {list_path()},", told, len(new))
        add_to_list(new)
    there = counted(len(students), "student")
    print(f"{list_path()} has the accounts of {there} ({len(new):,} new)")
    return ExitCode.PASSED


def entrance_of(given: Given) -> Entrance:
    """How the accounts are entered."""
    return Entrance(
        lab=given.lab,
        run_id=uuid.uuid4().hex[:12],
        endpoint_url=given.endpoint_url,
        profile=given.profile,
        parameters=given_parameters(given),
        marks_all=given.lab.command(f"class consent {shlex.quote(str(given.list))}"),
    )


def students_given(given: Given) -> tuple[Student, ...]:
    """The class in the list that was given."""
    region = given.region if "region" in given else None
    usual = region or (region_of_environment() or (DEFAULT_REGION,))[0]
    entered = given.task != "report" and not getattr(given, "organization_logs", None)
    return students_of(given.list, usual, with_way_in=entered)

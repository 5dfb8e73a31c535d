"""What is printed about a class: what happens to its accounts, and what is wrong with some."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

import msgspec

from lab_steps.classes import changing
from lab_steps.classes.changing import AccountChange
from lab_steps.classes.standing import AccountProblem
from lab_steps.costs import SESSION_HOURS
from lab_steps.terminal.legible import json_text
from trail_logs.counting import counted
from trail_logs.prices import PRICE_AS_OF

MOST_SHOWN = 20
"""How many accounts of one kind are listed."""


class ClassChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What `--format json` prints of `plan`, `up` and `down`; dollars are those of all accounts."""

    schema_version: int = 1
    task: str
    accounts: tuple[AccountChange, ...]
    session_dollars: float
    month_dollars: float
    exit_code: int


def tell_changes(
    task: str, form: str, found: Sequence[AccountChange], *, dry_run: bool = False
) -> int:
    """Print what happened in each account, or with `dry_run` would happen; return the exit code.

    The exit code of a dry run only depends on problems.
    """
    session, month = (
        round(sum(getattr(each, name) for each in found), 2)
        for name in ("session_dollars", "month_dollars")
    )
    code = changing.exit_code(each for each in found if each.problem or not dry_run)
    if form == "json":
        document = ClassChanges(
            task=task,
            accounts=tuple(found),
            session_dollars=session,
            month_dollars=month,
            exit_code=code,
        )
        print(json_text(document))
        return code
    for each in found:
        told = short(each, "to remove" if dry_run else _DONE[task])
        print(f"{each.student}, account {each.account}, {each.region}: {told}")
        for thing in each.things if dry_run else ():
            print(f"  would be removed: {thing}")
        for told in (*each.left, *each.others):
            print(f"{each.student} ({each.account}), left: {told}", file=sys.stderr)
    tell_problems((each.student, each.account, each.problem) for each in found)
    if task == "plan":
        print(f"{counted(len(found), 'account')}, list prices of {PRICE_AS_OF}, in dollars:")
        print(f"  {SESSION_HOURS} hours {session:,.2f}, a forgotten month {month:,.2f}")
    wrong = sum(each.problem is not None for each in found)
    well = f"{len(found) - wrong:,} of {len(found):,} accounts"
    print(f"{task}: {well} without a problem")
    return code


def tell_problems(found: Iterable[tuple[str, str, AccountProblem | None]]) -> None:
    """Print each problem once, in the first student's words, with all students who have it."""
    students: dict[AccountProblem, list[str]] = {}
    first: dict[AccountProblem, AccountProblem] = {}
    for student, account, problem in found:
        if problem:
            same = problem.of_any(account)
            first.setdefault(same, problem)
            students.setdefault(same, []).append(f"{student} ({account})")
    for same, names in students.items():
        more = f" and {len(names) - MOST_SHOWN} more" if len(names) > MOST_SHOWN else ""
        print(f"{', '.join(names[:MOST_SHOWN])}{more}:", file=sys.stderr)
        print(f"  {first[same].what}\n  {first[same].do}", file=sys.stderr)


_DONE = {"plan": "to change", "up": "deployed", "down": "removed"}
"""What happened to an account's things, or would happen, by task."""


def short(each: AccountChange, done: str) -> str:
    """`15 to create, 1 to change`, or how many things are `done`."""
    if each.counts:
        return ", ".join(f"{count} to {change}" for change, count in each.counts.items())
    if each.problem:
        return "not done" if each.things else "not checked"
    return f"{len(each.things)} {done}" if each.things else "nothing to do"

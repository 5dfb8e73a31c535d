"""`down`: take the lab away, after a question where an account is meant."""

from __future__ import annotations

import argparse
import sys

from lab_steps.errors import ExitCode, UsageError
from lab_steps.lab import Lab
from lab_steps.place.ownership import ownership
from lab_steps.place.teardown import Left, Teardown
from lab_steps.verbs import options
from lab_steps.verbs.opening import open_lab
from lab_steps.verbs.options import Given


def add_options(parser: argparse.ArgumentParser, lab: Lab) -> None:
    """What it can be told."""
    options.where(parser)
    options.parameters(parser, lab)
    options.account(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask for confirmation")


def run(given: Given) -> int:
    """Take the lab away."""
    session = open_lab(given)
    names, say = session.deployment.names, session.progress.say
    with session.changing("down", given.account):
        teardown = Teardown(session.target, session.state, names, session.look, say)
        if not session.target.is_loopback and not given.yes:
            confirm([each.title for each in teardown.will_remove()], session.account)
        left = teardown.run()
    return _tell_what_is_left(left)


def confirm(what: list[str], account: str) -> None:
    """UsageError unless the account's number is typed."""
    print(f"This removes from account {account}:", *(what or ["nothing"]), sep="\n  ")
    try:
        typed = input("Type the account number to go on: ").strip()
    except EOFError:
        typed = ""
    if typed != account:
        raise UsageError(
            "Not confirmed: nothing was removed.", "Use --yes where nobody can be asked."
        )


def _tell_what_is_left(left: Left) -> int:
    """1 where something of the lab stands, 5 where others have what is named like it."""
    for each in left.ours:
        print(f"still there: {each.title}; remove it with: {each.removal}", file=sys.stderr)
    for each in left.others:
        told = f"left as it is: {each.title}, {ownership(each).reason}"
        print(f"{told}; if nobody needs it: {each.removal}", file=sys.stderr)
    print("Something of the lab is left." if left.ours else "Nothing of the lab is left.")
    if left.ours:
        return ExitCode.FAILED
    return ExitCode.REFUSED if any(each.named for each in left.others) else ExitCode.PASSED

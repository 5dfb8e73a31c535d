"""`down`: take the lab away, after a question where an account is meant."""

from __future__ import annotations

import argparse
import sys

import msgspec

from lab_steps.errors import ExitCode
from lab_steps.lab import Lab
from lab_steps.place.ownership import Thing, ownership
from lab_steps.place.teardown import Left, Teardown
from lab_steps.session import LabSession
from lab_steps.terminal.legible import json_text
from lab_steps.verbs import options
from lab_steps.verbs.confirming import confirm
from lab_steps.verbs.opening import open_lab
from lab_steps.verbs.options import Given


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """Something in the account; `why` says whose it is, `removal` is the command for it."""

    kind: str
    name: str
    arn: str
    why: str
    removal: str


class TakenAway(msgspec.Struct, frozen=True, kw_only=True):
    """What `down` did: `left` is the lab's own that still stands, `others` is not the lab's."""

    schema_version: int = 1
    account: str
    region: str
    removed: tuple[Named, ...]
    left: tuple[Named, ...]
    others: tuple[Named, ...]
    exit_code: int


def add_options(parser: argparse.ArgumentParser, lab: Lab) -> None:
    """What it can be told."""
    options.where(parser)
    options.parameters(parser, lab)
    options.account(parser)
    options.text_or_json(parser, "what was removed, and what is left")
    options.yes(parser)


def run(given: Given) -> int:
    """Take the lab away."""
    session = open_lab(given)
    names, say = session.deployment.names, session.progress.say
    with session.changing("down", given.account) as consent:
        teardown = Teardown(session.target, session.state, names, session.look, say)
        before = teardown.will_remove()
        titles = [each.title for each in before]
        confirm(consent, given, session.account, "removes from", titles)
        session.state.begin(session.deployment.parameters)
        left = teardown.run()
    if given.format == "json":
        print(json_text(_document(session, before, left)))
    else:
        _tell_what_is_left(left)
    return _exit_code(left)


def _exit_code(left: Left) -> ExitCode:
    """1 where something of the lab stands, 5 where others have what is named like it."""
    if left.ours:
        return ExitCode.FAILED
    return ExitCode.REFUSED if any(each.named for each in left.others) else ExitCode.PASSED


def _document(session: LabSession, before: tuple[Thing, ...], left: Left) -> TakenAway:
    still = {(each.kind, each.name) for each in left.ours}
    return TakenAway(
        account=session.account,
        region=session.target.region,
        removed=tuple(_named(each) for each in before if (each.kind, each.name) not in still),
        left=tuple(map(_named, left.ours)),
        others=tuple(map(_named, left.others)),
        exit_code=_exit_code(left),
    )


def _named(thing: Thing) -> Named:
    return Named(
        kind=thing.kind,
        name=thing.name,
        arn=thing.arn,
        why=ownership(thing).reason,
        removal=thing.removal,
    )


def _tell_what_is_left(left: Left) -> None:
    for each in left.ours:
        print(f"still there: {each.title}; remove it with: {each.removal}", file=sys.stderr)
    for each in left.others:
        told = f"left as it is: {each.title}, {ownership(each).reason}"
        print(f"{told}; if nobody needs it: {each.removal}", file=sys.stderr)
    print("Something of the lab is left." if left.ours else "Nothing of the lab is left.")

"""`down`: remove the lab, after a question; with `--by-hand`, one made by hand."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable

import msgspec

from lab_steps.checking.view import View
from lab_steps.command_line import options
from lab_steps.command_line.confirming import confirm, typed
from lab_steps.command_line.opening import open_lab
from lab_steps.command_line.options import Given
from lab_steps.errors import ExitCode
from lab_steps.lab import Lab
from lab_steps.place.by_hand import ByHand, HandMade
from lab_steps.place.ownership import Thing, ownership
from lab_steps.place.teardown import Left, Teardown
from lab_steps.session import LabSession
from lab_steps.terminal.legible import json_text


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """Something in the account; `why` says whose it is, `removal` is the command for it."""

    kind: str
    name: str
    arn: str
    why: str
    removal: str


class TakenAway(msgspec.Struct, frozen=True, kw_only=True):
    """What `down` did, or would do (`dry_run`): `left` is what still exists of the lab, `others` is
    not the lab's. `tagged` are ARNs that the tagging service lists with the lab's tag, including
    deleted things for some minutes.
    """

    schema_version: int = 2
    account: str
    region: str
    removed: tuple[Named, ...]
    left: tuple[Named, ...]
    others: tuple[Named, ...]
    tagged: tuple[str, ...] = ()
    dry_run: bool = False
    exit_code: int


def add_options(parser: argparse.ArgumentParser, lab: Lab) -> None:
    options.where(parser)
    options.parameters(parser, lab)
    options.account(parser)
    options.text_or_json(parser, "what was removed, and what is left")
    options.yes(parser)
    text = "say what would be removed and what would stay; change nothing"
    parser.add_argument("--dry-run", action="store_true", help=text)
    text = (
        "remove a lab made by hand, which lacks the lab's tag: list everything with the lab's "
        "names, and remove it when you type the account number, except a table or bucket with "
        "other content"
    )
    parser.add_argument("--by-hand", action="store_true", help=text)


def run(given: Given) -> int:
    """Remove the lab."""
    session = open_lab(given)
    return _by_hand(session, given) if given.by_hand else _own(session, given)


def _own(session: LabSession, given: Given) -> int:
    names, say = session.deployment.names, session.progress.say
    teardown = Teardown(session.target, session.state, names, session.look, say)
    if given.dry_run:
        left = teardown.left()
        would_be = Left((), left.others, left.tagged)
        return _tell(session, given, left.ours, would_be)
    with session.changing("down", given.account) as consent:
        before = teardown.will_remove()
        confirm(consent, given, session.account, "removes from", _titles(before))
        session.state.begin(session.deployment.parameters)
        left = teardown.run()
    return _tell(session, given, before, left)


def _by_hand(session: LabSession, given: Given) -> int:
    """Always ask, whatever the account's consent: only the person's word proves whose a thing
    is."""
    names, say = session.deployment.names, session.progress.say
    lab = ByHand(session.target, names, session.look, session.lab.other_content, say)
    if given.dry_run:
        return _tell_hand_made(session, given, lab.found())
    with session.changing("down", given.account):
        found = lab.found()
        going = [each.thing for each in found if not each.left_because]
        if going:
            _say_what_stays(found)
            typed(session.account, "permanently removes from", map(_listed, going))
            lab.remove(found)
    return _tell_hand_made(session, given, found)


def _titles(things: Iterable[Thing]) -> list[str]:
    return [each.title for each in things]


def _listed(thing: Thing) -> str:
    return f"{thing.title}, {ownership(thing).reason}"


def _tell(session: LabSession, given: Given, before: tuple[Thing, ...], left: Left) -> int:
    code = ExitCode.PASSED if given.dry_run else left.exit_code
    if given.format == "json":
        still = {(each.kind, each.name) for each in left.ours}
        gone = (each for each in before if (each.kind, each.name) not in still)
        document = TakenAway(
            account=session.account,
            region=session.target.region,
            removed=tuple(_named(session, each) for each in gone),
            left=tuple(_named(session, each) for each in left.ours),
            others=tuple(_named(session, each) for each in left.others),
            tagged=left.tagged,
            dry_run=given.dry_run,
            exit_code=code,
        )
        print(json_text(document))
        return code
    if given.dry_run:
        for each in before:
            print(f"would be removed: {each.title}, {ownership(each).reason}")
    _tell_what_is_left(session, left)
    if not given.dry_run:
        print(_verdict(session, left))
    return code


def _verdict(session: LabSession, left: Left) -> str:
    if left.ours:
        return "Something of the lab is left."
    named = sum(each.named for each in left.others)
    if not named:
        return "Nothing of the lab is left."
    by_hand = session.command("down --by-hand --dry-run")
    return (
        f"Nothing that this lab created is left. {named} thing{'s' if named > 1 else ''} with its "
        f"names {'were' if named > 1 else 'was'} not created by it and stayed: {by_hand} says "
        "what can be removed."
    )


def _tell_what_is_left(session: LabSession, left: Left) -> None:
    command = session.place.command
    for each in left.ours:
        print(
            f"still there: {each.title}; remove it with: {command(each.removal)}", file=sys.stderr
        )
    view = session.look() if left.others else None
    for each in left.others:
        told = f"left alone: {each.title}, {ownership(each).reason}{_cost_note(view, each)}"
        print(f"{told}; if nobody needs it: {command(each.removal)}", file=sys.stderr)
    for arn in left.tagged:
        told = "listed with the lab's tag (deleted things too, for some minutes)"
        print(f"{told}: {arn}", file=sys.stderr)


def _cost_note(view: View | None, thing: Thing) -> str:
    """A note if something that is left keeps costing money."""
    if view is None or thing.kind != "trail":
        return ""
    logging = view.ask("cloudtrail:GetTrailStatus", Name=thing.arn)["IsLogging"]
    return ": it keeps logging, and what it delivers keeps costing money" if logging else ""


def _named(session: LabSession, thing: Thing, why: str = "") -> Named:
    return Named(
        kind=thing.kind,
        name=thing.name,
        arn=thing.arn,
        why=why or ownership(thing).reason,
        removal=session.place.command(thing.removal),
    )


def _tell_hand_made(session: LabSession, given: Given, found: tuple[HandMade, ...]) -> int:
    gone = tuple(each for each in found if not each.left_because)
    kept = tuple(each for each in found if each.left_because)
    code = ExitCode.REFUSED if kept and not given.dry_run else ExitCode.PASSED
    if given.format == "json":
        document = TakenAway(
            account=session.account,
            region=session.target.region,
            removed=tuple(_named(session, each.thing) for each in gone),
            left=(),
            others=tuple(_named(session, each.thing, each.left_because) for each in kept),
            dry_run=given.dry_run,
            exit_code=code,
        )
        print(json_text(document))
        return code
    for each in gone if given.dry_run else ():
        print(f"would be removed: {_listed(each.thing)}")
    if given.dry_run or not gone:
        _say_what_stays(found)
    if not found:
        print("No lab made by hand was found.")
    elif not given.dry_run:
        print(f"{len(gone)} of {len(found)} things of a lab made by hand were removed.")
    return code


def _say_what_stays(found: Iterable[HandMade]) -> None:
    for each in found:
        if each.left_because:
            print(f"is left: {each.thing.title}, {each.left_because}", file=sys.stderr)

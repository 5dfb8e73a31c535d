"""What earlier labs left in the account and Region, and which of them are overdue."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lab_steps.checking.view import View, error_code
from lab_steps.place.lifetime import expiry_of
from lab_steps.place.ownership import Thing, ownership
from lab_steps.place.state import Phase
from lab_steps.preflight.remark import Remark, note, ok
from lab_steps.preflight.subject import Subject


def examine(subject: Subject) -> Iterator[Remark]:
    """Interrupted runs, existing labs, and what looks like one."""
    remarks = [*_broken_off(subject), *(_remark(subject, each) for each in subject.inventory.all())]
    yield from remarks or [ok("none")]


def stack_named(view: View, name: str) -> dict[str, Any] | None:
    """The stack as DescribeStacks shows it; None when there is none."""
    try:
        found = view.ask("cloudformation:DescribeStacks", StackName=name)["Stacks"]
    except Exception as error:
        if error_code(error) == "ValidationError" and "does not exist" in str(error):
            return None
        raise
    return dict(found[0]) if found else None


def _broken_off(subject: Subject) -> Iterator[Remark]:
    for name, action in subject.state.actions.items():
        if action.phase is Phase.STARTED:
            yield note(
                f"{name}, started at {action.started:%FT%TZ}, was interrupted",
                f"Continue with {subject.command('run')} or remove it: {subject.command('down')}",
            )


def _remark(subject: Subject, thing: Thing) -> Remark:
    whose, expires = ownership(thing), expiry_of(thing.tags)
    told = ""
    if expires:
        since = "overdue since" if expires < subject.caller.now() else "to go at"
        told = f", {since} {expires:%FT%TZ}"
    if whose.ours:
        down = subject.command("down")
        return note(f"{thing.title} of this lab exists{told}", f"Remove it: {down}")
    if whose.others_lab:
        removal = subject.view.place.command(thing.removal)
        return note(f"{thing.title}, {whose.reason}{told}", f"Remove it: {removal}")
    by_hand = subject.command("down --by-hand")
    return note(f"{thing.title}, {whose.reason}", f"{by_hand} lists a lab made by hand")

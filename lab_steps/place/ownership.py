"""What belongs to the lab and may be changed: one rule for every verb that changes something.

Everything a lab creates has the tag from the call that creates it: stacks, what is in them, and
tables. So something without the tag was created by someone else, or someone removed the tag to
protect it from the lab. Either way it is never changed, whatever its name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from lab_steps.checking.commands import CommandContext
from lab_steps.errors import RefusedError
from lab_steps.terminal.legible import one_line
from stacks.tag import PROJECT_TAG

Kind = Literal["stack", "bucket", "trail", "table"]

_TAGS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that exists in the account, and what shows whose it is.

    `named`: it has a name that this lab gives. `tags` is None for something in another Region.
    `removal` is the command that removes it, `remark` what else people should know.
    """

    kind: Kind
    name: str
    tags: Mapping[str, str] | None
    removal: str
    arn: str = ""
    created: datetime | None = None
    named: bool = True
    remark: str = ""

    @property
    def title(self) -> str:
        """`table Users`."""
        return one_line(f"{self.kind} {self.name}")


@dataclass(frozen=True, slots=True)
class Ownership:
    """Whether the lab may change a thing, and why; `others_lab`: it is another lab's."""

    ours: bool
    reason: str
    others_lab: bool = False


def ownership(thing: Thing, *, noted: bool = False) -> Ownership:
    """To whom `thing` belongs.

    `noted`: this lab's state says that the lab made one of this name.
    """
    key, value = PROJECT_TAG
    tagged = (thing.tags or {}).get(key) == value
    if tagged and thing.named:
        return Ownership(True, f"it carries the tag {key}={value}")
    if tagged:
        told = f"another lab's: it carries the tag {key}={value} ({_facts(thing)})"
        return Ownership(False, told, others_lab=True)
    since = "; the lab's own was replaced since, or lost its tag" if noted else ""
    return Ownership(False, f"without the lab's tag {key}={value} ({_facts(thing)}){since}")


def refuse_foreign(
    things: Iterable[Thing], place: CommandContext, noted: Collection[str] = ()
) -> None:
    """Raise a RefusedError that names every one of `things` that is not the lab's, and how to
    remove it.

    `noted` has the titles of what the lab's state says was made.
    """
    refused = in_the_way(things, place, noted)
    if refused:
        raise refused


def in_the_way(
    things: Iterable[Thing], place: CommandContext, noted: Collection[str] = ()
) -> RefusedError | None:
    """The error of `refuse_foreign`; None if everything is the lab's."""
    found = [(each, ownership(each, noted=each.title in noted)) for each in things]
    foreign = [(thing, whose.reason) for thing, whose in found if not whose.ours]
    if not foreign:
        return None
    told = "; ".join(f"{thing.title}, {reason}" for thing, reason in foreign)
    commands = "\n  ".join(place.command(thing.removal) for thing, _ in foreign)
    buckets = all(thing.kind == "bucket" for thing, _ in foreign)
    elsewhere = "another --suffix" if buckets else "another account or Region"
    return RefusedError(
        f"Something that the lab did not create is in its way: {told}.",
        f"It was left alone. Use {elsewhere}. Or, if nobody needs it, remove it and repeat the "
        f"command:\n  {commands}\nFor a lab made by hand, use `check`, which changes nothing, and "
        "`down --by-hand` to remove it.",
    )


def _facts(thing: Thing) -> str:
    created = f"created {thing.created.astimezone(UTC):%FT%TZ}" if thing.created else ""
    return ", ".join(filter(None, [created, _tags(thing.tags), thing.remark]))


def _tags(tags: Mapping[str, str] | None) -> str:
    if tags is None:
        return "its tags are only shown in its home Region"
    if not tags:
        return "no tags"
    shown = [one_line(f"{key}={value}") for key, value in tags.items()][:_TAGS_SHOWN]
    more = [f"and {len(tags) - _TAGS_SHOWN} more"] if len(tags) > _TAGS_SHOWN else []
    return f"{'tag' if len(tags) == 1 else 'tags'} {', '.join(shown + more)}"

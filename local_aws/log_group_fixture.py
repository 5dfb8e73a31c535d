"""Log groups that exist from the start in every account and Region, to mark them."""

from __future__ import annotations

import functools
from contextlib import ExitStack
from typing import Any

from msgspec import Struct


class TaggedLogGroup(Struct, frozen=True):
    """An empty log group with one tag, written `NAME:KEY=VALUE`."""

    name: str
    key: str
    value: str

    @classmethod
    def parsed(cls, text: str) -> TaggedLogGroup:
        """The log group from `NAME:KEY=VALUE`. Raises ValueError for another form."""
        name, _, tag = text.partition(":")
        key, equals, value = tag.partition("=")
        if not (name and key and equals):
            raise ValueError(f"wanted a log group with a tag, NAME:KEY=VALUE, got {text!r}")
        return cls(name, key, value)


def provide(patches: ExitStack, group: TaggedLogGroup) -> None:
    """Have each account and Region start with `group`, until `patches` is closed."""
    from local_aws.moto_changes.patching import MotoChange, change_on_first_use

    def change(make: Any) -> Any:
        @functools.wraps(make)
        def begin(backend: Any, *place: Any, **named: Any) -> None:
            make(backend, *place, **named)
            backend.create_log_group(group.name, {group.key: group.value})

        return begin

    why = "what exists from the start was created by no call"
    changes = [MotoChange("moto.logs.models:LogsBackend", "__init__", change, why)]
    change_on_first_use(patches, changes)

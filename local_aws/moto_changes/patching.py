"""How moto is changed: tables of its functions, of what takes their place, and of the reasons."""

from __future__ import annotations

import functools
import pkgutil
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

from msgspec import Struct

from local_aws.first_use import on_first_use, uses_of


class MotoChange(Struct, frozen=True):
    """A function or method of moto's, what replaces it, and what is wrong with moto's.

    `owner` is the module, or `module:Class`. `change` is called with moto's own function, and
    returns its replacement. With `is_new`, moto has no such function, and `change` itself is added.
    """

    owner: str
    name: str
    change: Callable[..., Any]
    why: str
    is_new: bool = False


def change_on_first_use(patches: ExitStack, changes: Iterable[MotoChange]) -> None:
    """Make the changes before one of their services is first used, until `patches` is closed."""
    tabled = tuple(changes)
    services = uses_of(*(each.owner.split(".")[1] for each in tabled))
    on_first_use(patches, services, functools.partial(make, tabled))


def make(changes: Iterable[MotoChange], patches: ExitStack) -> None:
    """Make the changes at once, until `patches` is closed."""
    for each in changes:
        owner = pkgutil.resolve_name(each.owner)
        changed = each.change if each.is_new else each.change(getattr(owner, each.name))
        patches.enter_context(patch.object(owner, each.name, changed, create=each.is_new))

"""Changes to moto as tables: which of its functions, how, and why."""

from __future__ import annotations

import functools
import pkgutil
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from local_aws.moto_changes.first_use import MODELS, on_first_use


@dataclass(frozen=True, slots=True)
class MotoChange:
    """A function or method of moto's, what takes its place, and what is wrong with it.

    `owner` is the module, or `module:Class`; `change` is called with moto's own, and what it
    returns takes its place.
    """

    owner: str
    name: str
    change: Callable[[Any], Any]
    why: str


def change_on_first_use(
    patches: ExitStack, services: Iterable[str], changes: Iterable[MotoChange]
) -> None:
    """Make the changes before one of these services is first served, until `patches` is left.

    CloudFormation calls services of moto's without a request, too: by its models of resources.
    """
    named = frozenset({*services, MODELS})
    on_first_use(patches, named, functools.partial(make, tuple(changes)))


def make(changes: Iterable[MotoChange], patches: ExitStack) -> None:
    """Make the changes at once, until `patches` is left."""
    for each in changes:
        owner = pkgutil.resolve_name(each.owner)
        changed = each.change(getattr(owner, each.name))
        patches.enter_context(patch.object(owner, each.name, changed))

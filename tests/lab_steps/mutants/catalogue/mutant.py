"""What a mutant is, and what is blocked when something is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.lab_steps.mutants.reference_lab import (
    REFERENCE,
    Lab,
    changed,
)

Blocked = Mapping[int, int]
"""Numbers of blocked steps, each with that of the step that blocks it."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A lab with one thing wrong, and the verdict: all other steps pass.

    `fails` has the steps that must FAIL, each with a text of its rationale; `blocked` the
    steps that must be BLOCKED.
    """

    name: str
    lab: Lab
    fails: Mapping[int, str]
    blocked: Blocked = field(default_factory=dict)


def mutant(
    name: str, *, fails: Mapping[int, str], blocked: Blocked | None = None, **changes: Any
) -> Mutant:
    """The reference lab with `changes` (as `changed` takes them)."""
    return Mutant(name, changed(REFERENCE, **changes), fails, blocked or {})


def by(step: int, *steps: int) -> dict[int, int]:
    """These steps are blocked by `step`."""
    return dict.fromkeys(steps, step)


NO_MANAGEMENT_TRAIL = by(6, 7, 8, 9, 10, 29, 30, 31, 32, 33, 34)
NO_DATA_TRAIL = by(12, 13, 14, 15, 16, 23, 24, 35, 36, 37)
NO_DELIVERY_TO_MANAGEMENT = by(6, 29, 30, 31, 32, 33, 34)
NO_DELIVERY_TO_DATA = by(12, 23, 24, 35, 36, 37)
NO_MANAGEMENT_FILES = by(30, 31, 32, 33, 34)
NO_DATA_FILES = by(35, 23, 24, 36, 37)
NO_EVENTS = by(3, 4, 17, 18, 38)
NO_TABLE = by(19, 20, 21, 22, 25, 26, 27, 28)
NEVER_A_TABLE = {**NO_TABLE, **by(19, 23, 24, 34, 38), **by(26, 35, 36), 37: 35}

"""What a fuzzer counts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figures:
    """What became of the cases that were tried: all but `tried` must be 0."""

    name: str
    tried: int
    lost: int = 0
    doubled: int = 0
    crashed: int = 0
    hung: int = 0

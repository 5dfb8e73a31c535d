"""Waiting for what happens in the background: for a condition, and for no certain time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

LONG = 240.0
"""Seconds in which everything happens on a machine with ten times as much to do as it can."""


def until(holds: Callable[[], T | None]) -> T:
    """What `holds` answers as soon as that is true."""
    began = time.monotonic()
    while not (found := holds()):
        waited = time.monotonic() - began
        assert waited < LONG, f"it did not happen in {LONG:.0f} seconds"
        time.sleep(0.01 + waited / 10)  # each look takes time from what is waited for
    return found

"""When a server collects garbage: not while it loads what stays, and rarely through everything."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def left_alone() -> Iterator[None]:
    """Look for none: a seventh of a start went into finding nothing."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def look_through_everything_seldom() -> None:
    """Most of what a server holds stays; to look through it all stops it for half a second."""
    young, older, _ = gc.get_threshold()
    gc.set_threshold(young, older, 1000)

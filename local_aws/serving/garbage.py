"""When a server collects garbage: not while it loads, and rarely through everything."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def left_alone() -> Iterator[None]:
    """Collect none within the block: looking for it took a seventh of a start, and found
    nothing."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def look_through_everything_seldom() -> None:
    """Collect through everything rarely: most of it stays, and it stops the server for half a
    second."""
    young, older, _ = gc.get_threshold()
    gc.set_threshold(young, older, 1000)

"""What consumers do as time passes: checked each second, and when the clock is moved.

Schedules, alarms and retries follow the server's clock, so a test moves it instead of waiting.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack

from local_aws.cloudtrail.faults import Faults

__all__ = ["install", "look_each_second", "look_now"]

Look = Callable[[], None]

_LOOK_EVERY = 1.0
_looks: dict[str, Look] = {}
_looking = threading.Lock()


def install(patches: ExitStack, faults: Faults) -> None:
    """Check each second until `patches` is closed."""
    ended = threading.Event()
    patches.callback(ended.set)
    arguments = (ended, faults)
    threading.Thread(target=_watch, args=arguments, name="local-aws-time", daemon=True).start()


def look_each_second(patches: ExitStack, name: str, look: Look) -> None:
    """Have `look` called each second and by `look_now`, until `patches` is closed."""
    _looks[name] = look
    patches.callback(_looks.pop, name, None)


def look_now(faults: Faults) -> None:
    """Call every look, in one thread at a time. What a look raises is noted as a fault."""
    with _looking:
        for name, look in list(_looks.items()):
            with faults.kept_from(name):
                look()


def _watch(ended: threading.Event, faults: Faults) -> None:
    while not ended.wait(_LOOK_EVERY):
        look_now(faults)

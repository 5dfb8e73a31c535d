"""Changes to moto that wait for a service's first request, so that start-up stays quick."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any


def on_first_use(
    patches: ExitStack, services: frozenset[str], change: Callable[[ExitStack], None]
) -> None:
    """Call `change` before moto first serves one of `services`, at most once.

    What it enters on the stack it is given is left when `patches` is.

    moto asks `moto.backends.get_backend` for a service's backend by name when its first
    request arrives; importing the service before that is what would cost the time.
    """
    import moto.backends

    get_backend: Any = moto.backends.get_backend
    late = patches.enter_context(ExitStack())
    lock = threading.RLock()
    waiting = [change]

    def get_backend_changed(name: str) -> Any:
        if name in services:
            with lock:
                if waiting:
                    waiting.pop()(late)
        return get_backend(name)

    moto.backends.get_backend = get_backend_changed
    patches.callback(setattr, moto.backends, "get_backend", get_backend)

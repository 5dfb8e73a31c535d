"""How many functions run at once, so that those that call back find a thread to answer them.

A request that waits for its function occupies a thread of the server. Each of them gets another
thread, up to a limit. Above it, Lambda's own refusal is returned, instead of a server that hangs
(Lambda Developer Guide, "Understanding Lambda function scaling"; a new account's quota may be as
small as 10).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from unittest.mock import patch

__all__ = ["MOST", "install", "running"]

MOST = 64
"""How many functions may run at once. Each is a process of this machine."""

_lock = threading.Lock()
_count = 0
_make_room: Callable[[int], None] = lambda _waiting: None  # noqa: E731


def install(patches: ExitStack, make_room: Callable[[int], None]) -> None:
    """Call `make_room` with the number of running functions, until `patches` is closed."""
    patches.enter_context(patch(f"{__name__}._make_room", make_room))


@contextmanager
def running() -> Iterator[None]:
    """Count a function as running within the block. Raises Lambda's TooManyRequestsException."""
    global _count  # noqa: PLW0603
    with _lock:
        if _count >= MOST:
            raise _too_many()
        _count += 1
        _make_room(_count)
    try:
        yield
    finally:
        with _lock:
            _count -= 1


def _too_many() -> Exception:
    from moto.awslambda.exceptions import LambdaClientError

    error = LambdaClientError(
        "TooManyRequestsException",
        f"Rate Exceeded: {MOST} functions are already running, the limit of the local AWS. Wait "
        "until some end. A function that calls itself never ends.",
    )
    error.code = 429
    return error

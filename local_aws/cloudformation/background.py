"""Operations on stacks and stack sets in the background, as AWS runs them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic

ANSWER_WITHIN = 3.0
"""Seconds that a request waits for its operation before it is answered *_IN_PROGRESS.

An operation here takes milliseconds. A client that sees it unfinished only asks again after its
waiter's pause (boto3: 30 s, the CDK CLI: 5 s), so the answer waits a moment.
"""

_running: dict[str, threading.Thread] = {}
_lock = threading.Lock()


def start(work: Callable[[], None], key: str, *, answer_at_once: bool = False) -> None:
    """Run an operation in a thread. Return when it is done, after ANSWER_WITHIN, or at once.

    `wait_for` finds it by `key`: the id of the stack, or of the operation itself.
    """

    def run() -> None:
        try:
            work()
        finally:
            with _lock:
                if _running.get(key) is thread:
                    del _running[key]

    thread = threading.Thread(target=run, name=f"cloudformation-{key}", daemon=True)
    with _lock:
        _running[key] = thread
    thread.start()
    thread.join(0 if answer_at_once else ANSWER_WITHIN)


def wait_for(key: str) -> None:
    """Wait until the operation is over, if it still runs."""
    with _lock:
        thread = _running.get(key)
    if thread is not None:
        thread.join()


def wait_for_all(timeout: float) -> None:
    """Wait until no operation runs, at most `timeout` seconds."""
    deadline = monotonic() + timeout
    with _lock:
        threads = list(_running.values())
    for thread in threads:
        thread.join(max(0.0, deadline - monotonic()))

"""Stack operations in the background, as AWS runs them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic

ANSWER_WITHIN = 3.0
"""Seconds that a request waits for its operation before it is answered *_IN_PROGRESS.

An operation here takes milliseconds. A client that saw it unfinished would look again
after its waiter's pause (boto3: 30 s, the CDK CLI: 5 s), so the answer waits a moment.
"""

_running: set[threading.Thread] = set()
_lock = threading.Lock()


def start(work: Callable[[], None], name: str) -> None:
    """Run an operation in a thread; returns when it is done, or after ANSWER_WITHIN."""

    def run() -> None:
        try:
            work()
        finally:
            with _lock:
                _running.discard(threading.current_thread())

    thread = threading.Thread(target=run, name=f"cloudformation-{name}", daemon=True)
    with _lock:
        _running.add(thread)
    thread.start()
    thread.join(ANSWER_WITHIN)


def wait_for_all(timeout: float) -> None:
    """Wait until no operation runs, at most `timeout` seconds."""
    deadline = monotonic() + timeout
    with _lock:
        threads = list(_running)
    for thread in threads:
        thread.join(max(0.0, deadline - monotonic()))

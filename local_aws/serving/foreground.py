"""A command that runs until a signal: which signals, how it waits for them, on which port."""

from __future__ import annotations

import argparse
import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType


@contextlib.contextmanager
def signals_heard(by: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Within the block, `by` handles SIGINT and SIGTERM.

    A script starts background commands (`&`) with SIGINT ignored (POSIX, "Shell Command Language",
    asynchronous lists): Ctrl-C in its terminal is not for them, and stays ignored.
    """
    numbers = [signal.SIGTERM]
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        numbers.append(signal.SIGINT)
    before = [signal.signal(number, by) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def wait_for(event: threading.Event) -> None:
    """Wait in the main thread.

    While other threads are busy, a signal may not end an endless wait.
    """
    while not event.wait(timeout=1):
        pass


def port(text: str) -> int:
    """A port on the command line; 0 is a free one."""
    if text.isascii() and text.isdecimal() and int(text) < 65536:
        return int(text)
    raise argparse.ArgumentTypeError(f"wanted a port from 0 to 65535, got {text!r}")

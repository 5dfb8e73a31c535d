"""The command line as its own process: it handles signals, and ends right after its last line.

Otherwise a run spends half a second on freeing memory that the system takes back at once anyway.
"""

from __future__ import annotations

import atexit
import gc
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

COMMAND = (
    "cloudtrail-lab"
    if sys.argv[:1] and Path(sys.argv[0]).stem == "cloudtrail-lab"
    else "python -m lab_steps"
)
"""How this process was called, for the commands that it prints."""


def run_alone(main: Callable[[], int]) -> NoReturn:
    """Run `main` and exit with its code: for a process in which nothing comes after it.

    All that an exit owes to others is done: threads end, what waits for the exit runs (child
    processes are ended, temporary files removed), and what was printed is written. If that fails,
    or `main` raises anything but SystemExit, Python's own exit reports it: with threads that serve,
    it takes seconds, and may not end.
    """
    young, older, _ = gc.get_threshold()
    # Most of what is loaded stays: a full collection finds nothing.
    gc.set_threshold(young, older, 1000)
    code: list[int] = []
    atexit.register(_leave, code)  # the first that is registered is the last that runs
    try:
        code.append(main())
    except SystemExit as end:  # a signal, or a wrong option
        if not isinstance(end.code, int):
            raise
        code.append(end.code)
    sys.exit(code[0])


def hear_sigterm() -> None:
    """End on SIGTERM as on Ctrl-C. In a script's background, Ctrl-C stays ignored."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _end)


def _end(number: int, _: object) -> None:
    """End like Ctrl-C, with the terminal in order; the shell gets the signal's number."""
    raise SystemExit(128 + number)


@contextmanager
def signals_later(*numbers: int) -> Iterator[None]:
    """Handle these signals after the block: for what must not be left half done."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard: list[int] = []
    before = {n: signal.signal(n, lambda number, _: heard.append(number)) for n in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for number in heard:
            signal.raise_signal(number)


def _leave(code: list[int]) -> None:
    """Leave at once, if there is a code to leave with and all that was printed can be written."""
    if not code:
        return
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream:
                stream.flush()
    except (OSError, ValueError):
        return
    os._exit(code[0])

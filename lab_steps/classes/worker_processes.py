"""Work for many students at once, in several processes: most of it is Python's own CPU time.

Workers are forks: they have the lab, and all that was loaded, from their parent, and end with it.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import wait as ready
from typing import Any, TypeVar

from lab_steps.errors import CannotLookError
from lab_steps.process import signals_later

Asked = TypeVar("Asked")
Done = TypeVar("Done")

AHEAD = 2
"""How many students each worker has to do: one, and the next."""

_FULL_LOOK = 10
"""Python's own threshold for a full garbage collection."""

_work: list[Callable[[Any], Any]] = []
"""In a worker: the function that does the work."""


def done(work: Callable[[Asked], Done], asked: Sequence[Asked], jobs: int) -> Iterator[Done]:
    """The work for each, as soon as it is done, at most `jobs` at once; with one job, here.

    Raises what `work` raises, and CannotLookError if a worker ended. When the iterator is closed,
    no worker is left.
    """
    jobs = min(jobs, len(asked))
    if jobs <= 1:
        usual = gc.get_threshold()
        _look_for_garbage()
        try:
            yield from map(work, asked)
        finally:
            gc.set_threshold(*usual)
        return
    with _workers(work, jobs) as pool:
        waiting, running = iter(asked), set[Future[Done]]()
        while True:
            for each in waiting:
                # Workers start here. Until `_begin`, a terminal's Ctrl-C reaches them, too.
                with signals_later(signal.SIGINT):
                    running.add(pool.submit(_one, each))
                if len(running) >= AHEAD * jobs:
                    break
            if not running:
                return
            finished, running = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                yield future.result()


@contextmanager
def _workers(work: Callable[[Any], Any], jobs: int) -> Iterator[ProcessPoolExecutor]:
    fork = multiprocessing.get_context("fork")
    pool = ProcessPoolExecutor(jobs, mp_context=fork, initializer=_begin, initargs=(work,))
    try:
        yield pool
    except BrokenProcessPool as error:  # from the next that is submitted, or from any result
        raise CannotLookError(
            "A worker process was killed. The system log says whether memory ran out.",
            "Nothing is lost: repeat the command, with fewer --jobs.",
        ) from error
    except BaseException:
        for child in multiprocessing.active_children():
            child.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _begin(work: Callable[[Any], Any]) -> None:
    """Start a worker.

    It ends with its parent, however that ends; only the parent handles Ctrl-C.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _work[:] = [work]
    gc.freeze()  # what is loaded stays, in memory that is the parent's, too
    _look_for_garbage()
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _look_for_garbage() -> None:
    """Collect garbage as often as Python usually does, unlike the rest of the command line: a
    student's session and clients, a megabyte, are in reference cycles."""
    young, older, _ = gc.get_threshold()
    gc.set_threshold(young, older, _FULL_LOOK)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        ready([parent.sentinel])
        os._exit(1)


def _one(asked: Any) -> Any:
    return _work[0](asked)

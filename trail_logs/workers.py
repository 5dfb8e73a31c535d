"""Decodes log files on several CPUs.

The calling process decodes, too. The others are children of this module (`python -m
trail_logs.workers`), which get batches of files through pipes. They start faster than a pool would,
never import the caller's main module, and only see a local file's path or a fetched object's bytes,
never credentials.
"""

from __future__ import annotations

import os
import struct
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from queue import SimpleQueue
from typing import IO, TYPE_CHECKING, Any, Generic, Protocol, TypeVar

import msgspec

from trail_logs.sources.log_source import (
    AccessDeniedError,
    Body,
    Content,
    LogFile,
    LogSourceError,
    NoSuchLocationError,
    UnreachableError,
    content_of,
    read_body,
)

if TYPE_CHECKING:
    from concurrent.futures import Future

BYTES_FOR_A_PROCESS = 12_000_000
"""Compressed bytes that are worth another process: it costs a tenth of a second to start."""

_BATCH_FILES, _BATCH_BYTES = 100, 8_000_000
_BATCHES_AHEAD = 2
_LENGTH = struct.Struct("<Q")
_encoder = msgspec.msgpack.Encoder()

Batch = list[tuple[LogFile, Body]]
Contents = Iterable[tuple[str, Content]]
"""Keys of files, each with the file's content."""

Result = TypeVar("Result")
Item = TypeVar("Item")
Sent = SimpleQueue[list[LogFile] | None]
"""The files of the batches that a worker has not answered yet, oldest first; None after the
last."""


class Job(Protocol[Result]):
    """What to do with batches of files: a tagged msgspec struct that is sent to workers."""

    @property
    def goes_on(self) -> bool:
        """Whether the job gets the error of a file that cannot be read; otherwise it is raised."""

    @property
    def result_type(self) -> type[Result]:
        """The type of one result, which msgspec can encode and decode."""

    def started(self) -> Callable[[Contents], list[Result]]:
        """A function that does the work on a batch."""


class Portable(msgspec.Struct, array_like=True):
    """A file as it is sent to a worker.

    It has its bytes, or its path and size, or the kind and text of the error that prevents reading
    it.
    """

    key: str
    data: bytes | None
    path: str = ""
    size: int = 0
    error: tuple[str, str] | None = None

    def body(self) -> Body:
        """The body that the source gave."""
        if self.error:
            return _error(self.error)
        return self.path if self.data is None else self.data


class Reply(msgspec.Struct, Generic[Result], array_like=True):
    """A worker's answer to a batch: results, or the kind and text of an error."""

    results: list[Result]
    error: tuple[str, str] | None = None


class WorkerError(LogSourceError):
    """A worker process ended before its work did."""


def processes_for(files: Sequence[LogFile]) -> int:
    """How many processes pay off for these files on this machine."""
    worth = 1 + sum(file.size for file in files) // BYTES_FOR_A_PROCESS
    return min(worth, _processors())


def done(
    bodies: Iterator[tuple[LogFile, Body]], job: Job[Result], *, processes: int
) -> Iterator[tuple[list[LogFile], list[Result]]]:
    """The job's results for all files, batch by batch in any order. Raises LogSourceError."""
    batches = _Shared(_batches(bodies))
    return _own(batches, job) if processes <= 1 else _shared_out(batches, job, processes)


def _own(
    batches: Iterator[Batch], job: Job[Result]
) -> Iterator[tuple[list[LogFile], list[Result]]]:
    work, read = job.started(), _reading(job)
    for batch in batches:
        yield (
            [file for file, _ in batch],
            work((file.key, read(body, file.size)) for file, body in batch),
        )


def _reading(job: Job[Result]) -> Callable[[Body, int], Content]:
    return content_of if job.goes_on else read_body


def _shared_out(
    batches: _Shared, job: Job[Result], processes: int
) -> Iterator[tuple[list[LogFile], list[Result]]]:
    """Have this process and its workers take batches from the same iterator until it is empty."""
    from concurrent.futures import ThreadPoolExecutor

    results: deque[tuple[list[LogFile], list[Result]]] = deque()
    lanes: list[Future[None]] = []
    with ThreadPoolExecutor(2 * (processes - 1)) as threads, ExitStack() as running:
        for _ in range(processes - 1):
            worker = running.enter_context(_Worker(job))
            sent: Sent = SimpleQueue()
            room = threading.Semaphore(_BATCHES_AHEAD)
            lanes += [
                threads.submit(_collect, worker, batches, sent, room, results),
                threads.submit(_feed, worker, batches, sent, room),
            ]
        try:
            for batch in _own(batches, job):
                yield batch
                yield from _taken(results)
            for lane in lanes:
                lane.result()
        finally:
            batches.stop()
        yield from _taken(results)


def _feed(worker: _Worker[Result], batches: _Shared, sent: Sent, room: threading.Semaphore) -> None:
    """Keep a worker busy: it always gets its next batch before it has finished its last."""
    try:
        for batch in batches:
            room.acquire()
            worker.send([_portable(file, body) for file, body in batch])
            sent.put([file for file, _ in batch])
    finally:
        batches.stop()
        sent.put(None)


def _collect(
    worker: _Worker[Result],
    batches: _Shared,
    sent: Sent,
    room: threading.Semaphore,
    results: deque[tuple[list[LogFile], list[Result]]],
) -> None:
    """Take a worker's answers, in a thread of its own.

    A worker that cannot deliver an answer takes no batch, so the sender must not have to receive
    first.
    """
    try:
        while (files := sent.get()) is not None:
            results.append((files, worker.receive()))
            room.release()
    finally:
        batches.stop()
        room.release()


def _taken(results: deque[Item]) -> Iterator[Item]:
    while results:
        yield results.popleft()


class _Shared:
    """An iterator that several threads take from."""

    def __init__(self, batches: Iterator[Batch]) -> None:
        self._batches = batches
        self._lock = threading.Lock()
        self._stopped = False

    def __iter__(self) -> Iterator[Batch]:
        return self

    def __next__(self) -> Batch:
        with self._lock:
            if self._stopped:
                raise StopIteration
            return next(self._batches)

    def stop(self) -> None:
        """Give nothing more to anyone."""
        self._stopped = True


class _Worker(Generic[Result]):
    """A child process that has its job and is ready for batches."""

    def __init__(self, job: Job[Result]) -> None:
        self._job = job
        self._replies = msgspec.msgpack.Decoder(Reply[job.result_type])  # type: ignore[name-defined]

    def __enter__(self) -> _Worker[Result]:
        import subprocess

        self._process = subprocess.Popen(
            [sys.executable, "-m", "trail_logs.workers"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(_import_path())},
        )
        self.send(self._job)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin and self._process.stdout  # noqa: PT018
        self._process.stdout.close()
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait()

    def send(self, message: object) -> None:
        """Send a message. Raises WorkerError if the worker has ended."""
        assert self._process.stdin
        try:
            _write(self._process.stdin, _encoder.encode(message))
        except BrokenPipeError:
            raise self._gone() from None

    def receive(self) -> list[Result]:
        """The results of the oldest batch that was sent."""
        assert self._process.stdout
        frame = _read(self._process.stdout)
        if frame is None:
            raise self._gone()
        reply: Reply[Result] = self._replies.decode(frame)
        if reply.error:
            raise _error(reply.error)
        return reply.results

    def _gone(self) -> WorkerError:
        code = self._process.wait()
        return WorkerError(
            f"A worker process ended with exit code {code} while reading log files.",
            "Try again. The system log says whether it ran out of memory.",
        )


_ERRORS = {
    kind.__name__: kind for kind in (AccessDeniedError, NoSuchLocationError, UnreachableError)
}


def _error(told: tuple[str, str]) -> LogSourceError:
    kind, message = told
    return _ERRORS[kind](message)


def _told(error: LogSourceError) -> tuple[str, str]:
    return type(error).__name__, str(error)


def main() -> int:
    """Work on batches from standard input until it ends."""
    import signal

    from trail_logs.surveying.survey import SurveyJob
    from trail_logs.tally import TallyJob

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    first = _read(source)
    if first is None:
        return 0
    job: Job[Any] = msgspec.msgpack.decode(first, type=TallyJob | SurveyJob)
    work, read = job.started(), _reading(job)
    while (frame := _read(source)) is not None:
        batch = msgspec.msgpack.decode(frame, type=list[Portable])
        try:
            _write(sink, _encoder.encode(_reply(batch, work, read)))
        except BrokenPipeError:  # the parent has ended: nobody reads the answer
            os.dup2(os.open(os.devnull, os.O_WRONLY), sink.fileno())
            return 0
    return 0


def _reply(
    batch: list[Portable],
    work: Callable[[Contents], list[Any]],
    read: Callable[[Body, int], Content],
) -> Reply[Any]:
    try:
        return Reply(work((each.key, read(each.body(), each.size)) for each in batch))
    except LogSourceError as error:
        return Reply([], _told(error))


def _portable(file: LogFile, body: Body) -> Portable:
    if isinstance(body, LogSourceError):
        return Portable(file.key, None, error=_told(body))
    if isinstance(body, bytes):
        return Portable(file.key, body)
    return Portable(file.key, None, body, file.size)


def _batches(bodies: Iterator[tuple[LogFile, Body]]) -> Iterator[Batch]:
    batch: Batch = []
    size = 0
    for file, body in bodies:
        batch.append((file, body))
        size += file.size
        if len(batch) >= _BATCH_FILES or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _import_path() -> list[str]:
    """The import path with which a child finds this package, in any working directory."""
    return [str(Path(__file__).parents[1]), *(path for path in sys.path if path)]


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _write(stream: IO[bytes], frame: bytes) -> None:
    stream.write(_LENGTH.pack(len(frame)))
    stream.write(frame)
    stream.flush()


def _read(stream: IO[bytes]) -> bytes | None:
    header = stream.read(_LENGTH.size)
    if len(header) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(header)
    frame = stream.read(length)
    return frame if len(frame) == length else None


if __name__ == "__main__":
    sys.exit(main())

"""Decoding log files on several processors.

The process that asks decodes too; the others are children of this module's own
(`python -m lab_steps.logs.workers`), fed through pipes with batches of files. They start in
less time than a pool would, never import the caller's main module, and see a local file's
path or a fetched object's bytes, never credentials.
"""

from __future__ import annotations

import os
import struct
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO

import msgspec

from lab_steps.logs.expectations import Expectation
from lab_steps.logs.predicate import Compiled, compiled
from lab_steps.logs.sources import (
    AccessDeniedError,
    Body,
    LogFile,
    LogSourceError,
    NoSuchLocationError,
    UnreachableError,
    read_body,
)
from lab_steps.logs.tally import Tally, merged, sealed, tally_file

BYTES_FOR_A_PROCESS = 12_000_000
"""Compressed bytes that are worth another process: it costs a tenth of a second to start."""

_BATCH_FILES, _BATCH_BYTES = 100, 8_000_000
_BATCHES_AHEAD = 2
_LENGTH = struct.Struct("<Q")
_encoder = msgspec.msgpack.Encoder()

Batch = list[tuple[LogFile, Body]]
Tallied = tuple[Sequence[LogFile], Sequence[Tally]]
"""Some files and their tallies: one for each file, or one for all of them."""


class Job(msgspec.Struct):
    """What a worker is told first."""

    expectations: list[Expectation]
    per_file: bool


class Portable(msgspec.Struct, array_like=True):
    """A file on its way to a worker: its bytes, or where they lie."""

    key: str
    data: bytes | None
    path: str = ""

    def body(self) -> Body:
        """The same as a body."""
        return Path(self.path) if self.data is None else self.data


class Reply(msgspec.Struct, array_like=True):
    """What a worker answers to a batch: tallies, or the kind and text of what went wrong."""

    tallies: list[Tally]
    error: tuple[str, str] | None = None


class WorkerError(LogSourceError):
    """A worker process ended before its work did."""


def processes_for(files: Sequence[LogFile]) -> int:
    """How many processes pay off for these files on this machine."""
    worth = 1 + sum(file.size for file in files) // BYTES_FOR_A_PROCESS
    return min(worth, _processors())


def tallied(
    bodies: Iterator[tuple[LogFile, Body]],
    expectations: Sequence[Expectation],
    *,
    processes: int,
    per_file: bool,
) -> Iterator[Tallied]:
    """The tallies of all files, in any order. Raises LogSourceError."""
    job = Job(list(expectations), per_file)
    batches = _Shared(_batches(bodies))
    if processes <= 1:
        return _own(batches, job)
    return _shared_out(batches, job, processes)


def _own(batches: Iterator[Batch], job: Job) -> Iterator[Tallied]:
    tests = compiled(job.expectations)
    for batch in batches:
        yield [file for file, _ in batch], _tally_batch(_contents(batch), tests, job.per_file)


def _shared_out(batches: _Shared, job: Job, processes: int) -> Iterator[Tallied]:
    """This process and its workers take batches from the same heap until it is empty."""
    from concurrent.futures import ThreadPoolExecutor

    results: deque[Tallied] = deque()
    with ThreadPoolExecutor(processes - 1) as threads, ExitStack() as running:
        workers = [running.enter_context(_Worker(job)) for _ in range(processes - 1)]
        lanes = [threads.submit(_drive, worker, batches, results) for worker in workers]
        try:
            for tallied in _own(batches, job):
                yield tallied
                yield from _taken(results)
            for lane in lanes:
                lane.result()
        finally:
            batches.stop()
        yield from _taken(results)


def _drive(worker: _Worker, batches: _Shared, results: deque[Tallied]) -> None:
    """Keeps a worker busy: it always has its next batch before it has done its last."""
    sent: deque[list[LogFile]] = deque()
    try:
        for batch in batches:
            worker.send([_portable(file, body) for file, body in batch])
            sent.append([file for file, _ in batch])
            if len(sent) >= _BATCHES_AHEAD:
                results.append((sent.popleft(), worker.receive()))
        while sent:
            results.append((sent.popleft(), worker.receive()))
    finally:
        batches.stop()


def _taken(results: deque[Tallied]) -> Iterator[Tallied]:
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
        """Nobody gets anything more."""
        self._stopped = True


class _Worker:
    """A child process, told its job and ready for batches."""

    def __init__(self, job: Job) -> None:
        self._job = job

    def __enter__(self) -> _Worker:
        import subprocess

        self._process = subprocess.Popen(
            [sys.executable, "-m", "lab_steps.logs.workers"],
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
        """Raises WorkerError when the worker is gone."""
        assert self._process.stdin
        try:
            _write(self._process.stdin, _encoder.encode(message))
        except BrokenPipeError:
            raise self._gone() from None

    def receive(self) -> list[Tally]:
        """The tallies of the oldest batch that was sent."""
        assert self._process.stdout
        frame = _read(self._process.stdout)
        if frame is None:
            raise self._gone()
        reply = _replies.decode(frame)
        if reply.error:
            kind, message = reply.error
            raise _ERRORS[kind](message)
        return reply.tallies

    def _gone(self) -> WorkerError:
        code = self._process.wait()
        return WorkerError(
            f"A worker process ended with exit code {code} while reading log files.",
            "Try again with one process: --processes 1.",
        )


_replies = msgspec.msgpack.Decoder(Reply)
_ERRORS = {
    kind.__name__: kind for kind in (AccessDeniedError, NoSuchLocationError, UnreachableError)
}


def main() -> int:
    """Serves batches from standard input until it ends."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    first = _read(source)
    if first is None:
        return 0
    job = msgspec.msgpack.decode(first, type=Job)
    tests = compiled(job.expectations)
    while (frame := _read(source)) is not None:
        batch = msgspec.msgpack.decode(frame, type=list[Portable])
        _write(sink, _encoder.encode(_reply(batch, tests, job.per_file)))
    return 0


def _reply(batch: list[Portable], tests: Compiled, per_file: bool) -> Reply:
    contents = ((each.key, read_body(each.body())) for each in batch)
    try:
        return Reply(_tally_batch(contents, tests, per_file))
    except LogSourceError as error:
        return Reply([], (type(error).__name__, str(error)))


def _tally_batch(
    contents: Iterable[tuple[str, bytes]], tests: Compiled, per_file: bool
) -> list[Tally]:
    tallies = (tally_file(key, data, tests) for key, data in contents)
    return [sealed(each) for each in tallies] if per_file else [sealed(merged(tallies))]


def _contents(batch: Batch) -> Iterator[tuple[str, bytes]]:
    return ((file.key, read_body(body)) for file, body in batch)


def _portable(file: LogFile, body: Body) -> Portable:
    if isinstance(body, bytes):
        return Portable(file.key, body)
    return Portable(file.key, None, str(body))


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
    """Where a child finds this package and what it needs, whatever the working directory."""
    return [str(Path(__file__).parents[2]), *(path for path in sys.path if path)]


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
    return stream.read(length)


if __name__ == "__main__":
    sys.exit(main())

"""What all sources of log files have in common.

A source lists the files in a scope and returns their bytes. If it cannot reach something, it raises
one of these errors, so that "could not read" is never mistaken for "does not exist":

LogSourceError
+-- NoSuchLocationError   the bucket, folder or file does not exist
+-- AccessDeniedError     the caller may not list or read it
+-- UnreachableError      the endpoint or the disk does not answer
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from operator import attrgetter
from pathlib import Path
from typing import Protocol, runtime_checkable

from msgspec import Struct

from cloudtrail.log_files import MOST_INFLATED_BYTES
from trail_logs.layout import Scope

FLAT_SUFFIXES = (".json", ".jsonl", ".gz")
"""The endings of log files' names, if folders do not identify them."""

DIGEST = "_CloudTrail-Digest_"
"""A part of the names of digest files, which lie next to log files."""

# Without O_NONBLOCK, opening a named pipe among the files would wait forever.
_READING = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)

by_key = attrgetter("key")


class LogSourceError(Exception):
    """The log files could not be read; `advice` is what to do now."""

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice


class NoSuchLocationError(LogSourceError):
    """The bucket, folder or file does not exist."""


class AccessDeniedError(LogSourceError):
    """The caller may not list or read the location, or its credentials are not accepted."""


class UnreachableError(LogSourceError):
    """The endpoint or the disk does not answer as it should."""


class LogFile(Struct, frozen=True, gc=False):
    """An object or a file: its key, its size in bytes, and a mark that changes when it does.

    `etag` is S3's ETag, or size and time of change of a local file.
    """

    key: str
    size: int
    etag: str


Content = bytes | LogSourceError
"""A file's bytes, or why they cannot be read."""

Body = Content | str
"""A file's content, or its path on this machine."""


class LogSource(Protocol):
    """A place that log files are read from."""

    @property
    def name(self) -> str:
        """The source's name in evidence: the bucket's name, or the folder's path."""

    @property
    def address(self) -> str:
        """What distinguishes it from every other source: endpoint, bucket and prefix, or absolute
        path."""

    def files(self, scope: Scope) -> list[LogFile]:
        """The files that can have the wanted records, sorted by key. Raises LogSourceError."""

    def bodies(self, files: Sequence[LogFile]) -> Iterator[tuple[LogFile, Body]]:
        """Each file with its content, in order, or with the error if it cannot be read. Raises
        LogSourceError if nothing more can be read.
        """


@runtime_checkable
class ResumableSource(LogSource, Protocol):
    """A place where listing is expensive, so that known files are not listed again."""

    def files_besides(self, known: Sequence[LogFile], scope: Scope) -> list[LogFile]:
        """Like `files`, but takes the `known` ones where there can be nothing new."""


def content_of(body: Body, size: int) -> Content:
    """Like `read_body`, but returns the error if it cannot be read."""
    try:
        return read_body(body, size)
    except LogSourceError as error:
        return error


def read_body(body: Body, size: int) -> bytes:
    """The bytes of a body; a local file is expected to have the size it was listed with.

    Hardly more is read than a log file may have. Raises LogSourceError when it cannot be read.
    """
    if isinstance(body, LogSourceError):
        raise body
    if isinstance(body, bytes):
        return body
    try:
        descriptor = os.open(body, _READING)
        try:
            content = os.read(descriptor, min(size, MOST_INFLATED_BYTES) + 1)
            return content if len(content) == size else content + _rest(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise disk_error(body, error) from error


def _rest(descriptor: int) -> bytes:
    """The rest of a file that has grown, or is read in pieces."""
    with open(descriptor, "rb", closefd=False) as file:
        return file.read(MOST_INFLATED_BYTES)


def disk_error(path: Path | str, error: OSError) -> LogSourceError:
    place = writable(str(error.filename or path))
    if isinstance(error, PermissionError):
        return AccessDeniedError(f"You have no permission to read {place}.")
    if isinstance(error, FileNotFoundError):
        return NoSuchLocationError(f"{place} does not exist, or no longer exists.")
    return UnreachableError(f"{place} cannot be read: {error.strerror or error}")


def writable(name: str) -> str:
    """A file's name as text that can be written, whatever bytes the name has."""
    return name.encode("utf-8", "backslashreplace").decode()

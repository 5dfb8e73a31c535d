"""A folder on this machine, or one file, as a source of log files."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from trail_logs.layout import ROOT, KeyRange, Scope, key_ranges
from trail_logs.sources.log_source import (
    DIGEST,
    FLAT_SUFFIXES,
    Body,
    LogFile,
    LogSourceError,
    NoSuchLocationError,
    UnreachableError,
    by_key,
    disk_error,
    writable,
)


class FolderSource:
    """A local folder, or one file: a synchronized bucket, or any collection of log files.

    If a folder has no AWSLogs level, all files below it whose names end in .json, .jsonl or .gz are
    log files, whatever the scope's days, accounts and Regions are; except digest files, which
    CloudTrail puts next to them. A folder that cannot be opened, or a broken link, is listed like a
    file that cannot be read.
    """

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path).expanduser()
        self._unreadable: dict[str, LogSourceError] = {}

    @property
    def name(self) -> str:
        """The path as it was given."""
        return str(self._path)

    @property
    def address(self) -> str:
        """The absolute path."""
        return str(self._path.resolve())

    def files(self, scope: Scope) -> list[LogFile]:
        """The files that can have the wanted records.

        Keys are paths relative to the folder, with slashes.
        """
        self._unreadable = {}
        with _disk_errors(self._path):
            found = list(self._all(scope))
        unreadable = [LogFile(key, 0, "") for key in self._unreadable]
        return sorted([*found, *unreadable], key=by_key)

    def bodies(self, files: Sequence[LogFile]) -> Iterator[tuple[LogFile, Body]]:
        """Each file with its path: the process that decodes it also reads it."""
        base = self._path.parent if self._path.is_file() else self._path
        unreadable = self._unreadable
        return ((file, unreadable.get(file.key) or f"{base}/{file.key}") for file in files)

    def _all(self, scope: Scope) -> Iterator[LogFile]:
        if self._path.is_file():
            yield from self._listed(self._path.name, self._path)
            return
        if not self._path.is_dir():
            raise NoSuchLocationError(
                f"{self._path} is neither a folder nor a file.", "Check the path."
            )
        os.scandir(self._path).close()
        yield from self._in_folder(scope)

    def _entries(self, folder: Path, key: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(folder) as entries:
                return list(entries)
        except OSError as error:
            self._note(key, disk_error(folder, error))
            return []

    def _listed(self, key: str, entry: Path | os.DirEntry[str]) -> Iterator[LogFile]:
        try:
            yield _log_file(key, entry)
        except OSError as error:
            self._note(key, disk_error(os.fspath(entry), error))
        except UnicodeEncodeError:
            told = f"The name of the file {key!a} is not UTF-8, as S3 keys are."
            self._note(key, UnreachableError(told, "Rename it."))

    def _note(self, key: str, error: LogSourceError) -> None:
        """Keep why something cannot be read, under a key that can be written."""
        self._unreadable[writable(key)] = error

    def _in_folder(self, scope: Scope) -> Iterator[LogFile]:
        prefix = "/".join(self._path.resolve().parts[1:])
        holds_root = (self._path / ROOT).is_dir()
        inside = not holds_root and ROOT in self._path.resolve().parts
        if not inside and not holds_root:
            yield from self._flat()
            return
        offset = f"{prefix}/" if inside else ""
        ranges = key_ranges(
            offset, scope, lambda folders: [self._folders(offset, f) for f in folders]
        )
        for keys in ranges:
            yield from self._walk(offset, keys)

    def _folders(self, offset: str, prefix: str) -> list[str]:
        folder = self._path / prefix.removeprefix(offset)
        if not folder.is_dir():
            return []
        found = self._entries(folder, prefix.removeprefix(offset))
        return sorted(entry.name for entry in found if _is_folder(entry))

    def _walk(self, offset: str, keys: KeyRange) -> Iterator[LogFile]:
        prefixes = [keys.prefix]
        while prefixes:
            prefix = prefixes.pop()
            folder = self._path / prefix.removeprefix(offset)
            if not folder.is_dir():
                continue
            for entry in self._entries(folder, prefix.removeprefix(offset)):
                key = prefix + entry.name
                if _is_folder(entry):
                    goes_on = keys.may_hold_below(f"{key}/") and not _leads_back(entry)
                    prefixes += [f"{key}/"] * goes_on
                elif keys.holds(key):
                    yield from self._listed(key.removeprefix(offset), entry)

    def _flat(self) -> Iterator[LogFile]:
        folders = [""]
        while folders:
            below = folders.pop()
            for entry in self._entries(self._path / below, below):
                key = below + entry.name
                if _is_folder(entry):
                    folders += [f"{key}/"] * (not _leads_back(entry))
                elif entry.name.endswith(FLAT_SUFFIXES) and DIGEST not in entry.name:
                    yield from self._listed(key, entry)


def _leads_back(folder: os.DirEntry[str]) -> bool:
    """Whether it is a link to a folder that contains it, which would be an endless loop."""
    path = Path(folder.path)
    return folder.is_symlink() and any(path.samefile(above) for above in path.parents)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether it is a folder; a circular link is not."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def _log_file(key: str, entry: Path | os.DirEntry[str]) -> LogFile:
    """The log file. Raises UnicodeEncodeError for a name that is not UTF-8, which no key can be."""
    key.encode()
    status = entry.stat()
    return LogFile(key, status.st_size, f"{status.st_size}-{status.st_mtime_ns}")


@contextmanager
def _disk_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise disk_error(path, error) from error

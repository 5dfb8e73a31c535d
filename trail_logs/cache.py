"""Keeps what was read, so that a repeated check only lists and reads what is new.

Log files never change once delivered, and a changed object has another ETag: a tally is kept by
source, key and ETag, and by the question it answers. For a large bucket the listing is kept too, as
a cursor: for an hour only the last days are listed again, so a file that was deleted, or changed in
place, still counts for at most an hour. The cache is one SQLite file, safe for several processes at
once. One that cannot be used is set aside with a notice and never stops a check.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import msgspec

from trail_logs.expectations import Expectation
from trail_logs.layout import Scope
from trail_logs.sources.log_source import LogFile
from trail_logs.tally import Tally

FORMAT = 3
"""Increased whenever a tally means something else than before."""

KEPT_SECONDS = 14 * 24 * 3600
"""Tallies that no check used in two weeks are dropped."""

LISTING_SECONDS = 3600
"""How long a listing is added to before everything is listed again."""

LISTED_FILES = 3000
"""A listing of fewer files is not kept: it is made in a few calls."""

_LOCK_SECONDS = 5.0
_REFRESH_SECONDS = 24 * 3600
_TABLES = """
CREATE TABLE IF NOT EXISTS tallies (
  source TEXT, question TEXT, key TEXT, etag TEXT, used INTEGER, tally BLOB,
  PRIMARY KEY (source, question, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS listings (
  source TEXT, scope TEXT, made INTEGER, files BLOB, PRIMARY KEY (source, scope)
) WITHOUT ROWID;
"""
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Tally)
_files = msgspec.msgpack.Decoder(list[LogFile])


def default_path() -> Path:
    """`$XDG_CACHE_HOME/cloudtrail-lab/tallies.sqlite`, `~/.cache` if that is unset."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "cloudtrail-lab" / "tallies.sqlite"


def question_of(expectations: Sequence[Expectation]) -> str:
    """What distinguishes one list of expectations from another: their filters, in order. Names and
    locations are not part of it: they do not change what is found.
    """
    return _digest([replace(each, name="", location="") for each in expectations])


def _digest(value: object) -> str:
    return hashlib.sha256(_encoder.encode((FORMAT, value))).hexdigest()


class TallyCache:
    """The tallies kept in one file. `notices` says what went wrong with it, if anything."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or default_path()
        self.notices: list[str] = []

    def known(self, source: str, question: str, files: Sequence[LogFile]) -> dict[str, Tally]:
        """The tallies of those files that are unchanged since they were read, by key."""
        if not files:
            return {}
        etags = {file.key: file.etag for file in files}
        rows: list[tuple[str, str, bytes]] = []
        with self._guarded(), self._opened() as database:
            rows = database.execute(
                "SELECT key, etag, tally FROM tallies"
                " WHERE source = ? AND question = ? AND key BETWEEN ? AND ?",
                (source, question, min(etags), max(etags)),
            ).fetchall()
        return self._decoded({key: tally for key, etag, tally in rows if etags.get(key) == etag})

    def keep(self, source: str, question: str, tallies: Sequence[tuple[LogFile, Tally]]) -> None:
        """Keep the tallies of these files: all of them or, if the disk is full, none."""
        now = int(time.time())
        rows = [
            (source, question, file.key, file.etag, now, _encoder.encode(tally))
            for file, tally in tallies
        ]
        with self._guarded(), self._opened() as database, database:
            database.executemany("INSERT OR REPLACE INTO tallies VALUES (?, ?, ?, ?, ?, ?)", rows)
            database.execute("DELETE FROM tallies WHERE used < ?", (now - KEPT_SECONDS,))

    def listed(self, source: str, scope: Scope) -> list[LogFile]:
        """The files that were listed for `scope` within the last hour, if they are many.

        A listing from the future (the clock was set back) may have any age, and is not used.
        """
        now, row = int(time.time()), None
        with self._guarded(), self._opened() as database:
            row = database.execute(
                "SELECT files FROM listings"
                " WHERE source = ? AND scope = ? AND made > ? AND made <= ?",
                (source, _digest(scope), now - LISTING_SECONDS, now),
            ).fetchone()
        try:
            return _files.decode(row[0]) if row else []
        except msgspec.DecodeError as error:
            self._discard(error)
            return []

    def keep_listing(
        self, source: str, scope: Scope, files: Sequence[LogFile], *, known: Sequence[LogFile]
    ) -> None:
        """Keep a long listing. If it extends the `known` one, it keeps that one's time.

        It is not kept if another process has replaced the known one meanwhile.
        """
        if len(files) < LISTED_FILES:
            return
        made, blob, which = int(time.time()), _encoder.encode(files), (source, _digest(scope))
        with self._guarded(), self._opened() as database, database:
            if known:
                database.execute(
                    "UPDATE listings SET files = ? WHERE source = ? AND scope = ? AND files = ?",
                    (blob, *which, _encoder.encode(known)),
                )
            else:
                database.execute("DELETE FROM listings WHERE made <= ?", (made - LISTING_SECONDS,))
                database.execute(
                    "INSERT OR REPLACE INTO listings VALUES (?, ?, ?, ?)", (*which, made, blob)
                )

    def touch(self, source: str, question: str) -> None:
        """Note that the question is still being asked (at most once a day)."""
        now = int(time.time())
        with self._guarded(), self._opened() as database, database:
            database.execute(
                "UPDATE tallies SET used = ? WHERE source = ? AND question = ? AND used < ?",
                (now, source, question, now - _REFRESH_SECONDS),
            )

    def _decoded(self, blobs: Mapping[str, bytes]) -> dict[str, Tally]:
        try:
            return {key: _decoder.decode(blob) for key, blob in blobs.items()}
        except msgspec.DecodeError as error:
            self._discard(error)
            return {}

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with closing(sqlite3.connect(self._path, timeout=_LOCK_SECONDS)) as database:
            database.executescript(_TABLES)
            yield database

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """An error of the cache's file becomes a notice, and ends the block."""
        try:
            yield
        except (sqlite3.OperationalError, OSError) as error:
            self._notice(f"The cache {self._path} was not used: {error}.")
        except sqlite3.DatabaseError as error:
            self._discard(error)

    def _discard(self, error: Exception) -> None:
        self._path.unlink(missing_ok=True)
        self._notice(f"The cache {self._path} was damaged ({error}), so a new one was started.")

    def _notice(self, text: str) -> None:
        if text not in self.notices:
            self.notices.append(text)

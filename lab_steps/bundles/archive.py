"""A bundle: one ZIP file with everything a verdict is based on, to be graded again anywhere.

    manifest.json    what this is, where and when it was looked at, what was waited for
    recording.json   every answer that checks got, and every listing of log files
    logs/BUCKET/KEY  the log files (under `other/`, named by a digest, if a key is not a safe path)
    result.json      the result: that of grading this very bundle when it was saved

Bundles come from other people. `archive` limits what one unpacks to, `documents` what its JSON may
be. Anything wrong in either is one BundleError.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Annotated

import msgspec

from lab_steps import documents
from lab_steps.bundles.replay import Recording, Replay
from lab_steps.checking import commands
from lab_steps.checking.first_seen import Seen, Told
from lab_steps.checking.patience import Patience
from lab_steps.checking.view import View
from lab_steps.documents import Document, DocumentError, Kind
from lab_steps.errors import UsageError
from lab_steps.process import COMMAND
from lab_steps.results import result
from lab_steps.results.result import Place, Result, RunCalls
from trail_logs.sources.bundle import MANIFEST, RECORDING, RESULT
from trail_logs.sources.zip_archive import SAFE_PATH, Archive, ArchiveError

FORMAT = "cloudtrail-lab-bundle"
VERSION = 1

Seconds = Annotated[float, msgspec.Meta(ge=0, le=86_400)]


class Manifest(Document, frozen=True, kw_only=True):
    """What a bundle is, and what checking it needs in addition to the responses. Times are UTC.
    `lab` is the name of the lab that was checked, `name` says whose it is.
    """

    format: str = FORMAT
    version: int = VERSION
    lab: str = ""
    name: str = ""
    saved: datetime
    place: Place
    settings: dict[str, str]
    now: datetime
    due_seconds: Seconds
    poll_seconds: Seconds
    expected_account: str | None = None
    last_action: datetime | None = None
    items_seen: Seen | None = None
    calls: RunCalls | None = None


class BundleError(UsageError):
    """The file is not a bundle, or a damaged or untrustworthy one."""

    def __init__(self, path: Path, why: str, advice: str = "") -> None:
        super().__init__(
            f"{path} is not a bundle that can be graded: {why}.",
            advice or f"Save one with: {COMMAND} bundle --output FILE.zip",
        )


def member_name(bucket: str, key: str) -> str:
    """Where an object is in a bundle: under its key, if that is a safe path."""
    if SAFE_PATH.fullmatch(key):
        return f"logs/{bucket}/{key}"
    return f"other/{hashlib.sha256(f'{bucket}/{key}'.encode()).hexdigest()}"


@dataclass
class Bundle:
    """An open bundle with checked members."""

    path: Path
    archive: Archive

    def __post_init__(self) -> None:
        self.manifest = self._document(MANIFEST, Manifest, "version")
        if self.manifest.format != FORMAT:
            raise BundleError(self.path, f"{self.manifest.format[:40]!r} is not a bundle format")

    def view(self) -> View:
        """A look at what was kept, as of the time of saving."""
        manifest = self.manifest
        patience = Patience(timedelta(seconds=manifest.due_seconds), manifest.poll_seconds)
        recording = self._document(RECORDING, Recording, None)
        return View(
            target=Replay(manifest.place.region, patience, recording, self._log_file),
            account=manifest.place.account,
            now=manifest.now,
            memory=Told(manifest.items_seen),
            place=self._place(),
            settings=manifest.settings,
            expected_account=manifest.expected_account,
            last_action=manifest.last_action,
        )

    def _place(self) -> commands.CommandContext:
        kept = self.manifest.place
        try:
            place = commands.CommandContext(kept.region, kept.account, kept.endpoint_url)
            return place.of_lab(self.manifest.settings)
        except ValueError as error:
            raise BundleError(self.path, f"{MANIFEST}: {error}") from error

    def result(self) -> Result:
        """The result that was saved."""
        with self._explained(RESULT):
            return result.decoded(self.archive.read(RESULT))

    def _document(self, name: str, kind: type[Kind], version: str | None) -> Kind:
        with self._explained(name):
            return documents.decoded(self.archive.read(name), kind, version)

    @contextmanager
    def _explained(self, name: str) -> Iterator[None]:
        try:
            yield
        except ArchiveError as error:
            raise BundleError(self.path, str(error)) from error
        except DocumentError as error:
            raise BundleError(self.path, f"{name}: {error}", error.advice) from error

    def _log_file(self, bucket: str, key: str) -> bytes | None:
        name = member_name(bucket, key)
        return self.archive.read(name) if name in self.archive else None


@contextmanager
def opened(path: Path) -> Iterator[Bundle]:
    """The bundle at `path`. Raises UsageError for an unreadable file, BundleError for another."""
    if not path.is_file():
        raise UsageError(f"There is no file {path}.")
    try:
        file = path.open("rb")
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error
    with file:
        yield read_from(path, file)


def read_from(path: Path, file: IO[bytes]) -> Bundle:
    """The bundle in `file`, which errors call `path`. Raises BundleError."""
    try:
        return Bundle(path, Archive(file))
    except ArchiveError as error:
        raise BundleError(path, str(error)) from error

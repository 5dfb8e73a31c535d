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
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Annotated

import msgspec

from lab_steps import documents
from lab_steps.atomic_files import FOR_ALL, replacing
from lab_steps.bundles.replay import Recording, Replay, SavingTarget
from lab_steps.checking import commands
from lab_steps.checking.finding import Finding
from lab_steps.checking.first_seen import Seen, Told
from lab_steps.checking.known_events import KnownEvents
from lab_steps.checking.patience import Patience
from lab_steps.checking.rounds import Round
from lab_steps.checking.step import Step
from lab_steps.checking.view import View
from lab_steps.documents import Document, DocumentError, Kind
from lab_steps.errors import CannotLookError, UsageError
from lab_steps.lab import Lab
from lab_steps.process import COMMAND
from lab_steps.results import result
from lab_steps.results.delivered import observe
from lab_steps.results.result import Place, Result, RunCalls
from lab_steps.session import LabSession
from lab_steps.stopwatch import Laps, Stopwatch
from trail_logs.sources.bundle import MANIFEST, RECORDING, RESULT
from trail_logs.sources.zip_archive import (
    GZIP_MAGIC,
    MAX_INFLATED,
    MAX_MEMBERS,
    MAX_UNPACKED,
    SAFE_PATH,
    Archive,
    ArchiveError,
    inflated_size,
)

FORMAT = "cloudtrail-lab-bundle"
VERSION = 1
SUFFIX = ".zip"

MAX_LOG_BYTES = MAX_UNPACKED // 2
"""How much log files may take, unpacked: as much again is left for the documents."""

_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
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


def save(path: Path, lab: LabSession) -> Result:
    """Look at the lab once, keep all answers in `path`, and grade what was kept.

    The file is there whole or not at all. Raises UsageError for a path that cannot be
    written, CannotLookError for a lab too large for a bundle.
    """
    if path.suffix != SUFFIX:
        raise UsageError(f"Wanted a {SUFFIX} file for the bundle, got {path.name}.")
    try:
        with replacing(path, FOR_ALL) as file:
            _record(file, lab)
            found = _graded(lab.lab, _bundle(path, file), lab.lab.steps)
            with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
                _put(archive, RESULT, msgspec.json.encode(found))
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from error
    return found


def regrade(lab: Lab, path: Path, steps: Iterable[Step] | None = None) -> Result:
    """The result of checking `steps`, or all, against a bundle; the same as when it was saved.

    Raises BundleError.
    """
    with _opened(path) as bundle:
        if bundle.manifest.lab != lab.name:
            raise BundleError(path, f"it is from a different lab, not {lab.title}")
        return _graded(lab, bundle, lab.steps if steps is None else steps)


def _graded(lab: Lab, bundle: _Bundle, steps: Iterable[Step]) -> Result:
    started = datetime.now(UTC)
    stopwatch, laps = Stopwatch(), Laps()
    view = bundle.view()
    with stopwatch.measure("checks"):
        findings = _findings(lab, view, steps, laps)
    observed = observe(view, lab.trails)
    manifest = bundle.manifest
    found = Result(
        verb="check",
        place=manifest.place,
        settings=manifest.settings,
        started=started,
        finished=datetime.now(UTC),
        exit_code=result.exit_code(findings),
        counts=result.count(findings),
        steps=result.step_results(lab, findings),
        timings=stopwatch.timings(),
        step_seconds=laps.seconds(),
        name=manifest.name,
        saved=manifest.saved,
        observed=observed,
        calls=manifest.calls,
    )
    return result.without_secrets(found)


def saved_result(path: Path) -> Result:
    """The result that the bundle was saved with. Raises BundleError."""
    with _opened(path) as bundle:
        return bundle.result()


def differing(found: Result, saved: Result) -> list[int]:
    """The numbers of the steps whose findings differ from those when the bundle was saved."""
    before = {step.number: step for step in saved.steps}
    return [step.number for step in found.steps if before.get(step.number) != step]


def _findings(lab: Lab, view: View, steps: Iterable[Step], laps: Laps) -> dict[int, Finding]:
    round_, findings = Round(lab, view), {}
    for step in steps:
        laps.begin(step.number)
        findings[step.number] = round_.judge(step)
    laps.end()
    return findings


def _record(file: IO[bytes], lab: LabSession) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        log_files = _LogFiles(archive)
        look = lab.look()
        recorder = SavingTarget(lab.target, log_files.keep)
        view = replace(look, target=recorder, tallies=None, known_events=KnownEvents(), _answers={})
        _findings(lab.lab, view, lab.lab.steps, Laps())
        observe(view, lab.lab.trails)
        _put(archive, RECORDING, msgspec.json.encode(recorder.recording()))
        _put(archive, MANIFEST, msgspec.json.encode(_manifest(lab, look)))


def _manifest(lab: LabSession, look: View) -> Manifest:
    target = lab.target
    return Manifest(
        lab=lab.lab.name,
        name=lab.name,
        saved=datetime.now(UTC),
        place=Place(
            title=target.title,
            kind=target.kind,
            account=lab.account,
            region=target.region,
            region_from=target.region_from,
            endpoint_url=target.endpoint_url,
        ),
        settings=lab.deployment.parameters,
        now=look.now,
        due_seconds=look.patience.due.total_seconds(),
        poll_seconds=look.patience.poll,
        expected_account=look.expected_account,
        last_action=look.last_action,
        items_seen=look.memory.latest(),
        calls=lab.calls(),
    )


@dataclass
class _LogFiles:
    """Puts log files into a bundle, each once."""

    archive: zipfile.ZipFile
    kept: set[str] = field(default_factory=set)
    size: int = 0

    def keep(self, bucket: str, key: str, data: bytes) -> None:
        name = member_name(bucket, key)
        if name in self.kept:
            return
        inflated = inflated_size(data, MAX_INFLATED)
        self.size += len(data) + inflated
        many = self.size > MAX_LOG_BYTES or len(self.kept) >= MAX_MEMBERS - 3
        if many or inflated > MAX_INFLATED:
            raise CannotLookError(
                "There are too many log files for a bundle, or they are too large (at most "
                f"{MAX_MEMBERS:,} files; unpacked, {MAX_LOG_BYTES:,} bytes in all and "
                f"{MAX_INFLATED:,} bytes each).",
                "Check the lab itself, or use Athena for an organization's bucket.",
            )
        self.kept.add(name)
        _put(self.archive, name, data, compressed=data.startswith(GZIP_MAGIC))


def member_name(bucket: str, key: str) -> str:
    """Where an object is in a bundle: under its key, if that is a safe path."""
    if SAFE_PATH.fullmatch(key):
        return f"logs/{bucket}/{key}"
    return f"other/{hashlib.sha256(f'{bucket}/{key}'.encode()).hexdigest()}"


def _put(archive: zipfile.ZipFile, name: str, data: bytes, *, compressed: bool = False) -> None:
    member = zipfile.ZipInfo(name, _ZIP_TIME)
    member.external_attr = 0o600 << 16
    member.compress_type = zipfile.ZIP_STORED if compressed else zipfile.ZIP_DEFLATED
    archive.writestr(member, data)


@dataclass
class _Bundle:
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
def _opened(path: Path) -> Iterator[_Bundle]:
    if not path.is_file():
        raise UsageError(f"There is no file {path}.")
    try:
        file = path.open("rb")
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error
    with file:
        yield _bundle(path, file)


def _bundle(path: Path, file: IO[bytes]) -> _Bundle:
    try:
        return _Bundle(path, Archive(file))
    except ArchiveError as error:
        raise BundleError(path, str(error)) from error

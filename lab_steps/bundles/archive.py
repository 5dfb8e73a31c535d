"""A bundle: one ZIP file with everything a verdict rests on, graded again anywhere.

    manifest.json    what this is, where and when it was looked at, what was waited for
    recording.json   every answer that checks got, and every listing of log files
    logs/BUCKET/KEY  the log files (under `other/` and a digest where a key is no safe path)
    result.json      the result: that of grading this very bundle when it was saved

Bundles come from other people: nothing of one is ever unpacked to disk, and its sizes are
bounded before they are read.
"""

from __future__ import annotations

import hashlib
import re
import zipfile
import zlib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from lab_steps.bundles.replay import Recorder, Recording, Replay
from lab_steps.checking.finding import Finding
from lab_steps.checking.patience import Patience
from lab_steps.checking.rounds import Round
from lab_steps.checking.seen import Seen, Told
from lab_steps.checking.step import Step
from lab_steps.checking.view import View
from lab_steps.errors import CannotLookError, UsageError
from lab_steps.lab import Lab
from lab_steps.results import reporting, result
from lab_steps.results.delivered import observe
from lab_steps.results.result import Place, Result
from lab_steps.terminal.stopwatch import Stopwatch
from lab_steps.verbs.session import REMEMBERED, LabSession

FORMAT = "cloudtrail-lab-bundle"
VERSION = 1
SUFFIX = ".zip"

MAX_MEMBERS = 100_000
MAX_BYTES = 1_000_000_000
MAX_DOCUMENT_BYTES = 200_000_000
MAX_LOG_FILE_BYTES = 300_000_000
"""How much a bundle may hold once it is unpacked; so much of CloudTrail's own files is plenty."""

MANIFEST, RECORDING, RESULT = "manifest.json", "recording.json", "result.json"
_SAFE_KEY = re.compile(
    r"(?!\.{1,2}(/|$))[\w!.*'()=+@, -]+(/(?!\.{1,2}(/|$))[\w!.*'()=+@, -]+)*", re.ASCII
)
_DEFLATE_LIMIT = 1032
"""Deflate makes no byte into more than so many."""

_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
Document = TypeVar("Document")


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a bundle is, and what a look at it needs besides the answers. Times are UTC."""

    format: str = FORMAT
    version: int = VERSION
    saved: datetime
    place: Place
    settings: dict[str, str]
    now: datetime
    due_seconds: float
    poll_seconds: float
    expected_account: str | None = None
    last_action: datetime | None = None
    items_seen: Seen | None = None


class BundleError(UsageError):
    """The file is no bundle, a damaged one, or one that is not to be trusted."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(
            f"{path} is no bundle that can be graded: {why}.",
            "Save one with: python -m lab_steps bundle --output FILE.zip",
        )


def save(path: Path, lab: LabSession) -> Result:
    """Look at the lab once, keep all answers in `path`, and grade what was kept.

    The file is there whole or not at all. Raises UsageError for a path that cannot be
    written, CannotLookError for a lab too large for a bundle.
    """
    if path.suffix != SUFFIX:
        raise UsageError(f"A bundle is a {SUFFIX} file, {path.name} came.")
    partial = path.with_name(f".{path.name}.partial")
    try:
        _record(partial, lab)
        found = regrade(lab.lab, partial)
        with zipfile.ZipFile(partial, "a", zipfile.ZIP_DEFLATED) as archive:
            _put(archive, RESULT, msgspec.json.encode(found))
        partial.replace(path)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
    return found


def regrade(lab: Lab, path: Path, steps: Iterable[Step] | None = None) -> Result:
    """The result of checking `steps`, or all, against a bundle; the same as when it was saved.

    Raises BundleError.
    """
    started = datetime.now(UTC)
    stopwatch = Stopwatch()
    with _opened(path) as bundle:
        view = bundle.view(lab)
        with stopwatch.measure("checks"):
            findings = _findings(lab, view, lab.steps if steps is None else steps)
        observed = observe(view)
    manifest = bundle.manifest
    return Result(
        verb="check",
        place=manifest.place,
        settings=manifest.settings,
        started=started,
        finished=datetime.now(UTC),
        exit_code=result.exit_code(findings),
        counts=result.count(findings),
        steps=result.step_results(lab, findings),
        timings=stopwatch.timings(),
        observed=observed,
    )


def saved_result(path: Path) -> Result:
    """The result that the bundle was saved with. Raises BundleError, UsageError."""
    with _opened(path) as bundle:
        return reporting.decoded(bundle.read(RESULT), f"{path}: {RESULT}")


def differing(found: Result, saved: Result) -> list[int]:
    """The steps that are not found now as they were when the bundle was saved."""
    before = {step.number: step for step in saved.steps}
    return [step.number for step in found.steps if before.get(step.number) != step]


def _findings(lab: Lab, view: View, steps: Iterable[Step]) -> dict[int, Finding]:
    round_ = Round(lab, view)
    return {step.number: round_.judge(step) for step in steps}


def _record(path: Path, lab: LabSession) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        log_files = _LogFiles(archive)
        look = lab.look()
        recorder = Recorder(lab.target, log_files.keep)
        view = replace(look, target=recorder, tallies=None, _answers={})
        _findings(lab.lab, view, lab.lab.steps)
        observe(view)
        _put(archive, RECORDING, msgspec.json.encode(recorder.recording()))
        _put(archive, MANIFEST, msgspec.json.encode(_manifest(lab, look)))


def _manifest(lab: LabSession, look: View) -> Manifest:
    target = lab.target
    return Manifest(
        saved=datetime.now(UTC),
        place=Place(
            title=target.title,
            kind=target.kind,
            account=lab.account,
            region=target.region,
            endpoint_url=target.endpoint_url,
        ),
        settings={name: getattr(lab.settings, name) for name in REMEMBERED},
        now=look.now,
        due_seconds=look.patience.due.total_seconds(),
        poll_seconds=look.patience.poll,
        expected_account=look.expected_account,
        last_action=look.last_action,
        items_seen=look.memory.latest(),
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
        self.size += len(data)
        if self.size > MAX_BYTES // 2 or len(self.kept) >= MAX_MEMBERS - 3:
            raise CannotLookError(
                f"The log files are too many for a bundle (at most {MAX_MEMBERS:,} and "
                f"{MAX_BYTES // 2:,} bytes).",
                "Check the lab itself, or Athena for an organization's bucket.",
            )
        self.kept.add(name)
        _put(self.archive, name, data, compressed=data.startswith(b"\x1f\x8b"))


def member_name(bucket: str, key: str) -> str:
    """Where an object lies in a bundle: under its key when that is a safe path."""
    if _SAFE_KEY.fullmatch(key):
        return f"logs/{bucket}/{key}"
    return f"other/{hashlib.sha256(f'{bucket}/{key}'.encode()).hexdigest()}"


def _put(archive: zipfile.ZipFile, name: str, data: bytes, *, compressed: bool = False) -> None:
    member = zipfile.ZipInfo(name, _ZIP_TIME)
    member.external_attr = 0o600 << 16
    member.compress_type = zipfile.ZIP_STORED if compressed else zipfile.ZIP_DEFLATED
    archive.writestr(member, data)


@dataclass
class _Bundle:
    """An open bundle whose members' names and sizes have been looked at."""

    path: Path
    archive: zipfile.ZipFile
    members: dict[str, zipfile.ZipInfo]

    def __post_init__(self) -> None:
        self.manifest = self._document(MANIFEST, Manifest)
        if (self.manifest.format, self.manifest.version) != (FORMAT, VERSION):
            what = f"{self.manifest.format} version {self.manifest.version}"
            raise BundleError(self.path, f"it is {what}, {FORMAT} version {VERSION} was wanted")

    def __enter__(self) -> _Bundle:
        return self

    def __exit__(self, *_: object) -> None:
        self.archive.close()

    def view(self, lab: Lab) -> View:
        """A look at what was kept, at the time when it was."""
        manifest = self.manifest
        patience = Patience(timedelta(seconds=manifest.due_seconds), manifest.poll_seconds)
        recording = self._document(RECORDING, Recording)
        return View(
            target=Replay(manifest.place.region, patience, recording, self._log_file),
            account=manifest.place.account,
            now=manifest.now,
            memory=Told(manifest.items_seen),
            trails=lab.trails,
            expected_account=manifest.expected_account,
            last_action=manifest.last_action,
        )

    def read(self, name: str) -> bytes:
        """A member's bytes. Raises BundleError."""
        if name not in self.members:
            raise BundleError(self.path, f"it has no {name}")
        try:
            return self.archive.read(self.members[name])
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
            raise BundleError(self.path, f"{name} is damaged: {error}") from error

    def verify(self) -> None:
        """Read every member once: checks must not be the first to meet a damaged one."""
        for name in self.members:
            if not inflates_within(self.read(name), MAX_LOG_FILE_BYTES):
                raise BundleError(
                    self.path, f"{name!r} unpacks to over {MAX_LOG_FILE_BYTES:,} bytes"
                )

    def _document(self, name: str, kind: type[Document]) -> Document:
        try:
            return msgspec.json.decode(self.read(name), type=kind)
        except (msgspec.DecodeError, RecursionError) as error:
            raise BundleError(self.path, f"{name}: {error}") from error

    def _log_file(self, bucket: str, key: str) -> bytes | None:
        name = member_name(bucket, key)
        return self.read(name) if name in self.members else None


def _opened(path: Path) -> _Bundle:
    try:
        archive = zipfile.ZipFile(path)
    except FileNotFoundError:
        raise UsageError(f"There is no file {path}.") from None
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise BundleError(path, f"{error}") from error
    try:
        bundle = _Bundle(path, archive, _members(path, archive))
        bundle.verify()
        return bundle
    except BaseException:
        archive.close()
        raise


def _members(path: Path, archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The members by name, when all of them are such as `save` writes."""
    members = archive.infolist()
    if len(members) > MAX_MEMBERS or sum(each.file_size for each in members) > MAX_BYTES:
        raise BundleError(path, f"it holds over {MAX_MEMBERS:,} files or {MAX_BYTES:,} bytes")
    for each in members:
        why = _refusal(each)
        if why:
            raise BundleError(path, f"{each.filename!r} {why}")
    by_name = {each.filename: each for each in members}
    if len(by_name) < len(members):
        raise BundleError(path, "it holds two files of the same name")
    return by_name


def _refusal(member: zipfile.ZipInfo) -> str | None:
    if not _SAFE_KEY.fullmatch(member.filename):
        return "is no safe path"
    if member.flag_bits & 1:
        return "is encrypted"
    if member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        return "is compressed in a way that bundles are not"
    if member.filename.endswith(".json") and member.file_size > MAX_DOCUMENT_BYTES:
        return f"is larger than {MAX_DOCUMENT_BYTES:,} bytes"
    return None


def inflates_within(data: bytes, limit: int) -> bool:
    """True unless the gzip members in `data` unpack to more than `limit` bytes.

    What is no whole gzip counts as far as it goes: saying what is wrong is the reader's part.
    """
    if len(data) * _DEFLATE_LIMIT <= limit:
        return True
    while data.startswith(b"\x1f\x8b"):
        stream: Any = zlib.decompressobj(wbits=31)
        try:
            while data and not stream.eof:
                limit -= len(stream.decompress(data, 1 << 20))
                if limit < 0:
                    return False
                data = stream.unconsumed_tail
        except zlib.error:
            return True
        data = stream.unused_data
    return True

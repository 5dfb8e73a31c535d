"""A bundle saved: a lab looked at once, with every answer kept."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import msgspec

from lab_steps.atomic_files import FOR_ALL, replacing
from lab_steps.bundles.archive import Manifest, member_name, read_from
from lab_steps.bundles.regrading import findings_of, graded
from lab_steps.bundles.replay import SavingTarget
from lab_steps.checking.known_events import KnownEvents
from lab_steps.checking.view import View
from lab_steps.errors import CannotLookError, UsageError
from lab_steps.results.delivered import observe
from lab_steps.results.result import Place, Result
from lab_steps.session import LabSession
from lab_steps.stopwatch import Laps
from trail_logs.sources.bundle import MANIFEST, RECORDING, RESULT
from trail_logs.sources.zip_archive import (
    GZIP_MAGIC,
    MAX_INFLATED,
    MAX_MEMBERS,
    MAX_UNPACKED,
    inflated_size,
)

SUFFIX = ".zip"

MAX_LOG_BYTES = MAX_UNPACKED // 2
"""How much log files may take, unpacked: as much again is left for the documents."""

_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


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
            found = graded(lab.lab, read_from(path, file), lab.lab.steps)
            with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
                _put(archive, RESULT, msgspec.json.encode(found))
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from error
    return found


def _record(file: IO[bytes], lab: LabSession) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        log_files = _LogFiles(archive)
        look = lab.look()
        recorder = SavingTarget(lab.target, log_files.keep)
        view = replace(look, target=recorder, tallies=None, known_events=KnownEvents(), _answers={})
        findings_of(lab.lab, view, lab.lab.steps, Laps())
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


def _put(archive: zipfile.ZipFile, name: str, data: bytes, *, compressed: bool = False) -> None:
    member = zipfile.ZipInfo(name, _ZIP_TIME)
    member.external_attr = 0o600 << 16
    member.compress_type = zipfile.ZIP_STORED if compressed else zipfile.ZIP_DEFLATED
    archive.writestr(member, data)

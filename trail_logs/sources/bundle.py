"""The log files in a bundle, or in any plain ZIP file, as a source."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from trail_logs.layout import Scope
from trail_logs.sources.log_source import DIGEST, Body, LogFile, UnreachableError
from trail_logs.sources.zip_archive import Archive, ArchiveError

MANIFEST, RECORDING, RESULT = "manifest.json", "recording.json", "result.json"
"""What a bundle has other than log files."""

_DOCUMENTS = {MANIFEST, RECORDING, RESULT}


class BundleSource:
    """Log files in a ZIP file, except those whose names say that they are digests."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._archive = Archive(io.BytesIO(path.read_bytes()))
        except ArchiveError as error:
            raise UnreachableError(
                f"The log files in the bundle {path} cannot be read: {error}."
            ) from error

    @property
    def name(self) -> str:
        """The file's path."""
        return str(self._path)

    @property
    def address(self) -> str:
        """The absolute path."""
        return str(self._path.resolve())

    def files(self, scope: Scope) -> list[LogFile]:  # noqa: ARG002 (records tell)
        """Every log file in the bundle: only the records show which are wanted."""
        return [
            LogFile(name, size, "")
            for name, size in sorted(self._archive.sizes().items())
            if name not in _DOCUMENTS and DIGEST not in name
        ]

    def bodies(self, files: Sequence[LogFile]) -> Iterator[tuple[LogFile, Body]]:
        """Each file with its bytes."""
        return ((file, self._archive.read(file.key)) for file in files)

"""Records as a folder of log files, as in a trail's bucket, for tools that read such folders."""

from __future__ import annotations

import random
from collections.abc import Iterable
from pathlib import Path

from cloudtrail.log_files import files_of


class FolderInUse(Exception):
    """The folder already has log files, or is not a folder."""


def check(folder: Path) -> None:
    """Raise FolderInUse if `export` would."""
    if folder.joinpath("AWSLogs").exists() or (folder.exists() and not folder.is_dir()):
        raise FolderInUse(f"wanted a folder without log files, got {folder}: name a new one")


def export(records_json: Iterable[bytes], folder: Path) -> list[Path]:
    """Write records, each as compact JSON, to log files below `folder/AWSLogs`; return their paths.

    Raises FolderInUse if there are log files already, and OSError if the folder cannot be written.
    """
    check(folder)
    written = []
    for key, content in files_of(records_json, random.Random()):
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        written.append(path)
    return written

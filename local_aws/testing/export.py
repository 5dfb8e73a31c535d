"""Records as a folder of log files, as a trail's bucket has them, for what reads such folders."""

from __future__ import annotations

import random
from collections.abc import Iterable
from pathlib import Path

from cloudtrail.log_files import files_of


class FolderInUse(Exception):
    """There are log files in the folder already, or it is none."""


def check(folder: Path) -> None:
    """Raise FolderInUse where `export` would."""
    if folder.joinpath("AWSLogs").exists() or (folder.exists() and not folder.is_dir()):
        raise FolderInUse(f"wanted a folder without log files, got {folder}: name a new one")


def export(records_json: Iterable[bytes], folder: Path) -> list[Path]:
    """Write the records, each compact JSON, as log files below `folder/AWSLogs`; their paths.

    No file is written where there are some. Raises FolderInUse, and OSError for a folder that
    cannot be written.
    """
    check(folder)
    written = []
    for key, content in files_of(records_json, random.Random()):
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        written.append(path)
    return written

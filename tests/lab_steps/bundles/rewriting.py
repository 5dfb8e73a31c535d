"""Bundles with something changed in them."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path


def rewrite_members(path: Path, change: Callable[[str, bytes], bytes | None]) -> None:
    """Each member with its data changed; without it where that is None."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            changed = change(name, data)
            if changed is not None:
                archive.writestr(name, changed)


def rewrite(path: Path, name: str, change: Callable[..., None]) -> None:
    """The JSON of the member `name` changed."""

    def changed(member: str, data: bytes) -> bytes:
        if member != name:
            return data
        document = json.loads(data)
        change(document)
        return json.dumps(document).encode()

    rewrite_members(path, changed)

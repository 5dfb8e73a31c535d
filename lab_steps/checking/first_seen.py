"""When checks first saw what they see: the time of a change that no AWS API reports.

A check changes nothing in AWS, but it may remember: a file next to the lab's state says what was
seen last, and since when. So does a bundle.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

import msgspec

from lab_steps.atomic_files import remove, write_atomically
from lab_steps.documents import Document, DocumentError, read
from lab_steps.errors import CannotLookError

FORMAT = 1


class Seen(Document, frozen=True, kw_only=True):
    """Something seen: its digest, when a look saw it first (UTC), and whether an earlier look
    had seen something else in its place."""

    format: int = FORMAT
    digest: str
    since: datetime
    changed: bool = False


class Memory(Protocol):
    """Where looks remember what they saw."""

    def first_seen(self, digest: str, now: datetime) -> Seen:
        """Since when this has been seen: since `now` if the latest look saw something else."""

    def latest(self) -> Seen | None:
        """What was seen last; None if nothing was."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a bundle says was seen; nothing is added to it."""

    seen: Seen | None

    def first_seen(self, digest: str, now: datetime) -> Seen:
        """Since when the bundle says that this was seen; else since `now`."""
        return _since(self.seen, digest, now)

    def latest(self) -> Seen | None:
        """What the bundle says was seen."""
        return self.seen


@dataclass(frozen=True, slots=True)
class SeenFile:
    """What was seen last, in a file."""

    path: Path

    def first_seen(self, digest: str, now: datetime) -> Seen:
        """Since when this has been seen. Anything new is noted; raises OSError if that fails."""
        before = self.latest()
        seen = _since(before, digest, now)
        if seen != before:
            write_atomically(self.path, msgspec.json.encode(seen))
        return seen

    def latest(self) -> Seen | None:
        """What was noted last. Raises CannotLookError for a file that is not ours."""
        try:
            return read(self.path, Seen, "format")
        except FileNotFoundError:
            return None
        except DocumentError as error:
            raise CannotLookError(
                f"{self.path} cannot be read: {error}. It notes when items were first seen.",
                error.advice
                or "Remove it and repeat the command. Items then count as seen for the first time.",
            ) from error

    def forget(self) -> None:
        remove(self.path)


def _since(before: Seen | None, digest: str, now: datetime) -> Seen:
    if before and before.digest == digest:
        return before
    return Seen(digest=digest, since=now, changed=before is not None)

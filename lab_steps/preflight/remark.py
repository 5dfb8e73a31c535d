"""What is said about one thing that is checked before a lab starts."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Level(StrEnum):
    """How bad it is.

    STOPS: the lab cannot be deployed, or its calls will fail. NOTE: people should know it. UNKNOWN:
    it could not be checked, so nothing is said.
    """

    OK = "ok"
    NOTE = "note"
    UNKNOWN = "unknown"
    STOPS = "stops"


class Remark(msgspec.Struct, frozen=True, kw_only=True):
    """`found` is what there is, `do` what to do about it; `topic` is what was checked."""

    topic: str = ""
    level: Level
    found: str
    do: str = ""


def ok(found: str) -> Remark:
    """Something that is as it should be."""
    return Remark(level=Level.OK, found=found)


def note(found: str, do: str = "") -> Remark:
    """Something to know."""
    return Remark(level=Level.NOTE, found=found, do=do)


def stops(found: str, do: str) -> Remark:
    """Something that has to be put right first."""
    return Remark(level=Level.STOPS, found=found, do=do)


def unknown(found: str, do: str = "") -> Remark:
    """Something that could not be checked."""
    return Remark(level=Level.UNKNOWN, found=found, do=do)

"""Our own JSON documents, read back: one is complete and of this program's version, or it is
refused.

No content causes any exception but `DocumentError`, which callers catch in one place.
"""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import msgspec

MAX_BYTES = 64_000_000
MAX_DEPTH = 100
MAX_PARTS = 2_000_000
"""Bounds of a document: its size, and how deep and how many its lists and objects are."""

_FIRST_YEAR, _LAST_YEAR = 2006, 2200
"""Years that bound all our times: AWS started in 2006."""

_LONGEST_REASON = 300
_STRING = re.compile(rb'"[^"]*"')
_NO_BRACKET = bytes(set(range(256)) - set(b'[]{}"'))


class DocumentError(ValueError):
    """A document cannot be used; the message says why, `advice` what may help."""

    def __init__(self, why: str, advice: str = "") -> None:
        super().__init__(why)
        self.advice = advice


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A document that is kept as JSON: its times have a zone, and are between _FIRST_YEAR and
    _LAST_YEAR."""

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if isinstance(value, datetime):
                require_time(value)


Kind = TypeVar("Kind", bound=msgspec.Struct)


def require_time(time: datetime) -> None:
    """Raise ValueError for a time without zone, or not between _FIRST_YEAR and _LAST_YEAR."""
    if time.tzinfo is None:
        raise ValueError(f"wanted a time in UTC, got {time.isoformat()}")
    if not _FIRST_YEAR <= time.year <= _LAST_YEAR:
        raise ValueError(f"wanted a time of this century, got {time.isoformat()}")


def read(path: Path, kind: type[Kind], version: str) -> Kind:
    """The document in a file. Raises OSError, and what `decoded` raises."""
    with path.open("rb") as file:
        return decoded(file.read(MAX_BYTES + 1), kind, version)


def decoded(data: bytes, kind: type[Kind], version: str | None) -> Kind:
    """The document whose JSON is `data`; its field `version` says which format it has.

    Raises DocumentError.
    """
    if len(data) > MAX_BYTES:
        raise DocumentError(f"it is larger than {MAX_BYTES:,} bytes")
    _require_shallow(data)
    try:
        data.decode("utf-8")
        if version:
            _require_version(data, kind, version)
        return msgspec.json.decode(data, type=kind)
    except DocumentError:
        raise
    except UnicodeDecodeError as error:
        raise DocumentError(f"it is not UTF-8 at byte {error.start:,}") from error
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        raise DocumentError(str(error)[:_LONGEST_REASON]) from error


def _require_shallow(data: bytes) -> None:
    """Limit the number of lists and objects, which cost time to decode, and how deep they are
    nested."""
    # Without escaped characters a string ends at the next quote.
    unescaped = data.replace(rb"\\", b"").replace(rb"\"", b"")
    brackets = _STRING.sub(b"", unescaped.translate(None, _NO_BRACKET)).replace(b'"', b"")
    if len(brackets) > 2 * MAX_PARTS:
        raise DocumentError(f"it has more than {MAX_PARTS:,} lists and objects")
    for _ in range(MAX_DEPTH):
        inner = brackets.replace(b"[]", b"").replace(b"{}", b"")
        if len(inner) == len(brackets):
            return  # all gone, or broken JSON
        brackets = inner
    if brackets:
        raise DocumentError(f"it is nested deeper than {MAX_DEPTH} lists and objects")


def _require_version(data: bytes, kind: type[msgspec.Struct], field: str) -> None:
    known = {each.name: each.default for each in msgspec.structs.fields(kind)}[field]
    header = msgspec.defstruct("Header", [(field, int, known)])
    found = getattr(msgspec.json.decode(data, type=header), field)
    if found == known:
        return
    told = f"wanted {field.replace('_', ' ')} {known}, got {found}"
    if found < known:
        raise DocumentError(told, "Create it again with this version.")
    raise DocumentError(f"a newer version of this program wrote it ({told})", "Use that version.")

"""A ZIP file from other people: checked before anything is unpacked, and counted while it is.

Nothing is unpacked to disk. A file is refused completely if it has what a bundle never has: ZIP64,
encryption, links, overlapping members (D. Fifield, "A better zip bomb", 2019), anything before or
after the archive.
"""

from __future__ import annotations

import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import IO

from cloudtrail.log_files import MAX_FILE_BYTES

MAX_MEMBERS = 60_000
MAX_NAME = 1200
MAX_UNPACKED = 500_000_000
MAX_RATIO = 50
FREE_OF_RATIO = 20_000_000
"""Bytes to which all members together may unpack, including gzip members inside them.

At most MAX_UNPACKED, and beyond FREE_OF_RATIO at most MAX_RATIO times the file's own size
(CloudTrail's files unpack to 15 times theirs).
"""

MAX_INFLATED = MAX_FILE_BYTES
"""Bytes to which the gzip members of one file may unpack."""

SAFE_PATH = re.compile(
    r"(?!\.{1,2}(/|$))[\w!.*'()=+@, -]+(/(?!\.{1,2}(/|$))[\w!.*'()=+@, -]+)*", re.ASCII
)
GZIP_MAGIC = b"\x1f\x8b"

_MAX_GZIP_MEMBERS = 1000
"""How many gzip members one file may have; CloudTrail writes one."""

_PIECE = 16_384
_END = struct.Struct("<4s4H2LH")
_ZIP64_LOCATOR = b"PK\x06\x07"
_ZIP64_LOCATOR_SIZE = 20
_LOCAL_HEADER_SIZE = 30
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    OverflowError,
    NotImplementedError,
    RuntimeError,
)
"""What zipfile raises for damaged files."""


class ArchiveError(ValueError):
    """A file is not a ZIP file that may be unpacked; the message says why."""


class Archive:
    """The members of a ZIP file that has been read once: none is damaged or too large."""

    def __init__(self, file: IO[bytes]) -> None:
        size = file.seek(0, 2)
        _require_plain(file, size)
        try:
            self._zip = zipfile.ZipFile(file)
            members = _checked(self._zip)
        except ArchiveError:
            raise
        except _DAMAGED as error:
            raise ArchiveError(f"it is damaged: {error}") from error
        self._members = {each.filename: each for each in members}
        most = min(MAX_UNPACKED, FREE_OF_RATIO + MAX_RATIO * size)
        _require_within(most, members, self.read)

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def sizes(self) -> dict[str, int]:
        """The members' sizes, unpacked, by name."""
        return {name: member.file_size for name, member in self._members.items()}

    def read(self, name: str) -> bytes:
        """A member's bytes. Raises ArchiveError."""
        if name not in self._members:
            raise ArchiveError(f"it has no {name}")
        member = self._members[name]
        try:
            with self._zip.open(member) as opened:
                # Without a size, read() would unpack everything before it compares the stated size.
                data = opened.read(member.file_size + 1)
        except _DAMAGED as error:
            raise ArchiveError(f"{name!r} is damaged: {error}") from error
        if len(data) != member.file_size:
            raise ArchiveError(f"{name!r} is damaged: its length is wrong")
        return data


def inflated_size(data: bytes, most: int) -> int:
    """How many bytes the gzip members of a log file unpack to; counting stops above `most`.

    An incomplete gzip counts as far as it goes: the reader says what is wrong.
    """
    total = at = 0
    for _ in range(_MAX_GZIP_MEMBERS):
        if total > most or data[at : at + 2] != GZIP_MAGIC:
            return total
        stream = zlib.decompressobj(wbits=31)
        try:
            while not stream.eof and at < len(data) and total <= most:
                piece = data[at : at + _PIECE]
                total += len(stream.decompress(piece))
                at += len(piece) - len(stream.unused_data)
        except zlib.error:
            return total
    return most + 1


def _require_plain(file: IO[bytes], size: int) -> None:
    """Raise ArchiveError unless the file ends like a plain ZIP file, with a directory of sane
    length."""
    if size < _END.size:
        raise ArchiveError("it is not a ZIP file")
    file.seek(max(0, size - _END.size - _ZIP64_LOCATOR_SIZE))
    tail = file.read()
    magic, _, _, _, _, length, offset, comment = _END.unpack(tail[-_END.size :])
    if magic != zipfile.stringEndArchive or comment:  # type: ignore[attr-defined]
        raise ArchiveError("it is not a ZIP file, or something follows its end")
    if tail.startswith(_ZIP64_LOCATOR):
        raise ArchiveError("it is a ZIP64 file, and bundles are not")
    if offset + length + _END.size != size:
        raise ArchiveError("there is something before its start, or it was cut off")
    if length > MAX_MEMBERS * (zipfile.sizeCentralDir + MAX_NAME):  # type: ignore[attr-defined]
        raise ArchiveError(f"it has over {MAX_MEMBERS:,} files")
    file.seek(offset)
    if file.read(length).count(zipfile.stringCentralDir) > MAX_MEMBERS:  # type: ignore[attr-defined]
        raise ArchiveError(f"it has over {MAX_MEMBERS:,} files")


def _checked(archive: zipfile.ZipFile) -> Sequence[zipfile.ZipInfo]:
    members = archive.infolist()
    for each in members:
        why = _refusal(each)
        if why:
            raise ArchiveError(f"{each.filename[:MAX_NAME]!r} {why}")
    if len({each.filename for each in members}) < len(members):
        raise ArchiveError("it has two files with the same name")
    _require_apart(archive, members)
    return members


def _refusal(member: zipfile.ZipInfo) -> str | None:
    kind = stat.S_IFMT(member.external_attr >> 16)
    if len(member.filename) > MAX_NAME or not SAFE_PATH.fullmatch(member.filename):
        return "is not a safe path"
    if member.flag_bits & 1:
        return "is encrypted"
    if kind not in {0, stat.S_IFREG}:
        return "is a link, or something else that is not a file"
    if member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        return "is compressed in a way that bundles do not use"
    return None


def _require_apart(archive: zipfile.ZipFile, members: Sequence[zipfile.ZipInfo]) -> None:
    """Raise ArchiveError if a byte of the file belongs to two members."""
    places = sorted(
        (each.header_offset, _LOCAL_HEADER_SIZE + len(each.filename) + each.compress_size)
        for each in members
    )
    for (start, length), (following, _) in pairwise([*places, (archive.start_dir, 0)]):
        if start < 0 or start + length > following:
            raise ArchiveError("files in it overlap")


def _require_within(
    most: int, members: Sequence[zipfile.ZipInfo], read: Callable[[str], bytes]
) -> None:
    if sum(each.file_size for each in members) > most:
        raise ArchiveError(_too_much(most))
    left = most
    for each in members:
        data = read(each.filename)
        inflated = inflated_size(data, MAX_INFLATED)
        if inflated > MAX_INFLATED:
            raise ArchiveError(f"{each.filename!r} unpacks to over {MAX_INFLATED:,} bytes")
        left -= len(data) + inflated
        if left < 0:
            raise ArchiveError(_too_much(most))


def _too_much(most: int) -> str:
    return (
        f"it unpacks to over {most:,} bytes (the limits are {MAX_UNPACKED:,}, and above "
        f"{FREE_OF_RATIO:,}, {MAX_RATIO} times its own size)"
    )

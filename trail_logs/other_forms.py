"""Records that are not in a log file: other forms in which people have CloudTrail records.

- JSON documents one after the other, on a line each (`.jsonl`) or not (`zcat *.json.gz`);
- LookupEvents' answers (`aws cloudtrail lookup-events`), whose events hold the record as text;
- what `logs --records --format json` prints, `{"key": ..., "record": ...}`;
- lists of records, and records by themselves.

Nothing is judged here: the result is read like a log file, by the rule of `trail_logs.damage`. A
document in none of these forms counts as a damaged record.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from cloudtrail.log_files import MOST_INFLATED_BYTES, DamagedLogFile, inflate
from trail_logs.layout import Scope
from trail_logs.records import Contents
from trail_logs.sources.log_source import Body, LogFile

_GZIP_MAGIC = b"\x1f\x8b"
_SPACE = " \t\r\n"
_MARK = b'"eventVersion"'
"""What every record has: JSON without it is not a log file."""

_RECORDS_OF_A_FILE = 5_000


class _Looked(Struct, gc=False):
    """An event of LookupEvents."""

    CloudTrailEvent: str


class _Document(Struct, gc=False):
    """A JSON object of any of the forms."""

    Records: list[Raw] | UnsetType = UNSET
    Events: list[_Looked] | UnsetType = UNSET
    CloudTrailEvent: str | UnsetType = UNSET
    record: Raw | UnsetType = UNSET


_document = msgspec.json.Decoder(_Document)
_list = msgspec.json.Decoder(list[Raw])


def as_log_file(data: bytes) -> bytes | None:
    """The records in `data` as a log file; None if it is not JSON documents with records."""
    try:
        content = inflate(data) if data.startswith(_GZIP_MAGIC) else data
        if len(content) > MOST_INFLATED_BYTES:
            return None
        found = list(records(content.decode()))
    except (DamagedLogFile, ValueError, RecursionError):
        return None
    return log_file_of(found) if any(_MARK in each for each in found) else None


def contents(data: bytes, read: Callable[[bytes], Contents]) -> Contents:
    """The contents of a log file, or of records in any other form. Raises DamagedLogFile."""
    try:
        return read(data)
    except DamagedLogFile:
        other = as_log_file(data)
        if other is None:
            raise
    return read(other)


def log_file_of(found: list[bytes]) -> bytes:
    """An uncompressed log file with the records, given as JSON."""
    return b'{"Records":[%s]}' % b",".join(found)


def records(text: str) -> Iterator[bytes]:
    """The JSON of each record in the documents of `text`. Raises ValueError if something is not
    JSON."""
    decoder, at = json.JSONDecoder(), 0
    while at < len(text):
        if text[at] in _SPACE:
            at += 1
            continue
        _, end = decoder.raw_decode(text, at)
        yield from _of(text[at:end].encode())
        at = end


def _of(document: bytes) -> Iterator[bytes]:
    if document.startswith(b"["):
        for each in _list.decode(document):
            yield from _of(bytes(each).strip())
        return
    try:
        found = _document.decode(document)
    except msgspec.ValidationError:
        yield document
        return
    if found.Records is not UNSET:
        yield from map(bytes, found.Records)
    elif found.Events is not UNSET:
        yield from (_of_text(each.CloudTrailEvent) for each in found.Events)
    elif found.CloudTrailEvent is not UNSET:
        yield _of_text(found.CloudTrailEvent)
    else:
        yield bytes(found.record) if found.record is not UNSET else document


def _of_text(record: str) -> bytes:
    """A record given as text; the text itself if it is not JSON, and so not a record."""
    try:
        json.loads(record)
    except ValueError:
        return msgspec.json.encode(record)
    return record.encode()


class StreamSource:
    """Records in any form from one stream of bytes, such as standard input."""

    def __init__(self, name: str, data: bytes) -> None:
        self._name = name
        self._data = data

    @property
    def name(self) -> str:
        """The name of the stream."""
        return self._name

    @property
    def address(self) -> str:
        """The name, too: nothing of a stream is cached."""
        return self._name

    def files(self, scope: Scope) -> list[LogFile]:  # noqa: ARG002 (records tell)
        """The stream as one file: only its records show which are wanted."""
        return [LogFile(self._name, len(self._data), "")] if self._data.strip() else []

    def bodies(self, files: Sequence[LogFile]) -> Iterator[tuple[LogFile, Body]]:
        """The whole stream if it is not larger than a log file may be, else pieces of some
        records."""
        for file in files:
            if len(self._data) <= MOST_INFLATED_BYTES:
                yield file, self._data
            else:
                yield from ((file, piece) for piece in _pieces(self._data))


def _pieces(data: bytes) -> Iterator[bytes]:
    """Log files of some records each. Anything that is not JSON is passed on unchanged: its reader
    says why."""
    try:
        text = (gzip.decompress(data) if data.startswith(_GZIP_MAGIC) else data).decode()
        found = records(text)
        while piece := list(islice(found, _RECORDS_OF_A_FILE)):
            yield log_file_of(piece)
    except (ValueError, OSError, EOFError, zlib.error):
        yield data

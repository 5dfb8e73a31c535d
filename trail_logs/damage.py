"""What makes a log file or a record damaged: one rule for every reader.

`check`, `logs`, bundles and reports use it. The statement for Athena has the same rule, as far as a
table can tell (`trail_logs.athena.statement`). Damage is named, counted, and never evidence. The
rule, in the order in which it is applied:

A *file* is damaged, and nothing of it counts, when
- it is empty, neither gzip nor a JSON object, or not whole: cut off, followed by something
  else, with a wrong checksum. Several gzip members are one file, as in any gzip file (RFC 1952);
- it holds more than `cloudtrail.log_files.MOST_INFLATED_BYTES`, packed or unpacked;
- any byte of it is not UTF-8, or a byte order mark comes first (RFC 8259, section 8.1);
- it is not JSON (NaN and Infinity are not), or not an object with the list `Records`
  (UG/cloudtrail-log-file-examples);
- it holds more than MAX_RECORDS, is nested deeper than the interpreter reads (about a thousand
  levels), or than MAX_NESTING in a record that would be shown.

A *record* is damaged, and the others of its file count, when
- it is not an object, or lacks one of eventVersion, eventTime, awsRegion, eventID, eventSource and
  eventName (UG/cloudtrail-event-reference-record-contents; Insights events have insightDetails
  instead of the last two), or one of them or of the other fields that a
  `trail_logs.records.Record` decodes is of another type;
- its eventTime is not `YYYY-MM-DDTHH:MM:SSZ` with a second that exists, which all 35,058 records
  of 3,929 real files have;
- its eventID is not letters, digits and hyphens. AWS makes lower-case UUIDs, and its
  documentation such as `5ab02562-0fc5-43d0-b7b6-90293example`; ids are equal when their texts
  are, so that two which differ in case or hyphens are two;
- an escape in it, anywhere, is half a surrogate pair (`"\\ud800"`), which is not text.

If a record has a field twice, the last one counts, as in Python's own json.
"""

from __future__ import annotations

import re
import struct
from binascii import unhexlify
from collections.abc import Sequence

from msgspec import Raw, Struct

from cloudtrail.log_files import DamagedLogFile

MAX_NESTING = 200
"""The deepest record that is shown as evidence: real ones have twenty levels at most."""

TOO_DEEP = "its JSON is nested deeper than can be read"

MAX_RECORDS, MAX_VALUES = 200_000, 5_000_000
"""The most records in a file, and the most commas: 50 MB of real records have 30 thousand, with 1.4
million. A file of little else would cost memory and time."""

ID_BYTES = 16
"""Bytes in which an eventID is kept."""

REASONS_TOLD = 3
"""How many of a file's damaged records are explained."""

_YEAR = "(?:[0-9]{3}[1-9]|[0-9]{2}[1-9][0-9]|[0-9][1-9][0-9]{2}|[1-9][0-9]{3})"
_LEAP_YEAR = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)"
_DAY = (
    "(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    "|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    "|02-(?:0[1-9]|1[0-9]|2[0-8]))"
)
EVENT_TIME = f"(?:{_YEAR}-{_DAY}|{_LEAP_YEAR}-02-29)T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z"
"""An eventTime as a regular expression that every engine reads the same way, without anchors."""

EVENT_TIME_LENGTH = len("2026-03-14T12:00:00Z")

NOT_IN_EVENT_IDS = "[^0-9A-Za-z-]"
"""A character that no eventID has."""

_is_time = re.compile(EVENT_TIME).fullmatch
_strange = re.compile(NOT_IN_EVENT_IDS).search

_LONE_SURROGATE = re.compile(
    rb"(\\[^u]|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    rb"|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)
_MARK = b"\xff"

_OPENING = (b"[", b"{")
_BRACKET = re.compile(rb"[\[\]{}]")
_TEXT = re.compile(rb'"(?:[^"\\]|\\.)*"')

_TIMES = b"0000-00-00T00:00:00Z\n"
_DIGITS_AS_ZEROS = bytes.maketrans(b"0123456789", b"0" * 10)
_UUIDS = b"00000000-0000-0000-0000-000000000000\n"
_HEX_AS_ZEROS = bytes.maketrans(b"0123456789abcdef", b"0" * 16)
_MINUTE, _SECOND, _HOUR_END = 14, 17, len("2026-03-14T12")


class Damage(Struct, array_like=True, frozen=True, gc=False):
    """A file that is damaged (`records` is 0), or has this many damaged records, and why."""

    key: str
    reason: str
    records: int = 0


def are_event_times(times: Sequence[str]) -> bool:
    """Whether all are eventTimes. For those of one file this takes a tenth of a pattern's time."""
    joined, step = "\n".join(times).encode(), len(_TIMES)
    if joined.translate(_DIGITS_AS_ZEROS) != (_TIMES * len(times))[:-1]:
        return False
    if (joined[_MINUTE::step] + joined[_SECOND::step]).translate(None, b"012345"):
        return False
    hour = joined[:_HOUR_END]
    if joined.count(hour) == len(times):  # as in most files
        return bool(_is_time(f"{hour.decode()}:00:00Z"))
    return all(_is_time(f"{hour}:00:00Z") for hour in {time[:_HOUR_END] for time in times})


def identifiers(event_ids: Sequence[str]) -> bytes:
    """ID_BYTES for each eventID, equal only for equal ones. Raises ValueError for an invalid one.

    A lower-case UUID is its own sixteen bytes, any other id is hashed. One conversion for all ids
    of a file costs a tenth of converting each.
    """
    joined = "\n".join(event_ids).encode()
    if joined.translate(_HEX_AS_ZEROS) == (_UUIDS * len(event_ids))[:-1]:
        return unhexlify(joined.translate(None, b"-\n"))
    return b"".join(map(_identifier, event_ids))


def each_of(ids: bytes) -> Sequence[bytes]:
    """The single identifiers in the bytes that `identifiers` returned."""
    return struct.unpack(f"{ID_BYTES}s" * (len(ids) // ID_BYTES), ids)


def _identifier(event_id: str) -> bytes:
    if not event_id or _strange(event_id):
        raise ValueError(event_id)
    if event_id.encode().translate(_HEX_AS_ZEROS) == _UUIDS[:-1]:
        return unhexlify(event_id.replace("-", ""))
    from hashlib import blake2b  # OpenSSL behind it: a tenth of a small check's start

    return blake2b(event_id.encode(), digest_size=ID_BYTES).digest()


def what_is_wrong(event_time: str, event_id: str) -> str:
    """What is wrong with a record's eventTime or eventID; empty if nothing is."""
    if not _is_time(event_time):
        return f"wanted eventTime as YYYY-MM-DDTHH:MM:SSZ, got {_told(event_time)}"
    if not event_id or _strange(event_id):
        return f"wanted letters, digits and hyphens as eventID, got {_told(event_id)}"
    return ""


def marked(content: bytes) -> bytes:
    """The JSON with a byte that is not UTF-8 instead of every escape of half a pair.

    So it can be decoded, and the records with that byte are the damaged ones.
    """
    return _LONE_SURROGATE.sub(lambda found: found[1] or _MARK, content)


def is_marked(record: bytes) -> bool:
    """Whether a record of JSON that was `marked` has half a surrogate pair."""
    return _MARK in record


def require_shallow(json: Raw | bytes) -> None:
    """Raise DamagedLogFile for JSON that is nested deeper than MAX_NESTING."""
    if memoryview(json).nbytes <= 2 * MAX_NESTING:
        return
    text = bytes(json)
    if sum(map(text.count, _OPENING)) <= MAX_NESTING:
        return
    depth = 0
    for bracket in _BRACKET.findall(_TEXT.sub(b"", text)):
        depth += 1 if bracket in _OPENING else -1
        if depth > MAX_NESTING:
            raise DamagedLogFile(TOO_DEEP)


def _told(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:40]}...")

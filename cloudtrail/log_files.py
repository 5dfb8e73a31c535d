"""Log files: where they are, what they are called, and what is in them.

Sources: UG/cloudtrail-log-file-examples, UG/get-and-view-cloudtrail-log-files and, for the
stamp in a file's name, 3,929 real files: the newest eventTime rounded up to five minutes.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any

import msgspec
from isal import igzip, igzip_lib
from msgspec import Struct

if TYPE_CHECKING:
    import random

    from cloudtrail.records.calls import Record

MAX_FILE_BYTES = 50_000_000
"""The most JSON that CloudTrail puts in one file: 50 MB before compression."""

FOLDERS = (
    "CloudTrail",
    "CloudTrail-Digest",
    "CloudTrail-Insight",
    "CloudTrail-NetworkActivity",
    "CloudTrail-Aggregated",
)
"""The kinds of folder below an account's."""

MOST_INFLATED_BYTES = 4 * MAX_FILE_BYTES
"""The most that a delivered file may unpack to: a small gzip file can hide a thousand times its own
size."""

_STAMP_STEP = timedelta(minutes=5)
_COMPRESSION = 2  # isal's level 2: five times as fast as zlib's 6 at four fifths of its ratio
_OPENING = b'{"Records":['
_CLOSING = b"]}"


class DamagedLogFile(Exception):
    """The bytes are not a whole CloudTrail log file; the message says why."""


class LogFileName(Struct, frozen=True):
    """The parts of a log, digest or Insight file's key.

    `prefix` is the trail's (without slash), `stamp` the file's time in UTC: to the minute, for
    digests to the second. Only the names of digests have `trail` and `home_region`.
    """

    prefix: str
    organization_id: str | None
    account_id: str
    folder: str
    region: str
    stamp: datetime
    unique: str
    trail: str | None = None
    home_region: str | None = None


def file_stamp(newest: datetime) -> datetime:
    """The time in a log file's name: `newest` eventTime, rounded up to five minutes, in UTC."""
    newest = newest.astimezone(UTC)
    past = timedelta(
        minutes=newest.minute % 5, seconds=newest.second, microseconds=newest.microsecond
    )
    return newest - past + (_STAMP_STEP if past else timedelta())


def unique_string(source: random.Random) -> str:
    """Sixteen letters and digits, drawn from `source`: the end of a log file's name."""
    return "".join(source.choices(string.ascii_letters + string.digits, k=16))


def log_prefix(
    prefix: str,
    account_id: str,
    *,
    folder: str = "CloudTrail",
    region: str | None = None,
    day: datetime | None = None,
    organization_id: str | None = None,
) -> str:
    """The folder of an account's files, of one `region` and one `day`, with its final slash.

    `[prefix/]AWSLogs/[<organization>/]<account>/<folder>/[<region>/[YYYY/MM/DD/]]`.
    """
    parts = [prefix, "AWSLogs", organization_id, account_id, folder, region]
    if region and day:
        parts.append(day_folder(day))
    return "/".join(part for part in parts if part) + "/"


def day_folder(moment: datetime) -> str:
    """The three levels of a day: `YYYY/MM/DD`, in UTC."""
    return moment.astimezone(UTC).date().isoformat().replace("-", "/")


def log_file_key(
    prefix: str,
    account_id: str,
    region: str,
    stamp: datetime,
    unique: str,
    *,
    folder: str = "CloudTrail",
    organization_id: str | None = None,
) -> str:
    """The key of a log file (or of an Insight file: `folder="CloudTrail-Insight"`)."""
    where = log_prefix(
        prefix,
        account_id,
        folder=folder,
        region=region,
        day=stamp,
        organization_id=organization_id,
    )
    minute = stamp.astimezone(UTC).strftime("%Y%m%dT%H%MZ")
    return f"{where}{account_id}_{folder}_{region}_{minute}_{unique}.json.gz"


def digest_key(
    prefix: str,
    account_id: str,
    region: str,
    end: datetime,
    *,
    trail: str,
    home_region: str,
    organization_id: str | None = None,
) -> str:
    """The key of the digest file for the hour that ends at `end`."""
    folder = "CloudTrail-Digest"
    where = log_prefix(
        prefix, account_id, folder=folder, region=region, day=end, organization_id=organization_id
    )
    second = end.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    return f"{where}{account_id}_{folder}_{region}_{trail}_{home_region}_{second}.json.gz"


_KEY = re.compile(
    r"(?:(?P<prefix>.+)/)?AWSLogs/(?:(?P<organization_id>o-[a-z0-9]{10,32})/)?"
    r"(?P<account_id>\d{12})/(?P<folder>" + "|".join(FOLDERS) + r")/(?P<region>[a-z0-9-]+)/"
    r"(?P<day>\d{4}/\d{2}/\d{2})/(?P=account_id)_(?P=folder)_(?P=region)_"
    r"(?:(?P<stamp>\d{8}T\d{4}Z)_(?P<unique>[A-Za-z0-9]{16})"
    r"|(?P<trail>[A-Za-z0-9._-]+)_(?P<home_region>[a-z0-9-]+)_(?P<end>\d{8}T\d{6}Z)(?:_backfill)?)"
    r"\.json\.gz"
)


def parse_log_file_key(key: str) -> LogFileName | None:
    """The parts of `key`, or None if it is not the key of a file that CloudTrail delivers."""
    found = _KEY.fullmatch(key)
    if not found or bool(found["end"]) != (found["folder"] == "CloudTrail-Digest"):
        return None
    stamp = _parse_stamp(found["stamp"] or found["end"])
    if stamp is None or day_folder(stamp) != found["day"]:
        return None
    return LogFileName(
        prefix=found["prefix"] or "",
        organization_id=found["organization_id"],
        account_id=found["account_id"],
        folder=found["folder"],
        region=found["region"],
        stamp=stamp,
        unique=found["unique"] or "",
        trail=found["trail"],
        home_region=found["home_region"],
    )


def _parse_stamp(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def split_by_size(
    records: Sequence[bytes], limit: int = MAX_FILE_BYTES
) -> Iterator[Sequence[bytes]]:
    """Runs of `records`, in order, whose log files have at most `limit` bytes of JSON.

    A record that is alone larger than the limit gets a file of its own.
    """
    start, size = 0, len(_OPENING) + len(_CLOSING)
    empty = size
    for index, record in enumerate(records):
        if size + len(record) > limit and index > start:
            yield records[start:index]
            start, size = index, empty
        size += len(record) + 1
    if start < len(records):
        yield records[start:]


def log_file(records_json: Sequence[bytes]) -> bytes:
    """The bytes of a log file with these records, each already compact JSON.

    Equal records give equal bytes: the gzip header has no time.
    """
    content = _OPENING + b",".join(records_json) + _CLOSING
    return igzip.compress(content, _COMPRESSION, mtime=0)


class _Placed(msgspec.Struct):
    """The fields of a record that decide in which file it belongs."""

    eventTime: datetime  # noqa: N815
    awsRegion: str  # noqa: N815
    recipientAccountId: str  # noqa: N815
    eventCategory: str = "Management"  # noqa: N815


def files_of(records_json: Iterable[bytes], source: random.Random) -> Iterator[tuple[str, bytes]]:
    """Keys and contents of the log files that a trail of all Regions would make of these records.

    There is no key prefix, and a file for each account, Region and five minutes. Each record is
    compact JSON. `source` draws the ends of the names. Raises msgspec's ValidationError for a
    record without a time, Region or account.
    """
    decoder = msgspec.json.Decoder(_Placed)
    files: dict[tuple[str, str, datetime, str], list[bytes]] = {}
    for content in records_json:
        record = decoder.decode(content)
        folder = "CloudTrail-Insight" if record.eventCategory == "Insight" else "CloudTrail"
        stamp = file_stamp(record.eventTime)
        place = (record.recipientAccountId, record.awsRegion, stamp, folder)
        files.setdefault(place, []).append(content)
    for (account, region, stamp, folder), records in files.items():
        for part in split_by_size(records):
            unique = unique_string(source)
            yield log_file_key("", account, region, stamp, unique, folder=folder), log_file(part)


class _LogFile(msgspec.Struct):
    Records: list[dict[str, Any]]


_decoder = msgspec.json.Decoder(_LogFile)


def read_log_file(data: bytes) -> list[Record]:
    """The records of a log file. Raises DamagedLogFile."""
    try:
        return _decoder.decode(inflate(data)).Records
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DamagedLogFile(f"it is not a CloudTrail log file: {error}") from error


def inflate(data: bytes) -> bytes:
    """The uncompressed content of a delivered file, all gzip members of it.

    Raises DamagedLogFile.
    """
    if not data:
        raise DamagedLogFile("wanted a gzip file, got an empty object")
    try:
        content = _inflate_one(data) or _inflate_all(data)
    except EOFError as error:
        raise DamagedLogFile("the gzip file is truncated") from error
    except (OSError, igzip_lib.IsalError) as error:  # type: ignore[misc]  # isal stubs it as a value
        raise DamagedLogFile(f"it is not a complete gzip file: {error}") from error
    if not content:
        raise DamagedLogFile("the gzip file is empty")
    if len(content) > MOST_INFLATED_BYTES:
        raise DamagedLogFile(
            f"it unpacks to over {MOST_INFLATED_BYTES:,} bytes; CloudTrail writes at most "
            f"{MAX_FILE_BYTES:,}"
        )
    return content


def _inflate_one(data: bytes) -> bytes:
    """The content of `data` if that is one gzip member, as CloudTrail writes it; else nothing.

    Reading the size from the member's end makes it a fourteenth faster: the buffer never grows.
    """
    size = min(int.from_bytes(data[-4:], "little"), MAX_FILE_BYTES)
    member = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)
    content = member.decompress(data, size + 1)
    return content if member.eof and not member.unused_data else b""


def _inflate_all(data: bytes) -> bytes:
    """The content of all members, cut just above what a file may have."""
    with igzip.IGzipFile(fileobj=BytesIO(data)) as members:  # type: ignore[no-untyped-call]
        content: bytes = members.read(MOST_INFLATED_BYTES + 1)
    return content

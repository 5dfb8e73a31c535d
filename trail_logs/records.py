"""A log file's records, typed: only the fields that checks use are decoded.

`decode(data)` turns the bytes of one object into records, and says what is damaged by the rule of
`trail_logs.damage`. Nothing is skipped silently. `userIdentity`, `userAgent`, `requestParameters`
and `resources` stay raw JSON until an expectation asks for them: decoding the structures among them
costs as much as all other fields together. Callers that never ask say so, because even keeping them
raw costs as much as the rest of the record.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from typing import Annotated, cast

import msgspec
from msgspec import Meta, Raw, Struct
from msgspec.structs import fields

from cloudtrail import old_records
from cloudtrail.log_files import MOST_INFLATED_BYTES, DamagedLogFile, inflate
from cloudtrail.record_conditions import UserIdentity
from trail_logs.damage import (
    MAX_RECORDS,
    MAX_VALUES,
    REASONS_TOLD,
    TOO_DEEP,
    Damage,
    are_event_times,
    identifiers,
    is_marked,
    marked,
    what_is_wrong,
)

_GZIP_MAGIC = b"\x1f\x8b"
_NULL = b"null"


class RecordResource(Struct, gc=False):
    """One of `resources`, with the fields that are compared."""

    ARN: str | None = None


class InsightDetails(Struct, gc=False):
    """`insightDetails`: the API whose rate was unusual."""

    eventSource: str = ""  # noqa: N815
    eventName: str = ""  # noqa: N815
    state: str = ""
    insightType: str = ""  # noqa: N815


_NO_INSIGHT = InsightDetails()


class Record(Struct, gc=False, omit_defaults=True, kw_only=True):
    """A record of any eventVersion; fields have CloudTrail's names.

    The required fields distinguish CloudTrail's records from other JSON under the same key, such as
    S3 event notifications. The fields are in the order of CloudTrail's JSON, in which msgspec finds
    them fastest.
    """

    eventVersion: str  # noqa: N815
    userIdentity: Raw = Raw(_NULL)  # noqa: N815
    eventTime: str  # noqa: N815
    eventSource: str  # noqa: N815
    eventName: str  # noqa: N815
    awsRegion: str  # noqa: N815
    userAgent: Raw = Raw(_NULL)  # noqa: N815
    errorCode: str | None = None  # noqa: N815
    requestParameters: Raw = Raw(_NULL)  # noqa: N815
    eventID: str  # noqa: N815
    readOnly: bool | None = None  # noqa: N815
    resources: Raw = Raw(_NULL)
    eventType: str | None = None  # noqa: N815
    recipientAccountId: str | None = None  # noqa: N815
    insightDetails: InsightDetails | None = None  # noqa: N815
    eventCategory: str | None = None  # noqa: N815


class InsightRecord(Record, gc=False, omit_defaults=True, kw_only=True):
    """A record of CloudTrail-Insight: only insightDetails says what it is about."""

    eventSource: str = ""  # noqa: N815
    eventName: str = ""  # noqa: N815
    insightDetails: InsightDetails  # noqa: N815


RAW_MEMBERS = frozenset(each.name for each in fields(Record) if each.type is Raw)
"""The members that stay raw JSON."""


class _LogFile(Struct, gc=False):
    """What a log file is: one JSON object with the list `Records`."""

    Records: list[Record]


class _RawLogFile(Struct, gc=False):
    """A log file whose records stay raw JSON."""

    Records: list[Raw]


class Contents(Struct, gc=False):
    """The records of a file that are not damaged, and what is wrong with the others.

    `ids` are the records' identifiers, `texts` their own JSON if that was asked for.
    """

    records: list[Record]
    ids: bytes
    texts: Sequence[Raw] = ()
    damaged: int = 0
    reasons: list[str] = []

    def damage(self, key: str) -> list[Damage]:
        """The file's damage, if there is any."""
        if not self.damaged:
            return []
        more = self.damaged - len(self.reasons)
        told = "; ".join([*self.reasons, *([f"{more:,} more"] if more else [])])
        return [Damage(key, told, self.damaged)]


_log_file = msgspec.json.Decoder(_LogFile)
_raw_log_file = msgspec.json.Decoder(_RawLogFile)
_record = msgspec.json.Decoder(Record)
_insight_record = msgspec.json.Decoder(InsightRecord)
_identity = msgspec.json.Decoder(UserIdentity | None)
_agent = msgspec.json.Decoder(str | None)
_resources = msgspec.json.Decoder(list[RecordResource | None] | None)


def decode(data: bytes, needed: frozenset[str] = RAW_MEMBERS) -> Contents:
    """The contents of a log file: gzip of one or several members, or uncompressed JSON.

    All records are decoded at once, which is quick, or one by one if any is damaged or about
    Insights. Of the RAW_MEMBERS, only those that are `needed` must be decoded: others may be null.
    Raises DamagedLogFile.
    """
    content = _json_text(data)
    for decoder in dict.fromkeys((_without(RAW_MEMBERS - needed), _log_file)):
        with suppress(ValueError, RecursionError):
            return _checked(decoder.decode(content).Records)
    return _one_by_one(content)


@cache
def _without(members: frozenset[str]) -> msgspec.json.Decoder[_LogFile]:
    """A decoder that leaves these raw members null, for records that name their account without
    them."""
    if not members:
        return _log_file
    known = [each for each in fields(Record) if each.name not in members]
    record = msgspec.defstruct(
        Record.__name__,
        [
            (each.name, Annotated[str, Meta(min_length=1)])
            if each.name == "recipientAccountId"
            else (each.name, each.type, each.default)
            for each in known
        ],
        namespace=dict.fromkeys(members, Raw(_NULL)),
        kw_only=True,
        gc=False,
    )
    file = msgspec.defstruct(_LogFile.__name__, [("Records", list[record])], gc=False)  # type: ignore[valid-type]
    return cast("msgspec.json.Decoder[_LogFile]", msgspec.json.Decoder(file))


def decode_raw(data: bytes) -> Contents:
    """Like `decode`, with the whole JSON of each record. Raises DamagedLogFile."""
    content = _json_text(data)
    try:
        texts = _raw_records(content)
        return _checked([_record.decode(text) for text in texts], texts)
    except (ValueError, RecursionError):
        return _one_by_one(content)


def _checked(records: list[Record], texts: Sequence[Raw] = ()) -> Contents:
    """The contents. Raises ValueError if any of the records is damaged, or there are too many."""
    if len(records) > MAX_RECORDS:
        raise ValueError("records")
    ids = identifiers([each.eventID for each in records])
    if not are_event_times([each.eventTime for each in records]):
        raise ValueError("eventTime")
    return Contents(records, ids, texts)


def record_of(text: bytes | Raw) -> Record:
    """One record of a log file. Raises msgspec.ValidationError."""
    try:
        return _record.decode(text)
    except msgspec.ValidationError:
        try:
            return _insight_record.decode(text)
        except msgspec.ValidationError:
            pass
        raise


def _one_by_one(content: bytes) -> Contents:
    records, texts, reasons, damaged = [], [], list[str](), 0
    for index, text in enumerate(_whole_list(content)):
        record = _whole(text)
        if isinstance(record, Record):
            records.append(record)
            texts.append(text)
            continue
        damaged += 1
        if len(reasons) < REASONS_TOLD:
            reasons.append(f"Records[{index}]: {record}")
    ids = identifiers([each.eventID for each in records])
    return Contents(records, ids, texts, damaged, reasons)


def _whole_list(content: bytes) -> list[Raw]:
    """The file's records unchanged, or marked if they contain half a surrogate pair."""
    try:
        return _raw_records(marked(content))
    except RecursionError:
        raise DamagedLogFile(TOO_DEEP) from None
    except msgspec.ValidationError as error:
        raise DamagedLogFile(f"it is JSON, but not a CloudTrail log file: {error}") from None
    except msgspec.DecodeError as error:
        raise DamagedLogFile(f"its JSON is broken: {error}") from None


def _raw_records(content: bytes) -> list[Raw]:
    if len(content) > MAX_VALUES and content.count(b",") > MAX_VALUES:
        raise DamagedLogFile(f"it has over {MAX_VALUES:,} values: no log file has that many")
    found = _raw_log_file.decode(content).Records
    if len(found) > MAX_RECORDS:
        raise DamagedLogFile(f"it has over {MAX_RECORDS:,} records: no log file has that many")
    return found


def _whole(text: Raw) -> Record | str:
    """The record, or what is wrong with it."""
    if is_marked(bytes(text)):
        return "one of its escapes is half a surrogate pair"
    try:
        record = record_of(text)
    except (msgspec.ValidationError, RecursionError) as error:
        return str(error)
    return what_is_wrong(record.eventTime, record.eventID) or record


def _json_text(data: bytes) -> bytes:
    if len(data) > MOST_INFLATED_BYTES:
        raise DamagedLogFile(f"it has over {MOST_INFLATED_BYTES:,} bytes")
    content = _unpacked(data)
    if not content.isascii():
        _require_utf8(content)
    return content


def _unpacked(data: bytes) -> bytes:
    if data.startswith(_GZIP_MAGIC) or not data:
        return inflate(data)
    if data[:64].lstrip().startswith(b"{"):
        return data
    raise DamagedLogFile(f"it is neither gzip nor a JSON object: it starts with {data[:8]!r}")


def _require_utf8(content: bytes) -> None:
    try:
        content.decode()
    except UnicodeDecodeError as error:
        where = f"{error.reason} at byte {error.start:,}"
        raise DamagedLogFile(f"its JSON is broken: it is not UTF-8, {where}") from None


def time_span(records: Sequence[Record]) -> tuple[str, str]:
    """Earliest and latest eventTime of one or more records."""
    times = [record.eventTime for record in records]
    return min(times), max(times)


def identity_of(record: Record) -> UserIdentity:
    """Who made the call; empty if the record has no userIdentity."""
    try:
        return _identity.decode(record.userIdentity) or UserIdentity()
    except msgspec.ValidationError:
        return UserIdentity()


def user_agent_of(record: Record) -> str:
    """What the caller's program calls itself; empty if the record has no userAgent."""
    return user_agent(record.userAgent)


def user_agent(written: bytes | Raw) -> str:
    """A userAgent, given as JSON, as text; empty if it is not text."""
    try:
        return _agent.decode(written) or ""
    except msgspec.ValidationError:
        return ""


def resources_of(record: Record) -> tuple[str | None, ...]:
    """The ARNs of the record's resources."""
    try:
        found = _resources.decode(record.resources) or ()
    except msgspec.ValidationError:
        return ()
    return tuple(each.ARN for each in found if each)


def insight_of(record: Record) -> InsightDetails:
    """What an Insights record is about; empty for every other record."""
    return record.insightDetails or _NO_INSIGHT


def account_of(record: Record) -> str:
    """The account that the record was delivered for; records of 2014 only have the caller's."""
    return record.recipientAccountId or identity_of(record).accountId or ""


def category_of(record: Record) -> str:
    """eventCategory, or its value by rule if the record is older than the field."""
    if record.eventCategory is not None:
        return record.eventCategory
    return old_records.category(record.eventType, record.eventSource, record.eventName)


def read_only(record: Record) -> bool:
    """readOnly, or its value by the event's name if the record is older than the field."""
    if record.readOnly is not None:
        return record.readOnly
    return old_records.reads(record.eventSource, record.eventName)

"""A log file's records, typed: only the fields checks look at are decoded.

`decode(data)` turns the bytes of one object into records or says why it cannot
(`DamagedLogFile`); nothing is skipped silently. `userIdentity`, `userAgent`,
`requestParameters` and `resources` stay raw JSON until an expectation asks for them:
decoding the structures among them costs as much as all other fields together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from msgspec import Raw, Struct

from cloudtrail.log_files import DamagedLogFile, inflate

_GZIP_MAGIC = b"\x1f\x8b"
_NULL = b"null"
_EVENT_TIME_LENGTH = len("2026-03-14T12:00:00Z")

READ_ONLY_NAME = "^(BatchGet|Describe|Get|Head|List|Lookup|Query|Scan|Search|Select)"
"""Event names that read, for records older than eventVersion 1.06, which lack readOnly."""

OLD_DATA_EVENTS = {
    "lambda.amazonaws.com": ("Invoke",),
    "s3.amazonaws.com": (
        "AbortMultipartUpload",
        "CompleteMultipartUpload",
        "CopyObject",
        "CreateMultipartUpload",
        "DeleteObject",
        "DeleteObjects",
        "GetObject",
        "GetObjectAcl",
        "HeadObject",
        "ListParts",
        "PutObject",
        "PutObjectAcl",
        "UploadPart",
        "UploadPartCopy",
    ),
}
"""The data events there were before eventVersion 1.07 brought eventCategory."""

_reads = re.compile(READ_ONLY_NAME).match


class SessionIssuer(Struct, gc=False):
    """The role (or user) that issued a session."""

    arn: str | None = None
    userName: str | None = None  # noqa: N815


class SessionContext(Struct, gc=False):
    """`userIdentity.sessionContext`, as far as identities are compared."""

    sessionIssuer: SessionIssuer | None = None  # noqa: N815


class UserIdentity(Struct, gc=False):
    """`userIdentity`, as far as identities are compared."""

    arn: str | None = None
    userName: str | None = None  # noqa: N815
    accountId: str | None = None  # noqa: N815
    sessionContext: SessionContext | None = None  # noqa: N815

    def names(self) -> tuple[str | None, ...]:
        """ARN and user name of the caller, and of the issuer of its session."""
        issuer = self.sessionContext and self.sessionContext.sessionIssuer
        return (self.arn, self.userName, *((issuer.arn, issuer.userName) if issuer else ()))


class Resource(Struct, gc=False):
    """One of `resources`, as far as it is compared."""

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

    eventVersion, eventTime, eventID and awsRegion are required: they tell CloudTrail's
    records from other JSON under the same key, such as S3 event notifications. The fields
    stand in the order of CloudTrail's JSON, in which msgspec finds them soonest.
    """

    eventVersion: str  # noqa: N815
    userIdentity: Raw = Raw(_NULL)  # noqa: N815
    eventTime: str  # noqa: N815
    eventSource: str = ""  # noqa: N815
    eventName: str = ""  # noqa: N815
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


class LogFileContents(Struct, gc=False):
    """What a log file is: one JSON object with the list `Records`."""

    Records: list[Record]


class RawLogFileContents(Struct, gc=False):
    """A log file whose records are kept as they are."""

    Records: list[Raw]


_log_file = msgspec.json.Decoder(LogFileContents)
_raw_log_file = msgspec.json.Decoder(RawLogFileContents)
_record = msgspec.json.Decoder(Record)
_identity = msgspec.json.Decoder(UserIdentity | None)
_agent = msgspec.json.Decoder(str | None)
_resources = msgspec.json.Decoder(list[Resource | None] | None)
_object = msgspec.json.Decoder(dict[str, Raw])
_array = msgspec.json.Decoder(list[Raw])
_text = msgspec.json.Decoder(str)


def decode(data: bytes) -> list[Record]:
    """The records of a log file: gzip of one or several members, or its JSON unpacked.

    Raises DamagedLogFile.
    """
    try:
        return _log_file.decode(_json_text(data)).Records
    except _UNREADABLE as error:
        raise _damage(error) from None


def decode_raw(data: bytes) -> list[tuple[Record, Raw]]:
    """The records of a log file, each with its whole JSON text. Raises DamagedLogFile."""
    try:
        whole = _raw_log_file.decode(_json_text(data)).Records
        return [(_record.decode(each), each) for each in whole]
    except _UNREADABLE as error:
        raise _damage(error) from None


_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def _damage(error: Exception) -> DamagedLogFile:
    if isinstance(error, msgspec.ValidationError):
        return DamagedLogFile(f"it is JSON, but not a CloudTrail log file: {error}")
    return DamagedLogFile(f"its JSON is broken: {error}")


def _json_text(data: bytes) -> bytes:
    if data.startswith(_GZIP_MAGIC) or not data:
        return inflate(data)
    if data[:64].lstrip().startswith(b"{"):
        return data
    raise DamagedLogFile(f"it is neither gzip nor a JSON object: it starts with {data[:8]!r}")


def time_span(records: Sequence[Record]) -> tuple[str, str]:
    """Earliest and latest eventTime of one or more records. Raises DamagedLogFile."""
    times = [record.eventTime for record in records]
    earliest, latest = min(times), max(times)
    require_times((earliest, latest))
    return earliest, latest


def require_times(times: Iterable[str]) -> None:
    """Raises DamagedLogFile for a text that is no eventTime."""
    for time in times:
        if not _is_event_time(time):
            raise DamagedLogFile(
                f"it holds the eventTime {time!r}, which is not of the form YYYY-MM-DDTHH:MM:SSZ"
            )


def _is_event_time(time: str) -> bool:
    """True for a time in UTC to the second, or finer; cheaper than a pattern and a parse."""
    if len(time) < _EVENT_TIME_LENGTH or time[10] != "T" or time[-1] != "Z":
        return False
    try:
        datetime.fromisoformat(time)
    except ValueError:
        return False
    return True


def identity_of(record: Record) -> UserIdentity:
    """Who made the call; empty where the record has no userIdentity."""
    try:
        return _identity.decode(record.userIdentity) or UserIdentity()
    except msgspec.ValidationError:
        return UserIdentity()


def user_agent_of(record: Record) -> str:
    """What the caller's program calls itself; empty where the record has no userAgent."""
    try:
        return _agent.decode(record.userAgent) or ""
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
    """The account the record was delivered for; records of 2014 have the caller's only."""
    return record.recipientAccountId or identity_of(record).accountId or ""


def category_of(record: Record) -> str:
    """eventCategory, or what it would be in a record older than the field."""
    if record.eventCategory is not None:
        return record.eventCategory
    if record.eventType == "AwsCloudTrailInsight":
        return "Insight"
    return (
        "Data" if record.eventName in OLD_DATA_EVENTS.get(record.eventSource, ()) else "Management"
    )


def read_only(record: Record) -> bool:
    """readOnly, or what the event's name says in a record older than the field."""
    return bool(_reads(record.eventName)) if record.readOnly is None else record.readOnly


def parameter_steps(path: str) -> tuple[str | int, ...]:
    """`requestItems[0].tableName` as ("requestItems", 0, "tableName")."""
    steps = re.findall(r"[^.\[\]]+|\[\d+\]", path)
    return tuple(int(step[1:-1]) if step.startswith("[") else step for step in steps)


def scalar_at(parameters: Raw, steps: Sequence[str | int]) -> str | None:
    """The text of the scalar at `steps`, None where there is none (or an object, or null).

    Numbers and booleans are their JSON text, which is what json_extract_scalar gives.
    """
    here = parameters
    try:
        for step in steps:
            here = (
                _array.decode(here)[step] if isinstance(step, int) else _object.decode(here)[step]
            )
    except (KeyError, IndexError, msgspec.ValidationError):
        return None
    text = bytes(here).strip()
    if text.startswith(b'"'):
        return _text.decode(text)
    return None if text[:1] in b"{[" or text == _NULL else text.decode()

"""What any log files hold: counts by event name and by minute, and the matching records.

Conditions look at any field of a record by its path, `eventName`, `userIdentity.arn`,
`requestParameters.key.id`, `resources[0].ARN`. An absent field compares as empty text, so
that `errorCode=` is "succeeded" and `errorCode!=` is "failed".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from heapq import nlargest

from msgspec import Raw, Struct

from cloudtrail.log_files import DamagedLogFile
from trail_logs.damage import TOO_DEEP, Damage, identifiers, require_shallow
from trail_logs.records import (
    Contents,
    Record,
    account_of,
    category_of,
    decode,
    decode_raw,
    insight_of,
    parameter_steps,
    read_only,
    scalar_at,
)
from trail_logs.sources import Content, LogSourceError
from trail_logs.tally import distinct

_CONDITION = re.compile(
    r"([A-Za-z_][\w-]*(?:\[\d+\])*(?:\.[A-Za-z_][\w-]*(?:\[\d+\])*)*)(!?=)(.*)", re.DOTALL
)


def name_of(record: Record) -> str:
    """The event's name; for an Insights record, the API's that it is about."""
    return record.eventName or insight_of(record).eventName


FieldOf = Callable[[Record], str | None]
_FIELDS: dict[str, FieldOf] = {
    "eventName": name_of,
    "eventSource": lambda record: record.eventSource or insight_of(record).eventSource,
    "eventTime": lambda record: record.eventTime,
    "eventID": lambda record: record.eventID,
    "eventType": lambda record: record.eventType,
    "eventVersion": lambda record: record.eventVersion,
    "awsRegion": lambda record: record.awsRegion,
    "errorCode": lambda record: record.errorCode,
    "eventCategory": category_of,
    "recipientAccountId": account_of,
    "readOnly": lambda record: str(read_only(record)).lower(),
}
_RAW_FIELDS: dict[str, Callable[[Record], Raw]] = {
    "requestParameters": lambda record: record.requestParameters,
    "userIdentity": lambda record: record.userIdentity,
}


class InvalidConditionError(ValueError):
    """A condition that is not `path=value` or `path!=value`."""


class Condition(Struct, frozen=True):
    """A field must equal, or not equal, a text."""

    path: str
    value: str
    equal: bool = True

    def __str__(self) -> str:
        return f"{self.path}{'=' if self.equal else '!='}{self.value}"


class Found(Struct, array_like=True):
    """A matching record as its log file has it: JSON text, and the file's key."""

    event_time: str
    event_id: str
    key: str
    record: bytes


class Survey(Struct, array_like=True):
    """What some files hold. `names` and `minutes` have the identifiers of matching records.

    `records` are those that are not damaged.
    """

    files: int = 0
    records: int = 0
    names: dict[str, bytes] = {}
    minutes: dict[str, bytes] = {}
    found: list[Found] = []
    damaged: list[Damage] = []

    @property
    def damaged_files(self) -> int:
        """The files of which nothing could be read."""
        return sum(not each.records for each in self.damaged)

    @property
    def damaged_records(self) -> int:
        """The damaged records of files whose others were read."""
        return sum(each.records for each in self.damaged)

    def by_name(self) -> dict[str, int]:
        """Distinct events by name, the most frequent first."""
        counts = {name: distinct(ids) for name, ids in self.names.items()}
        return dict(sorted(counts.items(), key=lambda each: (-each[1], each[0])))

    def by_minute(self) -> dict[str, int]:
        """Distinct events by minute (`YYYY-MM-DDTHH:MM`), in order."""
        return {minute: distinct(ids) for minute, ids in sorted(self.minutes.items())}


class SurveyJob(Struct, tag=True):
    """Surveying batches of files.

    `since` and `until` are eventTimes, both inclusive, empty where open. The latest `limit`
    matching records are kept; 0 keeps none, which is faster.
    """

    conditions: list[Condition] = []
    accounts: list[str] = []
    regions: list[str] = []
    since: str = ""
    until: str = ""
    limit: int = 0

    @property
    def goes_on(self) -> bool:
        """A file that cannot be read is named among the damaged ones."""
        return True

    @property
    def result_type(self) -> type[Survey]:
        """What workers answer with."""
        return Survey

    def started(self) -> Callable[[Iterable[tuple[str, Content]]], list[Survey]]:
        """The conditions, compiled: what they make of a batch."""
        test = self._test()
        return lambda files: [
            merged((_survey(key, data, self, test) for key, data in files), self.limit)
        ]

    @property
    def needs_whole_records(self) -> bool:
        """True when records are kept, or a condition is about a field that is not typed."""
        return self.limit > 0 or any(_typed(each.path) is None for each in self.conditions)

    def _test(self) -> Callable[[Record, Raw], bool]:
        conditions = [(_getter(each.path), each) for each in self.conditions]

        def test(record: Record, whole: Raw) -> bool:
            return self._in_scope(record) and all(
                ((get(record, whole) or "") == each.value) == each.equal for get, each in conditions
            )

        return test

    def _in_scope(self, record: Record) -> bool:
        return (
            record.eventTime >= self.since
            and (not self.until or record.eventTime <= self.until)
            and (not self.regions or record.awsRegion in self.regions)
            and (not self.accounts or account_of(record) in self.accounts)
        )


def condition(text: str) -> Condition:
    """`eventName=PutItem` or `eventName!=PutItem` as a condition. Raises InvalidConditionError."""
    found = _CONDITION.fullmatch(text)
    if not found:
        raise InvalidConditionError(
            f"{text!r} is no condition: wanted field=value or field!=value, such as"
            " eventName=PutItem or requestParameters.tableName=Users."
        )
    path, operator, value = found.groups()
    return Condition(path, value, operator == "=")


def merged(surveys: Iterable[Survey], limit: int) -> Survey:
    """One survey of them all, with the latest `limit` records, each once, in order of time."""
    total = Survey()
    names: dict[str, list[bytes]] = {}
    minutes: dict[str, list[bytes]] = {}
    for survey in surveys:
        total.files += survey.files
        total.records += survey.records
        total.damaged += survey.damaged
        total.found = _latest([*total.found, *survey.found], limit) if survey.found else total.found
        _gather(names, survey.names)
        _gather(minutes, survey.minutes)
    total.damaged.sort(key=lambda damage: damage.key)
    total.names = {name: b"".join(ids) for name, ids in names.items()}
    total.minutes = {minute: b"".join(ids) for minute, ids in minutes.items()}
    return total


def _latest(found: list[Found], limit: int) -> list[Found]:
    once = {(each.event_time, each.event_id): each for each in found}
    return [once[key] for key in sorted(nlargest(limit, once))]


def _gather(into: dict[str, list[bytes]], ids: dict[str, bytes]) -> None:
    for key, each in ids.items():
        into.setdefault(key, []).append(each)


def _survey(
    key: str, content: Content, job: SurveyJob, test: Callable[[Record, Raw], bool]
) -> Survey:
    if isinstance(content, LogSourceError):
        return Survey(files=1, damaged=[Damage(key, str(content))])
    try:
        return _survey_contents(key, _decoded(content, job.needs_whole_records), job, test)
    except DamagedLogFile as error:
        return Survey(files=1, damaged=[Damage(key, str(error))])
    except RecursionError:
        return Survey(files=1, damaged=[Damage(key, TOO_DEEP)])


def _survey_contents(
    key: str, contents: Contents, job: SurveyJob, test: Callable[[Record, Raw], bool]
) -> Survey:
    texts = contents.texts or [_NOTHING] * len(contents.records)
    matching = [pair for pair in zip(contents.records, texts, strict=True) if test(*pair)]
    return Survey(
        files=1,
        records=len(contents.records),
        names=_identified((name_of(record), record.eventID) for record, _ in matching),
        minutes=_identified((record.eventTime[:16], record.eventID) for record, _ in matching),
        found=_found(key, matching, job.limit) if job.limit else [],
        damaged=contents.damage(key),
    )


def _found(key: str, matching: list[tuple[Record, Raw]], limit: int) -> list[Found]:
    found = _latest(
        [Found(each.eventTime, each.eventID, key, bytes(raw)) for each, raw in matching], limit
    )
    for each in found:
        require_shallow(each.record)
    return found


def _decoded(data: bytes, whole: bool) -> Contents:
    """The file's contents, with its records as they are in the file where that is wanted."""
    return decode_raw(data) if whole else decode(data)


def _identified(pairs: Iterable[tuple[str, str]]) -> dict[str, bytes]:
    ids: dict[str, list[str]] = {}
    for key, event_id in pairs:
        ids.setdefault(key, []).append(event_id)
    return {key: identifiers(each) for key, each in ids.items()}


_NOTHING = Raw(b"null")


def _typed(path: str) -> FieldOf | None:
    """How the field is read from a typed record; None where only the whole record has it."""
    if path in _FIELDS:
        return _FIELDS[path]
    first, _, rest = path.partition(".")
    if first not in _RAW_FIELDS or not rest:
        return None
    raw, steps = _RAW_FIELDS[first], parameter_steps(rest)
    return lambda record: scalar_at(raw(record), steps)


def _getter(path: str) -> Callable[[Record, Raw], str | None]:
    typed = _typed(path)
    if typed is not None:
        return lambda record, _: typed(record)
    steps = parameter_steps(path)
    return lambda _, whole: scalar_at(whole, steps)

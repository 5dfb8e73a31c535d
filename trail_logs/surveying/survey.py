"""Surveys any log files: counts by any field and by minute, and the matching records.

Conditions can use any field of a record by its path (`cloudtrail.record_conditions`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache, partial
from heapq import nlargest
from typing import NamedTuple

from msgspec import Raw, Struct

from cloudtrail.log_files import DamagedLogFile
from cloudtrail.record_conditions import Condition, parameter_steps, scalar_at
from trail_logs.damage import TOO_DEEP, Damage, each_of, require_shallow
from trail_logs.records import (
    RAW_MEMBERS,
    Contents,
    Record,
    account_of,
    category_of,
    decode,
    decode_raw,
    insight_of,
    read_only,
    user_agent,
    user_agent_of,
)
from trail_logs.sources.log_source import Content, LogSourceError
from trail_logs.tally import distinct

BETWEEN = "\x1f"
"""Separates the values of several fields that are counted together."""


def name_of(record: Record) -> str:
    """The event's name; for an Insights record, the name of the API that it is about."""
    return record.eventName or insight_of(record).eventName


TEN_SECONDS = "eventTime[:18]"
"""Counting by this, which is not a path, counts by ten seconds: `2026-03-14T12:00:3`."""

FieldOf = Callable[[Record], str | None]
Getter = Callable[[Record, Raw], str | None]
Test = Callable[[Record, Raw], bool]
_WithId = tuple[Record, Raw, bytes]
"""A record, its text if that is kept, and its identifier."""

_FIELDS: dict[str, FieldOf] = {
    "eventName": name_of,
    "eventSource": lambda record: record.eventSource or insight_of(record).eventSource,
    "eventTime": lambda record: record.eventTime,
    TEN_SECONDS: lambda record: record.eventTime[:18],
    "eventID": lambda record: record.eventID,
    "eventType": lambda record: record.eventType,
    "eventVersion": lambda record: record.eventVersion,
    "awsRegion": lambda record: record.awsRegion,
    "errorCode": lambda record: record.errorCode,
    "eventCategory": category_of,
    "recipientAccountId": account_of,
    "userAgent": lambda record: user_agent_of(record) or None,
    "readOnly": lambda record: str(read_only(record)).lower(),
}
_RAW_FIELDS: dict[str, Callable[[Record], Raw]] = {
    "requestParameters": lambda record: record.requestParameters,
    "userIdentity": lambda record: record.userIdentity,
}


class Found(Struct, array_like=True):
    """A matching record as its log file has it: JSON text, and the file's key."""

    event_time: str
    event_id: str
    key: str
    record: bytes


class Survey(Struct, array_like=True):
    """What is in some files. `names` and `minutes` have the identifiers of matching records.

    `names` are event names, or values of the fields that the job counts by. `records` counts those
    that are not damaged. `fields` are the job's fields that some record has. `apart` has the
    identifiers of records that are counted separately, by event name.
    """

    files: int = 0
    records: int = 0
    names: dict[str, bytes] = {}
    minutes: dict[str, bytes] = {}
    found: list[Found] = []
    damaged: list[Damage] = []
    fields: list[str] = []
    apart: dict[str, bytes] = {}

    @property
    def damaged_files(self) -> int:
        """The files of which nothing could be read."""
        return sum(not each.records for each in self.damaged)

    @property
    def damaged_records(self) -> int:
        """The damaged records of files whose others were read."""
        return sum(each.records for each in self.damaged)

    def by_name(self) -> dict[str, int]:
        """Distinct events by name (or what is counted by), the most frequent first."""
        return _counted(self.names)

    def apart_by_name(self) -> dict[str, int]:
        """Distinct events that are counted apart, by event name, the most frequent first."""
        return _counted(self.apart)

    def by_minute(self) -> dict[str, int]:
        """Distinct events by minute (`YYYY-MM-DDTHH:MM`), in order."""
        return {minute: distinct(ids) for minute, ids in sorted(self.minutes.items())}


def _counted(ids: dict[str, bytes]) -> dict[str, int]:
    counts = {name: distinct(each) for name, each in ids.items()}
    return dict(sorted(counts.items(), key=lambda each: (-each[1], each[0])))


class SurveyJob(Struct, tag=True):
    """A survey of batches of files.

    In each list of `conditions`, one must hold. `since` and `until` are eventTimes, both inclusive;
    empty leaves a side open. The latest `limit` matching records are kept; 0 keeps none, which is
    faster. Events are counted `by` fields, or by their names if none are given. Matching records
    whose userAgent contains a text of `apart` are counted separately, and not kept. `any_form` also
    reads records that are not in a log file (`trail_logs.other_forms`).
    """

    conditions: list[list[Condition]] = []
    accounts: list[str] = []
    regions: list[str] = []
    since: str = ""
    until: str = ""
    limit: int = 0
    by: list[str] = []
    apart: list[str] = []
    any_form: bool = False

    @property
    def goes_on(self) -> bool:
        """A file that cannot be read is named among the damaged ones."""
        return True

    @property
    def result_type(self) -> type[Survey]:
        """What workers answer with."""
        return Survey

    def started(self) -> Callable[[Iterable[tuple[str, Content]]], list[Survey]]:
        """A function that surveys a batch with the compiled conditions."""
        fields = {each: _getter(each) for each in self.paths}
        apart = _of_agents(self.apart)
        work = _Work(self._contents(), self.limit, self._tests(), apart, _key(self.by), fields)
        return lambda files: [_survey(files, work)]

    @property
    def paths(self) -> list[str]:
        """The fields that the job uses: those of its conditions, and those that it counts by."""
        conditions = (each.path for group in self.conditions for each in group)
        return list(dict.fromkeys([*conditions, *self.by]))

    @property
    def needs_whole_records(self) -> bool:
        """Whether records are kept, or an untyped field is used."""
        return self.limit > 0 or any(_typed(each) is None for each in self.paths)

    def _contents(self) -> Callable[[bytes], Contents]:
        """The decoder of a file, for the needed fields only; with `any_form`, also of other
        forms."""
        asked = {each.partition(".")[0] for each in self.paths}
        needed = RAW_MEMBERS & {*asked, *(["userAgent"] if self.apart else [])}
        read = decode_raw if self.needs_whole_records else partial(decode, needed=needed)
        if not self.any_form:
            return read
        from trail_logs.other_forms import contents

        return partial(contents, read=read)

    def _tests(self) -> list[Test]:
        """Tests that all must hold for a matching record."""
        conditions = [_any_of([_compiled(each) for each in group]) for group in self.conditions]
        return [*self._scope(), *conditions]

    def _scope(self) -> Iterator[Test]:
        since, until, regions, accounts = self.since, self.until, self.regions, self.accounts
        if since:
            yield lambda record, _: record.eventTime >= since
        if until:
            yield lambda record, _: record.eventTime <= until
        if regions:
            yield lambda record, _: record.awsRegion in regions
        if accounts:
            yield lambda record, _: account_of(record) in accounts


def merged(surveys: Iterable[Survey], limit: int) -> Survey:
    """One survey of them all, with the latest `limit` records, each once, in order of time."""
    total = Survey()
    names: dict[str, list[bytes]] = {}
    minutes: dict[str, list[bytes]] = {}
    apart: dict[str, list[bytes]] = {}
    for survey in surveys:
        total.files += survey.files
        total.records += survey.records
        total.damaged += survey.damaged
        total.fields += [each for each in survey.fields if each not in total.fields]
        total.found = _latest([*total.found, *survey.found], limit) if survey.found else total.found
        _gather(names, survey.names)
        _gather(minutes, survey.minutes)
        _gather(apart, survey.apart)
    total.damaged.sort(key=lambda damage: damage.key)
    total.names, total.minutes, total.apart = map(_joined, (names, minutes, apart))
    return total


def _latest(found: list[Found], limit: int) -> list[Found]:
    once = {(each.event_time, each.event_id): each for each in found}
    return [once[key] for key in sorted(nlargest(limit, once))]


def _joined(ids: dict[str, list[bytes]]) -> dict[str, bytes]:
    return {key: b"".join(each) for key, each in ids.items()}


def _gather(into: dict[str, list[bytes]], ids: dict[str, bytes]) -> None:
    for key, each in ids.items():
        into.setdefault(key, []).append(each)


class _Work(NamedTuple):
    """A compiled job.

    How a file is decoded, how many records are kept, the tests, which agents' records are counted
    apart, the key that is counted by, and how the fields are read.
    """

    contents: Callable[[bytes], Contents]
    limit: int
    tests: list[Test]
    apart: Callable[[Iterable[Raw]], set[bytes]] | None
    key: Callable[[Record, Raw], str] | None
    fields: dict[str, Getter]


class _Part(NamedTuple):
    """What is in one file.

    The matching records with the names under which they count, the records that are counted apart,
    those that are kept, and the fields that some record has.
    """

    contents: Contents
    matching: list[_WithId]
    names: list[str]
    apart: list[_WithId]
    found: list[Found]
    fields: list[str]


def _survey(files: Iterable[tuple[str, Content]], work: _Work) -> Survey:
    """What is in a batch of files. Nothing of a damaged file counts."""
    total, found = Survey(), list[Found]()
    names, minutes, apart = (defaultdict[str, list[bytes]](list) for _ in range(3))
    for key, content in files:
        total.files += 1
        part = _part(key, content, work)
        if isinstance(part, Damage):
            total.damaged.append(part)
            continue
        total.records += len(part.contents.records)
        total.damaged += part.contents.damage(key)
        total.fields += [each for each in part.fields if each not in total.fields]
        found += part.found
        for name, (record, _, event_id) in zip(part.names, part.matching, strict=True):
            names[name].append(event_id)
            minutes[record.eventTime[:16]].append(event_id)
        for record, _, event_id in part.apart:
            apart[name_of(record)].append(event_id)
    total.found = _latest(found, work.limit)
    total.names, total.minutes, total.apart = map(_joined, (names, minutes, apart))
    return total


def _part(key: str, content: Content, work: _Work) -> _Part | Damage:
    if isinstance(content, LogSourceError):
        return Damage(key, str(content))
    try:
        return _part_of(key, work.contents(content), work)
    except DamagedLogFile as error:
        return Damage(key, str(error))
    except RecursionError:
        return Damage(key, TOO_DEEP)


def _part_of(key: str, contents: Contents, work: _Work) -> _Part:
    records = contents.records
    texts = contents.texts or [_NOTHING] * len(records)
    matching = each_with_id = list(zip(records, texts, each_of(contents.ids), strict=True))
    for test in work.tests:
        matching = [each for each in matching if test(each[0], each[1])]
    apart: list[_WithId] = []
    if work.apart and (agents := work.apart(record.userAgent for record, _, _ in matching)):
        apart = [each for each in matching if bytes(each[0].userAgent) in agents]
        matching = [each for each in matching if bytes(each[0].userAgent) not in agents]
    there = [
        path
        for path, get in work.fields.items()
        if any(get(record, whole) is not None for record, whole, _ in each_with_id)
    ]
    found = _found(key, matching, work.limit) if work.limit else []
    return _Part(contents, matching, _names(matching, work.key), apart, found, there)


def _names(matching: list[_WithId], key: Callable[[Record, Raw], str] | None) -> list[str]:
    if key:
        return [key(record, whole) for record, whole, _ in matching]
    return [record.eventName or name_of(record) for record, _, _ in matching]


def _found(key: str, matching: list[_WithId], limit: int) -> list[Found]:
    found = _latest(
        [Found(each.eventTime, each.eventID, key, bytes(raw)) for each, raw, _ in matching], limit
    )
    for each in found:
        require_shallow(each.record)
    return found


_NOTHING = Raw(b"null")


def _typed(path: str) -> FieldOf | None:
    """How the field is read from a typed record; None if only the whole record has it."""
    if path in _FIELDS:
        return _FIELDS[path]
    first, _, rest = path.partition(".")
    if first not in _RAW_FIELDS or not rest:
        return None
    raw, steps = _RAW_FIELDS[first], parameter_steps(rest)
    return lambda record: scalar_at(raw(record), steps)


def _key(by: Sequence[str]) -> Callable[[Record, Raw], str] | None:
    """The key under which an event is counted; None for its name."""
    if not by:
        return None
    getters = [_getter(each) for each in by]
    return lambda record, whole: BETWEEN.join(get(record, whole) or "" for get in getters)


def _of_agents(texts: Sequence[str]) -> Callable[[Iterable[Raw]], set[bytes]] | None:
    """A function that finds the userAgents with one of the texts. Agents are few and repeat."""

    @lru_cache(256)
    def known(written: bytes) -> bool:
        return any(each in user_agent(written) for each in texts)

    return (lambda agents: set(filter(known, set(map(bytes, agents))))) if texts else None


def _any_of(tests: Sequence[Test]) -> Test:
    if len(tests) == 1:
        return tests[0]
    return lambda record, whole: any(test(record, whole) for test in tests)


def _compiled(condition: Condition) -> Test:
    get, holds = _getter(condition.path), condition.test()
    return lambda record, whole: holds(get(record, whole))


def _getter(path: str) -> Getter:
    typed = _typed(path)
    if typed is not None:
        return lambda record, _: typed(record)
    steps = parameter_steps(path)
    return lambda _, whole: scalar_at(whole, steps)

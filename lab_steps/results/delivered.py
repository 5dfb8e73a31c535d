"""What a lab's trails delivered, for a report: events over time, and objects.

Nothing is judged here. The amount is limited, and what is left out is counted.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from cloudtrail.log_files import parse_log_file_key
from lab_steps.checking.trails import lab_trails
from lab_steps.checking.trails.lab_trails import LabTrail
from lab_steps.checking.user_agents import NOBODYS
from lab_steps.checking.view import View
from trail_logs.expectations import event_time
from trail_logs.layout import Scope
from trail_logs.records import Record, category_of, read_only, record_of
from trail_logs.sources.log_source import LogFile, LogSource
from trail_logs.surveying.survey import (
    BETWEEN,
    TEN_SECONDS,
    Found,
    Survey,
    SurveyJob,
    merged,
    name_of,
)
from trail_logs.workers import done, processes_for

MAX_EVENTS = 2_000
MAX_OBJECTS = 2_000
"""Objects shown of one trail: the latest; the rest is counted."""

SPANS, NAMES_COUNTED = 240, 40
"""If there are more events, all are counted: in up to this many spans of time, and by this many
names."""

OTHER_NAMES = "other names"
_BY = ("eventName", "readOnly", "errorCode", TEN_SECONDS)
_TEN_SECONDS = 10

RECORDS_OF_A_NAME = 3
MAX_RECORDS = 120
"""Records that are kept whole: at most so many of the latest of each name, and of one trail."""

_NOT_FETCHED = "Athena read the log files, so they were not fetched: there is no timeline."

FOLDERS = ("CloudTrail", "CloudTrail-Digest", "CloudTrail-Insight")


class ObservedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One recorded event. `event_time` is UTC; `record` is the whole record of some events."""

    event_time: Annotated[str, Meta(description="eventTime")]
    event_name: Annotated[
        str, Meta(description="eventName; for an Insights event, the name of the API it is about")
    ]
    event_source: Annotated[str, Meta(description="eventSource")]
    category: Annotated[str, Meta(description="`Management`, `Data` or `Insight`")]
    read_only: Annotated[bool, Meta(description="readOnly")]
    event_id: Annotated[str, Meta(description="eventID")]
    key: Annotated[str, Meta(description="the log file's key")]
    error_code: Annotated[
        str | None, Meta(description="errorCode of a denied or failed call, else null")
    ] = None
    record: Annotated[
        dict[str, Any] | None,
        Meta(description="the whole record, for the latest few events of every name, else null"),
    ] = None


class EventCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many events of one name and kind were recorded in the same span of time."""

    event_time: Annotated[str, Meta(description="when the span starts")]
    event_name: Annotated[str, Meta(description="eventName")]
    kind: Annotated[str, Meta(description="`write`, `read` or `failed`")]
    count: Annotated[int, Meta(description="how many", ge=1)]


class ObservedObject(msgspec.Struct, frozen=True, kw_only=True):
    """An object under a trail's log location: `size` in bytes, `damage` why it cannot be read."""

    key: Annotated[str, Meta(description="the object's key")]
    size: Annotated[int, Meta(description="bytes")]
    damage: Annotated[
        str, Meta(description="why it cannot be read; empty for an intact log file")
    ] = ""


class ObservedTrail(msgspec.Struct, frozen=True, kw_only=True):
    """What one trail delivered for the lab's account since the lab's work began.

    The calls of checks and of CloudTrail's deliveries are kept separate, because they would hide
    all others. `expected` are the names of the events that the lab searches for in this trail.
    `events` are sorted by time, `objects` by key; `more_events` and `more_objects` are how many
    more there are. `problem` says why nothing is shown.
    """

    trail: Annotated[str, Meta(description="the trail's name")]
    expected: Annotated[
        tuple[str, ...],
        Meta(description="the names of the events that the lab looks for in this trail"),
    ] = ()
    bucket: Annotated[str, Meta(description="its bucket; empty when there is a problem")] = ""
    events: Annotated[
        tuple[ObservedEvent, ...], Meta(description="the latest recorded events, by time")
    ] = ()
    more_events: Annotated[int, Meta(description="how many earlier ones there are")] = 0
    counts: Annotated[
        tuple[EventCount, ...],
        Meta(description="all of them over time, when there are more_events"),
    ] = ()
    own_calls: Annotated[
        dict[str, int],
        Meta(
            description="the calls of checks and of CloudTrail's deliveries, by eventName; they "
            "are not among these events"
        ),
    ] = msgspec.field(default_factory=dict)
    objects: Annotated[
        tuple[ObservedObject, ...],
        Meta(description="the latest objects of its log location, by key"),
    ] = ()
    more_objects: Annotated[int, Meta(description="how many earlier ones there are")] = 0
    problem: Annotated[str, Meta(description="why nothing is shown; empty when something is")] = ""


class Observed(msgspec.Struct, frozen=True, kw_only=True):
    """What the lab's trails delivered, in the lab's order."""

    trails: Annotated[tuple[ObservedTrail, ...], Meta(description="the lab's trails")]


def observe(view: View, lab_trails: Iterable[LabTrail]) -> Observed:
    """What is in the trails' buckets now; read-only."""
    return Deliveries().observed(view, lab_trails)


@dataclass(frozen=True, slots=True)
class _Read:
    """The log files that were read for a job, by key and ETag, and what is in them."""

    job: SurveyJob
    files: frozenset[tuple[str, str]] = frozenset()
    survey: Survey = field(default_factory=Survey)


@dataclass
class Deliveries:
    """What the trails delivered, look after look: no log file is fetched twice."""

    _read: dict[str, _Read] = field(default_factory=dict)

    def observed(self, view: View, lab_trails: Iterable[LabTrail]) -> Observed:
        """What is in the trails' buckets now; read-only."""
        return Observed(trails=tuple(self._observed(view, each) for each in lab_trails))

    def _observed(self, view: View, trail: LabTrail) -> ObservedTrail:
        try:
            if lab_trails.find(view, trail) is None:
                return ObservedTrail(trail=trail.name, problem=f"There is no trail {trail.name}.")
            if view.athena:
                return ObservedTrail(trail=trail.name, problem=_NOT_FETCHED)
            return self._delivered(view, trail)
        except Exception as error:  # noqa: BLE001 (a report without a timeline is still a report)
            return ObservedTrail(trail=trail.name, problem=f"It could not be read: {error}")

    def _delivered(self, view: View, trail: LabTrail) -> ObservedTrail:
        description = lab_trails.found(view, trail)
        bucket = str(description["S3BucketName"])
        source = view.target.log_source(bucket, description.get("S3KeyPrefix") or "")
        since = trail.since(view)
        files = source.files(Scope(accounts=(view.account,), since=since, folders=FOLDERS))
        logs = [each for each in files if not _is_digest(each)]
        job = SurveyJob(
            accounts=[view.account],
            since=event_time(since) if since else "",
            limit=MAX_EVENTS,
            by=list(_BY),
            apart=list(NOBODYS),
        )
        survey = self._surveyed(bucket, source, logs, job)
        events = tuple(_events(survey.found))
        counted = survey.by_name()
        more_events = sum(counted.values()) - len(events)
        return ObservedTrail(
            trail=trail.name,
            expected=tuple(each.name for each in trail.expected),
            bucket=bucket,
            events=events,
            more_events=more_events,
            counts=_counts(counted) if more_events else (),
            own_calls=survey.apart_by_name(),
            objects=_objects(files, survey),
            more_objects=max(0, len(files) - MAX_OBJECTS),
        )

    def _surveyed(
        self, bucket: str, source: LogSource, logs: Sequence[LogFile], job: SurveyJob
    ) -> Survey:
        """What is in the files. If one that was read is gone or has changed, all are read again."""
        files = frozenset((each.key, each.etag) for each in logs)
        read = self._read.get(bucket, _Read(job))
        if read.job != job or not read.files <= files:
            read = _Read(job)
        new = [each for each in logs if (each.key, each.etag) not in read.files]
        results = done(source.bodies(new), job, processes=processes_for(new)) if new else ()
        surveys = (survey for _, surveys in results for survey in surveys)
        survey = merged([read.survey, *surveys], job.limit)
        self._read[bucket] = _Read(job, files, survey)
        return survey


def _counts(counted: Mapping[str, int]) -> tuple[EventCount, ...]:
    """Events by name, kind and span, at most SPANS of them; the rarest names are one."""
    found = [(name.split(BETWEEN), count) for name, count in counted.items()]
    names: Counter[str] = Counter()
    for (name, *_), count in found:
        names[name] += count
    kept = {name for name, _ in names.most_common(NAMES_COUNTED)}
    times = {start: _time(start) for (_, _, _, start), _ in found}
    first, last = min(times.values()), max(times.values())
    step = max(_TEN_SECONDS, math.ceil((last - first).total_seconds() / SPANS))
    totals: Counter[tuple[str, str, str]] = Counter()
    for (name, read, error, start), count in found:
        late = (times[start] - first).total_seconds() // step * step
        kind = "failed" if error else "read" if read == "true" else "write"
        span = event_time(first + timedelta(seconds=late))
        totals[span, name if name in kept else OTHER_NAMES, kind] += count
    return tuple(
        EventCount(event_time=span, event_name=name, kind=kind, count=count)
        for (span, name, kind), count in sorted(totals.items())
    )


def _time(ten_seconds: str) -> datetime:
    return datetime.fromisoformat(f"{ten_seconds}0Z")


def _is_digest(file: LogFile) -> bool:
    return "/CloudTrail-Digest/" in file.key


def _events(found: Sequence[Found]) -> Iterator[ObservedEvent]:
    decoded = [(each, record_of(each.record)) for each in found]
    whole = _worth_keeping(decoded)
    for each, record in decoded:
        yield ObservedEvent(
            event_time=each.event_time,
            event_name=name_of(record),
            event_source=record.eventSource,
            category=category_of(record),
            read_only=read_only(record),
            event_id=each.event_id,
            key=each.key,
            error_code=record.errorCode,
            record=msgspec.json.decode(each.record) if each.event_id in whole else None,
        )


def _worth_keeping(decoded: Iterable[tuple[Found, Record]]) -> set[str]:
    """The ids of the latest few events of every name, at most MAX_RECORDS."""
    seen: Counter[str] = Counter()
    kept: list[str] = []
    for each, record in sorted(decoded, key=lambda pair: pair[0].event_time, reverse=True):
        seen[name_of(record)] += 1
        if seen[name_of(record)] <= RECORDS_OF_A_NAME:
            kept.append(each.event_id)
    return set(kept[:MAX_RECORDS])


def _objects(files: Sequence[LogFile], survey: Survey) -> tuple[ObservedObject, ...]:
    """The latest objects: a log file's key has its time."""
    damaged = {each.key: each.reason for each in survey.damaged}
    shown = sorted(files, key=lambda file: (_stamp(file), file.key))[-MAX_OBJECTS:]
    return tuple(
        ObservedObject(key=each.key, size=each.size, damage=damaged.get(each.key, ""))
        for each in sorted(shown, key=lambda file: file.key)
    )


def _stamp(file: LogFile) -> str:
    name = parse_log_file_key(file.key)
    return f"{name.stamp:%FT%T}" if name else ""

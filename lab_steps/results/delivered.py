"""What a lab's trails delivered, as far as a report shows it: events over time, and objects.

Nothing is judged here. What is gathered is bounded; what is left out is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from cloudtrail.log_files import parse_log_file_key
from lab_steps.checking import trails
from lab_steps.checking.trails import LabTrail
from lab_steps.checking.view import View
from trail_logs.expectations import event_time
from trail_logs.layout import Scope
from trail_logs.records import Record, category_of, read_only, record_of
from trail_logs.sources import LogFile, LogSource
from trail_logs.survey import Found, Survey, SurveyJob, merged, name_of
from trail_logs.workers import done, processes_for

MAX_EVENTS = 2_000
MAX_OBJECTS = 2_000
"""So many of one trail, the latest; the rest is counted."""

RECORDS_OF_A_NAME = 3
MAX_RECORDS = 120
"""Records that are kept whole: the latest of every event name, and so many of one trail."""

_NOT_FETCHED = "The log files were asked through Athena and not fetched: there is no timeline."

FOLDERS = ("CloudTrail", "CloudTrail-Digest", "CloudTrail-Insight")


class ObservedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One recorded event. `event_time` is UTC; `record` is the whole record of some events."""

    event_time: Annotated[str, Meta(description="eventTime")]
    event_name: Annotated[
        str, Meta(description="eventName; for an Insights event, the API's that it is about")
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


class ObservedObject(msgspec.Struct, frozen=True, kw_only=True):
    """An object under a trail's log location: `size` in bytes, `damage` why it cannot be read."""

    key: Annotated[str, Meta(description="the object's key")]
    size: Annotated[int, Meta(description="bytes")]
    damage: Annotated[
        str, Meta(description="why it cannot be read; empty for a whole log file")
    ] = ""


class ObservedTrail(msgspec.Struct, frozen=True, kw_only=True):
    """What one trail delivered for the lab's account since the lab's work began.

    `expected` are the names of the events that the lab looks for in this trail. `events` are in
    order of time, `objects` of key; `more_events` and `more_objects` are how many there are
    besides. `problem` says why nothing is shown.
    """

    trail: Annotated[str, Meta(description="the trail's name")]
    expected: Annotated[
        tuple[str, ...],
        Meta(description="the names of the events that the lab looks for in this trail"),
    ] = ()
    bucket: Annotated[str, Meta(description="its bucket; empty when there is a problem")] = ""
    events: Annotated[
        tuple[ObservedEvent, ...], Meta(description="the latest recorded events, in order of time")
    ] = ()
    more_events: Annotated[int, Meta(description="how many earlier ones there are besides")] = 0
    objects: Annotated[
        tuple[ObservedObject, ...],
        Meta(description="the latest objects of its log location, by key"),
    ] = ()
    more_objects: Annotated[int, Meta(description="how many earlier ones there are besides")] = 0
    problem: Annotated[str, Meta(description="why nothing is shown; empty when something is")] = ""


class Observed(msgspec.Struct, frozen=True, kw_only=True):
    """What the lab's trails delivered, in the lab's order."""

    trails: Annotated[tuple[ObservedTrail, ...], Meta(description="the lab's trails")]


def observe(view: View) -> Observed:
    """What is in the trails' buckets now; read-only."""
    return Observed(trails=tuple(_observed(view, each) for each in view.trails))


def _observed(view: View, trail: LabTrail) -> ObservedTrail:
    try:
        if trails.find(view, trail) is None:
            return ObservedTrail(trail=trail.name, problem=f"There is no trail {trail.name}.")
        if view.athena:
            return ObservedTrail(trail=trail.name, problem=_NOT_FETCHED)
        return _delivered(view, trail)
    except Exception as error:  # noqa: BLE001 (a report without a timeline is still a report)
        return ObservedTrail(trail=trail.name, problem=f"It could not be looked at: {error}")


def _delivered(view: View, trail: LabTrail) -> ObservedTrail:
    description = trails.found(view, trail)
    bucket = str(description["S3BucketName"])
    source = view.target.log_source(bucket, description.get("S3KeyPrefix") or "")
    since = trail.since(view)
    files = source.files(Scope(accounts=(view.account,), since=since, folders=FOLDERS))
    job = SurveyJob(
        accounts=[view.account], since=event_time(since) if since else "", limit=MAX_EVENTS
    )
    survey = _surveyed(source, [each for each in files if not _is_digest(each)], job)
    events = tuple(_events(survey.found))
    return ObservedTrail(
        trail=trail.name,
        expected=tuple(each.name for each in trail.expected),
        bucket=bucket,
        events=events,
        more_events=sum(survey.by_name().values()) - len(events),
        objects=_objects(files, survey),
        more_objects=max(0, len(files) - MAX_OBJECTS),
    )


def _is_digest(file: LogFile) -> bool:
    return "/CloudTrail-Digest/" in file.key


def _surveyed(source: LogSource, files: Sequence[LogFile], job: SurveyJob) -> Survey:
    results = done(source.bodies(files), job, processes=processes_for(files))
    return merged((survey for _, surveys in results for survey in surveys), job.limit)


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
    """The latest objects, which is those with the last keys: a key has its file's time."""
    damaged = {each.key: each.reason for each in survey.damaged}
    shown = sorted(files, key=lambda file: (_stamp(file), file.key))[-MAX_OBJECTS:]
    return tuple(
        ObservedObject(key=each.key, size=each.size, damage=damaged.get(each.key, ""))
        for each in sorted(shown, key=lambda file: file.key)
    )


def _stamp(file: LogFile) -> str:
    name = parse_log_file_key(file.key)
    return f"{name.stamp:%FT%T}" if name else ""

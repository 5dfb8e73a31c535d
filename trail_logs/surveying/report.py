"""A survey as text for people, or as JSON."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import msgspec

from trail_logs.counting import counted
from trail_logs.expectations import event_time
from trail_logs.records import identity_of, record_of
from trail_logs.sources.log_source import writable
from trail_logs.surveying.survey import BETWEEN, Found, Survey, SurveyJob, name_of

MAX_ROWS = 24
"""The most rows of a histogram: its step is the shortest that needs no more."""

_STEPS = tuple(
    timedelta(minutes=minutes)
    for minutes in (1, 5, 15, 60, 180, 360, 720, 1440, 7 * 1440, 28 * 1440, 364 * 1440)
)
_EPOCH = datetime(2001, 1, 1, tzinfo=UTC)  # a Monday
_FIRST = datetime.min.replace(tzinfo=UTC)
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_SHOWN_DAMAGED = 20


def written(
    location: str,
    survey: Survey,
    job: SurveyJob,
    options: argparse.Namespace,
    unknown: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[str]:
    """The survey's lines for standard output; `unknown` are fields that no record has."""
    if options.records:
        yield from _records(survey, as_json=options.format == "json")
    elif options.format == "json":
        yield msgspec.json.encode(document(location, survey, job, unknown)).decode()
    else:
        yield from _text(location, survey, job)


def complaints(location: str, survey: Survey) -> Iterator[str]:
    """What could not be read, for standard error."""
    if not survey.files:
        yield (
            f"Nothing was read: found no log files in {location} (for the time, accounts and "
            "Regions you asked for). Is AWSLogs/ in there?"
        )
    elif not survey.records and not survey.damaged:
        yield f"The log files in {location} have no records."
    for damage in survey.damaged[:_SHOWN_DAMAGED]:
        yield f"not read: {damage.key}: {damage.reason}"
    if len(survey.damaged) > _SHOWN_DAMAGED:
        more = len(survey.damaged) - _SHOWN_DAMAGED
        yield f"not read: {counted(more, 'more file')} (--format json names all)"
    if survey.damaged:
        yield f"not read in total: {_in_all(survey)}"


def _in_all(survey: Survey) -> str:
    files, records = (
        counted(survey.damaged_files, "file"),
        counted(survey.damaged_records, "record"),
    )
    return f"{files}, and {records} of others"


def document(
    location: str,
    survey: Survey,
    job: SurveyJob,
    unknown: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, object]:
    """The survey as one JSON document, with `events`, or with `counts` if it counts by fields.

    Events that are counted `apart` are not among the `matching`.
    """
    names, (step, bins) = survey.by_name(), histogram(survey.by_minute())
    return {
        "location": writable(location),
        "where": _where(job),
        "by": job.by,
        "files": survey.files,
        "records": survey.records,
        "matching": sum(names.values()),
        **_counts(job, names),
        "apart": [
            {"eventName": name, "count": count} for name, count in survey.apart_by_name().items()
        ],
        "histogram": {
            "stepSeconds": int(step.total_seconds()),
            "bins": [{"from": event_time(start), "count": count} for start, count in bins],
        },
        "damagedFiles": survey.damaged_files,
        "damagedRecords": survey.damaged_records,
        "damaged": [
            {"key": each.key, "records": each.records, "reason": each.reason}
            for each in survey.damaged
        ],
        "unknownFields": [
            {"field": field, "meant": meant or None} for field, meant in unknown.items()
        ],
    }


def _where(job: SurveyJob) -> list[str]:
    return [" or ".join(str(each) for each in group) for group in job.conditions]


def _counts(job: SurveyJob, names: Mapping[str, int]) -> dict[str, object]:
    if not job.by:
        return {"events": [{"eventName": name, "count": count} for name, count in names.items()]}
    return {
        "counts": [
            {"values": dict(zip(job.by, name.split(BETWEEN), strict=True)), "count": count}
            for name, count in names.items()
        ]
    }


def histogram(
    by_minute: Mapping[str, int],
) -> tuple[timedelta, list[tuple[datetime, int]]]:
    """Counts over time in equal steps, including empty ones, at most MAX_ROWS of them."""
    counts = {datetime.fromisoformat(f"{each}Z"): count for each, count in by_minute.items()}
    if not counts:
        return _STEPS[0], []
    step = next(
        (step for step in _STEPS if len(_starts(min(counts), max(counts), step)) <= MAX_ROWS),
        _STEPS[-1],
    )
    bins = dict.fromkeys(_starts(min(counts), max(counts), step), 0)
    for minute, count in counts.items():
        start = _start(minute, step)
        bins[start] = bins.get(start, 0) + count
    return step, sorted(bins.items())


def bar(value: int, largest: int, width: int, *, unicode: bool) -> str:
    """A bar of at most `width` characters; anything above zero is visible."""
    if not value:
        return ""
    eighths = max(1, round(8 * width * value / largest))
    if not unicode:
        return "#" * max(1, eighths // 8)
    whole, rest = divmod(eighths, 8)
    return "█" * whole + (_EIGHTHS[rest] if rest else "")


def _start(minute: datetime, step: timedelta) -> datetime:
    return minute - min((minute - _EPOCH) % step, minute - _FIRST)


def _starts(first: datetime, last: datetime, step: timedelta) -> list[datetime]:
    start = _start(first, step)
    steps = (last - start) // step + 1
    return [start + number * step for number in range(min(steps, MAX_ROWS + 1))]


def _records(survey: Survey, *, as_json: bool) -> Iterator[str]:
    for found in survey.found:
        if as_json:
            record = msgspec.Raw(_on_one_line(found.record))
            yield msgspec.json.encode({"key": found.key, "record": record}).decode()
        else:
            yield _line(found)


def _on_one_line(record: bytes) -> bytes:
    """The record's JSON: unchanged, unless it was spread over several lines."""
    spread = any(each in record for each in b"\n\r\t")
    return msgspec.json.format(record, indent=-1) if spread else record


def _line(found: Found) -> str:
    record = record_of(_on_one_line(found.record))
    user = identity_of(record)
    who = user.arn or user.userName or user.accountId or "-"
    parameters = bytes(record.requestParameters).decode()
    outcome = record.errorCode or "ok"
    what = f"{record.eventSource.removesuffix('.amazonaws.com')}:{name_of(record)}"
    return f"{record.eventTime}  {record.awsRegion}  {what}  {outcome}  {who}  {parameters}"


def _text(location: str, survey: Survey, job: SurveyJob) -> Iterator[str]:
    names = survey.by_name()
    yield (
        f"{location}: {counted(survey.files, 'file')}, {counted(survey.records, 'record')},"
        f" {counted(sum(names.values()), 'matching event')}"
    )
    if job.conditions:
        yield "where " + " and ".join(_bracketed(each) for each in _where(job))
    if not names:
        return
    width, unicode = shutil.get_terminal_size().columns, _can_show_bars()
    yield ""
    title = ", ".join(job.by) or "event"
    rows = [(_value(name), count) for name, count in names.items()]
    yield from _chart(title, rows, width, unicode)
    step, bins = histogram(survey.by_minute())
    labelled = [
        (f"{start:%F}" if step.days else f"{start:%F %H:%M}", count) for start, count in bins
    ]
    yield ""
    yield from _chart(f"from (UTC, {_length(step)} each)", labelled, width, unicode)


def _bracketed(alternatives: str) -> str:
    return f"({alternatives})" if " or " in alternatives else alternatives


def _value(name: str) -> str:
    """A row's label; missing fields are shown as such."""
    return ", ".join(each or "(none)" for each in name.split(BETWEEN))


def _chart(title: str, rows: list[tuple[str, int]], width: int, unicode: bool) -> Iterator[str]:
    """Labels, counts and bars, no line longer than `width`."""
    largest = max(count for _, count in rows)
    number = max(len(f"{largest:,}"), len("events"))
    label = min(max(len(title), *(len(each) for each, _ in rows)), max(width - number - 2, 8))
    room = max(width - label - number - 4, 0)
    yield f"{_fitted(title, label, unicode)}  {'events':>{number}}"[:width]
    for text, count in rows:
        drawn = bar(count, largest, room, unicode=unicode) if room >= 4 else ""
        yield f"{_fitted(text, label, unicode)}  {count:>{number},}  {drawn}".rstrip()[:width]


def _fitted(text: str, width: int, unicode: bool) -> str:
    if len(text) <= width:
        return text.ljust(width)
    return text[: width - 1] + ("…" if unicode else "~")


def _length(step: timedelta) -> str:
    minutes = int(step.total_seconds()) // 60
    for size, unit in ((1440, "day"), (60, "hour"), (1, "minute")):
        if minutes % size == 0:
            count = minutes // size
            return counted(count, unit)
    raise ValueError(f"wanted whole minutes, got {step}")


def _can_show_bars() -> bool:
    try:
        _EIGHTHS.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True

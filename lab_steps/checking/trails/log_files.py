"""The delivered log files of a lab's trails, as checks see them: expectations answered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from cloudtrail.log_files import LogFileName, day_folder, log_prefix, parse_log_file_key
from lab_steps.checking.finding import LogObject, LogRecord
from lab_steps.checking.trails import lab_trails
from lab_steps.checking.trails.lab_trails import LabTrail
from lab_steps.checking.user_agents import NOBODYS
from lab_steps.checking.view import LogEngine, View
from trail_logs.expectations import Answer, Expectation
from trail_logs.expectations import Evidence as Sighting

if TYPE_CHECKING:
    from trail_logs.reader import Reading

_BY_PEOPLE = Expectation("calls of people", not_user_agents=NOBODYS)
_BY_PEOPLE_HERE = Expectation("calls of people in the Region", not_user_agents=NOBODYS)
"""Calls of people: those of checks and deliveries are nobody's work."""


@dataclass(frozen=True, slots=True)
class TrailQuestion:
    """A question about one trail's log files: `bucket` and `prefix` are the trail's. `purpose` is
    the bucket's, and names the table.
    """

    purpose: str
    bucket: str
    prefix: str
    expectations: Sequence[Expectation]


@dataclass(frozen=True, slots=True)
class Logs:
    """What was read of one trail's bucket, for the lab's account."""

    trail: LabTrail
    bucket: str
    account: str
    reading: Reading

    def answer(self, expectation: Expectation) -> Answer:
        """The answer for this account."""
        answers = self.reading.of(expectation.name)
        return next((each for each in answers if each.account == self.account), answers[0])

    @property
    def found(self) -> list[Answer]:
        """The answers for required events that are there."""
        return [each for each in self._expected if each.count]

    @property
    def work(self) -> list[Answer]:
        """The answers for events that people caused, of all that are searched for."""
        also = map(self.answer, self.trail.also)
        return [*self.found, *(each for each in also if each.count)]

    @property
    def missing(self) -> list[str]:
        """The names of the events that must be there, and are not (yet)."""
        return [each.expectation.name for each in self._expected if not each.count]

    @property
    def foreign(self) -> Answer:
        """The events that must not be there."""
        return self.answer(self.trail.foreign)

    @property
    def newest(self) -> datetime | None:
        """The latest eventTime of this account's records."""
        span = self.reading.accounts.get(self.account)
        return span.latest if span else None

    @property
    def _expected(self) -> list[Answer]:
        return [self.answer(each) for each in self.trail.expected]


def location(view: View, trail: LabTrail, *, to_region: bool = False) -> tuple[str, str]:
    """The bucket, and the folder of this account's files, or of its files of the lab's Region."""
    description = lab_trails.found(view, trail)
    prefix = description.get("S3KeyPrefix") or ""
    if to_region:
        folder = log_prefix(prefix, view.account, region=view.region)
    else:
        folder = log_prefix(prefix, view.account).removesuffix("CloudTrail/")
    return str(description["S3BucketName"]), folder


def objects(view: View, trail: LabTrail, *, to_region: bool = False) -> list[str]:
    """Up to a thousand keys of the trail's log location."""
    bucket, folder = location(view, trail, to_region=to_region)
    answer = view.ask("s3:ListObjectsV2", Bucket=bucket, Prefix=folder)
    return [each["Key"] for each in answer.get("Contents", []) if not each["Key"].endswith("/")]


def has_files(view: View, trail: LabTrail) -> bool:
    """Whether the trail's log location has something that the checks did not cause. Their calls are
    recorded too, and files with only those say nothing about the lab.
    """
    return of_people(view, trail, objects(view, trail))


def of_people(view: View, trail: LabTrail, keys: list[str], *, in_region: bool = False) -> bool:
    """Whether the objects `keys`, of all Regions or of the lab's, are people's work. They are not
    if all are log files that were read completely and have no calls of people.
    """
    from trail_logs.sources.log_source import LogSourceError

    if not keys:
        return False  # a file that came after the list was made is for the next look
    files = log_files(keys)
    if len(files) < len(keys):
        return True
    try:
        found = logs(view, trail)
    except LogSourceError:
        return True  # what they hold is unknown
    if found.reading.damaged or _are_older(view, trail, files):
        return True
    return bool(found.answer(_BY_PEOPLE_HERE if in_region else _BY_PEOPLE).count)


def _are_older(view: View, trail: LabTrail, files: dict[str, LogFileName]) -> bool:
    """Whether some are older than the lab's work, and so were not read."""
    since = trail.since(view)
    return since is not None and any(each.stamp < since for each in files.values())


def region_files(view: View, trail: LabTrail) -> dict[str, LogFileName]:
    """Some log files of the lab's Region, by key: the first ones from the work's first day to
    tomorrow, a thousand keys at a time. Objects of other days are not listed, however many there
    are.
    """
    bucket, folder = location(view, trail, to_region=True)
    began = trail.since(view)
    after = f"{folder}{day_folder(began)}/" if began else folder
    last = f"{folder}{day_folder(view.now + timedelta(days=2))}/"
    while after < last:
        answer = view.ask("s3:ListObjectsV2", Bucket=bucket, Prefix=folder, StartAfter=after)
        keys = [each["Key"] for each in answer.get("Contents", [])]
        found = log_files(keys)
        if found or not answer.get("IsTruncated"):
            return found
        after = keys[-1]
    return {}


def log_files(keys: list[str]) -> dict[str, LogFileName]:
    """The keys that are CloudTrail's own names of log files, each with its parts."""
    parsed = {key: parse_log_file_key(key) for key in keys}
    return {key: name for key, name in parsed.items() if name and name.folder == "CloudTrail"}


def logs(view: View, trail: LabTrail) -> Logs:
    """The trail's log files, read once per look; all trails' at once with Athena."""
    if view.athena:
        return _asked(view, view.athena, trail)
    logs: Logs = view.remember(_name_of(trail), lambda: _read(view, trail))
    return logs


def seen_so_far(view: View, trails: Iterable[LabTrail]) -> tuple[int, int, int]:
    """Log files that this look has read, how many of the required events were found, and how many
    there should be. This makes no calls.
    """
    known = [view.known(_name_of(each)) for each in trails]
    read = [each for each in known if isinstance(each, Logs)]
    return (
        sum(each.reading.files for each in read),
        sum(len(each.found) for each in read),
        sum(len(each.expected) for each in trails),
    )


def _name_of(trail: LabTrail) -> str:
    return f"logs of {trail.name}"


def logs_if_any(view: View, trail: LabTrail) -> Logs | None:
    """Like `logs`; None while the trail's log location is empty."""
    return logs(view, trail) if objects(view, trail) else None


def _read(view: View, trail: LabTrail) -> Logs:
    from trail_logs.reader import read

    bucket, prefix = _place(view, trail)
    source = view.target.log_source(bucket, prefix)
    reading = read(source, _wanted(view, trail), cache=view.tallies)
    return Logs(trail, bucket, view.account, reading)


def _asked(view: View, engine: LogEngine, trail: LabTrail) -> Logs:
    readings = view.remember("logs by Athena", lambda: engine.readings(view))
    reading: Reading | Exception = readings[trail.name]
    if isinstance(reading, Exception):
        raise reading
    return Logs(trail, reading.location, view.account, reading)


def questions(view: View, trails: Iterable[LabTrail]) -> dict[str, TrailQuestion]:
    """The questions about the log files of existing trails, by the trails' names."""
    return {
        each.name: TrailQuestion(each.purpose, *_place(view, each), _wanted(view, each))
        for each in trails
        if lab_trails.find(view, each)
    }


def _place(view: View, trail: LabTrail) -> tuple[str, str]:
    """The trail's bucket, and its prefix or an empty text."""
    description = lab_trails.found(view, trail)
    return str(description["S3BucketName"]), description.get("S3KeyPrefix") or ""


def _wanted(view: View, trail: LabTrail) -> list[Expectation]:
    since = trail.since(view)
    anywhere = [
        replace(each, location=trail.name, since=since, account=view.account)
        for each in (trail.foreign, _BY_PEOPLE)
    ]
    here = (*trail.expected, *trail.also, replace(_BY_PEOPLE_HERE, location=trail.name))
    return [*(_here(view, each, since) for each in here), *anywhere]


def _here(view: View, calls: Expectation, since: datetime | None) -> Expectation:
    """The calls in the lab's account and Region."""
    return replace(calls, since=since, account=view.account, region=view.region)


def record(found: Sighting) -> LogRecord:
    """A record of a log file as evidence."""
    return LogRecord(
        bucket=found.location,
        key=found.key,
        event_id=found.event_id,
        event_name=found.event_name,
        event_time=f"{found.event_time:%FT%TZ}",
        record=_excerpt(found.excerpt),
    )


def _excerpt(text: str) -> dict[str, Any]:
    return dict(msgspec.json.decode(text)) if text else {}


def first_records(answers: list[Answer]) -> tuple[LogRecord, ...]:
    """The first record of each answer that has one."""
    return tuple(record(each.first) for each in answers if each.first)


def foreign_objects(logs: Logs) -> tuple[LogObject, ...]:
    """Objects among the log files that CloudTrail did not put there, by their names."""
    return tuple(
        LogObject(bucket=logs.bucket, key=each.key, note=f"not CloudTrail's: {each.reason}")
        for each in logs.reading.damaged
        if parse_log_file_key(each.key) is None
    )


def damaged_files(logs: Logs) -> tuple[LogObject, ...]:
    """Log files by name that are damaged, or have damaged records."""
    return tuple(
        LogObject(bucket=logs.bucket, key=each.key, note=each.reason)
        for each in logs.reading.damaged
        if parse_log_file_key(each.key) is not None
    )

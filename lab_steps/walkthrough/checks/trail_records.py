"""The delivered log files of the lab's trails, as checks see them: expectations answered."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from cloudtrail.log_files import LogFileName, day_folder, log_prefix, parse_log_file_key
from lab_steps.checking.finding import LogObject, LogRecord
from lab_steps.checking.view import View
from lab_steps.walkthrough import table, trails
from lab_steps.walkthrough.checks import history
from lab_steps.walkthrough.checks.probes import TABLE_EVENTS
from lab_steps.walkthrough.trails import DATA, MANAGEMENT, LabTrail
from stacks.settings import TABLE_NAME
from trail_logs.expectations import Answer, Expectation, none
from trail_logs.expectations import Evidence as Sighting
from trail_logs.reader import Reading, read

if TYPE_CHECKING:
    from lab_steps.place.athena_engine import AthenaEngine

BEFORE_THE_TABLE = timedelta(hours=1)
"""How long before the table's creation the lab's work may have begun: steps 17 and 18."""

DYNAMODB = "dynamodb.amazonaws.com"
_ON_USERS = (("tableName", TABLE_NAME),)
_USERS = "arn:aws:dynamodb:{region}:{account}:table/" + TABLE_NAME


def _managed(name: str, *parameters: tuple[str, str]) -> Expectation:
    return Expectation(
        name,
        location=MANAGEMENT.name,
        event_names=(name,),
        event_source=DYNAMODB,
        category="Management",
        parameters=parameters,
        succeeded=True,
    )


def _on_items(title: str, *names: str, resource: str | None = None) -> Expectation:
    return Expectation(
        title,
        location=DATA.name,
        event_names=names,
        event_source=DYNAMODB,
        category="Data",
        resource=resource,
        not_user_agent=history.OWN_CALLS,
        succeeded=True,
    )


EXPECTED = {
    MANAGEMENT.name: (
        _managed("UpdateTable", *_ON_USERS),
        _managed("ListTables"),
        _managed("CreateTable", *_ON_USERS),
    ),
    DATA.name: tuple(_on_items(name, name, resource=_USERS) for name in ("PutItem", "GetItem")),
}
"""Steps 34 and 37: what each trail's log files must contain, of calls in the lab's region."""

_READS = tuple(sorted({each.name for each in TABLE_EVENTS if each.read_only}))
READS = _on_items("reads of items", *_READS)
READS_OF_USERS = _on_items(f"reads of items of {TABLE_NAME}", *_READS, resource=_USERS)
"""Steps 23 and 24: what people read of any table, and of Users. Statements of PartiQL are not
among them: CloudTrail calls all of those writes."""

FOREIGN = {
    MANAGEMENT.name: none("data events", location=MANAGEMENT.name, category="Data"),
    DATA.name: none("management events", location=DATA.name, category="Management"),
}
"""Steps 33 and 36: what they must not contain."""


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
        """What must be there, and is."""
        return [each for each in self._expected if each.count]

    @property
    def work(self) -> list[Answer]:
        """What people did, of all that is looked for: what must be there, and reads of items."""
        reads = [self.answer(READS)] if self.trail is DATA else []
        return [*self.found, *(each for each in reads if each.count)]

    @property
    def missing(self) -> list[str]:
        """The names of the events that must be there, and are not (yet)."""
        return [each.expectation.name for each in self._expected if not each.count]

    @property
    def foreign(self) -> Answer:
        """The events that must not be there."""
        return self.answer(FOREIGN[self.trail.name])

    @property
    def newest(self) -> datetime | None:
        """The latest eventTime of this account's records."""
        span = self.reading.accounts.get(self.account)
        return span.latest if span else None

    def answer_of(self, name: str) -> Answer:
        """The answer for the event of this name, one of those that must be there."""
        return next(each for each in self._expected if each.expectation.name == name)

    @property
    def _expected(self) -> list[Answer]:
        return [self.answer(each) for each in EXPECTED[self.trail.name]]


def location(view: View, trail: LabTrail, *, to_region: bool = False) -> tuple[str, str]:
    """The bucket, and the folder of this account's files, or of its files of the lab's region."""
    description = trails.found(view, trail)
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


def region_files(view: View, trail: LabTrail) -> dict[str, LogFileName]:
    """Some log files of the lab's region, by key: the first that come from the work's first day
    to tomorrow.

    However many objects of other days lie there, they are not looked through; among those of
    the days in question, a thousand at a time.
    """
    bucket, folder = location(view, trail, to_region=True)
    began = work_began(view)
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
    """The keys that are CloudTrail's own names of log files, with what they say."""
    parsed = {key: parse_log_file_key(key) for key in keys}
    return {key: name for key, name in parsed.items() if name and name.folder == "CloudTrail"}


def logs(view: View, trail: LabTrail) -> Logs:
    """The trail's log files, read once per look: both trails' at once where Athena is asked."""
    if view.athena:
        return _asked(view, view.athena, trail)
    logs: Logs = view.remember(f"logs of {trail.name}", lambda: _read(view, trail))
    return logs


def logs_if_any(view: View, trail: LabTrail) -> Logs | None:
    """As `logs`; None while nothing lies in the trail's log location."""
    return logs(view, trail) if objects(view, trail) else None


def _read(view: View, trail: LabTrail) -> Logs:
    bucket, prefix = _place(view, trail)
    source = view.target.log_source(bucket, prefix)
    reading = read(source, _wanted(view, trail), cache=view.tallies)
    return Logs(trail, bucket, view.account, reading)


def _asked(view: View, engine: AthenaEngine, trail: LabTrail) -> Logs:
    readings = view.remember("logs by Athena", lambda: _ask(view, engine))
    reading: Reading | Exception = readings[trail.name]
    if isinstance(reading, Exception):
        raise reading
    return Logs(trail, reading.location, view.account, reading)


def _ask(view: View, engine: AthenaEngine) -> dict[str, Reading | Exception]:
    from lab_steps.place.athena_engine import Asked

    asked = {
        each.name: Asked(each.purpose, *_place(view, each), _wanted(view, each))
        for each in (MANAGEMENT, DATA)
        if trails.find(view, each)
    }
    return engine.readings(view, asked, work_began(view))


def _place(view: View, trail: LabTrail) -> tuple[str, str]:
    """The trail's bucket, and its prefix or an empty text."""
    description = trails.found(view, trail)
    return str(description["S3BucketName"]), description.get("S3KeyPrefix") or ""


def _wanted(view: View, trail: LabTrail) -> list[Expectation]:
    since = work_began(view)
    foreign = replace(FOREIGN[trail.name], since=since, account=view.account)
    reads = (READS, READS_OF_USERS) if trail is DATA else ()
    return [
        *(_here(view, each, since) for each in (*EXPECTED[trail.name], *reads)),
        foreign,
    ]


def _here(view: View, calls: Expectation, since: datetime | None) -> Expectation:
    """The calls in the lab's account and region; Users is the table of those."""
    account, region = view.account, view.region
    resource = calls.resource and calls.resource.format(account=account, region=region)
    return replace(calls, since=since, account=account, region=region, resource=resource)


def work_began(view: View) -> datetime | None:
    """When this lab's work began: older records in the bucket are another lab's."""
    description = table.described(view)
    return description["CreationDateTime"] - BEFORE_THE_TABLE if description else None


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
    """Log files by name that are damaged, or hold damaged records."""
    return tuple(
        LogObject(bucket=logs.bucket, key=each.key, note=each.reason)
        for each in logs.reading.damaged
        if parse_log_file_key(each.key) is not None
    )

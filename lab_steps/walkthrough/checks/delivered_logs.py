"""What the log files of both trails are checked for: the rules that their steps share."""

from __future__ import annotations

import shlex
from datetime import datetime
from functools import cache

import msgspec

from lab_steps.checking.finding import (
    Finding,
    LogObject,
    LogRecord,
    failed,
    passed,
    pending,
    undecidable,
)
from lab_steps.checking.step import Need
from lab_steps.checking.trails import bucket, lab_trails, log_files
from lab_steps.checking.trails.lab_trails import LabTrail
from lab_steps.checking.view import View, answered, plain
from lab_steps.process import COMMAND
from lab_steps.walkthrough.checks import activity, log_file_remedies
from lab_steps.walkthrough.trails import the_other
from trail_logs.counting import counted


@cache
def needs_bucket(trail: LabTrail) -> Need:
    """CloudTrail can deliver to the trail's bucket."""
    return Need(
        f"a bucket that {trail.name} can deliver to",
        lambda view: bucket.delivery_problem(view, lab_trails.value(view, trail)) is None,
    )


@cache
def needs_logging(trail: LabTrail) -> Need:
    """Something was delivered, or will be because the trail is logging."""
    return Need(
        f"{trail.name} is logging",
        lambda view: (
            bool(lab_trails.status(view, trail)["IsLogging"]) or log_files.has_files(view, trail)
        ),
    )


@cache
def needs_files(trail: LabTrail) -> Need:
    """Log files were delivered."""
    return Need(
        f"log files of {trail.name}",
        lambda view: log_files.has_files(view, trail),
    )


def log_location(view: View, trail: LabTrail) -> Finding:
    """The trail has a log location, and its last delivery was not refused."""
    name, folder = log_files.location(view, trail)
    expected = f"a log location that {trail.name} can deliver to"
    status = lab_trails.status(view, trail)
    kept = plain(status, ("LatestDeliveryTime", "LatestDeliveryError"))
    evidence = answered("cloudtrail:GetTrailStatus", **kept)
    error = status.get("LatestDeliveryError")
    if error:
        return failed(
            expected,
            f"s3://{name}/{folder}: the latest delivery failed with {error}",
            evidence,
            rationale="CloudTrail keeps what it could not deliver and tries again for 30 days.",
            next_action=log_file_remedies.deliver_again(view, trail),
        )
    return passed(expected, f"s3://{name}/{folder}", evidence)


def delivered(view: View, trail: LabTrail) -> Finding:
    """There are objects in the trail's log location."""
    name, folder = log_files.location(view, trail)
    expected = f"objects under s3://{name}/{folder}"
    keys = log_files.objects(view, trail)
    if not log_files.has_files(view, trail):
        return activity.not_there_yet(
            view,
            expected,
            _NOBODYS if keys else "none",
            "Nothing of yours was delivered, although it is due."
            if keys
            else "Nothing was delivered, although it is due.",
            trail,
            next_action=log_file_remedies.call_again(view, trail),
        )
    evidence = LogObject(bucket=name, key=keys[0])
    return passed(expected, _count(keys), evidence)


_NOBODYS = "only the checks' own calls"


def _count(keys: list[str]) -> str:
    return counted(len(keys), "object") if len(keys) < 1000 else "1000 objects or more"


def in_region(view: View, trail: LabTrail) -> Finding:
    """There are objects under the lab's Region."""
    name, folder = log_files.location(view, trail, to_region=True)
    expected = f"objects under s3://{name}/{folder}"
    keys = log_files.objects(view, trail, to_region=True)
    if log_files.of_people(view, trail, keys, in_region=True):
        return passed(expected, f"first: {keys[0]}", LogObject(bucket=name, key=keys[0]))
    return activity.not_there_yet(
        view,
        expected,
        _NOBODYS if keys else "none",
        f"Log files arrived, but none for Region {view.region}.",
        trail,
        next_action=log_file_remedies.call_again(view, trail),
    )


def in_days(view: View, trail: LabTrail) -> Finding:
    """Log files are under the days, with CloudTrail's own names."""
    name, folder = log_files.location(view, trail, to_region=True)
    expected = f"log files under {folder}YYYY/MM/DD/"
    keys = log_files.objects(view, trail, to_region=True)
    named = log_files.log_files(keys) | log_files.region_files(view, trail)
    if log_files.of_people(view, trail, list(named), in_region=True):
        days = sorted({f"{each.stamp:%Y/%m/%d}" for each in named.values()})
        return passed(expected, ", ".join(days), LogObject(bucket=name, key=next(iter(named))))
    if keys and not named:
        return failed(
            expected,
            f"only {keys[0]}",
            LogObject(bucket=name, key=keys[0]),
            rationale="The objects there do not have the names that CloudTrail gives.",
            next_action=log_file_remedies.call_again(view, trail),
        )
    again = log_file_remedies.call_again(view, trail)
    return activity.not_there_yet(
        view,
        expected,
        _NOBODYS if keys else "none",
        "Nothing of yours was delivered." if keys else "Nothing was delivered.",
        trail,
        next_action=again,
    )


def only_its_own(view: View, trail: LabTrail) -> Finding:
    """Every log file can be read, and has only events of the trail's own kind."""
    logs = log_files.logs(view, trail)
    expected = f"gzip JSON log files with {trail.category.lower()} events only"
    if logs.foreign.first:
        return _mixed(view, logs, expected)
    damaged = log_files.damaged_files(logs)
    if damaged:
        return undecidable(
            expected,
            _unread(damaged),
            *damaged,
            rationale=(
                "Nobody knows what a damaged file or record said, so this step cannot be decided. "
                f"{_put_right(damaged)}"
            ),
        )
    last = _unproven(view, logs)
    undecided = _may_still_come(view, logs, expected, last) if last else None
    return undecided or _unmixed(logs, expected, last)


def _mixed(view: View, logs: log_files.Logs, expected: str) -> Finding:
    intruder, trail = logs.foreign, logs.trail
    return failed(
        expected,
        f"{intruder.count} {intruder.expectation.name}",
        *log_files.first_records([intruder]),
        rationale=_MIXED[log_file_remedies.shares_bucket(view, trail)].format(trail=trail.name),
        next_action=log_file_remedies.keep_apart(view, trail),
    )


def _may_still_come(
    view: View, logs: log_files.Logs, expected: str, last: datetime
) -> Finding | None:
    """PENDING or ERROR while what was recorded up to `last` may be on its way, or held back."""
    actual = f"{held(logs)}, none newer than {last:%FT%TZ}"
    until = last + view.patience.due
    if view.now < until:
        return pending(expected, actual, since=last, until=until)
    if lab_trails.status(view, logs.trail).get("LatestDeliveryError"):
        return undecidable(expected, actual, rationale=_HELD_BACK)
    return None


def _unmixed(logs: log_files.Logs, expected: str, overdue: datetime | None) -> Finding:
    others = log_files.foreign_objects(logs)
    noted = f"; {counted(len(others), 'object')} that CloudTrail did not write" if others else ""
    told = [_OVERDUE.format(last=overdue)] if overdue else []
    return passed(
        expected,
        f"{held(logs)}, all {logs.trail.category}{noted}",
        *others,
        rationale=" ".join([*told, *logs.reading.notices]),
    )


def held(logs: log_files.Logs) -> str:
    """`2 files with 30 records`."""
    files, records = counted(logs.reading.files, "file"), counted(logs.reading.records, "record")
    return f"{files} with {records}"


_MIXED = {
    True: (
        "The other trail delivers to the same bucket, so events that belong to the other trail "
        "are here too."
    ),
    False: "{trail} recorded events that belong to the other trail.",
}
_HELD_BACK = (
    "CloudTrail's latest delivery was refused (step 29). Nobody knows what it holds back until "
    "the next one, so this step cannot be decided."
)
_OVERDUE = (
    "No later record of this trail has arrived. What it recorded up to {last:%FT%TZ} was due, and "
    "nothing of the other trail's kind was in it."
)


def in_damaged_files(
    logs: log_files.Logs, expected: str, actual: str, *evidence: LogRecord
) -> Finding | None:
    """ERROR if what is missing may be in files that cannot be read; None if all can be read."""
    damaged = log_files.damaged_files(logs)
    if not damaged:
        return None
    return undecidable(
        expected,
        f"{actual}; {_unread(damaged)}",
        *evidence,
        *damaged,
        rationale=f"What is missing may be in a damaged file or record. {_put_right(damaged)}",
    )


def _unread(damaged: tuple[LogObject, ...]) -> str:
    """How many log files cannot be read whole, and what is wrong with the first."""
    first = damaged[0]
    return (
        f"cannot be read: {counted(len(damaged), 'file')}; the first is {first.key}: {first.note}"
    )


def _put_right(damaged: tuple[LogObject, ...]) -> str:
    """What to do about the first damaged file."""
    uri = f"s3://{damaged[0].bucket}/{damaged[0].key}"
    return (
        f"Restore {uri} as CloudTrail delivered it, from an earlier version or a copy. If "
        "CloudTrail did not write it, delete it. Then check again. To read only this file: "
        f"`{COMMAND} logs {shlex.quote(uri)} <here>`."
    )


def _unproven(view: View, logs: log_files.Logs) -> datetime | None:
    """The time of an event that this trail may have recorded too, None if that is ruled out.

    The event is in the other trail's log files. If this trail had recorded it, its record would
    have arrived before any record of a later event. If no later record arrives, the event is
    overdue some time after it happened, or after this trail was stopped.
    """
    other = the_other(logs.trail)
    theirs = log_files.logs_if_any(view, other) if _has_bucket(view, other) else None
    if theirs is None:
        return None
    known = [each.first.event_time for each in theirs.found if each.first]
    event = min(known, default=None)
    if event is None or (logs.newest and logs.newest >= event):
        return None
    status = lab_trails.status(view, logs.trail)
    stopped = None if status["IsLogging"] else status.get("StopLoggingTime")
    return min(event, stopped) if stopped else event


def _has_bucket(view: View, trail: LabTrail) -> bool:
    description = lab_trails.find(view, trail)
    return description is not None and bucket.exists(view, description["S3BucketName"])


def contains(view: View, trail: LabTrail) -> Finding:
    """The events that the walkthrough finds are in the trail's log files."""
    logs = log_files.logs(view, trail)
    names = [each.name for each in trail.expected]
    expected = f"{', '.join(names)} in the log files of {trail.name}"
    evidence = log_files.first_records(logs.found)
    if not logs.missing:
        counts = ", ".join(f"{each.expectation.name} {each.count}x" for each in logs.found)
        return passed(expected, counts, *evidence)
    actual = f"not found: {', '.join(logs.missing)}"
    undecided = in_damaged_files(logs, expected, actual, *evidence)
    if undecided:
        return undecided
    finding = activity.not_there_yet(
        view,
        expected,
        actual,
        f"Searched {held(logs)}. The call is not there: it was not made while the trail was "
        "logging, or it failed.",
        trail,
        names=logs.missing,
        next_action=log_file_remedies.make_call(view, trail, logs.missing),
        meanwhile=log_file_remedies.make_unmade_call(view, trail, logs.missing),
    )
    return msgspec.structs.replace(finding, evidence=evidence)

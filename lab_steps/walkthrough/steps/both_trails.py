"""Steps for both trails, each declared once: 7 and 13, 29 and 35, 33 and 36, 34 and 37."""

from __future__ import annotations

from dataclasses import dataclass

from lab_steps.checking.finding import Finding, NextAction, Outcome
from lab_steps.checking.step import Need, Step, step
from lab_steps.checking.trails.lab_trails import LabTrail
from lab_steps.checking.view import View
from lab_steps.walkthrough import by_records
from lab_steps.walkthrough.checks import delivered_logs, trail_settings
from lab_steps.walkthrough.checks.delivered_logs import needs_bucket, needs_files

READ = (
    "aws s3 cp --recursive s3://{bucket}/AWSLogs/ {folder}/ && "
    'gunzip -c $(find {folder} -name \'*.json.gz\') | grep -o \'"eventName": *"[^"]*"\' | '
    "sort | uniq -c"
)
"""Counts the events of all log files by name."""


@dataclass(frozen=True, slots=True)
class Words:
    """The texts of a step whose check both trails share; `looks_at` says what is checked."""

    title: str
    console: str
    command: str
    looks_at: str
    hints: tuple[str, ...]


def bucket_of(trail: LabTrail) -> str:
    """A shell expression for the name of the trail's bucket."""
    return (
        f"$(aws cloudtrail describe-trails --trail-name-list {trail.name} "
        "--query 'trailList[0].S3BucketName' --output text)"
    )


def read(trail: LabTrail) -> str:
    """The command that reads the trail's log files."""
    return READ.format(bucket=bucket_of(trail), folder=trail.purpose)


def plain_log_files(number: int, trail: LabTrail, hints: tuple[str, ...]) -> Step:
    """No KMS key, no log file validation."""

    @step(
        number,
        "Turn off SSE-KMS and log file validation",
        console="Untick Log file SSE-KMS encryption; under Additional settings untick Log file "
        "validation.",
        command=f"aws cloudtrail update-trail --name {trail.name} --kms-key-id '' "
        "--no-enable-log-file-validation",
        api=("cloudtrail:CreateTrail", "cloudtrail:UpdateTrail"),
        needs=(trail.need(),),
        action=f"the stack {trail.name} declares it",
        hints=hints,
        by_records=by_records.plain_log_files(trail),
    )
    def declared(view: View) -> Finding:
        """The trail has no KMS key, and log file validation is off. Checked with DescribeTrails."""
        return trail_settings.plain_log_files(view, trail)

    return declared


def log_location(
    number: int, trail: LabTrail, words: Words, *, needs: tuple[Need, ...] = (), files: bool = False
) -> Step:
    """The latest delivery was not refused and, with `files`, log files have arrived."""

    def check(view: View) -> Finding:
        place = delivered_logs.log_location(view, trail)
        if place.outcome is not Outcome.PASS or not files:
            return place
        return delivered_logs.delivered(view, trail)

    return step(
        number,
        words.title,
        console=words.console,
        command=words.command,
        looks_at=words.looks_at,
        api=("cloudtrail:GetTrailStatus", *(["s3:ListObjectsV2"] if files else [])),
        needs=(trail.need(), needs_bucket(trail), *needs),
        provides=(needs_files(trail),) if files else (),
        action="waits for CloudTrail's delivery" if files else None,
        hints=words.hints,
    )(check)


def only_its_own(
    number: int,
    trail: LabTrail,
    words: Words,
    *,
    needs: tuple[Need, ...] = (),
    folders: bool = False,
) -> Step:
    """All records are of the trail's own category; with `folders`, they are where they should
    be."""

    def check(view: View) -> Finding:
        for look in (delivered_logs.in_region, delivered_logs.in_days) if folders else ():
            layout = look(view, trail)
            if layout.outcome is not Outcome.PASS:
                return layout
        return delivered_logs.only_its_own(view, trail)

    return step(
        number,
        words.title,
        console=words.console,
        command=words.command,
        looks_at=words.looks_at,
        api=(*(["s3:ListObjectsV2"] if folders else []), "s3:GetObject"),
        needs=(trail.need(), needs_bucket(trail), *needs, needs_files(trail)),
        hints=words.hints,
    )(check)


def expected_events(
    number: int,
    trail: LabTrail,
    *,
    looks_at: str,
    hints: tuple[str, ...],
    action: str,
    needs: tuple[Need, ...],
    remedy: NextAction,
) -> Step:
    """The expected records are in the trail's log files."""
    *first, last = (each.name for each in trail.expected)
    names = f"{', '.join(first)} and {last}"
    return step(
        number,
        f"Find {names}",
        console=f"Look for eventName {names} in the log files.",
        command=read(trail),
        looks_at=looks_at,
        api=("s3:GetObject",),
        needs=(trail.need(), needs_bucket(trail), needs_files(trail), *needs),
        action=action,
        hints=hints,
        remedy=remedy,
        may_be_undone=True,
    )(lambda view: delivered_logs.contains(view, trail))

"""`python -m lab_steps logs LOCATION`: what is in the log files of any bucket or folder."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from lab_steps.checking.user_agents import NOBODYS
from lab_steps.command_line.options import Given, text_argument
from lab_steps.credential_redaction import keep_secret
from lab_steps.errors import ExitCode, UsageError
from lab_steps.lab import Lab
from lab_steps.process import COMMAND
from lab_steps.targets.choosing import choose_target
from lab_steps.targets.profiles import require_usable, session_of
from lab_steps.terminal.legible import one_line, printable_json

if TYPE_CHECKING:
    import boto3

    from cloudtrail.record_conditions import Condition
    from lab_steps.terminal.progress import Progress
    from trail_logs.layout import Scope
    from trail_logs.sources.log_source import LogFile, LogSource
    from trail_logs.surveying.survey import Survey, SurveyJob

DEFAULT_LIMIT = 50
STDIN = "standard input"
SAMPLE_FILES, SAMPLE_RECORDS = 20, 500

_EXAMPLES = f"""\
examples
  {COMMAND} logs s3://my-trail-bucket --since 24h
  {COMMAND} logs ./downloaded --where eventName=PutItem --records
  {COMMAND} logs s3://bucket/prefix --where requestParameters.tableName=Users \\
      --where errorCode!= --records --format json | jq .record.userIdentity.arn

  {COMMAND} logs ./downloaded --where 'eventName=Put* or eventName=Delete*' \\
      --by userIdentity.arn
  aws cloudtrail lookup-events | {COMMAND} logs -

LOCATION
  s3://bucket[/prefix]; a folder: a bucket's AWSLogs/, or any .json, .jsonl and .gz files in it;
  one file; a bundle (.zip); - for standard input. Files and standard input can also have
  LookupEvents' output, one record a line (.jsonl), or what --records --format json prints.

conditions
  --where FIELD=VALUE or FIELD!=VALUE; all must hold. FIELD is a path in the record, such as
  eventName, userIdentity.arn, requestParameters.key.id, resources[0].ARN. A missing field
  counts as empty: errorCode= means "succeeded", errorCode!= means "failed". * in VALUE stands
  for any text. If one --where has several conditions joined with " or ", one must hold.
  If no record has a field, standard error says so, and what you probably meant.

output
  Text: a table of counts by event name, or by what --by says, and a histogram over time. The
  calls of the lab's own checks, and those of CloudTrail's deliveries, are counted separately, by
  their user agent. With --records, or if you ask about user agents, they are treated like others.
  --format json: the same as one document. --records: the latest matching records, oldest
  first, one line each; with --format json one JSON object a line, {{"key": ..., "record": ...}}.
  An event that was delivered more than once counts once. What is damaged, or cannot be read,
  is left out and named on standard error (with --format json, also in the document).

exit codes
  0 read    2 usage    3 nothing was read, or some files or records could not be read
"""
_AGO = re.compile(r"(\d{1,6})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")


def add_options(parser: argparse.ArgumentParser, _: Lab) -> None:
    parser.epilog = _EXAMPLES
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    text = "s3://bucket[/prefix], a folder, a file, a bundle, or - for standard input"
    parser.add_argument("location", metavar="LOCATION", help=text)
    _add_choice(parser.add_argument_group("which records"))
    _add_output(parser.add_argument_group("output"))
    access = parser.add_argument_group("access")
    access.add_argument("--profile", help="a profile of the AWS configuration")
    access.add_argument("--endpoint-url", metavar="URL", help="an AWS that is running at URL")


def _add_choice(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--where",
        type=text_argument,
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help="a condition (or FIELD!=VALUE; join several with ' or '); all must hold",
    )
    time_help = "a date, a time (2026-03-14T12:00Z; UTC), or how long ago: 90m, 24h, 7d"
    group.add_argument("--since", metavar="TIME", help=f"from this eventTime on: {time_help}")
    group.add_argument(
        "--until", metavar="TIME", help=("up to this eventTime; a date includes its whole day")
    )
    group.add_argument(
        "--account", action="append", default=[], metavar="ID", help="12 digits; may be repeated"
    )
    group.add_argument(
        "--region", action="append", default=[], metavar="NAME", help="may be repeated"
    )


def _add_output(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--format", choices=("text", "json"), default="text")
    group.add_argument(
        "--by",
        action="append",
        default=[],
        metavar="FIELD",
        help=(
            "count by this field instead of the event's name; repeat it to count by several "
            "together"
        ),
    )
    group.add_argument(
        "--records", action="store_true", help=("list records instead of counting them")
    )
    group.add_argument(
        "--limit",
        type=_limit,
        metavar="N",
        help=f"at most N records, the latest (default {DEFAULT_LIMIT})",
    )


def run(given: Given) -> int:
    """Does the verb. Raises UsageError and LogSourceError."""
    from lab_steps.results.text_timeline import own_calls
    from trail_logs.surveying import report

    job = _job(given, datetime.now(UTC))
    source = _opened(given)
    survey = _surveyed(source, _listed(source, job), job)
    unknown = _unknown_fields(source, job, survey)
    for line in report.written(given.location, survey, job, given, unknown):
        print(printable_json(line) if given.format == "json" else one_line(line))
    if survey.apart and given.format == "text":
        print(f"\nnot listed: {own_calls(survey.apart_by_name())}")
    for line in report.complaints(given.location, survey):
        print(one_line(line), file=sys.stderr)
    for path, meant in unknown.items():
        told = f"no record has the field {path}"
        print(one_line(f"{told}: did you mean {meant}?" if meant else told), file=sys.stderr)
    return ExitCode.CANNOT_LOOK if survey.damaged or not survey.files else ExitCode.PASSED


def _opened(given: Given) -> LogSource:
    """The log source that LOCATION names. Raises UsageError and LogSourceError."""
    from trail_logs.other_forms import StreamSource
    from trail_logs.sources.location import open_location

    location = given.location
    if location == "-":
        return StreamSource(STDIN, sys.stdin.buffer.read())
    where = given.endpoint_url or os.environ.get("AWS_ENDPOINT_URL")
    return open_location(location, _session(given), endpoint_url=where)


def _unknown_fields(source: LogSource, job: SurveyJob, survey: Survey) -> dict[str, str]:
    """The fields asked for that no record has, each with what was probably meant, or ''.

    Existing fields are looked up in some of the records, only if needed.
    """
    missing = [each for each in job.paths if each not in survey.fields]
    if not missing or not survey.records:
        return {}
    from trail_logs.surveying.fields import meant, paths_of
    from trail_logs.surveying.survey import SurveyJob

    sample = SurveyJob(limit=SAMPLE_RECORDS, any_form=True)
    files = source.files(_scope(job))[:SAMPLE_FILES]
    some = _surveyed(source, files, sample)
    known = paths_of(each.record for each in some.found)
    return {each: meant(each, known) for each in missing}


def moment(text: str, now: datetime, *, end_of_day: bool = False) -> datetime:
    """A time as people write it: a date, an ISO 8601 time (UTC by default), or `24h` ago.

    A bare date is its first second or, with `end_of_day`, its last. Raises UsageError.
    """
    ago = _AGO.fullmatch(text)
    try:
        if ago:
            return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        found = datetime.fromisoformat(text)
        found = found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise UsageError(
            "wanted a date (2026-03-14), a time (2026-03-14T12:00Z) or a duration (90m, 24h, 7d), "
            f"got {text!r}."
        ) from None
    if end_of_day and re.fullmatch(r"[\dW-]{7,10}", text):
        found = datetime.combine(found, time.max, UTC)
    return found


def _job(given: Given, now: datetime) -> SurveyJob:
    from cloudtrail.record_conditions import InvalidConditionError, alternatives, is_path
    from trail_logs.expectations import event_time
    from trail_logs.surveying.survey import SurveyJob

    _check(given.account, re.compile(r"\d{12}"), "--account", "12 digits")
    _check(given.region, _REGION, "--region", "a name such as us-east-1")
    if given.limit and not given.records:
        raise UsageError("--limit only applies to records: add --records.")
    if given.by and given.records:
        raise UsageError("--by counts and --records lists: leave one of them out.")
    for path in given.by:
        if not is_path(path):
            raise UsageError(f"--by: wanted a field such as userIdentity.arn, got {path!r}.")
    since = moment(given.since, now) if given.since else None
    until = moment(given.until, now, end_of_day=True) if given.until else None
    if since and until and until < since:
        raise UsageError(f"--until {given.until} is before --since {given.since}.")
    try:
        conditions = [alternatives(each) for each in given.where]
    except InvalidConditionError as error:
        raise UsageError(f"--where: {error}") from error
    return SurveyJob(
        conditions=conditions,
        accounts=given.account,
        regions=given.region,
        since=event_time(since) if since else "",
        until=event_time(until) if until else "",
        limit=(given.limit or DEFAULT_LIMIT) if given.records else 0,
        by=given.by,
        apart=_apart(given, conditions),
        any_form=True,
    )


def _apart(given: Given, conditions: list[list[Condition]]) -> list[str]:
    """User agents of calls that are nobody's work, and are counted separately; none if records
    are listed or user agents are asked about."""
    asked = [*given.by, *(each.path for group in conditions for each in group)]
    return [] if given.records or "userAgent" in asked else list(NOBODYS)


def _check(values: Sequence[str], pattern: re.Pattern[str], what: str, wanted: str) -> None:
    for value in values:
        if not pattern.fullmatch(value):
            raise UsageError(f"{what}: wanted {wanted}, got {value!r}.")


def _scope(job: SurveyJob) -> Scope:
    from trail_logs.layout import GLOBAL_REGION, LOG_FOLDERS, Scope

    return Scope(
        accounts=tuple(job.accounts),
        regions=() if GLOBAL_REGION in job.regions else tuple(job.regions),
        since=datetime.fromisoformat(job.since) if job.since else None,
        until=datetime.fromisoformat(job.until) if job.until else None,
        folders=LOG_FOLDERS,
    )


def _listed(source: LogSource, job: SurveyJob) -> list[LogFile]:
    from lab_steps.terminal.progress import Progress

    progress = Progress()
    try:
        progress.now("listing")
        return source.files(_scope(job))
    finally:
        progress.end()


def _surveyed(source: LogSource, files: Sequence[LogFile], job: SurveyJob) -> Survey:
    from lab_steps.terminal.progress import Progress
    from trail_logs.surveying.survey import merged
    from trail_logs.workers import done, processes_for

    progress = Progress()
    try:
        results = done(source.bodies(files), job, processes=processes_for(files))
        return merged(_told(results, len(files), progress), job.limit)
    finally:
        progress.end()


def _told(
    results: Iterator[tuple[list[LogFile], list[Survey]]], total: int, progress: Progress
) -> Iterator[Survey]:
    """The surveys, while progress shows the files read so far."""
    read = 0
    for files, surveys in results:
        read += len(files)
        progress.now(f"{read:,} of {total:,} files read")
        yield from surveys


def _session(given: Given) -> boto3.Session | None:
    if not given.location.startswith("s3://"):
        return None
    target = choose_target(
        profile=given.profile, endpoint_url=given.endpoint_url, region=None, ambient=True
    )
    session = target.session() if target else session_of(given.profile)
    require_usable(session)
    keep_secret(session)
    return session


def _limit(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"wanted a number from 1, got {text!r}")
    return int(text)

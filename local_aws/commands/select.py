"""`select`: what event selectors would have recorded from real log files, or from a local run."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from local_aws.commands import COMMAND, failed

if TYPE_CHECKING:
    from trail_logs.selecting.choices import Choice
    from trail_logs.sources.log_source import Content, LogSource


_EXAMPLES = f"""\
examples
  {COMMAND} select --logs s3://my-trail-bucket --selectors selectors.json
  {COMMAND} select --logs ./downloaded --template cdk.out/Trail.template.json \\
      --against selectors.json --days 7 --format json

--logs
  s3://bucket[/prefix]; a folder or a file of log files, or of records in another form
  (LookupEvents' output, records line by line); a bundle (.zip); - for standard input; the
  address of a running local AWS, http://127.0.0.1:4566, for everything it has recorded.

--selectors
  JSON: a list of event selectors, basic or advanced, or an object as
  `aws cloudtrail get-event-selectors` prints it, with InsightSelectors if there are any. They
  are treated as those of a trail for all Regions and accounts.

--template
  JSON or YAML of CloudFormation or the CDK, with one AWS::CloudTrail::Trail, or --trail to name
  one. Give what only a deployment knows with --parameter: a parameter (Stage=dev), a
  resource's name (Bucket=my-logs) or an attribute of it (Table.Arn=arn:...).

exit codes
  0 read    2 usage    3 nothing was read, or some files or records could not be read
"""
_ACCOUNT, _REGION = re.compile(r"\d{12}"), re.compile(r"[a-z]{2}(-[a-z]+)+-\d")


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLES
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--logs", required=True, metavar="LOCATION", help="the records to select")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--selectors", type=Path, metavar="FILE", help="event selectors as JSON")
    which.add_argument("--template", type=Path, metavar="FILE", help="a template with a trail")
    parser.add_argument(
        "--against", type=Path, metavar="FILE", help="compare with these selectors (JSON)"
    )
    parser.add_argument("--trail", metavar="LOGICAL_ID", help="which of the template's trails")
    parser.add_argument(
        "--parameter",
        type=_pair,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a value that the template leaves open; may be repeated",
    )
    parser.add_argument(
        "--account", type=_account, metavar="ID", help=("where the template is deployed")
    )
    parser.add_argument(
        "--region", type=_region, metavar="NAME", help=("where the template is deployed")
    )
    parser.add_argument(
        "--bucket", metavar="NAME", help="the trail's bucket, to see whether it records itself"
    )
    parser.add_argument(
        "--days",
        type=_days,
        metavar="N",
        help="how many days the records stand for (default: from the first to the last)",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument("--profile", help="a profile of the AWS configuration, for s3://")
    parser.add_argument("--endpoint-url", metavar="URL", help="use the AWS running at URL")


def run(options: argparse.Namespace) -> int:
    """Print what the selectors record, and return the exit code."""
    from local_aws.commands.running import NotRunningError
    from trail_logs.selecting import counting, report
    from trail_logs.selecting.choices import NoSelectorsError
    from trail_logs.selecting.costs import days_between
    from trail_logs.sources.log_source import LogSourceError

    try:
        choices = list(_choices(options))
    except (NoSelectorsError, OSError) as error:
        return _failed(error, 2)
    try:
        counts = counting.count(_contents(options), choices)
    except (LogSourceError, NotRunningError) as error:
        return _failed(error, 3)
    days = options.days or days_between(counts.first, counts.last)
    told = report.document(options.logs, counts, days)
    for line in [json.dumps(told)] if options.format == "json" else report.text(told):
        print(line)
    for each in counts.damaged:
        print(f"not read: {each.key}: {each.reason}", file=sys.stderr)
    if not counts.files:
        print(f"Nothing was read: no log files in {options.logs}.", file=sys.stderr)
    return 3 if counts.damaged or not counts.files else 0


def _failed(error: Exception, code: int) -> int:
    then = getattr(error, "advice", "")
    return failed("select", f"{error}{then and ' ' + then}", code)


def _choices(options: argparse.Namespace) -> Iterator[Choice]:
    from local_aws.commands.template_trails import TemplateContext, choice_of_template
    from trail_logs.selecting.choices import choice_of_file

    if options.selectors:
        yield choice_of_file(options.selectors, options.bucket)
    else:
        values = dict(options.parameter)
        place = TemplateContext(options.account, options.region, values)
        yield choice_of_template(options.template, place, options.trail, options.bucket)
    if options.against:
        yield choice_of_file(options.against, options.bucket)


def _source(options: argparse.Namespace) -> LogSource:
    from trail_logs.other_forms import StreamSource
    from trail_logs.sources.location import open_location

    if options.logs == "-":
        return StreamSource("standard input", sys.stdin.buffer.read())
    where = options.endpoint_url or os.environ.get("AWS_ENDPOINT_URL")
    session = None
    if options.profile:
        import boto3

        session = boto3.Session(profile_name=options.profile)
    return open_location(options.logs, session, endpoint_url=where)


def _contents(options: argparse.Namespace) -> Iterator[tuple[str, Content]]:
    from local_aws.commands.running import pages_of_records
    from trail_logs.layout import LOG_FOLDERS, Scope
    from trail_logs.sources.log_source import content_of

    if options.logs.startswith(("http://", "https://")):
        for records in pages_of_records(options.logs):
            if records:
                yield options.logs, json.dumps({"Records": records}).encode()
        return
    source = _source(options)
    files = source.files(Scope(folders=LOG_FOLDERS))
    for file, body in source.bodies(files):
        yield file.key, content_of(body, file.size)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"wanted NAME=VALUE, got {text!r}")
    return name, value


def _account(text: str) -> str:
    if not _ACCOUNT.fullmatch(text):
        raise argparse.ArgumentTypeError(f"wanted 12 digits, got {text!r}")
    return text


def _region(text: str) -> str:
    if not _REGION.fullmatch(text):
        raise argparse.ArgumentTypeError(f"wanted a Region such as us-east-1, got {text!r}")
    return text


def _days(text: str) -> float:
    try:
        days = float(text)
    except ValueError:
        days = 0
    if not 0 < days <= 36_500:
        raise argparse.ArgumentTypeError(f"wanted a number of days above 0, got {text!r}")
    return days

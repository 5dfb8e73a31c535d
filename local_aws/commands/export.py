"""`export`: what a local AWS recorded, as a folder of log files with a trail's layout."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from local_aws.commands import COMMAND, add_endpoint_option, failed
from trail_logs.counting import counted

FILTERS = ("event-name", "event-source", "category", "error-code", "user", "where")

_EXAMPLES = f"""\
examples
  {COMMAND} export session
  {COMMAND} export session --event-source dynamodb --category Data
  {COMMAND} select --logs session --selectors selectors.json

The folder has AWSLogs/ACCOUNT/CloudTrail/REGION/YYYY/MM/DD/*.json.gz, and Insights events in
CloudTrail-Insight: every record, whether a trail selects it or not. There are no digests.

exit codes
  0 written    2 usage, the folder has log files, or no record matches    3 no local AWS answers
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLES
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="created if it does not exist")
    for name in FILTERS:
        text = "only records that match, as in GET /_local-aws/records (repeatable)"
        parser.add_argument(f"--{name}", action="append", default=[], metavar="X", help=text)
    add_endpoint_option(parser)


def run(options: argparse.Namespace) -> int:
    """Write the log files, and return the exit code."""
    from local_aws.commands.running import NotRunningError, url_of_running
    from local_aws.testing.export import FolderInUse, export

    try:
        found = list(_records(url_of_running(options.endpoint_url), options))
        if not found:
            return failed("export", "nothing to export: no record matches", 2)
        written = export(found, options.folder)
    except NotRunningError as error:
        return failed("export", error, 3)
    except (FolderInUse, OSError) as error:
        return failed("export", error, 2)
    records, files = counted(len(found), "record"), counted(len(written), "file")
    print(f"{records} in {files}: {options.folder / 'AWSLogs'}")
    return 0


def _records(url: str, options: argparse.Namespace) -> Iterator[bytes]:
    from cloudtrail.compact_json import to_json
    from local_aws.commands.running import pages_of_records

    named = {name.replace("-", "_"): getattr(options, name.replace("-", "_")) for name in FILTERS}
    for page in pages_of_records(url, **named):
        yield from map(to_json, page)

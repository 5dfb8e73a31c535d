"""`run -- COMMAND`: a local AWS while a command runs, and the calls it made."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

from local_aws.server import HIDING, LocalAws
from local_aws.serving import running
from local_aws.serving.foreground import signals_heard
from local_aws.serving.log_bounds import Printed
from local_aws.testing import export
from local_aws.testing.records import call_with_error, caller, is_call
from local_aws.web.web_server import PortTaken
from trail_logs.counting import counted

NO_COMMAND, CANNOT_RUN = 127, 126
"""Exit codes of shells."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add its own options, in addition to those of serving."""
    parser.add_argument(
        "--export",
        type=Path,
        default=None,
        metavar="FOLDER",
        help="write what was recorded to log files in FOLDER, as `export` does",
    )
    parser.add_argument(
        "program", nargs="+", metavar="COMMAND", help=("the command and its arguments, after --")
    )


def run(options: argparse.Namespace) -> int:
    """Run the command and a server at a free port; return the command's exit code.

    If a signal ended the command, that is 128 plus the signal's number, as in shells.
    """
    running.prepare()
    options.port = options.port or 0
    try:
        if options.export:
            export.check(options.export)
        aws = running.started(options)
    except (PortTaken, export.FolderInUse) as error:
        print(f"local_aws: {error}", file=sys.stderr)
        return 2
    with contextlib.ExitStack() as stack, contextlib.redirect_stdout(Printed()):
        stack.callback(aws.stop)
        code = _exit_code(options.program, aws)
        if options.export and code not in (NO_COMMAND, CANNOT_RUN):
            written = aws.export(options.export)
            files = counted(len(written), "log file")
            print(f"local_aws: {files} in {options.export}", file=sys.stderr)
        return code


def _exit_code(command: list[str], aws: LocalAws) -> int:
    kept = {name: value for name, value in os.environ.items() if name not in HIDING}
    with signals_passed_on() as passed_on_to:
        try:
            process = subprocess.Popen(command, env=kept | aws.environment())  # noqa: S603
        except FileNotFoundError:
            print(f"local_aws: command {command[0]!r} not found", file=sys.stderr)
            return NO_COMMAND
        except OSError as error:
            print(f"local_aws: {command[0]!r} cannot be run: {error.strerror}", file=sys.stderr)
            return CANNOT_RUN
        passed_on_to(process)
        code = process.wait()
    print(summary(aws), file=sys.stderr)
    return code if code >= 0 else 128 - code


@contextlib.contextmanager
def signals_passed_on() -> Iterator[Callable[[subprocess.Popen[bytes]], None]]:
    """Pass signals on to the command, except Ctrl-C, which it gets from the terminal itself.

    Gives a function that takes the command's process. Earlier signals wait for that.
    """
    early: list[int] = []
    pass_to: Callable[[int], None] = early.append

    def pass_on(number: int, _frame: FrameType | None) -> None:
        if number != signal.SIGINT:
            pass_to(number)

    def passed_on_to(process: subprocess.Popen[bytes]) -> None:
        nonlocal pass_to
        pass_to = process.send_signal
        for number in early:
            process.send_signal(number)

    with signals_heard(by=pass_on):
        yield passed_on_to


def summary(aws: LocalAws) -> str:
    """Which calls were made, by whom and how often, in the order of the first calls."""
    page = aws.cloudtrail.kept_records.all()
    made = [record for each in page.records if is_call(record := json.loads(each))]
    if not made:
        return "local_aws: there were no calls: does the command read AWS_ENDPOINT_URL?"
    counts = Counter(f"{call_with_error(record)} by {caller(record)}" for record in made)
    failed = sum("errorCode" in record for record in made)
    before = f" ({page.dropped:,} older records are gone)" if page.dropped else ""
    lines = [f"{number:>8,}  {call}" for call, number in counts.items()]
    calls = counted(len(made), "call")
    return "\n".join([f"local_aws: {calls}, {failed:,} failed{before}", *lines])

"""What `python -m local_aws COMMAND` does, other than serving: a module for each command.

Each has `add_options(parser)` and `run(options)`, which returns the exit code; `options.words` are
the words of the command line.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

COMMAND = (
    "local-aws" if sys.argv[:1] and Path(sys.argv[0]).name == "local-aws" else "python -m local_aws"
)
"""How this process was called, for the commands that it prints."""

NOT_RUNNING = 3
"""The exit code of `status` if none is running, as for service scripts (LSB)."""

COMMANDS = {
    "start": "start a local AWS that stop, status, logs and env can find",
    "stop": "stop the local AWS",
    "status": (
        f"show which local AWS is running, and how it is doing; exit code {NOT_RUNNING} if there "
        "is none"
    ),
    "logs": "show the output of the local AWS in the background",
    "env": f'print the variables that point AWS clients at it: eval "$({COMMAND} env)"',
    "run": "start a local AWS for a command, and list the calls it made",
    "export": "write all records to a folder of log files, as a trail would deliver them",
    "policy": "print the least-privilege IAM policy for the calls that were made",
    "select": (
        "show what event selectors would have recorded from log files, why, and at what price"
    ),
}
"""The commands, each named like its module here, and what it does."""

SERVING = frozenset({"start", "run"})
"""Commands that also take the options of serving."""


def add_endpoint_option(parser: argparse.ArgumentParser) -> None:
    """Add `--endpoint-url`, which names a local AWS (see `running.url_of_running`)."""
    parser.add_argument(
        "--endpoint-url",
        metavar="URL",
        help="the local AWS (default: $AWS_ENDPOINT_URL, or the one started last)",
    )


def failed(command: str, problem: object, code: int) -> int:
    """Print what is wrong, and return the exit code."""
    print(f"local_aws {command}: {problem}", file=sys.stderr)
    return code

"""`start`: serve the local AWS that the other commands use."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from datetime import UTC, datetime

from local_aws.commands import COMMAND, register
from local_aws.server import LocalAws
from local_aws.serving import running


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add its own options, in addition to those of serving."""
    parser.add_argument(
        "--background",
        action="store_true",
        default=False,
        help=f"return as soon as it answers (default: serve until Ctrl-C or `{COMMAND} stop`)",
    )


def run(options: argparse.Namespace) -> int:
    """Serve, here or in the background; return 2 if one is running already."""
    try:
        return _start_in_background(options) if options.background else _serve(options)
    except register.AlreadyServed as error:
        print(f"local_aws: {error}", file=sys.stderr)
        return 2


def _serve(options: argparse.Namespace) -> int:
    with register.registered() as write:

        def announce(aws: LocalAws) -> None:
            since = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
            write(register.Running(aws.endpoint_url, os.getpid(), since))

        return running.serve(options, announce)


def _start_in_background(options: argparse.Namespace) -> int:
    """Start the same command in a new session, and return when its first line says that it
    answers."""
    register.require_none()
    words = [each for each in options.words if each != "--background"]
    with register.log_file().open("w") as log:
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "local_aws", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        )
    assert process.stdout
    with process.stdout as said:
        line = said.readline()
    if not line:
        print(register.log_file().read_text(), end="", file=sys.stderr)
        return process.wait()
    print(line, end="")
    return 0

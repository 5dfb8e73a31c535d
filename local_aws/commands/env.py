"""`env`: the variables that point every AWS client in a shell at the local AWS."""

from __future__ import annotations

import argparse
import shlex
import sys

from local_aws.commands import register
from local_aws.server import HIDING, environment_of


def add_options(_parser: argparse.ArgumentParser) -> None:
    """Add no options: this command has none."""


def run(_options: argparse.Namespace) -> int:
    """Print the variables as shell commands; the exit code: 1 if none is running."""
    server = register.running()
    if server is None:
        print(f"local_aws: {register.NONE}", file=sys.stderr)
        return 1
    for name, value in environment_of(server.url).items():
        print(f"export {name}={shlex.quote(value)}")
    print(f"unset {' '.join(HIDING)}")
    return 0

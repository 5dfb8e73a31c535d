"""`logs`: the output of the local AWS in the background."""

from __future__ import annotations

import argparse
import sys

from local_aws.commands import register


def add_options(_parser: argparse.ArgumentParser) -> None:
    """Add no options: this command has none."""


def run(_options: argparse.Namespace) -> int:
    """Show the output of the one that runs, or of the last one; 1 if there never was one."""
    log = register.log_file()
    if not log.exists():
        print("local_aws: none has been started with start --background yet", file=sys.stderr)
        return 1
    print(log.read_text(errors="replace"), end="")
    return 0

"""`stop`: stop the local AWS that was started."""

from __future__ import annotations

import argparse
import os
import signal

from local_aws.commands import register


def add_options(_parser: argparse.ArgumentParser) -> None:
    """Add no options: this command has none."""


def run(_options: argparse.Namespace) -> int:
    """End it, and return when it has ended; 0 also if none is running."""
    server = register.running()
    if server is None:
        print("no local AWS is running")
        return 0
    os.kill(server.pid, signal.SIGTERM)
    register.wait_until_ended()
    print(f"stopped {server.url}")
    return 0

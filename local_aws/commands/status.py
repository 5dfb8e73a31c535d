"""`status`: which local AWS is running, and how it is doing."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

from local_aws.commands import NOT_RUNNING, register

_SECONDS = 10


def add_options(_parser: argparse.ArgumentParser) -> None:
    """Add no options: this command has none."""


def run(_options: argparse.Namespace) -> int:
    """Print where it runs, and what `/_local-aws/status` answers; 1 if it does not answer."""
    server = register.running()
    if server is None:
        print(register.NONE)
        return NOT_RUNNING
    print(f"running at {server.url}, process {server.pid}, since {server.since}")
    try:
        answer = _asked(server.url)
    except (OSError, HTTPException) as error:
        print(f"local_aws: it does not answer: {error}", file=sys.stderr)
        return 1
    print(json.dumps(answer, indent=2))
    return 0


def _asked(url: str) -> Any:
    """The JSON that the server answers. No proxy is used."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=_SECONDS)
    with contextlib.closing(connection):
        connection.request("GET", "/_local-aws/status")
        return json.load(connection.getresponse())

"""The real AWS CLI, pointed at a local AWS: as a process, or in this one, without its start.

Its start takes half a second, most of what a command takes.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any
from unittest import mock

from local_aws import LocalAws
from tests.waiting import LONG

CLI = Path(sys.executable).with_name("aws")


def run_aws(environment: Mapping[str, str], *arguments: str) -> CompletedProcess[str]:
    """Run `aws ...` in this process and return what it said; the caller looks at its code."""
    with captured(_alone(environment)) as (out, error):
        code = exit_code(lambda: driver().main([*arguments]))
    said, complained = out.buffer.getvalue().decode(), error.buffer.getvalue().decode()
    return CompletedProcess(["aws", *arguments], code, said, complained)


def start_aws(environment: Mapping[str, str], *arguments: str) -> CompletedProcess[str]:
    """The same as a process."""
    return subprocess.run(
        [CLI, *arguments],
        env={**os.environ, **_alone(environment)},
        capture_output=True,
        text=True,
        timeout=LONG,
        check=False,
    )


def _alone(environment: Mapping[str, str]) -> dict[str, str]:
    nowhere = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    return {**nowhere, "AWS_PAGER": "", **environment}


@contextlib.contextmanager
def captured(environment: Mapping[str, str]) -> Iterator[tuple[Any, Any]]:
    """Another environment, and streams of bytes in place of output and errors."""
    out, error = (
        io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2)
    )
    with (
        mock.patch.dict(os.environ, environment),
        mock.patch.object(logging.getLogger("awscli"), "handlers", []),  # it adds one a call
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(error),
    ):
        yield out, error


def exit_code(command: Callable[[], int | None]) -> int:
    """The exit code of a command line, returned or raised."""
    try:
        return int(command() or 0)
    except SystemExit as ended:
        return int(ended.code or 0)


def driver() -> Any:
    """What a process of the CLI runs: it keeps credentials, and what its commands have found."""
    module = importlib.import_module("awscli.clidriver")
    # When it is first imported it sets this for good, but the environment is put back after a call.
    os.environ["AWS_DATA_PATH"] = str(Path(str(module.__file__)).with_name("data"))
    return module.create_clidriver()


def validate_logs(
    aws: LocalAws,
    trail_arn: str,
    start: datetime,
    end: datetime,
    *more: str,
    as_account: Mapping[str, str] | None = None,
) -> str:
    """What `aws cloudtrail validate-logs --verbose` prints."""
    result = run_aws(
        aws.environment() | _credentials(as_account or {}),
        *("cloudtrail", "validate-logs", "--verbose", "--trail-arn", trail_arn),
        *("--start-time", f"{start:%Y-%m-%dT%H:%M:%SZ}"),
        *("--end-time", f"{end:%Y-%m-%dT%H:%M:%SZ}"),
        *more,
    )
    return result.stdout + result.stderr


def _credentials(who: Mapping[str, str]) -> dict[str, str]:
    names = {
        "key": "AWS_ACCESS_KEY_ID",
        "secret": "AWS_SECRET_ACCESS_KEY",
        "token": "AWS_SESSION_TOKEN",
    }
    return {names[name]: value for name, value in who.items()}

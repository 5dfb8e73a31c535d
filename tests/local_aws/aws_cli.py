"""The real AWS CLI, as a process, pointed at a local AWS."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from local_aws import LocalAws

CLI = Path(sys.executable).with_name("aws")


def run_aws(environment: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `aws ...` and return what it said; the caller looks at its return code."""
    nowhere = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    return subprocess.run(
        [CLI, *arguments],
        env={**os.environ, **nowhere, "AWS_PAGER": "", **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


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

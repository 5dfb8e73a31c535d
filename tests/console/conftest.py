"""The console as it is built from this checkout, and a local AWS whose pages it calls."""

from __future__ import annotations

import fcntl
import subprocess
from pathlib import Path
from typing import Any

import pytest

from local_aws import LocalAws
from local_aws.console.user import ConsoleUser
from local_aws.organization_fixture import OrganizationTrail
from stacks.settings import ORGANIZATION_TRAIL_NAME
from tests.conftest import OneAtATime
from tests.waiting import LONG

REPOSITORY = Path(__file__).parents[2]
BUILT = REPOSITORY / "local_aws" / "console" / "built"
STUDENT = ConsoleUser("student", "Pa55word!")


@pytest.fixture(scope="session", autouse=True)
def _built() -> None:
    """Build it where its source is newer, in one process at a time."""
    with (REPOSITORY / "Makefile").open() as locked:
        fcntl.flock(locked, fcntl.LOCK_EX)
        subprocess.run(
            ["make", "--no-print-directory", "local_aws/console/built/index.html"],
            cwd=REPOSITORY,
            check=True,
            timeout=LONG,
        )


@pytest.fixture
def aws(aws_with: OneAtATime) -> LocalAws:
    """An account of an organization with a student in it."""
    organization = OrganizationTrail(ORGANIZATION_TRAIL_NAME)
    return aws_with(organization=organization, console_user=STUDENT)


def records(aws: LocalAws, name: str) -> list[dict[str, Any]]:
    """The records of one event, in order."""
    return list(aws.records(event_name=name))

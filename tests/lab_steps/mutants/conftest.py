"""A local AWS that delivers when it is told to, and a check of a lab that was built there.

Nothing is delivered while a check looks: its own calls would come in between, and what is
found would depend on the machine's speed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lab_steps.lab import choose_steps
from lab_steps.outcomes import Finding
from lab_steps.session import LabSession
from local_aws import LocalAws
from tests.lab_steps.conftest import NOW
from tests.lab_steps.mutants.reference_lab import Lab, build

CheckNow = Callable[..., dict[int, Finding]]


@pytest.fixture
def aws(patient_aws: LocalAws) -> Iterator[LocalAws]:
    """An empty local AWS whose time is released at the end."""
    yield patient_aws
    patient_aws.clock.release()


@pytest.fixture
def check_now(lab: LabSession) -> CheckNow:
    """Check the lab as it stands, nothing being delivered before: all steps, or some."""

    def check(*numbers: int) -> dict[int, Finding]:
        lab.target.patience = NOW
        return lab.check(choose_steps(numbers), wait=None)

    return check


@pytest.fixture
def judged(
    aws: LocalAws, lab: LabSession, check_now: CheckNow
) -> Callable[[Lab], dict[int, Finding]]:
    """Build a lab and check all of it."""

    def judge(made: Lab) -> dict[int, Finding]:
        build(aws, made)
        lab.expected_account = made.expected_account
        if made.table_status:
            answer_status(lab, made.table_status)
        return check_now()

    return judge


def answer_status(lab: LabSession, status: str) -> None:
    """A fake transport: DescribeTable's answers to the check say `status`."""

    def rewrite(parsed: dict[str, Any], **_: Any) -> None:
        parsed["Table"]["TableStatus"] = status

    events = lab.target.client("dynamodb", "check").meta.events
    events.register("after-call.dynamodb.DescribeTable", rewrite)

"""A local AWS that delivers when it is told to, and checks of labs that were built there.

Nothing is delivered while a check looks: its own calls would come in between, and what is
found would depend on the machine's speed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest

from cloudtrail.records.calls import Record
from lab_steps.checking.finding import Finding
from lab_steps.checking.patience import LOCAL_PATIENCE
from lab_steps.session import LabSession
from lab_steps.targets.target import Target
from lab_steps.walkthrough.expected_records import EXPECTED_TRAIL
from lab_steps.walkthrough.lab import WALKTHROUGH
from local_aws import LocalAws
from stacks.settings import TABLE_NAME
from tests.conftest import OneAtATime
from tests.lab_steps.conftest import NOW
from tests.lab_steps.mutants.pasting import _cli_port, shell
from tests.lab_steps.mutants.reference_lab import (
    ALL_MANAGEMENT,
    ALL_TABLES,
    IS_DATA,
    Lab,
    TrailPlan,
    advanced,
    build,
)
from tests.lab_steps.standing import ORGANIZATION
from tests.local_aws.delivered import records

__all__ = ["_cli_port", "shell"]

CheckNow = Callable[..., dict[int, Finding]]
Judged = Callable[[Lab], dict[int, Finding]]
RequestsDuring = Callable[[Callable[[], Any]], list[Record]]

WITNESS = TrailPlan(
    "witness",
    "what-everybody-did",
    (
        ALL_MANAGEMENT,
        ALL_TABLES,
        advanced("objects", IS_DATA, ("resources.type", "AWS::S3::Object")),
    ),
)
"""A trail that records all that a check could do."""


@pytest.fixture
def aws(aws_with: OneAtATime, request: pytest.FixtureRequest) -> LocalAws:
    """An empty local AWS; parametrized indirectly, with these options of `LocalAws`."""
    usual = {"delivery_delay": 3600, "organization": ORGANIZATION}
    return aws_with(**{**usual, **getattr(request, "param", {})})


@pytest.fixture(scope="session")
def _session() -> boto3.Session:
    """A session for all tests: it reads botocore's descriptions of the services once."""
    here = Target("endpoint", "us-east-1", LOCAL_PATIENCE, endpoint_url="http://127.0.0.1")
    return here.session()


@pytest.fixture(scope="session")
def _kept_targets() -> Iterator[dict[str, Target]]:
    kept: dict[str, Target] = {}
    yield kept
    for each in kept.values():
        each.close()


@pytest.fixture
def target(aws: LocalAws, _session: boto3.Session, _kept_targets: dict[str, Target]) -> Target:
    """The local AWS of the tests, with clients that are made once."""
    url = aws.endpoint_url
    made = Target("endpoint", "us-east-1", LOCAL_PATIENCE, endpoint_url=url, _session=_session)
    return replace(_kept_targets.setdefault(url, made))


@pytest.fixture
def _own_clients(target: Target) -> Iterator[None]:
    """Clients of this test alone, which may change them."""
    target._clients, target._log_sources = {}, {}
    yield
    target.close()


@pytest.fixture
def check_now(lab: LabSession) -> CheckNow:
    """Check the lab as it stands, nothing being delivered before: all steps, or some."""

    def check(*numbers: int) -> dict[int, Finding]:
        lab.target.patience = NOW
        return lab.check(WALKTHROUGH.choose(numbers), wait=None)

    return check


@pytest.fixture
def judged(aws: LocalAws, lab: LabSession, check_now: CheckNow) -> Judged:
    """Build a lab and check all of it."""

    def judge(made: Lab) -> dict[int, Finding]:
        stand(aws, lab, made)
        return check_now()

    return judge


def stand(aws: LocalAws, lab: LabSession, made: Lab) -> None:
    """Build `made`, and tell the session what is its own to know of it."""
    build(aws, made)
    lab.expected_account = made.expected_account
    expected = {EXPECTED_TRAIL: made.organization_trail}
    lab.deployment = WALKTHROUGH.deployed(lab.target.region, lab.account, expected)
    if made.table_status:
        answer_status(lab, made.table_status)


@pytest.fixture
def requests_during(aws: LocalAws, lab: LabSession) -> RequestsDuring:
    """The records of all that the lab's session asks during an action, with the trail WITNESS.

    They are told from others by the access key: log files are fetched by other clients than
    the checks', which do not say who they are.
    """
    credentials = lab.target.session().get_credentials()
    assert credentials

    def asked() -> dict[str, Record]:
        return {
            each["eventID"]: each
            for each in records(aws, WITNESS.bucket)
            if each["userIdentity"].get("accessKeyId") == credentials.access_key
        }

    def during(action: Callable[[], Any]) -> list[Record]:
        before = asked()
        action()
        return [each for number, each in asked().items() if number not in before]

    return during


def answer_status(lab: LabSession, status: str) -> None:
    """A fake transport: DescribeTable's answers to the check say `status` of the table that is
    there now, and the truth of one that is made in its place."""
    client = lab.target.client("dynamodb", "check")
    spoiled = client.describe_table(TableName=TABLE_NAME)["Table"]["TableId"]

    def rewrite(parsed: dict[str, Any], **_: Any) -> None:
        if parsed.get("Table", {}).get("TableId") == spoiled:
            parsed["Table"]["TableStatus"] = status

    client.meta.events.register("after-call.dynamodb.DescribeTable", rewrite)

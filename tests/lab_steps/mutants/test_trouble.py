"""A check that is refused, slowed down, cut off, or far away: ERROR where it could not look.

An API that refuses is a fake transport: the check's own client raises AWS's answer before
the request is sent, because moto enforces no IAM policy for the lab's account.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import botocore.endpoint
import pytest
from botocore.exceptions import ClientError

from lab_steps.call_errors import action_of
from lab_steps.checking.finding import Finding, Outcome
from lab_steps.checking.known_events import KnownEvents
from lab_steps.checking.patience import LOCAL_PATIENCE, Patience
from lab_steps.checking.user_agents import CHECK
from lab_steps.place.state import StateFile
from lab_steps.session import LabSession, open_session
from lab_steps.targets.target import Target
from lab_steps.terminal.progress import Progress
from lab_steps.walkthrough.lab import WALKTHROUGH
from local_aws import LocalAws
from local_aws.cloudtrail import throttling
from tests.lab_steps.conftest import NOW
from tests.lab_steps.mutants.conftest import CheckNow
from tests.lab_steps.mutants.reference_lab import (
    MANAGEMENT,
    REFERENCE,
    TO_ONE,
    build,
    call,
    changed,
)
from tests.lab_steps.standing import ORGANIZATION
from tests.local_aws.wire import Wire, send

LOG_STEPS = {23, 24, *range(29, 38)}
EVERY_TRAIL_STEP = {2, *range(5, 17), *LOG_STEPS}
NEEDING = {
    "sts:GetCallerIdentity": {1},
    "cloudtrail:DescribeTrails": EVERY_TRAIL_STEP,
    "cloudtrail:ListTrails": {4},
    "cloudtrail:GetTrailStatus": {10, 16, 29, 30, 35},
    "cloudtrail:GetEventSelectors": {6, 8, 9, 12, 14, 15, *LOG_STEPS},
    "cloudtrail:GetInsightSelectors": {8, 10},
    "cloudtrail:LookupEvents": {3, 4, 17, 18, 38},
    "dynamodb:DescribeTable": {*range(19, 29), *range(30, 38)},
    "dynamodb:Scan": {25, 26, 27, 28, 35, 36},
    "s3:GetBucketPolicy": {6, 12, *LOG_STEPS},
    "s3:ListObjectsV2": LOG_STEPS - {29},
}
"""The steps that cannot be decided without this API."""


@contextmanager
def refused(lab: LabSession, *operations: str) -> Iterator[None]:
    """The check's calls of these are refused."""
    with ExitStack() as stack:
        for service, _, name in (each.partition(":") for each in operations):
            events, event = lab.target.client(service, CHECK).meta.events, f"{service}.{name}"
            events.register(f"before-call.{event}", deny)
            stack.callback(events.unregister, f"before-call.{event}", deny)
        yield


def deny(model: Any, **_: Any) -> None:
    action = action_of(model.service_model.service_name, model.name)
    message = f"User: student is not authorized to perform: {action}"
    raise ClientError({"Error": {"Code": "AccessDenied", "Message": message}}, model.name)


def outcomes(findings: dict[int, Finding]) -> dict[int, Outcome]:
    return {n: each.outcome for n, each in findings.items() if each.outcome is not Outcome.PASS}


def test_a_refused_api_is_an_error_of_the_steps_that_need_it_and_never_a_failure(
    aws: LocalAws, lab: LabSession, check_now: CheckNow
) -> None:
    build(aws, REFERENCE)
    for operation, numbers in NEEDING.items():
        with refused(lab, operation):
            lab.known_events = KnownEvents()
            findings = check_now()
        assert outcomes(findings) == dict.fromkeys(numbers, Outcome.ERROR), operation
        for number in numbers:
            assert "AccessDenied" in findings[number].actual
            assert f"perform: {action_of(*operation.split(':'))}" in findings[number].actual


def test_a_refused_api_hides_no_failure_of_other_steps(
    aws: LocalAws, lab: LabSession, check_now: CheckNow
) -> None:
    build(aws, changed(REFERENCE, management__insights=("ApiCallRateInsight",)))
    with refused(lab, "cloudtrail:LookupEvents"):
        assert outcomes(check_now())[10] is Outcome.FAIL


class Watch:
    """In place of the module `time`: who sleeps moves it on."""

    def __init__(self) -> None:
        self._now = 0.0

    def monotonic(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += seconds


def test_throttling_fails_nothing(
    aws: LocalAws, check_now: CheckNow, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(aws, REFERENCE)
    watch = Watch()
    monkeypatch.setattr(botocore.endpoint, "time", watch)
    monkeypatch.setattr(throttling, "time", watch)
    monkeypatch.setattr(aws.cloudtrail.throttle, "enforced", True)
    findings = check_now()
    fallen = [each for each in findings.values() if each.outcome is not Outcome.PASS]
    assert {each.outcome for each in fallen} <= {Outcome.ERROR}
    assert all("Throttling" in each.actual for each in fallen)


class Served:
    """A local AWS in a process of its own: one with another clock, or that can go away."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout
        self.process = process
        self.endpoint_url = process.stdout.readline().split()[1]

    def deliver_now(self) -> None:
        self._control("deliver", {})

    def advance(self, step: timedelta) -> None:
        self._control("clock", {"advance_seconds": step.total_seconds()})

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def _control(self, action: str, request: dict[str, Any]) -> None:
        body = json.dumps(request).encode()
        assert (
            send(self.endpoint_url, Wire("POST", f"/_local-aws/{action}", body=body)).status == 200
        )


@pytest.fixture
def served() -> Iterator[Served]:
    command = [sys.executable, "-m", "local_aws", "--port", "0", "--delivery-delay", "600"]
    command += ["--organization-trail", ORGANIZATION.name]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        yield Served(process)
        process.kill()


@pytest.fixture
def away(served: Served, tmp_path: Path) -> Iterator[LabSession]:
    """A session at the served local AWS, opened when its clock was set."""
    served.advance(timedelta(hours=2))
    target = Target("endpoint", "us-east-1", LOCAL_PATIENCE, endpoint_url=served.endpoint_url)
    state = StateFile(tmp_path / "state.json")
    yield open_session(WALKTHROUGH, target, Progress(), state=state)
    target.close()


def test_on_another_clock_a_lab_passes_and_what_is_due_is_told_by_that_clock(
    served: Served, away: LabSession
) -> None:
    aws = cast("LocalAws", served)
    build(aws, changed(REFERENCE, updated=None))
    finding = away.check(WALKTHROUGH.choose([34]), wait=None)[34]
    assert finding.outcome is Outcome.PENDING
    assert finding.until
    left = finding.until - datetime.now(UTC) - timedelta(hours=2)
    assert timedelta(0) < left <= away.target.patience.due
    away.target.patience = Patience(timedelta(seconds=1), 0.1)
    served.advance(timedelta(seconds=5))
    assert (
        away.check(WALKTHROUGH.choose([34]), wait=timedelta(seconds=10))[34].outcome is Outcome.FAIL
    )
    call("dynamodb", "update_table", **TO_ONE)(aws)
    served.deliver_now()
    away.target.patience = NOW
    assert outcomes(away.check(WALKTHROUGH.choose(None), wait=None)) == {}


def test_an_endpoint_that_goes_away_in_the_middle_is_an_error_of_what_was_not_seen(
    served: Served, away: LabSession
) -> None:
    build(cast("LocalAws", served), REFERENCE)
    away.target.patience = NOW
    events = away.target.client("s3", CHECK).meta.events
    events.register("before-call.s3.ListObjectsV2", lambda **_: served.kill())
    findings = away.check(WALKTHROUGH.choose(None), wait=None)
    not_seen = {22: Outcome.PASS, 23: Outcome.ERROR, 33: Outcome.ERROR, 38: Outcome.ERROR}
    assert {n: findings[n].outcome for n in not_seen} == not_seen
    assert set(outcomes(findings).values()) == {Outcome.ERROR}
    assert min(outcomes(findings)) == 23


def test_a_region_without_the_trails_fails_what_is_missing_there(
    aws: LocalAws, tmp_path: Path
) -> None:
    build(aws, changed(REFERENCE, management__settings={}, data__settings={}))
    findings = checked_in("eu-west-1", aws, tmp_path)
    fallen = outcomes(findings)
    assert {n for n, each in fallen.items() if each is Outcome.FAIL} == {3, 5, 11}
    assert [findings[n].blocked_by for n in (4, 6, 12, 17, 19, 20, 38)] == [3, 5, 11, 3, 17, 19, 3]


def test_a_misnamed_trail_here_does_not_hide_the_right_one_of_another_region(
    aws: LocalAws, tmp_path: Path
) -> None:
    apart = changed(REFERENCE, management__settings={}, data__settings={})
    build(aws, changed(apart, data__region="eu-west-1", data__name="student-data-trail"))
    findings = checked_in("eu-west-1", aws, tmp_path)
    assert [findings[n].outcome for n in (5, 6)] == [Outcome.PASS, Outcome.FAIL]
    assert findings[6].actual == f"not in eu-west-1; {MANAGEMENT} in us-east-1"
    action = findings[6].next_action
    assert action
    assert "--region eu-west-1 cloudtrail create-trail --name" in action.command


def test_multi_region_trails_are_seen_from_a_region_in_which_nothing_was_done(
    aws: LocalAws, tmp_path: Path
) -> None:
    build(aws, REFERENCE)
    findings = checked_in("eu-west-1", aws, tmp_path)
    fallen = outcomes(findings)
    assert not set(fallen) & set(range(5, 17)), "the trails are shown in every Region"
    assert {n for n, each in fallen.items() if each is Outcome.FAIL} == {3, 31}
    assert "none for Region eu-west-1" in findings[31].rationale
    assert findings[4].outcome is Outcome.PASS, "their calls are in their home Region's history"
    assert [findings[n].blocked_by for n in (17, 19, 23, 24, 36)] == [3, 17, 19, 19, 26]


def checked_in(region: str, aws: LocalAws, folder: Path) -> dict[int, Finding]:
    target = Target("endpoint", region, LOCAL_PATIENCE, endpoint_url=aws.endpoint_url)
    state = StateFile(folder / "state.json")
    lab = open_session(WALKTHROUGH, target, Progress(), state=state)
    target.patience = NOW
    try:
        return lab.check(WALKTHROUGH.choose(None), wait=None)
    finally:
        target.close()

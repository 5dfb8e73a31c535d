"""The read-only look."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import botocore.endpoint
import pytest
from botocore.exceptions import EndpointConnectionError

from lab_steps.call_errors import TRIES
from lab_steps.checking.patience import AWS_PATIENCE, LOCAL_PATIENCE
from lab_steps.checking.user_agents import CHECK
from lab_steps.checking.view import WritingCallError
from lab_steps.errors import CannotLookError
from lab_steps.session import LabSession
from lab_steps.targets import target
from lab_steps.targets.target import Target
from lab_steps.walkthrough.lab import WALKTHROUGH
from local_aws import LocalAws
from tests.lab_steps.by_hand import ByHand
from tests.lab_steps.conftest import NOW


def calls_of_checks(by_hand: ByHand) -> list[dict[str, Any]]:
    """What Event history knows of the checks' calls."""
    pages = by_hand.cloudtrail.get_paginator("lookup_events").paginate()
    records = [json.loads(event["CloudTrailEvent"]) for page in pages for event in page["Events"]]
    return [each for each in records if f"cloudtrail-lab/{CHECK}" in each["userAgent"]]


def test_checking_all_steps_makes_no_writing_call_and_none_that_it_looks_for(
    aws: LocalAws, lab: LabSession, by_hand: ByHand
) -> None:
    by_hand.lab()
    operations: list[str] = []
    for service in ("sts", "cloudtrail", "dynamodb", "s3"):
        client = lab.target.client(service, CHECK)
        client.meta.events.register(
            f"before-call.{service}", lambda model, **_: operations.append(model.name)
        )
    lab.check(WALKTHROUGH.steps, wait=None)
    reading = ("Describe", "Get", "Head", "List", "Lookup", "Scan")
    assert len(operations) > 20
    assert [each for each in operations if not each.startswith(reading)] == []
    looked_for = {"CreateTable", "UpdateTable", "ListTables", "PutItem", "GetItem"}
    assert set(operations) & looked_for == set()
    recorded = calls_of_checks(by_hand)
    assert recorded
    assert [each["eventName"] for each in recorded if not each["readOnly"]] == []


def test_an_endpoint_that_hangs_is_asked_once_a_look(
    lab: LabSession, silent_endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(target, "ASKING_SECONDS", 0.6)
    hanging = Target("endpoint", "us-east-1", LOCAL_PATIENCE, endpoint_url=silent_endpoint)
    view, sent = replace(lab.look(), target=hanging), list[str]()
    for service in ("cloudtrail", "s3"):
        events = hanging.client(service, CHECK).meta.events
        events.register("before-send", lambda request, **_: sent.append(request.url))
    for operation in ("cloudtrail:DescribeTrails", "cloudtrail:ListTrails", "s3:ListBuckets"):
        with pytest.raises(CannotLookError, match=r"DescribeTrails: gave up after \d+ seconds"):
            view.ask(operation)
    assert len(sent) == TRIES


def test_nobody_who_listens_is_tried_twice_a_look(
    lab: LabSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = Target("endpoint", "us-east-1", NOW, endpoint_url="http://127.0.0.1:9")
    view = replace(lab.look(), target=nowhere)
    waits: list[float] = []
    monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=waits.append))
    for operation in ("cloudtrail:DescribeTrails", "cloudtrail:ListTrails", "s3:ListBuckets"):
        with pytest.raises(EndpointConnectionError, match="Could not connect"):
            view.ask(operation)
    assert len(waits) == TRIES - 1


def test_an_account_that_hangs_is_given_up_as_soon(
    lab: LabSession, silent_endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The many tries at AWS are for calls that it throttles."""
    monkeypatch.setattr(target, "ASKING_SECONDS", 0.6)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "any")
    hanging = Target("account", "us-east-1", AWS_PATIENCE, endpoint_url=silent_endpoint)
    view, sent = replace(lab.look(), target=hanging), list[str]()
    client = hanging.client("cloudtrail", CHECK)
    client.meta.events.register("before-send", lambda request, **_: sent.append(request.url))
    with pytest.raises(CannotLookError, match=r"gave up after \d+ seconds"):
        view.ask("cloudtrail:DescribeTrails")
    assert len(sent) == TRIES
    assert client.meta.config.retries["total_max_attempts"] == target.MOST_TRIES


def test_a_check_cannot_write(lab: LabSession) -> None:
    with pytest.raises(WritingCallError, match="cloudtrail:DeleteTrail"):
        lab.look().ask("cloudtrail:DeleteTrail", Name="student-data-events")


def test_an_answer_is_asked_for_once_per_look(lab: LabSession) -> None:
    asked: list[str] = []
    client = lab.target.client("cloudtrail", CHECK)
    client.meta.events.register(
        "before-call.cloudtrail", lambda model, **_: asked.append(model.name)
    )
    view = lab.look()
    assert view.ask("cloudtrail:ListTrails") == view.ask("cloudtrail:ListTrails")
    assert asked == ["ListTrails"]

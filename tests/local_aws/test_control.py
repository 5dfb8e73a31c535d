"""What can be asked of a running local AWS itself, as HTTP."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local_aws import LocalAws
from tests.local_aws.delivered import history, log_files, names, table, trail
from tests.local_aws.wire import Wire, send


@pytest.fixture
def aws(patient_aws: LocalAws) -> LocalAws:
    return patient_aws


def ask(aws: LocalAws, method: str, action: str, body: bytes = b"") -> tuple[int, Any]:
    reply = send(aws.endpoint_url, Wire(method, f"/_local-aws/{action}", body=body))
    assert reply.headers["content-type"] == "application/json"
    return reply.status, json.loads(reply.body)


def test_status_says_what_runs_and_when(aws: LocalAws) -> None:
    status, answer = ask(aws, "GET", "status")
    now = datetime.fromisoformat(answer.pop("now"))
    assert status == 200
    assert abs(now - datetime.now(UTC)) < timedelta(seconds=10)
    assert answer == {
        "endpoint_url": aws.endpoint_url,
        "account": "123456789012",
        "delivery_delay_seconds": 3600,
        "organization": True,
        "incomplete_records": {"count": 0, "latest": ""},
    }


def test_clock_moves_and_brings_what_is_due(aws: LocalAws) -> None:
    trail(aws, "audit")
    table(aws)
    before = datetime.now(UTC)
    status, answer = ask(aws, "POST", "clock", b'{"advance_seconds": 3700}')
    assert status == 200
    moved = datetime.fromisoformat(answer["now"]) - before
    assert timedelta(seconds=3690) < moved < timedelta(seconds=3730)
    assert log_files(aws, "audit-logs")


def test_deliver_delivers_now(aws: LocalAws) -> None:
    trail(aws, "audit")
    table(aws)
    assert ask(aws, "POST", "deliver") == (200, {"delivered": True})
    (records,) = log_files(aws, "audit-logs").values()
    assert "CreateTable" in names(records)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not JSON",
        b"[]",
        b"{}",
        b'{"advance_seconds": "soon"}',
        b'{"advance_seconds": null}',
        b'{"advance_seconds": 0}',
        b'{"advance_seconds": -1}',
        b'{"advance_seconds": 1e300}',
        b'{"advance_seconds": NaN}',
        b'{"advance_seconds": 99999999}',
        b"\xff\xfe",
    ],
)
def test_bad_step_is_refused_with_what_was_wanted(aws: LocalAws, body: bytes) -> None:
    before = datetime.now(UTC)
    status, answer = ask(aws, "POST", "clock", body)
    assert status == 400
    assert 'wanted {"advance_seconds": N}' in answer["message"]
    assert datetime.now(UTC) - before < timedelta(seconds=10)


@pytest.mark.parametrize(
    ("method", "action"),
    [("GET", "clock"), ("POST", "status"), ("GET", ""), ("POST", "nothing"), ("GET", "status/x")],
)
def test_what_is_not_known_is_404_with_what_is(aws: LocalAws, method: str, action: str) -> None:
    status, answer = ask(aws, method, action)
    assert status == 404
    assert "GET /_local-aws/status, POST /_local-aws/clock" in answer["message"]


def test_control_requests_are_not_recorded(aws: LocalAws) -> None:
    ask(aws, "GET", "status")
    ask(aws, "POST", "deliver")
    assert history(aws) == []

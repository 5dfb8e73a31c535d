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
    assert answer.pop("refused") >= 0
    assert status == 200
    assert abs(now - datetime.now(UTC)) < timedelta(minutes=1)
    assert answer == {
        "endpoint_url": aws.endpoint_url,
        "account": "123456789012",
        "delivery_delay_seconds": 3600,
        "organization_trail": None,
        "console_user": None,
        "not_permitted": [],
        "delivery": {
            "running": True,
            "restarts": 0,
            "waiting": 0,
            "notifications": 0,
            "faults": [],
        },
        "incomplete_records": [],
    }


def test_clock_moves_and_brings_what_is_due(aws: LocalAws) -> None:
    trail(aws, "audit")
    table(aws)
    before = datetime.now(UTC)
    status, answer = ask(aws, "POST", "clock", b'{"advance_seconds": 3700}')
    assert status == 200
    moved = datetime.fromisoformat(answer["now"]) - before
    assert timedelta(seconds=3690) < moved < timedelta(hours=2)
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
        b'{"advance_seconds": "5"}',
        b'{"advance_seconds": true}',
        b'{"advance_seconds": Infinity}',
        b'{"advance_seconds": 1e400}',
        b'{"advance_seconds": 5, "more": 1}',
        b'{"advance_seconds": 5} {}',
        b'{"advance_seconds": ' + b"[" * 900,
    ],
)
def test_bad_step_is_refused_with_what_was_wanted(aws: LocalAws, body: bytes) -> None:
    before = datetime.now(UTC)
    status, answer = ask(aws, "POST", "clock", body)
    assert status == 400
    assert 'wanted {"advance_seconds": N}' in answer["message"]
    assert datetime.now(UTC) - before < timedelta(minutes=4)


@pytest.mark.parametrize(
    ("method", "action"),
    [("GET", "clock"), ("POST", "status"), ("GET", ""), ("POST", "nothing"), ("GET", "status/x")],
)
def test_what_is_not_known_is_404_with_what_is(aws: LocalAws, method: str, action: str) -> None:
    status, answer = ask(aws, method, action)
    assert status == 404
    assert (
        "GET /_local-aws/status, GET /_local-aws/records, GET /_local-aws/session, "
        "POST /_local-aws/clock" in answer["message"]
    )


def test_control_requests_are_not_recorded(aws: LocalAws) -> None:
    ask(aws, "GET", "status")
    ask(aws, "POST", "deliver")
    assert history(aws) == []


@pytest.mark.parametrize("action", ["clock", "deliver"])
def test_a_body_that_is_too_long_is_refused(aws: LocalAws, action: str) -> None:
    status, answer = ask(aws, "POST", action, b'{"advance_seconds": 5' + b" " * 2000 + b"}")
    assert status == 413
    assert "wanted at most 1024 bytes" in answer["message"]


def test_deliver_takes_nothing(aws: LocalAws) -> None:
    assert ask(aws, "POST", "deliver", b"{}")[0] == 200
    assert ask(aws, "POST", "deliver", b'{"trail": "audit"}')[0] == 400


def test_time_ends_before_dates_do(aws: LocalAws) -> None:
    step = b'{"advance_seconds": 31000000}'
    answers = [ask(aws, "POST", "clock", step) for _ in range(80)]
    refused = [answer["message"] for status, answer in answers if status == 400]
    assert refused
    assert "wanted a step that ends before 2100-01-01" in refused[0]
    now = datetime.fromisoformat(ask(aws, "GET", "status")[1]["now"])
    assert datetime(2099, 1, 1, tzinfo=UTC) < now < datetime(2100, 1, 1, tzinfo=UTC)
    table(aws)

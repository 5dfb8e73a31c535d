"""Targets that fail for now are tried again, by the server's clock, and then given up."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from local_aws import LocalAws
from tests.local_aws.delivered import client
from tests.local_aws.subscribers import queue


class _Endpoint(http.server.BaseHTTPRequestHandler):
    """Answers with the statuses that it is told, one after the other, and keeps what came."""

    statuses: list[int]
    came: list[Any]

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.came.append(json.loads(self.rfile.read(length)))
        self.send_response(self.statuses.pop(0) if self.statuses else 200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture
def endpoint() -> Iterator[tuple[str, type[_Endpoint]]]:
    kind = type("Endpoint", (_Endpoint,), {"statuses": [], "came": []})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), kind)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/", kind
    server.shutdown()
    server.server_close()
    thread.join()


def called(aws: LocalAws, url: str, **retries: int) -> str:
    """A rule for an API destination with a dead-letter queue, whose URL is returned."""
    events = client(aws, "events")
    connection = events.create_connection(
        Name="c",
        AuthorizationType="API_KEY",
        AuthParameters={"ApiKeyAuthParameters": {"ApiKeyName": "x-key", "ApiKeyValue": "v"}},
    )["ConnectionArn"]
    arn = events.create_api_destination(
        Name="d", ConnectionArn=connection, InvocationEndpoint=url, HttpMethod="POST"
    )["ApiDestinationArn"]
    dead, dead_arn = queue(aws, "dead")
    events.put_rule(Name="r", EventPattern='{"source": ["shop"]}')
    target = {"Id": "1", "Arn": arn, "DeadLetterConfig": {"Arn": dead_arn}}
    events.put_targets(Rule="r", Targets=[target | ({"RetryPolicy": retries} if retries else {})])
    entry = {"Source": "shop", "DetailType": "order", "Detail": '{"a": 1}'}
    events.put_events(Entries=[entry])
    aws.deliver_now()
    return dead


def letter(aws: LocalAws, url: str) -> dict[str, str]:
    """The attributes of the only message; none where there is no message."""
    found = client(aws, "sqs").receive_message(QueueUrl=url, MessageAttributeNames=["All"])
    for message in found.get("Messages", []):
        attributes = message["MessageAttributes"].items()
        return {name: each["StringValue"] for name, each in attributes}
    return {}


def test_endpoint_that_fails_for_now_is_called_again(
    endpoint: tuple[str, type[_Endpoint]], patient_aws: LocalAws
) -> None:
    url, kind = endpoint
    kind.statuses[:] = [503, 429]
    dead = called(patient_aws, url)
    assert len(kind.came) == 1
    for _ in range(3):
        patient_aws.advance(timedelta(seconds=10))
    assert [each["detail"] for each in kind.came] == [{"a": 1}] * 3
    assert letter(patient_aws, dead) == {}


@pytest.mark.parametrize(
    ("policy", "condition", "retries"),
    [
        ({"MaximumRetryAttempts": 2}, "MaximumRetryAttempts", "2"),
        ({"MaximumRetryAttempts": 0}, "MaximumRetryAttempts", "0"),
        ({"MaximumEventAgeInSeconds": 60}, "MaximumEventAgeInSeconds", "1"),
    ],
)
def test_it_is_given_up_by_its_retry_policy(
    policy: dict[str, int],
    condition: str,
    retries: str,
    endpoint: tuple[str, type[_Endpoint]],
    patient_aws: LocalAws,
) -> None:
    url, kind = endpoint
    kind.statuses[:] = [500] * 200
    dead = called(patient_aws, url, **policy)
    for _ in range(3):
        patient_aws.advance(timedelta(minutes=2))
    found = letter(patient_aws, dead)
    assert found["ERROR_CODE"] == "ERROR_FROM_TARGET"
    assert found["EXHAUSTED_RETRY_CONDITION"] == condition
    assert found["RETRY_ATTEMPTS"] == retries


def test_what_will_not_change_is_not_tried_again(
    endpoint: tuple[str, type[_Endpoint]], patient_aws: LocalAws
) -> None:
    url, kind = endpoint
    kind.statuses[:] = [400]
    found = letter(patient_aws, called(patient_aws, url))
    assert (found["ERROR_CODE"], found["RETRY_ATTEMPTS"]) == ("ERROR_FROM_TARGET", "0")
    assert "EXHAUSTED_RETRY_CONDITION" not in found


def test_other_machines_are_not_called_unless_told(patient_aws: LocalAws) -> None:
    found = letter(patient_aws, called(patient_aws, "https://example.com/hook"))
    assert found["ERROR_CODE"] == "SDK_CLIENT_ERROR"
    assert "--call-out" in found["ERROR_MESSAGE"]

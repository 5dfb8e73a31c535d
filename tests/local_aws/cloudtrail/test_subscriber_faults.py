"""Subscribers that fail, hang or call back keep no log file waiting."""

from __future__ import annotations

import http.server
import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from local_aws import LocalAws
from local_aws.cloudtrail.delivery import outbox
from tests.local_aws.cloudtrail.undelivered import (
    TRAIL_ARN,
    aws,
    delivered,
    faults,
    items,
    status_of,
)
from tests.local_aws.delivered import (
    ACCOUNT,
    MANAGEMENT,
    TABLES,
    client,
    log_bucket,
    names,
    records,
    table,
    trail,
)
from tests.local_aws.subscribers import log_group, notifications, open_topic, rule, topic
from tests.local_aws.wire import Wire, send
from tests.waiting import until

__all__ = ["aws"]


@pytest.fixture
def _impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits for an endpoint that does not answer waits for longer than a test may take."""
    monkeypatch.setattr(outbox, "PATIENCE", 0.3)
    monkeypatch.setattr(outbox, "HTTP_TIMEOUT", 3600.0)


@pytest.fixture
def silent(_impatience: None) -> Iterator[str]:
    """The URL of an endpoint that takes a request and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"


@pytest.fixture
def calling_back(aws: LocalAws, _impatience: None) -> Iterator[tuple[str, list[int]]]:
    """The URL of an endpoint that asks for a delivery before it answers, and what it was told."""
    told: list[int] = []

    class CallBack(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            told.append(send(aws.endpoint_url, Wire("POST", "/_local-aws/deliver")).status)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), CallBack)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    yield f"http://127.0.0.1:{server.server_port}/", told
    server.shutdown()
    serving.join()
    server.server_close()


def test_a_subscriber_that_never_answers_keeps_nobody_waiting(aws: LocalAws, silent: str) -> None:
    arn, url = topic(aws, "deliveries", TRAIL_ARN.format("audit"))
    client(aws, "sns").subscribe(TopicArn=arn, Protocol="http", Endpoint=silent)
    trail(aws, "audit", selectors=MANAGEMENT, SnsTopicName="deliveries")
    table(aws)
    aws.deliver_now()
    table(aws, "Second")
    aws.deliver_now()
    assert names(records(aws, "audit-logs")).count("CreateTable") == 2
    told: list[Any] = []  # as the topic's other subscriber is
    until(lambda: told.extend(notifications(aws, url)) or len(told) >= 2)  # type: ignore[func-returns-value]
    assert status_of(aws, "audit")["LatestNotificationTime"]


def test_an_endpoint_has_a_time_to_answer_in(
    aws: LocalAws, silent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "HTTP_TIMEOUT", 0.1)
    sns = client(aws, "sns")
    arn = sns.create_topic(Name="topic")["TopicArn"]
    monkeypatch.setattr(
        "moto.sns.models.requests", outbox.bounded_requests(requests, call_out=False)
    )
    sns.subscribe(TopicArn=arn, Protocol="http", Endpoint=silent)
    sns.publish(TopicArn=arn, Message="hello")
    until(lambda: any("NotAnswered" in each["reason"] for each in faults(aws)))


def test_a_subscriber_may_ask_for_a_delivery(
    aws: LocalAws, calling_back: tuple[str, list[int]]
) -> None:
    endpoint, told = calling_back
    arn, _ = topic(aws, "deliveries", TRAIL_ARN.format("audit"))
    client(aws, "sns").subscribe(TopicArn=arn, Protocol="http", Endpoint=endpoint)
    trail(aws, "audit", advanced=TABLES, SnsTopicName="deliveries")
    table(aws)
    asked = items(aws, 1)
    aws.deliver_now()
    assert delivered(aws, "audit") == asked
    until(lambda: bool(told))
    assert set(told) == {200}


def test_what_a_log_bucket_notifies_keeps_no_file_waiting(aws: LocalAws, silent: str) -> None:
    arn = client(aws, "sns").create_topic(Name="files")["TopicArn"]
    log_bucket(aws, "audit-logs")
    wanted = {"TopicArn": arn, "Events": ["s3:ObjectCreated:*"]}
    client(aws, "s3").put_bucket_notification_configuration(
        Bucket="audit-logs", NotificationConfiguration={"TopicConfigurations": [wanted]}
    )
    client(aws, "sns").subscribe(TopicArn=arn, Protocol="http", Endpoint=silent)
    table(aws)
    trail(aws, "audit", "audit-logs", advanced=TABLES)
    asked = items(aws, 1)
    aws.deliver_now()
    assert delivered(aws, "audit") == asked


def test_one_target_of_a_rule_that_fails_costs_the_others_nothing(aws: LocalAws) -> None:
    from tests.local_aws.subscribers import messages

    url = rule(aws, "calls", {"detail": {"eventName": ["CreateTable"]}})
    unknown = f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:nobody-runs-it"
    events = client(aws, "events")
    (target,) = events.list_targets_by_rule(Rule="calls")["Targets"]
    events.remove_targets(Rule="calls", Ids=[target["Id"]])
    events.put_targets(Rule="calls", Targets=[{"Id": "a", "Arn": unknown}, target])
    trail(aws, "audit")
    table(aws)
    aws.deliver_now()
    assert len(messages(aws, url)) == 1
    assert [each["where"].split(" of ")[0] for each in faults(aws)] == ["target a"]


def test_events_go_to_the_log_group_that_the_trail_had(aws: LocalAws) -> None:
    table(aws)
    trail(aws, "audit", advanced=TABLES, **log_group(aws))
    asked = items(aws, 2)
    client(aws, "cloudtrail").update_trail(
        Name="audit", CloudWatchLogsLogGroupArn="", CloudWatchLogsRoleArn=""
    )
    assert delivered(aws, "audit") == sorted(asked)
    logs = client(aws, "logs")
    (stream,) = logs.describe_log_streams(logGroupName="trail-logs")["logStreams"]
    found = logs.get_log_events(
        logGroupName="trail-logs", logStreamName=stream["logStreamName"], startFromHead=True
    )
    assert sorted(json.loads(each["message"])["requestID"] for each in found["events"]) == sorted(
        asked
    )
    assert faults(aws) == []


def test_a_topic_whose_policy_is_none_shows_and_is_told_again_once_it_is_open(
    aws: LocalAws,
) -> None:
    arn, url = topic(aws, "deliveries", TRAIL_ARN.format("audit"))
    table(aws)
    trail(aws, "audit", advanced=TABLES, SnsTopicName=arn)
    from moto.sns.models import sns_backends

    model: Any = sns_backends[ACCOUNT]["us-east-1"].topics[arn]
    model._policy_json = ["no", "policy"]
    items(aws, 1)
    aws.deliver_now()
    assert status_of(aws, "audit")["LatestNotificationError"] == "AuthorizationError"
    open_topic(aws, arn, TRAIL_ARN.format("audit"))
    items(aws, 1)
    aws.deliver_now()
    assert len(notifications(aws, url)) == 1

"""Whatever goes wrong with one trail, file or subscriber, nothing else is lost or kept waiting."""

from __future__ import annotations

import http.server
import json
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests

from cloudtrail.insights.state import InsightsState
from cloudtrail.policies.key_policy import encryption_policy
from cloudtrail.selectors.matching import compile_selectors
from cloudtrail.trails import Trail
from local_aws import LocalAws
from local_aws.cloudtrail.delivery import outbox
from local_aws.cloudtrail.delivery.log_bucket import put_file
from tests.local_aws.delivered import (
    ACCOUNT,
    MANAGEMENT,
    TABLES,
    allow,
    client,
    keys,
    log_bucket,
    names,
    put_item,
    records,
    table,
    trail,
)
from tests.local_aws.subscribers import log_group, notifications, open_topic, rule, topic
from tests.local_aws.wire import Wire, authorization, send
from tests.waiting import until

TRAIL_ARN = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/{{}}"


@pytest.fixture
def aws(patient_aws: LocalAws) -> LocalAws:
    return patient_aws


def items(aws: LocalAws, count: int) -> list[str]:
    return [put_item(aws, str(number)) for number in range(count)]


def delivered(aws: LocalAws, name: str) -> list[str]:
    """The request ids of what the trail's bucket holds, after a delivery."""
    return sorted(record["requestID"] for record in records(aws, f"{name}-logs"))


def faults(aws: LocalAws) -> list[Any]:
    found: list[Any] = aws.cloudtrail.delivery.status()["faults"]
    return found


def status_of(aws: LocalAws, name: str) -> Any:
    return client(aws, "cloudtrail").get_trail_status(Name=name)


def bucket_model(name: str) -> Any:
    """moto's own bucket, to put into it what no request can."""
    from moto.s3.models import s3_backends

    return s3_backends[ACCOUNT]["aws"].get_bucket(name)


# A trail that cannot be delivered


@pytest.mark.parametrize(
    ("policy", "error", "unforeseen"),
    [
        (b"no policy", "AccessDenied", 0),
        (b"[1, 2]", "AccessDenied", 0),
        (b'{"Statement": "x"}', "AccessDenied", 0),
        (5, "InternalError", 1),
    ],
)
def test_a_broken_trail_costs_neither_itself_nor_an_innocent_one_anything(
    policy: Any, error: str, unforeseen: int, aws: LocalAws
) -> None:
    table(aws)
    for name in ("broken", "innocent"):
        trail(aws, name, advanced=TABLES)
    client(aws, "s3").delete_bucket_policy(Bucket="innocent-logs")
    waiting = items(aws, 5)
    aws.deliver_now()
    bucket_model("broken-logs").policy = policy
    asked = sorted(waiting + items(aws, 3))
    aws.deliver_now()
    assert status_of(aws, "broken")["LatestDeliveryError"] == error
    assert [each["where"] for each in faults(aws)] == [
        f"delivery to {TRAIL_ARN.format('broken')}"
    ] * unforeseen
    allow(aws, "innocent-logs")
    assert delivered(aws, "innocent") == asked
    bucket_model("broken-logs").policy = None
    allow(aws, "broken-logs")
    assert delivered(aws, "broken") == asked


def test_a_fault_is_counted_and_its_last_time_and_reason_shown(aws: LocalAws) -> None:
    table(aws)
    trail(aws, "broken", advanced=TABLES)
    bucket_model("broken-logs").policy = 5
    items(aws, 1)
    aws.deliver_now()
    aws.deliver_now()
    reply = send(aws.endpoint_url, Wire("GET", "/_local-aws/status"))
    [fault] = json.loads(reply.body)["delivery"]["faults"]
    assert fault["count"] == 2
    assert fault["reason"].startswith("TypeError: ")
    assert json.loads(reply.body)["delivery"]["waiting"] == 1


def test_a_key_that_is_disabled_or_has_no_policy_holds_up_its_trail_alone(aws: LocalAws) -> None:
    from moto.kms.models import kms_backends

    table(aws)
    kms = client(aws, "kms")
    key = kms.create_key()["KeyMetadata"]
    policy = json.dumps(encryption_policy(key["Arn"], ACCOUNT, TRAIL_ARN.format("sealed")))
    kms.put_key_policy(KeyId=key["KeyId"], PolicyName="default", Policy=policy)
    trail(aws, "sealed", advanced=TABLES, KmsKeyId=key["Arn"])
    trail(aws, "open", advanced=TABLES)
    kms.disable_key(KeyId=key["KeyId"])
    asked = items(aws, 2)
    assert delivered(aws, "open") == sorted(asked)
    assert status_of(aws, "sealed")["LatestDeliveryError"] == "KMS.DisabledException"
    kms.enable_key(KeyId=key["KeyId"])
    kms_backends[ACCOUNT]["us-east-1"].keys[key["KeyId"]].policy = "no policy"
    aws.deliver_now()
    assert status_of(aws, "sealed")["LatestDeliveryError"] == "AccessDenied"
    kms.put_key_policy(KeyId=key["KeyId"], PolicyName="default", Policy=policy)
    assert delivered(aws, "sealed") == sorted(asked)


def test_a_key_that_is_gone_shows_and_its_events_wait(aws: LocalAws) -> None:
    from moto.kms.models import kms_backends

    table(aws)
    kms = client(aws, "kms")
    key = kms.create_key()["KeyMetadata"]
    policy = json.dumps(encryption_policy(key["Arn"], ACCOUNT, TRAIL_ARN.format("sealed")))
    kms.put_key_policy(KeyId=key["KeyId"], PolicyName="default", Policy=policy)
    trail(aws, "sealed", advanced=TABLES, KmsKeyId=key["Arn"])
    backend = kms_backends[ACCOUNT]["us-east-1"]
    lost = backend.keys.pop(key["KeyId"])
    asked = items(aws, 2)
    aws.deliver_now()
    assert status_of(aws, "sealed")["LatestDeliveryError"] == "KMS.NotFoundException"
    backend.keys[key["KeyId"]] = lost
    assert delivered(aws, "sealed") == sorted(asked)


def test_a_bucket_that_is_made_again_gets_what_waited_after_its_trail_is_deleted(
    aws: LocalAws,
) -> None:
    table(aws)
    trail(aws, "gone", advanced=TABLES)
    asked = items(aws, 3)
    client(aws, "s3").delete_bucket(Bucket="gone-logs")
    client(aws, "cloudtrail").delete_trail(Name="gone")
    aws.deliver_now()
    log_bucket(aws, "gone-logs")
    assert delivered(aws, "gone") == sorted(asked)


def test_selectors_that_cannot_be_judged_hold_up_their_trail_alone(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    table(aws)
    for name in ("odd", "innocent"):
        trail(aws, name, advanced=TABLES)

    def broken(found: Any) -> Any:
        if found.name == "odd":
            raise RuntimeError("a defect")
        return compile_selectors(found)

    with monkeypatch.context() as patch:
        patch.setattr("local_aws.cloudtrail.delivery.delivery.compile_selectors", broken)
        asked = items(aws, 2)
        assert delivered(aws, "innocent") == sorted(asked)
        assert keys(aws, "odd-logs") == []
        assert aws.cloudtrail.delivery.status()["waiting"] >= 2
    assert delivered(aws, "odd") == sorted(asked)
    assert delivered(aws, "innocent") == sorted(asked)


def test_a_delivery_that_cannot_be_recorded_is_not_made_twice(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_call: Any) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr(aws.cloudtrail.delivery._files, "_on_call", broken)
    table(aws)
    trail(aws, "audit", advanced=TABLES)
    asked = items(aws, 2)
    assert delivered(aws, "audit") == sorted(asked)
    assert delivered(aws, "audit") == sorted(asked)
    assert faults(aws)[0]["reason"] == "RuntimeError: a defect"


def test_a_file_that_was_put_although_the_put_failed_is_not_put_twice(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: Any, **more: Any) -> Any:
        put_file(*arguments, **more)
        raise RuntimeError("after all")

    table(aws)
    trail(aws, "audit", advanced=TABLES)
    asked = items(aws, 3)
    with monkeypatch.context() as patch:
        patch.setattr("local_aws.cloudtrail.delivery.log_files.put_file", broken)
        assert delivered(aws, "audit") == sorted(asked)
    assert delivered(aws, "audit") == sorted(asked)
    assert faults(aws)[0]["count"] == 1


def test_however_much_waits_for_a_trail_it_is_tried_once_a_time(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    table(aws)
    trail(aws, "broken", advanced=TABLES)
    client(aws, "s3").delete_bucket_policy(Bucket="broken-logs")
    asked = []
    for _ in range(4):
        asked += items(aws, 1)
        aws.deliver_now()
    tried: list[str] = []

    def counted(found: Trail, *arguments: Any, **more: Any) -> Any:
        tried.append(found.name)
        return put_file(found, *arguments, **more)

    with monkeypatch.context() as patch:
        patch.setattr("local_aws.cloudtrail.delivery.log_files.put_file", counted)
        aws.deliver_now()
    assert tried.count("broken") == 1
    allow(aws, "broken-logs")
    assert delivered(aws, "broken") == sorted(asked)


def test_an_event_history_that_fails_costs_no_file_its_event(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("a defect")

    trail(aws, "audit")
    with monkeypatch.context() as patch:
        patch.setattr("local_aws.cloudtrail.history.history_event", broken)
        table(aws)
    assert "CreateTable" in names(records(aws, "audit-logs"))
    assert {each["where"] for each in faults(aws)} == {"Event history"}


# Digests


def test_a_region_whose_digest_cannot_be_signed_holds_up_no_other(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(region: str, *when: Any) -> Any:
        if region == "eu-west-1":
            raise RuntimeError("no key")
        return valid(region, *when)

    valid = aws.cloudtrail.keys.valid

    def regions(hour: int) -> list[str]:
        aws.advance(timedelta(hours=hour))
        found = [key.split("/")[3] for key in keys(aws, "audit-logs") if "-Digest/" in key]
        return sorted(found)

    trail(aws, "audit", IsMultiRegionTrail=True, EnableLogFileValidation=True)
    with monkeypatch.context() as patch:
        patch.setattr(aws.cloudtrail.keys, "valid", broken)
        others = regions(1)
    assert "us-east-1" in others
    assert "eu-west-1" not in others
    assert sorted({*others, "eu-west-1"}) == sorted(set(regions(1)))


def test_a_final_digest_that_cannot_be_signed_is_made_later(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise RuntimeError("no key")

    trail(aws, "audit", EnableLogFileValidation=True)
    aws.deliver_now()  # the chain of digests has begun
    client(aws, "cloudtrail").stop_logging(Name="audit")
    with monkeypatch.context() as patch:
        patch.setattr(aws.cloudtrail.keys, "valid", broken)
        aws.deliver_now()
    assert not [key for key in keys(aws, "audit-logs") if "-Digest/" in key]
    aws.deliver_now()
    assert len([key for key in keys(aws, "audit-logs") if "-Digest/" in key]) == 1


# Insights


def test_one_accounts_insights_that_cannot_be_told_cost_another_none(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    trail(aws, "audit", IsMultiRegionTrail=True)
    client(aws, "cloudtrail").put_insight_selectors(
        TrailName="audit", InsightSelectors=[{"InsightType": "ApiCallRateInsight"}]
    )
    for region in ("eu-west-1", "us-east-1"):
        table(aws, region=region)
    aws.deliver_now()
    broken, advanced = _insights_in(aws, "eu-west-1"), []

    def advance(state: InsightsState, _now: Any) -> list[Any]:
        if state is broken:
            raise RuntimeError("a defect")
        advanced.append(state)
        return []

    monkeypatch.setattr(InsightsState, "advance", advance)
    table(aws, "Second")
    assert names(records(aws, "audit-logs")).count("CreateTable") == 3
    assert _insights_in(aws, "us-east-1") in advanced
    assert {each["where"] for each in faults(aws)} == {f"Insights of {ACCOUNT} in eu-west-1"}


def _insights_in(aws: LocalAws, region: str) -> InsightsState:
    [state] = [
        state
        for scope, state in aws.cloudtrail.delivery._insights._states.items()
        if scope.region == region
    ]
    return state


# Subscribers


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


def test_calls_of_a_region_that_nobody_knows_stall_nothing(aws: LocalAws) -> None:
    rule(aws, "calls", {"detail": {"eventName": ["CreateTable"]}})  # EventBridge is in use
    table(aws)
    trail(aws, "audit", advanced=TABLES, IsMultiRegionTrail=True)
    wires = [
        Wire(
            "POST",
            "/",
            {
                "Content-Type": "application/x-amz-json-1.0",
                "X-Amz-Target": "DynamoDB_20120810.PutItem",
                **authorization("dynamodb", region="mars-north-1"),
            },
            b'{"TableName":"Users","Item":{"id":{"S":"1"}}}',
        )
    ] * 20
    for wire in wires:
        send(aws.endpoint_url, wire)
    asked = items(aws, 1)
    aws.deliver_now()
    found = records(aws, "audit-logs")
    assert asked[0] in {record["requestID"] for record in found}
    assert [record["awsRegion"] for record in found].count("mars-north-1") == 20
    assert faults(aws) == []


# The thread


@pytest.mark.parametrize(("raised", "restarts"), [(RuntimeError, 0), (SystemExit, 1)])
def test_delivery_goes_on_after_its_thread_was_hit(
    raised: type[BaseException],
    restarts: int,
    aws_with: Callable[..., LocalAws],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    aws = aws_with()
    before = aws.cloudtrail.delivery.status()["restarts"]
    pause, hits = aws.cloudtrail.delivery._pause, iter([True])

    def hit() -> float | None:
        if next(hits, False):
            raise raised("a defect")
        return pause()

    table(aws)
    trail(aws, "audit", advanced=TABLES)
    monkeypatch.setattr(aws.cloudtrail.delivery, "_pause", hit)
    asked = items(aws, 1)
    until(lambda: bool(keys(aws, "audit-logs")))
    assert delivered(aws, "audit") == asked
    status = aws.cloudtrail.delivery.status()
    assert status["running"]
    assert status["restarts"] - before == restarts
    assert status["faults"][0]["reason"] == f"{raised.__name__}: a defect"


def test_a_trail_that_starts_during_a_delivery_has_its_digest_chain_at_once(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    trail(aws, "audit", EnableLogFileValidation=True)
    cloudtrail, digests = client(aws, "cloudtrail"), aws.cloudtrail.delivery._digests
    cloudtrail.stop_logging(Name="audit")
    aws.deliver_now()
    assert digests.next_due() is None
    deliver_due, hits = digests.deliver_due, iter([True])

    def start_logging(now: datetime) -> None:
        deliver_due(now)
        if next(hits, False):
            cloudtrail.start_logging(Name="audit")

    monkeypatch.setattr(digests, "deliver_due", start_logging)
    aws.cloudtrail.delivery.wake()
    until(lambda: digests.next_due() is not None)


def test_a_trail_that_stops_before_delivery_looks_has_its_digest(aws: LocalAws) -> None:
    with aws.cloudtrail.delivery._working:
        trail(aws, "audit", EnableLogFileValidation=True)
        client(aws, "cloudtrail").stop_logging(Name="audit")
    aws.deliver_now()
    assert len([key for key in keys(aws, "audit-logs") if "-Digest/" in key]) == 1


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

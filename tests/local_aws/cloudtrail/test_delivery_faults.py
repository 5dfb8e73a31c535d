"""Whatever goes wrong with one trail, file or subscriber, nothing else is lost or kept waiting."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from cloudtrail.policies.key_policy import encryption_policy
from cloudtrail.selectors.matching import compile_selectors
from cloudtrail.trails import Trail
from local_aws import LocalAws
from local_aws.cloudtrail.delivery.log_bucket import put_file
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
    TABLES,
    allow,
    client,
    keys,
    log_bucket,
    names,
    records,
    table,
    trail,
)
from tests.local_aws.subscribers import rule
from tests.local_aws.wire import Wire, authorization, send
from tests.waiting import until

__all__ = ["aws"]


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
        patch.setattr("local_aws.cloudtrail.delivery.delivery_loop.compile_selectors", broken)
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
        patch.setattr("local_aws.cloudtrail.event_histories.history_event", broken)
        table(aws)
    assert "CreateTable" in names(records(aws, "audit-logs"))
    assert {each["where"] for each in faults(aws)} == {"Event history"}


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

"""Delivery under everything at once: is each call in the right files, exactly once?

Sixteen threads call DynamoDB while the trails that record it are stopped, started, moved,
deleted and made again, a policy is broken and repaired, a key is disabled and enabled, and a
subscriber never answers. What each trail should have follows from the times alone at which
calls and changes were sent and answered: a call that was sent after a change was answered, or
answered before it was sent, is certain, and any other may be there or not, but once at most.
"""

from __future__ import annotations

import http.client
import json
import random
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from cloudtrail.policies.key_policy import encryption_policy
from local_aws import LocalAws
from tests.fuzz.figures import Figures
from tests.local_aws.delivered import (
    ACCOUNT,
    TABLES,
    allow,
    client,
    log_bucket,
    log_files,
    table,
    trail,
)
from tests.local_aws.subscribers import topic
from tests.local_aws.wire import Reply, Wire, address, json_call, send_all

THREADS = 16
CALLS_PER_CHANGE = 20
PATIENCE = 60.0
"""Seconds after which a call, or the last delivery, counts as hung."""

BUCKETS = {
    "steady": ("steady-logs",),
    "restarted": ("restarted-logs", "restarted-logs-2"),
    "remade": ("remade-logs",),
    "broken": ("broken-logs",),
    "sealed": ("sealed-logs",),
}
"""The trails, and the buckets that each delivers to in the course of time."""

_DENY = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::*"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A call: its request id, and when it was sent and answered."""

    request_id: str
    sent: float
    answered: float


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a trail, after which it is logging or not."""

    sent: float
    answered: float
    logging: bool


@dataclass
class History:
    """What was done to one trail, which logs from the start."""

    changes: list[Change] = field(default_factory=list)

    def may_record(self, call: Asked) -> set[bool]:
        """Whether the trail was logging when the call arrived: both where that is uncertain."""
        before = [each.logging for each in self.changes if each.answered < call.sent]
        meanwhile = {
            each.logging
            for each in self.changes
            if each.answered >= call.sent and each.sent <= call.answered
        }
        return meanwhile | {before[-1] if before else True}


def run(count: int, seed: int) -> Figures:
    """Make `count` calls of a local AWS of its own, and judge what it delivered."""
    with LocalAws(delivery_delay=0.2) as aws:
        return attack(aws, count, seed)


def attack(aws: LocalAws, count: int, seed: int) -> Figures:
    """The same on an empty local AWS that runs already."""
    with _subscriber_that_hangs(aws):
        disturber = _Disturber(aws, random.Random(seed))
        calls, failures = _call_and_disturb(aws, count, seed, disturber)
        disturber.settle()
        figures = Figures("delivery", tried=len(calls)).plus(
            "a call failed", crashed=failures["crashed"], hung=failures["hung"]
        )
        figures = _judge_status(aws, figures)
        for name, buckets in BUCKETS.items():
            found = Counter(
                record["requestID"]
                for bucket in buckets
                for file in log_files(aws, bucket).values()
                for record in file
            )
            figures = judge(figures, name, calls, disturber.histories[name], found)
        return figures


def judge(
    figures: Figures, name: str, calls: list[Asked], history: History, found: Counter[str]
) -> Figures:
    """Add what is wrong with the events that one trail's files hold."""
    unasked = found.keys() - {call.request_id for call in calls}
    figures = figures.plus(f"{name} holds calls that nobody made", misplaced=len(unasked))
    for call in calls:
        times, may = found[call.request_id], history.may_record(call)
        if times > 1:
            figures = figures.plus(f"{call} is {times} times in {name}", doubled=1)
        elif not times and may == {True}:
            figures = figures.plus(f"{call} is not in {name}", lost=1)
        elif times and may == {False}:
            figures = figures.plus(f"{call} is in {name}", misplaced=1)
    return figures


def _judge_status(aws: LocalAws, figures: Figures) -> Figures:
    """Wait until all is delivered: nothing may be left, nothing broken but the subscriber."""
    deadline = time.monotonic() + PATIENCE
    while (status := aws.cloudtrail.delivery.status())["waiting"] and time.monotonic() < deadline:
        aws.deliver_now()
    broken = [each for each in status["faults"] if not each["where"].startswith("arn:aws:sns:")]
    if broken or status["restarts"] or not status["running"]:
        figures = figures.plus(f"{status}", crashed=1)
    if status["waiting"]:
        figures = figures.plus(f"{status['waiting']} events wait forever", hung=1)
    return figures


# Calls


def _call_and_disturb(
    aws: LocalAws, count: int, seed: int, disturber: _Disturber
) -> tuple[list[Asked], Counter[str]]:
    made: list[list[Asked]] = [[] for _ in range(THREADS)]
    failures: Counter[str] = Counter()

    def call(thread: int) -> None:
        with _counted(failures):
            for asked in _calls(aws, count // THREADS, random.Random(f"{seed} {thread}")):
                made[thread].append(asked)

    with ThreadPoolExecutor(THREADS) as pool:
        calling = [pool.submit(call, thread) for thread in range(THREADS)]
        changes = 0
        while not all(each.done() for each in calling):
            if sum(map(len, made)) >= changes * CALLS_PER_CHANGE:
                with _counted(failures):
                    disturber.change()
                changes += 1
            else:
                time.sleep(0.001)
    return [each for some in made for each in some], failures


@contextmanager
def _counted(failures: Counter[str]) -> Iterator[None]:
    try:
        yield
    except TimeoutError:
        failures["hung"] += 1
    except (OSError, http.client.HTTPException, BotoCoreError, ClientError, AssertionError):
        failures["crashed"] += 1


def _calls(aws: LocalAws, count: int, dice: random.Random) -> Iterator[Asked]:
    connection = http.client.HTTPConnection(address(aws.endpoint_url), timeout=PATIENCE)
    with closing(connection):
        for _ in range(count):
            operation = dice.choice(["PutItem", "GetItem", "DeleteItem"])
            name = "Item" if operation == "PutItem" else "Key"
            body = json.dumps({"TableName": "Users", name: {"id": {"S": str(dice.randrange(50))}}})
            wire = json_call("dynamodb", operation, body.encode())
            sent = time.monotonic()
            connection.request(wire.method, wire.path, wire.body, dict(wire.headers))
            answer = connection.getresponse()
            answer.read()
            answered = time.monotonic()
            assert answer.status == 200, answer.status
            yield Asked(answer.headers["x-amzn-requestid"], sent, answered)


@contextmanager
def _subscriber_that_hangs(aws: LocalAws) -> Iterator[None]:
    """The topic of the trail `steady`, with an endpoint that takes every message forever."""
    arn, _ = topic(aws, "deliveries", f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/steady")
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listening:
        endpoint = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        client(aws, "sns").subscribe(TopicArn=arn, Protocol="http", Endpoint=endpoint)
        yield


# Changes


class _Disturber:
    """Makes the trails of BUCKETS and changes them, one change after the other."""

    def __init__(self, aws: LocalAws, dice: random.Random) -> None:
        self._aws = aws
        self._dice = dice
        self._trails = client(aws, "cloudtrail")
        self._key = _key(aws)
        self.histories = {name: History() for name in BUCKETS}
        table(aws)
        for name, buckets in BUCKETS.items():
            for bucket in buckets:
                log_bucket(aws, bucket)
            trail(aws, name, buckets[0], advanced=TABLES, **self._settings(name))

    def _settings(self, name: str) -> dict[str, Any]:
        if name == "steady":
            return {"SnsTopicName": "deliveries"}
        return {"KmsKeyId": self._key} if name == "sealed" else {}

    def change(self) -> None:
        """One change, whichever comes up."""
        self._dice.choice(
            [
                self._stop_or_start,
                self._move,
                self._delete_or_make,
                self._break_policy,
                self._mend_policy,
                self._disable_key,
                self._enable_key,
                self._deliver,
            ]
        )()

    def settle(self) -> None:
        """Put everything right that stands in the way of delivery."""
        self._mend_policy()
        self._enable_key()

    def _logging(self, name: str) -> bool:
        changes = self.histories[name].changes
        return changes[-1].logging if changes else True

    def _changing(self, name: str, logging: bool, call: Callable[[], object]) -> None:
        sent = time.monotonic()
        call()
        self.histories[name].changes.append(Change(sent, time.monotonic(), logging))

    def _stop_or_start(self) -> None:
        logging = not self._logging("restarted")
        change = self._trails.start_logging if logging else self._trails.stop_logging
        self._changing("restarted", logging, lambda: change(Name="restarted"))

    def _move(self) -> None:
        bucket = self._dice.choice(BUCKETS["restarted"])
        self._trails.update_trail(Name="restarted", S3BucketName=bucket)

    def _delete_or_make(self) -> None:
        if self._logging("remade"):
            self._changing("remade", False, lambda: self._trails.delete_trail(Name="remade"))
        else:
            made = lambda: trail(self._aws, "remade", "remade-logs", advanced=TABLES)  # noqa: E731
            self._changing("remade", True, made)

    def _break_policy(self) -> None:
        s3 = client(self._aws, "s3")
        match self._dice.randrange(3):
            case 0:
                s3.delete_bucket_policy(Bucket="broken-logs")
            case 1:
                deny = json.dumps({"Version": "2012-10-17", "Statement": [_DENY]})
                s3.put_bucket_policy(Bucket="broken-logs", Policy=deny)
            case 2:
                _put_what_is_no_policy("broken-logs")

    def _mend_policy(self) -> None:
        # moto applies the Deny to whoever wants to replace it, too.
        client(self._aws, "s3").delete_bucket_policy(Bucket="broken-logs")
        allow(self._aws, "broken-logs")

    def _disable_key(self) -> None:
        client(self._aws, "kms").disable_key(KeyId=self._key.rpartition("/")[2])

    def _enable_key(self) -> None:
        client(self._aws, "kms").enable_key(KeyId=self._key.rpartition("/")[2])

    def _deliver(self) -> None:
        answer: Reply = send_all(self._aws.endpoint_url, [Wire("POST", "/_local-aws/deliver")])[0]
        assert answer.status == 200


def _key(aws: LocalAws) -> str:
    """A key that every trail may encrypt with."""
    kms = client(aws, "kms")
    arn: str = kms.create_key()["KeyMetadata"]["Arn"]
    policy: Any = encryption_policy(arn, ACCOUNT, "*")
    policy["Statement"][0]["Condition"] = {}
    kms.put_key_policy(KeyId=arn, PolicyName="default", Policy=json.dumps(policy))
    return arn


def _put_what_is_no_policy(bucket: str) -> None:
    """Past the door, which refuses it: delivery must bear even what cannot be there."""
    from moto.s3.models import s3_backends

    s3_backends[ACCOUNT]["aws"].get_bucket(bucket).policy = b"no policy"

"""After any changes and calls, of any number of threads, each file holds what it should."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local_aws import LocalAws
from tests.local_aws.delivered import (
    ACCOUNT,
    READS,
    TABLES,
    WRITES,
    client,
    history,
    list_tables,
    names,
    of_people,
    put_item,
    records,
    request_id,
    table,
    trail,
)
from tests.local_aws.wire import json_call, send_all
from tests.profiles import IS_LONG

STEPS = st.lists(
    st.sampled_from(
        [
            "read", "read", "write", "put", "put", "start", "stop", "start other", "stop other",
            "select reads", "select writes", "select tables", "select other tables", "deliver",
            "break", "repair", "europe", "multi", "single", "delete", "create",
        ]
    ),
    min_size=4,
    max_size=14,
)  # fmt: skip


class Model:
    """What two trails should have: the rule is restated here in the plainest way."""

    def __init__(self, aws: LocalAws) -> None:
        self.aws = aws
        self.trails = client(aws, "cloudtrail")
        self.kind = {"lab": "reads", "other": "tables"}
        self.logging = {"lab": True, "other": True}
        self.multi = False
        self.expected: Counter[tuple[str, str]] = Counter()
        self.tables = 0
        table(aws)
        trail(aws, "lab", selectors=READS)
        trail(aws, "other", advanced=TABLES, IsMultiRegionTrail=True)

    def happened(self, kind: str, request: str, region: str = "us-east-1") -> None:
        for name, logging in self.logging.items():
            covered = region == "us-east-1" or name == "other" or self.multi
            if logging and covered and self.kind[name] == kind:
                self.expected[f"{name}-logs", request] += 1

    def change(self, call: Any, **request: Any) -> None:
        """A change of a trail is a write, under the trails in force before it."""
        self.happened("writes", request_id(call(**request)))

    def select(self, name: str, kind: str) -> None:
        if name == "lab" and "lab" not in self.logging:
            return
        selectors = (
            {"AdvancedEventSelectors": TABLES}
            if kind == "tables"
            else {"EventSelectors": READS if kind == "reads" else WRITES}
        )
        self.change(self.trails.put_event_selectors, TrailName=name, **selectors)
        self.kind[name] = kind

    def log(self, name: str, logging: bool) -> None:
        if name in self.logging:
            operation = self.trails.start_logging if logging else self.trails.stop_logging
            self.change(operation, Name=name)
            self.logging[name] = logging

    def spread(self, multi: bool) -> None:
        if "lab" in self.logging:
            self.change(self.trails.update_trail, Name="lab", IsMultiRegionTrail=multi)
            self.multi = multi

    def delete(self) -> None:
        if "lab" in self.logging:
            self.change(self.trails.delete_trail, Name="lab")
            del self.logging["lab"]

    def create(self) -> None:
        if "lab" not in self.logging:
            self.change(
                self.trails.create_trail,
                Name="lab",
                S3BucketName="lab-logs",
                IsMultiRegionTrail=self.multi,
            )
            self.logging["lab"], self.kind["lab"] = False, "both"
            self.select("lab", "reads")

    def write(self) -> None:
        self.tables += 1
        answer = client(self.aws, "dynamodb").create_table(
            TableName=f"Table{self.tables}",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        self.happened("writes", request_id(answer))

    def harm(self) -> None:
        answer = client(self.aws, "s3").delete_bucket_policy(Bucket="other-logs")
        self.happened("writes", request_id(answer))

    def repair(self) -> None:
        policy = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "cloudtrail.amazonaws.com"},
                    "Action": "s3:*",
                    "Resource": ["arn:aws:s3:::other-logs", "arn:aws:s3:::other-logs/*"],
                }
            ],
        }
        s3 = client(self.aws, "s3")
        answer = s3.put_bucket_policy(Bucket="other-logs", Policy=json.dumps(policy))
        self.happened("writes", request_id(answer))

    def step(self, step: str) -> None:
        {
            "read": lambda: self.happened("reads", list_tables(self.aws)),
            "write": self.write,
            "put": lambda: self.happened("tables", put_item(self.aws, "1")),
            "start": lambda: self.log("lab", True),
            "stop": lambda: self.log("lab", False),
            "start other": lambda: self.log("other", True),
            "stop other": lambda: self.log("other", False),
            "select reads": lambda: self.select("lab", "reads"),
            "select writes": lambda: self.select("lab", "writes"),
            "select tables": lambda: self.select("lab", "tables"),
            "select other tables": self.select_other,
            "deliver": self.aws.deliver_now,
            "break": self.harm,
            "repair": self.repair,
            "europe": lambda: self.happened(
                "reads", list_tables(self.aws, "eu-west-1"), "eu-west-1"
            ),
            "multi": lambda: self.spread(True),
            "single": lambda: self.spread(False),
            "delete": self.delete,
            "create": self.create,
        }[step]()

    def select_other(self) -> None:
        if _has_policy(self.aws, "other-logs"):
            self.select("other", "writes" if self.kind["other"] == "tables" else "tables")

    def found(self) -> Counter[tuple[str, str]]:
        return Counter(
            (bucket, record["requestID"])
            for bucket in ("lab-logs", "other-logs")
            for record in of_people(records(self.aws, bucket))
        )


def _has_policy(aws: LocalAws, bucket: str) -> bool:
    from moto.s3.models import s3_backends

    return bool(s3_backends[ACCOUNT]["aws"].get_bucket(bucket).policy)


@settings(
    max_examples=settings().max_examples // 4,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
def test_after_any_sequence_of_changes_and_calls_the_files_hold_what_they_should(
    steps: list[str], aws: LocalAws
) -> None:
    aws.reset()
    model = Model(aws)
    for step in steps:
        model.step(step)
    expected = Counter(model.expected)
    model.repair()
    assert model.found() - Counter(model.expected) == Counter()
    assert expected - model.found() == Counter()


# Load

MANY = 5 if IS_LONG else 1
"""More calls in `make test-all`."""


def test_every_call_of_16_threads_is_in_the_right_files_once(aws: LocalAws) -> None:
    threads = 16
    trails = client(aws, "cloudtrail")
    for name in ("steady", "restarted"):
        trail(aws, name, advanced=TABLES)
    table(aws)

    def put(calls: int) -> list[str]:
        body = b'{"TableName":"Users","Item":{"id":{"S":"1"},"Name":{"S":"Ada"}}}'
        replies = send_all(aws.endpoint_url, [json_call("dynamodb", "PutItem", body)] * calls)
        assert {reply.status for reply in replies} == {200}
        return [reply.headers["x-amzn-requestid"] for reply in replies]

    def put_from_all_threads(calls: int) -> list[str]:
        return [each for some in pool.map(put, [calls] * threads) for each in some]

    with ThreadPoolExecutor(threads) as pool:
        first = put_from_all_threads(30 * MANY)
        trails.stop_logging(Name="restarted")
        second = put_from_all_threads(15 * MANY)
        trails.start_logging(Name="restarted")
        third = put_from_all_threads(15 * MANY)
    everything = first + second + third
    assert len(set(everything)) == 960 * MANY
    assert Counter(r["requestID"] for r in records(aws, "steady-logs")) == Counter(everything)
    assert Counter(r["requestID"] for r in records(aws, "restarted-logs")) == Counter(first + third)
    assert "PutItem" not in names(history(aws))


def test_calls_in_flight_while_a_trail_stops_and_starts_are_in_its_files_once_at_most(
    aws: LocalAws,
) -> None:
    trails = client(aws, "cloudtrail")
    for name in ("steady", "restarted"):
        trail(aws, name, advanced=TABLES)
    table(aws)
    wire = json_call("dynamodb", "Scan", b'{"TableName":"Users"}')

    def scan(_thread: int) -> list[str]:
        replies = send_all(aws.endpoint_url, [wire] * 40)
        return [reply.headers["x-amzn-requestid"] for reply in replies]

    with ThreadPoolExecutor(8) as pool:
        scans = pool.map(scan, range(8))
        for _ in range(10):
            trails.stop_logging(Name="restarted")
            trails.start_logging(Name="restarted")
        asked = Counter(each for some in scans for each in some)
    found = Counter(r["requestID"] for r in records(aws, "restarted-logs"))
    assert Counter(r["requestID"] for r in records(aws, "steady-logs")) == asked
    assert found <= asked

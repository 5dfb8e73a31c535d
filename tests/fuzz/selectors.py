"""CloudTrail's own operations with random input: selectors, settings, look-ups, tags.

No answer is a 500, and each request leaves exactly one record, refused or not.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

from botocore.model import OperationModel
from moto.core.utils import get_service_model

from local_aws import LocalAws
from tests.fuzz.figures import Figures
from tests.fuzz.observed import Observed, Sent, judged
from tests.fuzz.values import json_bytes, nested, value_of, with_something_else
from tests.local_aws.delivered import trail
from tests.local_aws.wire import Wire, json_call

BATCH = 2000
OPERATIONS = (
    "PutEventSelectors", "PutEventSelectors", "PutEventSelectors", "PutInsightSelectors",
    "CreateTrail", "UpdateTrail", "LookupEvents", "AddTags", "RemoveTags", "ListTags",
    "DescribeTrails", "GetTrail", "GetEventSelectors", "GetInsightSelectors", "ListPublicKeys",
    "ListTrails", "StartLogging", "GetTrailStatus",
)  # fmt: skip
FIELDS = ("eventCategory", "resources.type", "readOnly", "resources.ARN", "eventName", "Nonsense")
VALUES = (
    "Data",
    "Management",
    "AWS::S3::Object",
    "AWS::DynamoDB::Table",
    "true",
    "arn:aws:s3:::b/",
)
OPERATORS = ("Equals", "NotEquals", "StartsWith", "EndsWith", "NotStartsWith", "NotEndsWith")


def run(count: int, seed: int) -> Figures:
    """A campaign of `count` requests, to a local AWS of its own."""
    with LocalAws(delivery_delay=3600) as aws:
        return tried_on(aws, count, seed)


def tried_on(aws: LocalAws, count: int, seed: int) -> Figures:
    """The figures of `count` requests. What is in the local AWS is lost."""
    random = Random(seed)
    figures = Figures("selectors")
    for first in range(0, count, BATCH):
        aws.reset()
        with Observed(aws) as observed:
            trail(aws, "fuzz")
            batch = range(min(BATCH, count - first))
            sent = [_sent(observed, random) for _ in batch]
            figures = judged(figures, observed, sent, refused="500")
    return figures


def _sent(observed: Observed, random: Random) -> tuple[Sent, bool]:
    return observed.send(request(random)), True


def request(random: Random) -> Wire:
    """A request to CloudTrail that names an operation, whatever its body."""
    operation = random.choice(OPERATIONS)
    model = get_service_model("cloudtrail").operation_model(operation)
    body = random.choices(_BODIES, _WEIGHTS)[0](model, random)
    return json_call("cloudtrail", operation, body)


def _plausible(model: OperationModel, random: Random) -> dict[str, Any]:
    assert model.input_shape
    value: dict[str, Any] = value_of(model.input_shape, random)
    for name in ("Name", "TrailName"):
        if name in value and random.random() < 0.8:
            value[name] = "fuzz" if model.name != "CreateTrail" else f"t{random.randrange(9999)}"
    if "S3BucketName" in value:
        value["S3BucketName"] = random.choice(("fuzz-logs", "nowhere", "X"))
    if model.name == "PutEventSelectors" and random.random() < 0.5:
        value = {"TrailName": "fuzz", "AdvancedEventSelectors": _advanced(random)}
    return value


def _advanced(random: Random) -> list[dict[str, Any]]:
    return [
        {
            "Name": random.choice(("", "all", "x" * 1001)),
            "FieldSelectors": [
                {
                    "Field": random.choice(FIELDS),
                    **{
                        random.choice(OPERATORS): random.choices(VALUES, k=random.randint(0, 3))
                        for _ in range(random.randint(0, 2))
                    },
                }
                for _ in range(random.randint(0, 4))
            ],
        }
        for _ in range(random.randint(0, 3))
    ]


def _right(model: OperationModel, random: Random) -> bytes:
    return json_bytes(_plausible(model, random))


def _wrong(model: OperationModel, random: Random) -> bytes:
    return json_bytes(with_something_else(_plausible(model, random), random))


def _deep(model: OperationModel, random: Random) -> bytes:
    names = list(model.input_shape.members) if model.input_shape else []
    name = random.choice([*names, "Unknown"])
    return f"{{{json.dumps(name)}:{nested(random)}}}".encode()


def _broken(model: OperationModel, random: Random) -> bytes:
    body = bytearray(_right(model, random))
    at = random.randrange(len(body))
    return bytes(body[:at]) + random.choice((b"", b"\xff", b"\x00", b'"', bytes(body[at + 1 :])))


_BODIES: tuple[Callable[[OperationModel, Random], bytes], ...] = (_right, _wrong, _deep, _broken)
_WEIGHTS = (5, 10, 1, 2)

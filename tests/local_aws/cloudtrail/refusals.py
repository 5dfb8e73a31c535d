"""What CloudTrail's operations refuse, and the operations on a trail by their names."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudtrail.records.service_models import service_model
from tests.local_aws.delivered import (
    ACCOUNT,
    MANAGEMENT,
)

ARN = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail"
NO_ARN = "is not the ARN of a trail: arn:aws:cloudtrail:REGION:ACCOUNT:trail/NAME."
TOO_SHORT = (
    "Trail name too short. Minimum allowed length: 3 characters. "
    "Specified name length: 2 characters."
)

Call = Callable[..., dict[str, Any]]


def refused(call: Call, **request: Any) -> tuple[str, str]:
    """Code and message of the error; the operation's model must declare it."""
    with pytest.raises(ClientError) as error:
        call(**request)
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    code = error.value.response["Error"]["Code"]
    model = service_model("cloudtrail")
    assert model
    declared = model.operation_model(error.value.operation_name).error_shapes
    assert code in {shape.name for shape in declared}
    return code, error.value.response["Error"]["Message"]


def error_of(body: bytes) -> dict[str, str]:
    """The JSON of an error; services differ in how they spell the key of the message."""
    return {key.lower(): value for key, value in json.loads(body).items()}


def put_selectors(trails: Any) -> Call:
    return lambda **request: trails.put_event_selectors(
        TrailName=request["Name"], EventSelectors=MANAGEMENT
    )


def put_insights(trails: Any) -> Call:
    return lambda **request: trails.put_insight_selectors(
        TrailName=request["Name"], InsightSelectors=[]
    )


def by_trail_name(call: Call) -> Call:
    return lambda **request: call(TrailName=request["Name"])


CHANGES: dict[str, Callable[[Any], Call]] = {
    "UpdateTrail": lambda trails: trails.update_trail,
    "DeleteTrail": lambda trails: trails.delete_trail,
    "StartLogging": lambda trails: trails.start_logging,
    "StopLogging": lambda trails: trails.stop_logging,
    "PutEventSelectors": put_selectors,
    "PutInsightSelectors": put_insights,
}
READS: dict[str, Callable[[Any], Call]] = {
    "GetTrail": lambda trails: trails.get_trail,
    "GetTrailStatus": lambda trails: trails.get_trail_status,
    "GetEventSelectors": lambda trails: by_trail_name(trails.get_event_selectors),
    "GetInsightSelectors": lambda trails: by_trail_name(trails.get_insight_selectors),
}
ON_A_TRAIL = {**CHANGES, **READS}

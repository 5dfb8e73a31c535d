"""What waits to be delivered to trails, and what went wrong meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from local_aws import LocalAws
from tests.local_aws.delivered import (
    ACCOUNT,
    client,
    put_item,
    records,
)

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

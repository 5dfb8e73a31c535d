"""The partition of a Region, and ARNs in it.

Source: AWS General Reference, "Amazon Resource Names (ARNs)"; the Regions are botocore's.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any, NamedTuple

PARTITION = r"aws[a-z-]*"
"""A pattern for the partition in an ARN."""

DEFAULT_REGIONS = (
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
)
"""Regions of `aws` that every account has without opting in (UG/manage-acct-regions)."""


class ArnParts(NamedTuple):
    """The parts of an ARN; `region` and `account_id` may be empty."""

    partition: str
    service: str
    region: str
    account_id: str
    resource: str


def arn_parts(arn: str) -> ArnParts:
    """The parts of an ARN. Raises ValueError for other text."""
    found = arn_parts_if_any(arn)
    if found is None:
        raise ValueError(f"wanted an ARN, got {arn!r}")
    return found


def arn_parts_if_any(text: str) -> ArnParts | None:
    """The parts of an ARN; None for other text, such as a resource's name."""
    begin, *parts = text.split(":", 5)
    return ArnParts(*parts) if begin == "arn" and len(parts) == len(ArnParts._fields) else None


def partition_of(region: str) -> str:
    """`aws-cn` for `cn-north-1`, `aws-us-gov` for `us-gov-west-1`; `aws` for any other."""
    return str(_found(region)["id"])


def dns_suffix_of(region: str) -> str:
    """How the names of a Region's endpoints end: `amazonaws.com.cn` in China."""
    return str(_found(region)["outputs"]["dnsSuffix"])


def regions_of(partition: str) -> frozenset[str]:
    """The Regions of a partition."""
    (found,) = (each for each in _partitions() if each["id"] == partition)
    return frozenset(name for name in found["regions"] if not name.endswith("-global"))


def arn_of(service: str, region: str, account_id: str, resource: str) -> str:
    """The ARN of a resource of a Region: `arn:aws-cn:sns:cn-north-1:111122223333:topic`."""
    return f"arn:{partition_of(region)}:{service}:{region}:{account_id}:{resource}"


def root_arn(partition: str, account_id: str) -> str:
    """The ARN of an account's root user, by which policies also name the account."""
    return f"arn:{partition}:iam::{account_id}:root"


@cache
def _found(region: str) -> dict[str, Any]:
    standard, *others = _partitions()
    for each in (standard, *others):
        if region in each["regions"] or re.match(each["regionRegex"], region):
            return each
    return standard


@cache
def _partitions() -> list[dict[str, Any]]:
    # Importing botocore takes time, which only callers that need a partition should spend.
    from botocore.loaders import Loader

    found: list[dict[str, Any]] = Loader().load_data("partitions")["partitions"]
    return found

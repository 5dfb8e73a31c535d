"""Dates as CloudTrail writes them inside requestParameters and responseElements.

They come from Java's `DateFormat.MEDIUM` in UTC. Whether there is a comma after the year depends on
the service's Java version. Measured per service on real records of 2016 to 2026.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

WITHOUT_COMMA = frozenset(
    {
        "apigateway", "backup", "elasticache", "elb", "elbv2", "es", "iam", "opensearch", "rds",
        "redshift",
    }
)  # fmt: skip
ISO = frozenset({"lambda", "rolesanywhere"})
MILLISECONDS = frozenset({"ec2"})
SECONDS = frozenset({"devops-guru"})


def date_format(service: str) -> Callable[[Any], Any]:
    """The function that formats a date as the service's records do.

    It takes a datetime or epoch seconds. Text is not changed: it is formatted already.
    """
    if service in MILLISECONDS:
        return milliseconds
    if service in SECONDS:
        return seconds
    if service in ISO:
        return iso
    return medium_without_comma if service in WITHOUT_COMMA else medium


def medium(value: Any) -> Any:
    """`Dec 28, 2020, 7:35:21 AM`: DynamoDB, KMS, STS, Systems Manager and newer services."""
    return _medium(value, ",")


def medium_without_comma(value: Any) -> Any:
    """`Jul 10, 2023 11:54:39 AM`: IAM, RDS and other services on an older Java."""
    return _medium(value, "")


def iso(value: Any) -> Any:
    """`2023-07-10T12:06:57.000+0000`, as Lambda writes dates."""
    time = _datetime(value)
    if time is None:
        return value
    return f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond // 1000:03d}+0000"


def iso_zulu(value: Any) -> Any:
    """`2023-07-10T12:03:18.000Z`, as EC2's later API writes dates."""
    time = _datetime(value)
    if time is None:
        return value
    return f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond // 1000:03d}Z"


def milliseconds(value: Any) -> Any:
    """Milliseconds since 1970 as a number, as EC2 writes dates."""
    time = _datetime(value)
    return value if time is None else int(time.timestamp() * 1000)


def seconds(value: Any) -> Any:
    """Seconds since 1970 as a number, as DevOps Guru writes dates."""
    time = _datetime(value)
    return value if time is None else time.timestamp()


def _medium(value: Any, comma: str) -> Any:
    time = _datetime(value)
    if time is None:
        return value
    half = "AM" if time.hour < 12 else "PM"
    clock = f"{time.hour % 12 or 12}:{time.minute:02d}:{time.second:02d} {half}"
    return f"{MONTHS[time.month - 1]} {time.day}, {time.year}{comma} {clock}"


def _datetime(value: Any) -> datetime | None:
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    return None

"""How long a lab is meant to stand: a time on its tag, by which overdue labs are found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

TAG = "cloudtrail-lab-expires"
USUAL = timedelta(days=7)

_FORM = "%Y-%m-%dT%H:%M:%SZ"


def expiry_tag(expires: datetime) -> tuple[str, str]:
    """The tag's key and value."""
    return TAG, f"{expires:{_FORM}}"


def expiry_of(tags: Mapping[str, str] | None) -> datetime | None:
    """When what has these tags is to go; None where they do not tell."""
    try:
        return datetime.strptime((tags or {}).get(TAG, ""), _FORM).replace(tzinfo=UTC)
    except ValueError:
        return None


def earliest(tags: Iterable[Mapping[str, str] | None]) -> datetime | None:
    """The first time of several things'."""
    return min((found for each in tags if (found := expiry_of(each))), default=None)

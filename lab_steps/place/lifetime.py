"""How long a lab should exist: a time in its tag, used to find overdue labs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from stacks.tag import PROJECT_TAG

TAG = "cloudtrail-lab-expires"
USUAL = timedelta(days=7)

_FORM = "%Y-%m-%dT%H:%M:%SZ"


def lab_tags(expires: datetime | None) -> dict[str, str]:
    """The tags of all that a lab makes: that it is the lab's, and when it expires."""
    return dict([PROJECT_TAG]) | ({TAG: f"{expires:{_FORM}}"} if expires else {})


def expiry_of(tags: Mapping[str, str] | None) -> datetime | None:
    """When something with these tags expires; None if they do not say."""
    try:
        return datetime.strptime((tags or {}).get(TAG, ""), _FORM).replace(tzinfo=UTC)
    except ValueError:
        return None


def earliest(tags: Iterable[Mapping[str, str] | None]) -> datetime | None:
    """The earliest expiry time of several things."""
    return min((found for each in tags if (found := expiry_of(each))), default=None)

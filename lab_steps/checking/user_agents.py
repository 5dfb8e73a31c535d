"""Who made the call of a record, by its user agent: a person, or nobody (checks, deliveries)."""

from __future__ import annotations

CHECK = "check"
"""The purpose in the user agent of a check's calls: they are not the student's work."""

OWN_CALLS = f"cloudtrail-lab/{CHECK}"
"""What the user agent of a check's own calls contains."""

NOBODYS = (OWN_CALLS, "cloudtrail.amazonaws.com")
"""What the user agents of nobody's work contain: a check's calls, and those that CloudTrail makes
to deliver their records."""


def is_nobodys(user_agent: object) -> bool:
    """Whether a check made the call, or CloudTrail made it to deliver."""
    return any(each in str(user_agent) for each in NOBODYS)

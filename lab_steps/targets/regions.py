"""The Region of a lab: one of AWS's, named by an option, the environment, or nobody."""

from __future__ import annotations

import difflib
import os

from lab_steps.errors import UsageError
from lab_steps.targets.profiles import session_without_profile

DEFAULT_REGION = "us-east-1"
_VARIABLES = ("AWS_REGION", "AWS_DEFAULT_REGION")


def check_region(region: str) -> str:
    """`region`, if it is one of AWS's. Raises UsageError with the nearest name."""
    loader = session_without_profile()
    known = {
        name
        for partition in loader.get_available_partitions()
        for name in loader.get_available_regions("cloudtrail", partition)
    }
    if region in known:
        return region
    near = difflib.get_close_matches(region, sorted(known), n=3)
    meant = DEFAULT_REGION if DEFAULT_REGION in near or not near else near[0]
    raise UsageError(
        f"CloudTrail is not available in Region {region!r}.", f"Did you mean --region {meant}?"
    )


def region_of_environment() -> tuple[str, str] | None:
    """The Region that the environment names, and by which variable; None if it names none."""
    found = ((os.environ.get(name), name) for name in _VARIABLES)
    return next(((region, name) for region, name in found if region), None)

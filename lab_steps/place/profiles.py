"""Sessions of the profiles in the person's AWS configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab_steps.errors import UsageError

if TYPE_CHECKING:
    import boto3


def session_of(profile: str | None, region: str | None = None) -> boto3.Session:
    """A session of `profile`, or of what the environment says. UsageError for an unknown one.

    boto3 notices an unknown profile at once or only at the first client, by what else the
    process has done; so the configuration is asked.
    """
    import boto3
    from botocore.exceptions import ProfileNotFound

    try:
        if profile is None or profile in boto3.Session().available_profiles:
            return boto3.Session(profile_name=profile, region_name=region)
    except ProfileNotFound as error:
        raise UsageError(f"{error}.", "AWS_PROFILE names it: unset it, or correct it.") from error
    raise UsageError(
        f"There is no profile {profile!r} in the AWS configuration.",
        "List them with: aws configure list-profiles",
    )

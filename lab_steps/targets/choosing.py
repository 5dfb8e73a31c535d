"""The place that the options and the environment name, if they name one."""

from __future__ import annotations

from lab_steps.targets.control import delay_at, patience_of
from lab_steps.targets.endpoints import check_endpoint, configured_endpoint
from lab_steps.targets.profiles import ambient_origin
from lab_steps.targets.regions import DEFAULT_REGION, check_region, region_of_environment
from lab_steps.targets.renewing import renew
from lab_steps.targets.target import Target


def choose_target(
    *,
    profile: str | None,
    endpoint_url: str | None,
    region: str | None,
    timeout: float | None = None,
    ambient: bool = False,
) -> Target | None:
    """The target that the options and the environment name; None when they name none.

    `ambient`: credentials that any AWS tool would find name an account. Raises UsageError for an
    endpoint that is no URL, for services that would go to different places, and for an unknown
    profile or Region.
    """
    endpoint_url = endpoint_url or configured_endpoint(profile, ambient=ambient)
    if endpoint_url:
        check_endpoint(endpoint_url)
    origin = f"profile {profile}" if profile else None
    if ambient and not profile and not endpoint_url:
        origin = ambient_origin()
    if not origin and not endpoint_url:
        return None
    delay = delay_at(endpoint_url)
    target = Target(
        kind="account" if delay is None else "endpoint",
        region="",
        patience=patience_of(delay, timeout),
        endpoint_url=endpoint_url,
        profile=profile,
        origin=origin or "",
    )
    renew(target)
    target.region, target.region_from = _region_of(target, region)
    check_region(target.region)
    target._session = None
    return target


def _region_of(target: Target, named: str | None) -> tuple[str, str]:
    """The Region, and where it was named.

    AWS_REGION is what SDKs and the AWS CLI look at first (SDKs and Tools Reference Guide,
    feature-region); boto3 only knows the other variable.
    """
    told = (named, "--region") if named else region_of_environment()
    if told:
        return told
    session = target.session()
    if session.region_name:
        return session.region_name, f"profile {session.profile_name}"
    return DEFAULT_REGION, "the default"

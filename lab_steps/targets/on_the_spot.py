"""A local AWS that a run starts for itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lab_steps.targets.consent import GROUP, TAG, Consent
from lab_steps.targets.control import delay_at, patience_of
from lab_steps.targets.regions import DEFAULT_REGION, check_region
from lab_steps.targets.target import Target

ON_THE_SPOT_DELAY = 0.5
"""Seconds between a call and its delivery on a local AWS that a run starts for itself."""

CONSOLE_USER = "student:cloudtrail-lab"
"""The user who signs in to a local AWS's console in step 1.

No secret: its root user needs no password.
"""


@contextmanager
def on_the_spot(
    region: str | None = None,
    timeout: float | None = None,
    organization_trail: str | None = None,
    *,
    expect_stacks: bool = True,
) -> Iterator[Target]:
    """A local AWS of this process: it and all in it are gone when the block is left.

    With `organization_trail` its account is a member of an organization that has this trail. The
    account exists for nothing but labs, and carries the mark that says so; CONSOLE_USER signs in
    to its console. `expect_stacks`: CloudFormation is loaded at once.
    """
    from local_aws import LocalAws, OrganizationTrail, TaggedLogGroup
    from local_aws.console.user import ConsoleUser

    organization = OrganizationTrail(organization_trail) if organization_trail else None
    with LocalAws(
        delivery_delay=ON_THE_SPOT_DELAY,
        organization=organization,
        expect_stacks=expect_stacks,
        console_user=ConsoleUser.of(CONSOLE_USER),
        enforce_delivery_policies=True,
        log_group=TaggedLogGroup(GROUP, TAG, Consent.UNASKED),
    ) as aws:
        target = Target(
            kind="on-the-spot",
            region=check_region(region or DEFAULT_REGION),
            region_from="--region" if region else "the default",
            patience=patience_of(delay_at(aws.endpoint_url), timeout),
            endpoint_url=aws.endpoint_url,
        )
        try:
            yield target
        finally:
            target.close()


def local_aws_arguments(organization_trail: str | None) -> list[str]:
    """The options of `python -m local_aws` that make it the same as `on_the_spot`."""
    organization = ["--organization-trail", organization_trail] if organization_trail else []
    mark = f"{GROUP}:{TAG}={Consent.UNASKED}"
    console = ["--console-user", CONSOLE_USER]
    return [*organization, *console, "--log-group", mark, "--enforce-delivery-policies"]

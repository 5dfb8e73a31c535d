"""An organization to be a member of: its management account has a trail that members see."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from msgspec import Struct

from cloudtrail.policies.bucket_policy import delivery_policy
from cloudtrail.trails import CloudTrailException, check_trail_name
from local_aws.cloudtrail.membership import CLOUDTRAIL

if TYPE_CHECKING:
    from local_aws.cloudtrail.service import CloudTrailService

HOME_REGION = "us-east-1"
_ACCOUNT_ID = re.compile(r"\d{12}")


class OrganizationTrail(Struct, frozen=True):
    """The trail of an organization, which is created with it.

    Raises ValueError for a name that no trail can have, and for an invalid account id.
    """

    name: str
    management_account: str = "111111111111"

    def __post_init__(self) -> None:
        try:
            check_trail_name(self.name)
        except CloudTrailException as error:
            raise ValueError(f"wanted the name of a trail, got {self.name!r}: {error}") from error
        if not _ACCOUNT_ID.fullmatch(self.management_account):
            raise ValueError(
                "wanted an account's 12 digits as management_account, got "
                f"{self.management_account!r}"
            )


def found_organization(
    trail: OrganizationTrail, member_account: str, service: CloudTrailService
) -> None:
    """Create the organization, its trail, and an account as its member.

    The trail logs the management events of all Regions and members to a bucket of the management
    account.
    """
    from moto.organizations.models import organizations_backends

    management = organizations_backends[trail.management_account]["aws"]
    management.create_organization(region=HOME_REGION, FeatureSet="ALL")
    management.enable_aws_service_access(ServicePrincipal=CLOUDTRAIL)
    management.create_account(AccountName="member", Email="member@example.com")
    member = management.accounts[-1]
    organizations_backends.master_accounts.pop(member.id)
    member.id = member_account
    organizations_backends.master_accounts[member_account] = (trail.management_account, "aws")
    organization = management.org
    assert organization is not None
    _create_trail(trail, organization.id, service)


def _create_trail(
    trail: OrganizationTrail, organization_id: str, service: CloudTrailService
) -> None:
    from moto.s3.models import s3_backends

    account = trail.management_account
    bucket = f"aws-cloudtrail-logs-organization-{account}"
    trails = service.operations(account, HOME_REGION)
    s3 = s3_backends[account]["aws"]
    s3.create_bucket(bucket, HOME_REGION)
    policy = delivery_policy(
        bucket=bucket,
        prefix="",
        account_id=account,
        trail_arn=trails.arn_of(trail.name),
        organization_id=organization_id,
    )
    s3.put_bucket_policy(bucket, json.dumps(policy).encode())
    trails.create_trail(
        {
            "Name": trail.name,
            "S3BucketName": bucket,
            "IsMultiRegionTrail": True,
            "IsOrganizationTrail": True,
        }
    )
    trails.start_logging({"Name": trail.name})

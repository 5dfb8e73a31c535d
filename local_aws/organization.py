"""The organization of the lab: a management account whose trail the lab account can see."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass

from cloudtrail.bucket_policy import delivery_policy

MANAGEMENT_ACCOUNT = "111111111111"
ORGANIZATION_TRAIL = "lab-account-managment-events"
HOME_REGION = "us-east-1"


@dataclass(frozen=True, slots=True)
class Membership:
    """The organization an account belongs to."""

    organization_id: str
    management_account: str
    all_features: bool


def membership_of(account_id: str) -> Membership | None:
    """The organization of the account, None where it is in none."""
    models = sys.modules.get("moto.organizations.models")
    if models is None:
        return None
    for backends in list(models.organizations_backends.values()):
        for backend in list(backends.values()):
            organization = backend.org
            if organization and any(account.id == account_id for account in backend.accounts):
                return Membership(
                    organization.id,
                    organization.master_account_id,
                    organization.feature_set == "ALL",
                )
    return None


def found_organization(lab_account: str) -> None:
    """Make the organization, its trail, and the lab account as its member.

    The lab's walkthrough starts in such an account: its trail list shows
    `lab-account-managment-events` (spelled so), which it can neither edit nor delete.
    """
    from moto.organizations.models import organizations_backends

    management = organizations_backends[MANAGEMENT_ACCOUNT]["aws"]
    management.create_organization(region=HOME_REGION, FeatureSet="ALL")
    management.create_account(AccountName="lab", Email="lab@example.com")
    member = management.accounts[-1]
    organizations_backends.master_accounts.pop(member.id)
    member.id = lab_account
    organizations_backends.master_accounts[lab_account] = (MANAGEMENT_ACCOUNT, "aws")
    organization = management.org
    assert organization is not None
    _create_trail(organization.id)


def _create_trail(organization_id: str) -> None:
    from moto.s3.models import s3_backends

    from local_aws.trails import cloudtrail_backends

    bucket = f"aws-cloudtrail-logs-organization-{MANAGEMENT_ACCOUNT}"
    trails = cloudtrail_backends[MANAGEMENT_ACCOUNT][HOME_REGION]
    s3 = s3_backends[MANAGEMENT_ACCOUNT]["aws"]
    s3.create_bucket(bucket, HOME_REGION)
    policy = delivery_policy(
        bucket=bucket,
        prefix="",
        account_id=MANAGEMENT_ACCOUNT,
        trail_arn=trails.arn_of(ORGANIZATION_TRAIL),
        organization_id=organization_id,
    )
    s3.put_bucket_policy(bucket, json.dumps(policy).encode())
    trails.create_trail(
        {
            "Name": ORGANIZATION_TRAIL,
            "S3BucketName": bucket,
            "IsMultiRegionTrail": True,
            "IsOrganizationTrail": True,
        }
    )
    trails.start_logging({"Name": ORGANIZATION_TRAIL})

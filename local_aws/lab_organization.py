"""The organization of the lab: a management account whose trail the lab account can see."""

from __future__ import annotations

import json

from cloudtrail.policies.bucket_policy import delivery_policy
from local_aws.cloudtrail.trails import cloudtrail_backends

MANAGEMENT_ACCOUNT = "111111111111"
ORGANIZATION_TRAIL = "lab-account-managment-events"
HOME_REGION = "us-east-1"


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

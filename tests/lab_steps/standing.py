"""What stands before a lab begins: the organization's trail that its account sees."""

from local_aws import OrganizationTrail
from stacks.settings import ORGANIZATION_TRAIL_NAME

ORGANIZATION = OrganizationTrail(ORGANIZATION_TRAIL_NAME)

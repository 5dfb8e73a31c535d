"""What stands before a lab begins: the organization's trail that its account sees, and the mark
that the account is for labs."""

from lab_steps.targets.consent import GROUP, TAG, Consent
from local_aws import OrganizationTrail, TaggedLogGroup
from stacks.settings import ORGANIZATION_TRAIL_NAME

ORGANIZATION = OrganizationTrail(ORGANIZATION_TRAIL_NAME)
MARK = TaggedLogGroup(GROUP, TAG, Consent.UNASKED)

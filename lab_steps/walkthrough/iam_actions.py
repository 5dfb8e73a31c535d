"""The IAM actions that each verb needs: what docs/permissions.md shows, and `policies/` allow.

Tests compare each list with what the local AWS requires when it enforces policies: with the list a
verb works, and without any one action the verb says which one is missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Access:
    """Actions that are `always` needed, and some that are needed in a case that `when` names."""

    always: tuple[str, ...]
    when: str = ""
    then: tuple[str, ...] = ()

    @property
    def actions(self) -> tuple[str, ...]:
        """All of them, sorted."""
        return tuple(sorted({*self.always, *self.then}))


LOOKING = Access(
    (
        "cloudtrail:DescribeTrails",
        "cloudtrail:GetEventSelectors",
        "cloudtrail:GetInsightSelectors",
        "cloudtrail:GetTrailStatus",
        "cloudtrail:ListTrails",
        "cloudtrail:LookupEvents",
        "dynamodb:DescribeTable",
        "dynamodb:Scan",
        "s3:GetBucketPolicy",
        "s3:GetObject",
        "s3:ListBucket",
    )
)
ASKING_ATHENA = Access(
    (
        *(each for each in LOOKING.always if each != "s3:GetObject"),
        "athena:GetQueryExecution",
        "athena:GetQueryResults",
        "athena:StartQueryExecution",
        "glue:GetTable",
    ),
    "Athena reads the files with the caller's permissions, and an abandoned query is stopped",
    (
        "athena:StopQueryExecution",
        "glue:GetDatabase",
        "glue:GetPartitions",
        "s3:GetBucketLocation",
        "s3:GetObject",
        "s3:PutObject",
    ),
)
BY_ORGANIZATION_LOGS = Access(
    (
        "cloudtrail:DescribeTrails",
        "cloudtrail:GetEventSelectors",
        "cloudtrail:GetTrailStatus",
        "s3:GetObject",
        "s3:ListBucket",
    ),
    "the trail encrypts with a KMS key, which must also allow it",
    ("kms:Decrypt",),
)
STANDING = Access(
    (
        "cloudformation:DescribeStacks",
        "cloudtrail:DescribeTrails",
        "cloudtrail:GetTrailStatus",
        "dynamodb:DescribeTable",
    )
)
_WHOSE = (
    "cloudformation:DescribeStacks",
    "cloudtrail:DescribeTrails",
    "cloudtrail:ListTags",
    "s3:GetBucketTagging",
    "s3:ListAllMyBuckets",
)
"""Needed to know what is the lab's and what is not."""

_GUARD = ("iam:ListAccountAliases", "logs:ListTagsForResource")
"""Needed to know whether the account is meant for labs."""

LOOKING_BEFORE = Access(
    (*_WHOSE, *_GUARD, "dynamodb:DescribeTable", "dynamodb:ListTagsOfResource", "s3:ListBucket"),
    "the lab already exists, and for more detail",
    (
        "account:GetRegionOptStatus",
        "cloudformation:DescribeStackResources",
        "cloudformation:GetTemplate",
        "cloudformation:ListChangeSets",
        "iam:GetRole",
        "iam:SimulatePrincipalPolicy",
        "organizations:DescribeOrganization",
    ),
)

DEPLOYING = Access(
    (
        *_WHOSE,
        *_GUARD,
        "cloudformation:GetTemplate",
        "s3:ListBucket",
        "cloudformation:CreateChangeSet",
        "cloudformation:DeleteChangeSet",
        "cloudformation:DescribeChangeSet",
        "cloudformation:ExecuteChangeSet",
        "cloudformation:TagResource",
    ),
    "a stack fails, or was never deployed",
    ("cloudformation:DescribeStackEvents", "cloudformation:ListChangeSets"),
)
WORKING = Access(
    (
        "cloudtrail:ListTrails",
        "dynamodb:CreateTable",
        "dynamodb:DescribeTable",
        "dynamodb:GetItem",
        "dynamodb:ListTables",
        "dynamodb:ListTagsOfResource",
        "dynamodb:PutItem",
        "dynamodb:Scan",
        "dynamodb:TagResource",
        "dynamodb:UpdateTable",
    )
)
DOING_ALL = Access(
    tuple(sorted({*DEPLOYING.always, *WORKING.always, *LOOKING.always})),
    DEPLOYING.when,
    DEPLOYING.then,
)
REMOVING = Access(
    (
        *_WHOSE,
        *_GUARD,
        "cloudformation:DeleteStack",
        "dynamodb:DeleteTable",
        "dynamodb:DescribeTable",
        "dynamodb:ListTagsOfResource",
        "tag:GetResources",
    ),
    "a bucket was filled again while its stack was deleted, a stack was never deployed, or there "
    "is a trail that is not the lab's",
    (
        "cloudtrail:GetTrailStatus",
        "cloudformation:DescribeStackEvents",
        "cloudformation:DescribeStackResources",
        "cloudformation:ListChangeSets",
        "cloudformation:DescribeChangeSet",
        "s3:DeleteObjectVersion",
        "s3:ListBucketVersions",
    ),
)

REMOVING_BY_HAND = Access(
    (
        *_WHOSE,
        *_GUARD,
        "cloudtrail:DeleteTrail",
        "cloudtrail:StopLogging",
        "dynamodb:DeleteTable",
        "dynamodb:DescribeTable",
        "dynamodb:ListTagsOfResource",
        "dynamodb:Scan",
        "s3:DeleteBucket",
        "s3:DeleteBucketPolicy",
        "s3:DeleteObjectVersion",
        "s3:ListBucketVersions",
    )
)

ENTERING = Access(("sts:AssumeRole",))
"""What a trainer needs to get into a class's accounts; the roles there need what the verb does."""

OF_ORGANIZATION = "class-check-organization"
ACCESS: Mapping[str, Access] = {
    "check": LOOKING,
    "check-athena": ASKING_ATHENA,
    OF_ORGANIZATION: BY_ORGANIZATION_LOGS,
    "status": STANDING,
    "doctor": LOOKING_BEFORE,
    "up": DEPLOYING,
    "run": DOING_ALL,
    "down": REMOVING,
    "down-by-hand": REMOVING_BY_HAND,
    "class": ENTERING,
}
"""By the policy of verbs (`command_line/verb_table.py`), and of a verb with options that need
others."""

BY_CLOUDFORMATION = (
    "cloudtrail:CreateTrail",
    "cloudtrail:DeleteTrail",
    "cloudtrail:PutEventSelectors",
    "cloudtrail:PutInsightSelectors",
    "cloudtrail:StartLogging",
    "iam:CreateRole",
    "iam:DeleteRole",
    "iam:DeleteRolePolicy",
    "iam:PutRolePolicy",
    "lambda:CreateFunction",
    "lambda:DeleteFunction",
    "lambda:InvokeFunction",
    "s3:CreateBucket",
    "s3:DeleteBucket",
    "s3:DeleteBucketPolicy",
    "s3:PutBucketOwnershipControls",
    "s3:PutBucketPolicy",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketTagging",
    "s3:PutEncryptionConfiguration",
    "s3:PutLifecycleConfiguration",
)
"""What CloudFormation does in the stacks of both trails, with the caller's rights."""

FOR_ATHENA_BY_CLOUDFORMATION = (
    "athena:CreateWorkGroup",
    "athena:DeleteWorkGroup",
    "athena:TagResource",
    "glue:CreateDatabase",
    "glue:CreateTable",
    "glue:DeleteDatabase",
    "glue:DeleteTable",
)
"""The same in addition for the stack of `up --athena`, with what the workgroup's tags need."""

FOR_BUDGET_BY_CLOUDFORMATION = ("budgets:ModifyBudget",)
"""The same in addition for the stack of `up --budget`."""

UNRECORDED = ("cloudtrail:AddTags", "iam:PassRole", "iam:TagRole", "lambda:TagResource")
"""Also required of the caller, although no call has such a name."""

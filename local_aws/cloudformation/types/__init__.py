"""The described resource types, a module for each service.

What a description is, `resource_types` says. Types that are not here stay moto's models.
Property names and meanings: AWS CloudFormation Template Reference.
"""

from __future__ import annotations

from local_aws.cloudformation.resource_types import ResourceType
from local_aws.cloudformation.types import (
    athena,
    cloudformation,
    cloudtrail,
    dynamodb,
    ecr,
    events,
    functions,
    glue,
    iam,
    kms,
    logs,
    s3,
    sns,
    sqs,
    ssm,
)

TYPES: tuple[ResourceType, ...] = (
    *athena.TYPES,
    *cloudformation.TYPES,
    *cloudtrail.TYPES,
    *dynamodb.TYPES,
    *ecr.TYPES,
    *events.TYPES,
    *functions.TYPES,
    *glue.TYPES,
    *iam.TYPES,
    *kms.TYPES,
    *logs.TYPES,
    *s3.TYPES,
    *sns.TYPES,
    *sqs.TYPES,
    *ssm.TYPES,
)

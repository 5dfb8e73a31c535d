"""Every resource type: the described ones, a module for each service, and who handles which.

What a description is, `resource_types` says. CloudFormation's own types are stacks and
functions, any other that moto has a model of stays moto's.
Property names and meanings: AWS CloudFormation Template Reference.
"""

from __future__ import annotations

from collections.abc import Mapping

from local_aws.cloudformation import unknown_types
from local_aws.cloudformation.resources.custom_resources import CustomResource
from local_aws.cloudformation.resources.handlers import Described, Handler
from local_aws.cloudformation.resources.ignored import Ignored
from local_aws.cloudformation.resources.moto_models import moto_handler
from local_aws.cloudformation.resources.nested_stacks import NestedStack
from local_aws.cloudformation.resources.resource_types import ResourceType
from local_aws.cloudformation.types import (
    athena,
    cloudformation,
    cloudtrail,
    cloudwatch,
    config,
    dynamodb,
    ecr,
    events,
    firehose,
    functions,
    glue,
    iam,
    kms,
    logs,
    s3,
    secretsmanager,
    sns,
    sqs,
    ssm,
)

TYPES: tuple[ResourceType, ...] = (
    *athena.TYPES,
    *cloudformation.TYPES,
    *cloudtrail.TYPES,
    *cloudwatch.TYPES,
    *config.TYPES,
    *dynamodb.TYPES,
    *ecr.TYPES,
    *events.TYPES,
    *firehose.TYPES,
    *functions.TYPES,
    *glue.TYPES,
    *iam.TYPES,
    *kms.TYPES,
    *logs.TYPES,
    *s3.TYPES,
    *secretsmanager.TYPES,
    *sns.TYPES,
    *sqs.TYPES,
    *ssm.TYPES,
)

_HANDLERS: Mapping[str, Handler] = {
    **{described.name: Described(described) for described in TYPES},
    "AWS::CloudFormation::CustomResource": CustomResource(),
    "AWS::CloudFormation::Stack": NestedStack(),
}


def handler_of(resource_type: str) -> Handler | None:
    """The handler of a resource type, None where the local AWS has none."""
    if resource_type.startswith("Custom::"):
        resource_type = "AWS::CloudFormation::CustomResource"
    found = _HANDLERS.get(resource_type) or moto_handler(resource_type)
    return found or (Ignored() if unknown_types.are_ignored() else None)

"""Every resource type: the described ones, a module for each service, and the type's handler.

`AWS::SERVICE::*` is in `SERVICE.py` in the folder of its kind, EC2's in several modules. A new
type is a `ResourceType` there (see `resource_types`), a new service a module in `_MODULES`.
CloudFormation's own types are stacks and functions. Other types are moto's, where it has a model.
Property names and meanings: AWS CloudFormation Template Reference.
"""

from __future__ import annotations

from collections.abc import Mapping

from local_aws.cloudformation import unknown_types
from local_aws.cloudformation.resources.custom_resources import CustomResource
from local_aws.cloudformation.resources.handlers import Described, Handler
from local_aws.cloudformation.resources.ignored import Ignored
from local_aws.cloudformation.resources.moto_models import moto_handler
from local_aws.cloudformation.resources.resource_types import ResourceType
from local_aws.cloudformation.types.analytics import athena, glue
from local_aws.cloudformation.types.compute import ecr, lambda_functions
from local_aws.cloudformation.types.ec2 import gateways, instances, networks, security_groups
from local_aws.cloudformation.types.integration import (
    events,
    firehose,
    kinesis,
    sns,
    sqs,
    step_functions,
)
from local_aws.cloudformation.types.management import (
    application_auto_scaling,
    budgets,
    cloudformation,
    cloudtrail,
    cloudwatch,
    config,
    logs,
    nested_stacks,
    ssm,
    stack_sets,
)
from local_aws.cloudformation.types.security import iam, kms, secretsmanager
from local_aws.cloudformation.types.storage import dynamodb, s3

_MODULES = (
    *(athena, glue),
    *(ecr, lambda_functions),
    *(gateways, instances, networks, security_groups),
    *(events, firehose, kinesis, sns, sqs, step_functions),
    *(application_auto_scaling, budgets, cloudformation, cloudtrail, cloudwatch, config, logs),
    *(ssm, stack_sets),
    *(iam, kms, secretsmanager),
    *(dynamodb, s3),
)

TYPES: tuple[ResourceType, ...] = tuple(each for module in _MODULES for each in module.TYPES)

_HANDLERS: Mapping[str, Handler] = {
    **{described.name: Described(described) for described in TYPES},
    "AWS::CloudFormation::CustomResource": CustomResource(),
    "AWS::CloudFormation::Stack": nested_stacks.NestedStack(),
}


def handler_of(resource_type: str) -> Handler | None:
    """The handler of a resource type, None if the local AWS has none."""
    if resource_type.startswith("Custom::"):
        resource_type = "AWS::CloudFormation::CustomResource"
    found = _HANDLERS.get(resource_type) or moto_handler(resource_type)
    return found or (Ignored() if unknown_types.are_ignored() else None)

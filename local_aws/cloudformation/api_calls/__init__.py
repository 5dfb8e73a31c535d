"""Which API calls CloudFormation makes for a resource, by its type: a module for each service.

Types that are not in the table make no calls that are known here.
"""

from __future__ import annotations

from collections.abc import Mapping

from local_aws.cloudformation.api_calls import (
    athena,
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
    stacks,
)
from local_aws.cloudformation.api_calls.plans import Calls

CALLS: Mapping[str, Calls] = {
    **athena.CALLS,
    **cloudtrail.CALLS,
    **dynamodb.CALLS,
    **ecr.CALLS,
    **events.CALLS,
    **functions.CALLS,
    **glue.CALLS,
    **iam.CALLS,
    **kms.CALLS,
    **logs.CALLS,
    **s3.CALLS,
    **sns.CALLS,
    **sqs.CALLS,
    **ssm.CALLS,
    **stacks.CALLS,
}
"""The plans of every type whose calls are recorded."""


def calls_of(resource_type: str) -> Calls | None:
    """The plans of a type, None where its calls are not known."""
    if resource_type.startswith("Custom::"):
        return CALLS["AWS::CloudFormation::CustomResource"]
    return CALLS.get(resource_type)

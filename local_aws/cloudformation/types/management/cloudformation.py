"""CloudFormation's and the CDK's own types that create nothing."""

from __future__ import annotations

from local_aws.cloudformation.resources.resource_types import Change, Made, ResourceType, Steps


def _create(change: Change) -> Steps:
    yield Made(change.name)


def _nothing(change: Change) -> Steps:  # noqa: ARG001 - a plan
    yield from ()


TYPES = tuple(
    ResourceType(name, properties, create=_create, update=_nothing, delete=_nothing)
    for name, properties in (
        ("AWS::CDK::Metadata", ("Analytics",)),
        ("AWS::CloudFormation::WaitConditionHandle", ()),
    )
)

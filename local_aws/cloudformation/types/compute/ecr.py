"""Amazon ECR's repositories."""

from __future__ import annotations

from typing import Any

from local_aws.cloudformation.resources.resource_types import (
    Change,
    Made,
    Naming,
    ResourceType,
    Steps,
    call,
    retag,
)

_POLICIES = {
    "LifecyclePolicy": ("PutLifecyclePolicy", "DeleteLifecyclePolicy"),
    "RepositoryPolicyText": ("SetRepositoryPolicy", "DeleteRepositoryPolicy"),
}
"""Properties with calls of their own, which put and remove them."""


def _named(change: Change) -> dict[str, Any]:
    return {**change.properties, "RepositoryName": change.name}


def _create(change: Change) -> Steps:
    answer = yield call("ecr", "CreateRepository", _named(change))
    made = answer["repository"]
    attributes = {"Arn": made["repositoryArn"], "RepositoryUri": made["repositoryUri"]}
    yield Made(change.name, attributes)
    yield from _policies(change)


def _policies(change: Change) -> Steps:
    """Put and remove the policies, which have calls of their own."""
    for name, value in change.changed(_POLICIES).items():
        put, delete = _POLICIES[name]
        policy = value if name == "LifecyclePolicy" else {"policyText": value}
        wanted = {**(policy or {}), "repositoryName": change.name}
        yield call("ecr", put if value else delete, wanted)


def _update(change: Change) -> Steps:
    defaults = {"ImageScanningConfiguration": {}, "ImageTagMutability": "MUTABLE"}
    wanted = {**defaults, **_named(change)}
    if change.changed(["ImageScanningConfiguration"]):
        yield call("ecr", "PutImageScanningConfiguration", wanted)
    if change.changed(["ImageTagMutability", "ImageTagMutabilityExclusionFilters"]):
        yield call("ecr", "PutImageTagMutability", wanted)
    yield from _policies(change)
    arn = {"resourceArn": change.arn("ecr", f"repository/{change.name}")}
    yield from retag("ecr", arn, change)


def _delete(change: Change) -> Steps:
    wanted = {"repositoryName": change.name, "force": change.properties.get("EmptyOnDelete")}
    yield call("ecr", "DeleteRepository", wanted)


TYPES = (
    ResourceType(
        name="AWS::ECR::Repository",
        properties=(
            *_POLICIES,
            "EmptyOnDelete",
            "EncryptionConfiguration",
            "ImageScanningConfiguration",
            "ImageTagMutability",
            "ImageTagMutabilityExclusionFilters",
            "RepositoryName",
            "Tags",
        ),
        system_tags=True,
        create=_create,
        update=_update,
        delete=_delete,
        naming=Naming("RepositoryName", lower_case=True),
    ),
)

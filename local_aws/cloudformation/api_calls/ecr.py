"""The calls that Amazon ECR gets."""

from __future__ import annotations

from collections.abc import Iterator

from local_aws.cloudformation.api_calls.plans import (
    ApiCall,
    Calls,
    Change,
    Properties,
    api_call,
    retag,
)


def _repository_created(change: Change) -> Iterator[ApiCall]:
    wanted = {**change.properties, "repositoryName": change.name}
    yield api_call("ecr", "CreateRepository", wanted, _described_repository(change))


def _described_repository(change: Change) -> Properties | None:
    repository = change.model
    if repository is None:
        return None
    described = {
        "repositoryArn": repository.arn,
        "registryId": repository.registry_id,
        "repositoryName": repository.name,
        "repositoryUri": repository.uri,
        "createdAt": repository.created_at,
        "imageTagMutability": repository.image_tag_mutability,
        "imageScanningConfiguration": repository.image_scanning_configuration,
        "encryptionConfiguration": repository.encryption_configuration,
    }
    return {"repository": described}


def _repository_updated(change: Change) -> Iterator[ApiCall]:
    wanted = {**change.properties, "repositoryName": change.name}
    if change.changed(["ImageScanningConfiguration"]):
        yield api_call("ecr", "PutImageScanningConfiguration", wanted)
    if change.changed(["ImageTagMutability", "ImageTagMutabilityExclusionFilters"]):
        yield api_call("ecr", "PutImageTagMutability", wanted)
    arn = change.arn("ecr", f"repository/{change.name}")
    yield from retag(change, "ecr", ("TagResource", "UntagResource"), {"resourceArn": arn})


def _repository_deleted(change: Change) -> Iterator[ApiCall]:
    force = change.properties.get("EmptyOnDelete")
    wanted = {"repositoryName": change.name, "force": force}
    yield api_call("ecr", "DeleteRepository", wanted, _described_repository(change))


CALLS = {
    "AWS::ECR::Repository": Calls(_repository_created, _repository_updated, _repository_deleted),
}

"""The Resource Groups Tagging API: it knows our trails, and only the buckets of its Region."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from cloudtrail.partitions import arn_parts_if_any
from local_aws.cloudtrail.exceptions import CloudTrailError
from local_aws.cloudtrail.service import CloudTrailService
from local_aws.moto_changes.patching import MotoChange, change_on_first_use

if TYPE_CHECKING:
    from moto.core.resource_tagging import TaggedResource

_API = "moto.resourcegroupstaggingapi.models"


def install(patches: ExitStack, service: CloudTrailService) -> None:
    """Find tagged resources in their Region, and tag trails, until `patches` is closed."""

    def in_their_region(ask_moto: Any) -> Any:
        def iter_taggable_backends(account_id: str, region: str) -> Iterator[Any]:
            for backend in ask_moto(account_id, region):
                is_s3 = type(backend).__name__ == "S3Backend"
                yield _Buckets(backend, region) if is_s3 else backend
            yield _Trails(service, account_id, region)

        return iter_taggable_backends

    why = "moto's own CloudTrail is not in this API, and moto's buckets are in every Region."
    refused = "A service's refusal is reported for its resource; moto fails the whole request."
    backend = f"{_API}:ResourceGroupsTaggingAPIBackend"
    change_on_first_use(
        patches,
        (
            MotoChange(_API, "iter_taggable_backends", in_their_region, why),
            MotoChange(backend, "tag_resources", _telling_refusals, refused),
            MotoChange(backend, "untag_resources", _telling_refusals, refused),
        ),
    )


class _Buckets(Struct, frozen=True):
    """moto's S3 backend of an account, limited to a Region's buckets."""

    backend: Any
    region: str

    def iter_tagged_resources(self) -> Iterator[TaggedResource]:
        regions = {each.arn: each.region_name for each in list(self.backend.buckets.values())}
        for resource in self.backend.iter_tagged_resources():
            if regions.get(resource.arn) == self.region:
                yield resource

    def __getattr__(self, name: str) -> Any:
        return getattr(self.backend, name)


class _Trails(Struct, frozen=True):
    """The trails whose home is a Region of an account, in the form that moto's API reads."""

    service: CloudTrailService
    account_id: str
    region: str

    def iter_tagged_resources(self) -> Iterator[TaggedResource]:
        from moto.core.resource_tagging import TaggedResource

        for state in list(self.service.trails.at_home(self.account_id, self.region).values()):
            yield TaggedResource(state.trail.arn, state.tags, "cloudtrail:trail")

    def owns_arn(self, arn: str) -> bool:
        named = arn_parts_if_any(arn)
        return named is not None and named.service == "cloudtrail"

    def tag_resource(self, arn: str, tags: dict[str, str]) -> None:
        listed = [{"Key": key, "Value": value} for key, value in tags.items()]
        self._operations().add_tags({"ResourceId": arn, "TagsList": listed})

    def untag_resource(self, arn: str, keys: Iterable[str]) -> None:
        listed = [{"Key": key} for key in keys]
        self._operations().remove_tags({"ResourceId": arn, "TagsList": listed})

    def _operations(self) -> Any:
        return self.service.operations(self.account_id, self.region)


def _telling_refusals(ask_moto: Any) -> Any:
    arguments = inspect.signature(ask_moto)

    def change_tags(*positional: Any, **named: Any) -> dict[str, dict[str, Any]]:
        api, arns, tags = arguments.bind(*positional, **named).args
        failed: dict[str, dict[str, Any]] = {}
        for arn in arns:
            try:
                failed |= ask_moto(api, [arn], tags)
            except CloudTrailError as error:
                failed[arn] = {
                    "StatusCode": 400,
                    "ErrorCode": "InvalidParameterException",
                    "ErrorMessage": str(error),
                }
        return failed

    return change_tags

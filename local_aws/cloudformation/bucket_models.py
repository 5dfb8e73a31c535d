"""`AWS::S3::Bucket` and `AWS::S3::BucketPolicy`, through moto's S3 backend.

Property names and meanings: AWS CloudFormation Template Reference.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from moto.core.exceptions import ServiceException
from moto.s3.cloud_formation import cfn_to_api_encryption
from moto.s3.models import FakeBucket, S3Backend, get_canned_acl, s3_backends
from moto.utilities.utils import get_partition

from local_aws.cloudformation.handlers import FoundByCloudFormation
from local_aws.cloudformation.local_models import LocalModel

Properties = Mapping[str, Any]


class BucketNotEmpty(ServiceException):
    """A bucket was to be deleted with objects in it."""

    code = "BucketNotEmpty"
    message = "The bucket you tried to delete is not empty"


class BucketAlreadyExists(ServiceException):
    """The bucket's name is taken, in this account or another."""

    code = "BucketAlreadyExists"


class BucketPolicyAlreadyExists(FoundByCloudFormation):
    """The bucket has a policy that is not this resource's."""

    code = "AlreadyExists"


class Bucket(LocalModel):
    """`AWS::S3::Bucket`: moto's bucket, with the properties that moto's model drops."""

    @staticmethod
    def cloudformation_type() -> str:
        """AWS::S3::Bucket."""
        return "AWS::S3::Bucket"

    @staticmethod
    def cloudformation_name_type() -> str:
        """BucketName."""
        return "BucketName"

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
        **_: Any,
    ) -> FakeBucket:
        """Create the bucket and apply its properties."""
        if resource_name in s3_backends.bucket_accounts:
            raise BucketAlreadyExists(f"{resource_name} already exists")
        backend = _s3(account_id, region_name)
        bucket = backend.create_bucket(resource_name, region_name)
        _apply_bucket_properties(backend, resource_name, cloudformation_json["Properties"], {})
        return bucket

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: FakeBucket,
        new_resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
    ) -> FakeBucket:
        """Apply the properties; what is no longer given goes back to S3's default."""
        backend = _s3(account_id, region_name)
        properties = cloudformation_json["Properties"]
        _apply_bucket_properties(backend, new_resource_name, properties, _BUCKET_DEFAULTS)
        return original_resource

    @classmethod
    def delete_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],  # noqa: ARG003 - moto's interface
        account_id: str,
        region_name: str,
    ) -> None:
        """Delete the bucket; raises BucketNotEmpty."""
        if _s3(account_id, region_name).delete_bucket(resource_name) is None:
            raise BucketNotEmpty


def _s3(account_id: str, region_name: str) -> S3Backend:
    return s3_backends[account_id][get_partition(region_name)]


def _apply_bucket_properties(
    backend: S3Backend, name: str, properties: Properties, defaults: Properties
) -> None:
    for key, value in {**defaults, **properties}.items():
        if key in _BUCKET_APPLIERS:
            _BUCKET_APPLIERS[key](backend, name, value)


def _public_access_block(backend: S3Backend, name: str, value: Any) -> None:
    if value:
        backend.put_public_access_block(name, {key: str(item) for key, item in value.items()})
    else:
        backend.delete_public_access_block(name)


def _encryption(backend: S3Backend, name: str, value: Any) -> None:
    if value:
        backend.put_bucket_encryption(name, cfn_to_api_encryption(value))
    else:
        backend.delete_bucket_encryption(name)


def _versioning(backend: S3Backend, name: str, value: Any) -> None:
    if value:
        backend.put_bucket_versioning(name, value["Status"])
    elif backend.get_bucket_versioning(name):
        backend.put_bucket_versioning(name, "Suspended")


def _ownership(backend: S3Backend, name: str, value: Any) -> None:
    if value:
        backend.put_bucket_ownership_controls(name, value["Rules"][0]["ObjectOwnership"])
    else:
        backend.delete_bucket_ownership_controls(name)


def _bucket_tags(backend: S3Backend, name: str, value: Any) -> None:
    backend.put_bucket_tagging(name, {tag["Key"]: tag["Value"] for tag in value or []})


def _access_control(backend: S3Backend, name: str, value: Any) -> None:
    backend.put_bucket_acl(name, get_canned_acl(canned_acl(value)))


def canned_acl(access_control: str) -> str:
    """The API's name of a canned ACL: `log-delivery-write` for `LogDeliveryWrite`."""
    return "".join(f"-{c.lower()}" if c.isupper() else c for c in access_control).lstrip("-")


def _lifecycle(backend: S3Backend, name: str, value: Any) -> None:
    if value:
        rules = [lifecycle_rule(rule) for rule in value["Rules"]]
        backend.put_bucket_lifecycle_configuration(name, rules)
    else:
        backend.delete_bucket_lifecycle(name)


def lifecycle_rule(rule: Properties) -> dict[str, Any]:
    """A rule as S3's own API has it."""
    translated: dict[str, Any] = {"Status": rule["Status"], "Filter": {"Prefix": ""}}
    if "Id" in rule:
        translated["ID"] = rule["Id"]
    if "Prefix" in rule:
        translated["Filter"] = {"Prefix": rule["Prefix"]}
    if "AbortIncompleteMultipartUpload" in rule:
        translated["AbortIncompleteMultipartUpload"] = rule["AbortIncompleteMultipartUpload"]
    expiration = {api: rule[name] for name, api in _EXPIRATIONS.items() if name in rule}
    if expiration:
        translated["Expiration"] = expiration
    noncurrent = rule.get("NoncurrentVersionExpiration") or {
        "NoncurrentDays": rule.get("NoncurrentVersionExpirationInDays")
    }
    if noncurrent.get("NoncurrentDays"):
        translated["NoncurrentVersionExpiration"] = noncurrent
    if "Transitions" in rule:
        translated["Transition"] = [_transition(item) for item in rule["Transitions"]]
    return translated


_EXPIRATIONS = {
    "ExpirationInDays": "Days",
    "ExpirationDate": "Date",
    "ExpiredObjectDeleteMarker": "ExpiredObjectDeleteMarker",
}


def _transition(transition: Properties) -> dict[str, Any]:
    names = {"TransitionInDays": "Days", "TransitionDate": "Date", "StorageClass": "StorageClass"}
    return {api: transition[name] for name, api in names.items() if name in transition}


_BUCKET_APPLIERS: dict[str, Callable[[S3Backend, str, Any], None]] = {
    "AccessControl": _access_control,
    "BucketEncryption": _encryption,
    "LifecycleConfiguration": _lifecycle,
    "OwnershipControls": _ownership,
    "PublicAccessBlockConfiguration": _public_access_block,
    "Tags": _bucket_tags,
    "VersioningConfiguration": _versioning,
}
_BUCKET_DEFAULTS: Properties = {
    **dict.fromkeys(_BUCKET_APPLIERS),
    "AccessControl": "Private",
}


class BucketPolicy(LocalModel):
    """`AWS::S3::BucketPolicy`: `Ref` is the bucket's name."""

    @staticmethod
    def cloudformation_type() -> str:
        """AWS::S3::BucketPolicy."""
        return "AWS::S3::BucketPolicy"

    @staticmethod
    def replaces(current: Properties, wanted: Properties) -> bool:
        """A policy for another bucket is another resource."""
        return bool(current["Bucket"] != wanted["Bucket"])

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,  # noqa: ARG003 - moto's interface
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
        **_: Any,
    ) -> BucketPolicy:
        """Put the policy; raises BucketPolicyAlreadyExists where the bucket has one."""
        bucket = cloudformation_json["Properties"]["Bucket"]
        if _s3(account_id, region_name).get_bucket_policy(bucket):
            raise BucketPolicyAlreadyExists(f"The bucket policy already exists on bucket {bucket}.")
        policy = cls(bucket)
        return cls.update_from_cloudformation_json(
            policy, bucket, cloudformation_json, account_id, region_name
        )

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: BucketPolicy,
        new_resource_name: str,  # noqa: ARG003 - moto's interface
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
    ) -> BucketPolicy:
        """Put the policy in place of the old one."""
        document = cloudformation_json["Properties"]["PolicyDocument"]
        text = document if isinstance(document, str) else json.dumps(document)
        bucket = original_resource.physical_resource_id
        _s3(account_id, region_name).put_bucket_policy(bucket, text.encode())
        return original_resource

    @classmethod
    def delete_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],  # noqa: ARG003 - moto's interface
        account_id: str,
        region_name: str,
    ) -> None:
        """Take the policy off the bucket."""
        _s3(account_id, region_name).delete_bucket_policy(resource_name)


HANDLERS = (Bucket, BucketPolicy)

"""Blocks of public access that somebody set, for a bucket or its account: both count.

The block that every new bucket has is answered, but not enforced: otherwise a test would need
DeletePublicAccessBlock before it makes a bucket public, and older code lacks that. Likewise, ACLs
are only refused if somebody turned them off, although a new bucket answers that they are off.
Source: Amazon S3 User Guide, "Blocking public access to your Amazon S3 storage", "Controlling
ownership of objects and disabling ACLs for your bucket".
"""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING, Any

from local_aws.moto_changes.patching import MotoChange
from local_aws.moto_changes.s3.buckets import blocks_by_default

if TYPE_CHECKING:
    from moto.s3.models import FakeAcl, FakeBucket

__all__ = ["ACLS", "GROUPS", "blocks"]

GROUPS = "http://acs.amazonaws.com/groups/global/"
_PUBLIC = {f"{GROUPS}AllUsers", f"{GROUPS}AuthenticatedUsers"}


_NO_ACLS: tuple[Any, ...] = ("BucketOwnerEnforced",)
_OF_THE_OWNER = ("bucket-owner-full-control", "private")
"""Canned ACLs that change nothing."""


def blocks(bucket: FakeBucket, setting: str) -> bool:
    """Whether one of the four settings, such as `block_public_acls`, holds for a bucket."""
    own = None if blocks_by_default(bucket) else bucket.public_access_block
    return _has(own, setting) or _has(_of_account(bucket), setting)


def _has(block: Any, setting: str) -> bool:
    return bool(block and getattr(block, setting))


def _of_account(bucket: FakeBucket) -> Any:
    accounts = getattr(sys.modules.get("moto.s3control.models"), "s3control_backends", {})
    if bucket.account_id not in accounts:
        return None
    found = dict.get(accounts[bucket.account_id], bucket.partition)
    return found.public_access_block if found else None


def _is_public(acl: FakeAcl) -> bool:
    return any(grantee.uri in _PUBLIC for grant in acl.grants for grantee in grant.grantees)


def _checked(ask_moto: Any) -> Any:
    """Refuse a request's ACL if the bucket has no ACLs, or if it is public and that is blocked."""

    @functools.wraps(ask_moto)
    def acl_of(self: Any, *headers: Any) -> FakeAcl | None:
        from moto.s3.exceptions import S3ClientError
        from moto.s3.models import s3_backends

        acl: FakeAcl | None = ask_moto(self, *headers)
        known = s3_backends.bucket_accounts.get(self.bucket_name)
        if acl is None or known is None:
            return acl
        partition, account = known
        bucket = s3_backends[account][partition].buckets.get(self.bucket_name)
        owners = headers and headers[0].get("x-amz-acl") in _OF_THE_OWNER
        if bucket is not None and bucket.ownership_rule in _NO_ACLS and not owners:
            raise S3ClientError("AccessControlListNotSupported", "The bucket does not allow ACLs")
        if bucket is not None and _is_public(acl) and blocks(bucket, "block_public_acls"):
            raise S3ClientError(
                "AccessDenied",
                "Access Denied: public access control lists (ACLs) are blocked by the "
                "BlockPublicAcls block public access setting.",
            )
        return acl

    return acl_of


_WHY = "moto accepts every ACL, whatever object ownership and blocks of public access say."
ACLS = (
    MotoChange("moto.s3.responses:S3Response", "_acl_from_headers", _checked, _WHY),
    MotoChange("moto.s3.responses:S3Response", "_acl_from_body", _checked, _WHY),
)

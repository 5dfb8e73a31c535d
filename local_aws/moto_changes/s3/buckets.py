"""What moto's S3 buckets lack: what all have had since 2023, and their complete lifecycle rules."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from cloudtrail.bucket_names import is_bucket_name
from cloudtrail.policies.evaluation import AccessRequest, evaluate, service_context
from local_aws.moto_changes.patching import MotoChange

_ENCRYPTION = {"Rule": {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}}
_HEADER = "x-amz-server-side-encryption"
_RULES = "_local_aws_rules"
_BEGAN = "_local_aws_began"
_BLOCKED = "_local_aws_blocked_by_default"
_LISTS = {
    "NoncurrentVersionTransition": "NoncurrentVersionTransitions",
    "Tag": "Tags",
    "Transition": "Transitions",
}
_WITHOUT_ACLS = (None, "BucketOwnerEnforced")
"""Object ownership of new buckets, since 2023-04."""


def blocks_by_default(bucket: Any) -> bool:
    """Whether the bucket still has the block of public access that it was created with."""
    return vars(bucket).get(_BLOCKED) is bucket.public_access_block


def lifecycle_rules(bucket: Any) -> list[dict[str, Any]]:
    """The bucket's rules as they were put; moto only keeps part of them."""
    rules: list[dict[str, Any]] = vars(bucket).get(_RULES, []) if bucket.rules else []
    return rules


def upload_began(upload: Any) -> datetime:
    """When a multipart upload was created."""
    began: datetime = vars(upload)[_BEGAN]
    return began


def _set_lifecycle(ask_moto: Any) -> Any:
    @functools.wraps(ask_moto)
    def set_lifecycle(self: Any, rules: list[dict[str, Any]]) -> None:
        ask_moto(self, rules)
        vars(self)[_RULES] = rules

    return set_lifecycle


def _get_lifecycle(ask_moto: Any) -> Any:
    @functools.wraps(ask_moto)
    def get_lifecycle(self: Any) -> Any:
        from moto.core.responses import ActionResult

        bucket = self.backend.get_bucket(self.bucket_name)
        if not bucket.rules:
            return ask_moto(self)
        self.data["Action"] = "GetBucketLifecycleConfiguration"
        kept = zip(bucket.rules, lifecycle_rules(bucket), strict=True)
        rules = [{**_shown(rule), "ID": named.id} for named, rule in kept]
        least = "all_storage_classes_128K"
        return self.serialized(
            ActionResult({"Rules": rules, "TransitionDefaultMinimumObjectSize": least})
        )

    return get_lifecycle


def _shown(rule: Mapping[str, Any]) -> dict[str, Any]:
    """A rule or filter as it was put, with the names that its members have in answers."""
    shown: dict[str, Any] = {}
    for name, value in rule.items():
        if name == "Prefix":
            shown[name] = value or ""
        elif name in _LISTS:
            shown[_LISTS[name]] = value if isinstance(value, list) else [value]
        elif name in {"Filter", "And"}:
            shown[name] = _shown(value or {})
        else:
            shown[name] = value
    if isinstance(shown.get("Filter"), dict) and "Tags" in shown["Filter"]:
        (shown["Filter"]["Tag"],) = shown["Filter"].pop("Tags")
    return shown


def _may_log(_ask_moto: Any) -> Any:
    def may_log(target_bucket: Any, target_prefix: str | None) -> bool:
        """Whether S3's log delivery may write there, as far as PutBucketLogging checks.

        A bucket without ACLs is accepted: its policy may come later, as the CDK does it.
        """
        if target_bucket.ownership_rule in _WITHOUT_ACLS:
            return True
        principal = "logging.s3.amazonaws.com"
        place = f"{target_bucket.arn}/{target_prefix or ''}x"
        context = service_context(principal, source_arn="", source_account=target_bucket.account_id)
        asked = AccessRequest(principal, "s3:PutObject", place, context)
        policy = json.loads(target_bucket.policy) if target_bucket.policy else None
        return evaluate(policy, asked).permitted

    return staticmethod(may_log)


def _begin_upload(ask_moto: Any) -> Any:
    @functools.wraps(ask_moto)
    def begin(self: Any, *positional: Any, **named: Any) -> None:
        ask_moto(self, *positional, **named)
        vars(self)[_BEGAN] = datetime.now(UTC)

    return begin


def _get_bucket_encryption(ask_moto: Any) -> Any:
    @functools.wraps(ask_moto)
    def get_bucket_encryption(self: Any, bucket_name: str) -> Any:
        return ask_moto(self, bucket_name) or _ENCRYPTION

    return get_bucket_encryption


def _put_object(ask_moto: Any) -> Any:
    @functools.wraps(ask_moto)
    def put_object(self: Any, bucket_name: str, *positional: Any, **named: Any) -> Any:
        key = ask_moto(self, bucket_name, *positional, **named)
        key.encryption = key.encryption or "AES256"
        return key

    return put_object


def _answer_upload(ask_moto: Any) -> Any:
    """Add the encryption header to answers about multipart uploads and their parts."""

    @functools.wraps(ask_moto)
    def answer(self: Any, *positional: Any, **named: Any) -> Any:
        answered = ask_moto(self, *positional, **named)
        begins = self.method == "POST" and "uploads" in self.querystring
        is_part = self.method == "PUT" and "uploadId" in self.querystring
        if (begins or is_part) and answered[0] == 200:
            rule = self.backend.get_bucket_encryption(self.bucket_name)["Rule"]
            default = rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"]
            answered[1].setdefault(_HEADER, default)
        return answered

    return answer


def _create_bucket(ask_moto: Any) -> Any:
    @functools.wraps(ask_moto)
    def create_bucket(self: Any, bucket_name: str, *positional: Any, **named: Any) -> Any:
        from moto.s3.exceptions import InvalidBucketName

        if not is_bucket_name(bucket_name):
            raise InvalidBucketName
        return ask_moto(self, bucket_name, *positional, **named)

    return create_bucket


def _create(ask_moto: Any) -> Any:
    @functools.wraps(ask_moto)
    def create(self: Any, *positional: Any, **named: Any) -> None:
        from moto.s3.models import PublicAccessBlock

        ask_moto(self, *positional, **named)
        blocked = PublicAccessBlock("true", "true", "true", "true")
        self.public_access_block = vars(self)[_BLOCKED] = blocked

    return create


_ENCRYPTED = "All objects are encrypted since 2023-01 (S3 User Guide, default-encryption-faq)."
_EXPIRES = "Lifecycle rules take effect here (`local_aws.expiry`); moto forgets what it needs."
CHANGES = (
    MotoChange(
        "moto.s3.models:S3Backend",
        "create_bucket",
        _create_bucket,
        "moto only checks the length of a name.",
    ),
    MotoChange("moto.s3.models:FakeBucket", "set_lifecycle", _set_lifecycle, _EXPIRES),
    MotoChange("moto.s3.responses:S3Response", "get_bucket_lifecycle", _get_lifecycle, _EXPIRES),
    MotoChange(
        "moto.s3.models:FakeBucket",
        "_log_permissions_enabled_policy",
        _may_log,
        "moto fails on a policy with other principals, and assumes ACLs in every bucket.",
    ),
    MotoChange("moto.s3.models:FakeMultipart", "__init__", _begin_upload, _EXPIRES),
    MotoChange(
        "moto.s3.models:S3Backend", "get_bucket_encryption", _get_bucket_encryption, _ENCRYPTED
    ),
    MotoChange("moto.s3.models:S3Backend", "put_object", _put_object, _ENCRYPTED),
    MotoChange("moto.s3.responses:S3Response", "_key_response", _answer_upload, _ENCRYPTED),
    MotoChange(
        "moto.s3.models:FakeBucket",
        "__init__",
        _create,
        "New buckets block public access since 2023-04 (S3 User Guide, create-bucket-faq).",
    ),
)

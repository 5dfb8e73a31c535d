"""What every S3 bucket has had since 2023, and moto's have not."""

from __future__ import annotations

import functools
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

from local_aws.moto_changes.changes import Change, change_on_first_use

_ENCRYPTION = {"Rule": {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}}
_HEADER = "x-amz-server-side-encryption"
_RULES = "_local_aws_rules"
_BEGAN = "_local_aws_began"
_BLOCKED = "_local_aws_blocked_by_default"


def install(patches: ExitStack) -> None:
    """Let buckets be so until `patches` is left."""
    change_on_first_use(patches, ("s3", "s3bucket_path"), _CHANGES)


def blocks_by_default(bucket: Any) -> bool:
    """Whether the bucket's block of public access is the one that it was created with."""
    return vars(bucket).get(_BLOCKED) is bucket.public_access_block


def lifecycle_rules(bucket: Any) -> list[dict[str, Any]]:
    """The bucket's rules as they were put; moto keeps a part of them."""
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
    """Of a request for a multipart upload or a part of one."""

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
_CHANGES = (
    Change("moto.s3.models:FakeBucket", "set_lifecycle", _set_lifecycle, _EXPIRES),
    Change("moto.s3.models:FakeMultipart", "__init__", _begin_upload, _EXPIRES),
    Change("moto.s3.models:S3Backend", "get_bucket_encryption", _get_bucket_encryption, _ENCRYPTED),
    Change("moto.s3.models:S3Backend", "put_object", _put_object, _ENCRYPTED),
    Change("moto.s3.responses:S3Response", "_key_response", _answer_upload, _ENCRYPTED),
    Change(
        "moto.s3.models:FakeBucket",
        "__init__",
        _create,
        "New buckets block public access since 2023-04 (S3 User Guide, create-bucket-faq).",
    ),
)

"""Operations of S3 that moto lacks, and would take for others.

By method and path alone, it would create or delete the bucket, or put, delete or return the object.
After the caller and the bucket were checked, they are refused as S3 refuses what a Region does not
have. Configurations that nobody can put do not exist.
"""

from __future__ import annotations

import functools
from typing import Any

from local_aws.moto_changes.patching import MotoChange
from local_aws.moto_changes.s3.bucket_access import action
from local_aws.recording.requests import ASKED, Asked, error_answer

_KINDS = [f"Bucket{kind}Configuration" for kind in ("Analytics", "IntelligentTiering", "Metrics")]
"""Configurations with an id; moto has none of them."""

ABSENT = frozenset(f"Get{kind}" for kind in _KINDS)

UNSERVED = frozenset(
    {
        *(f"Put{kind}" for kind in _KINDS),
        *(f"Delete{kind}" for kind in _KINDS),
        *("CreateBucketMetadataConfiguration", "CreateBucketMetadataTableConfiguration"),
        *("DeleteBucketMetadataConfiguration", "DeleteBucketMetadataTableConfiguration"),
        *("GetBucketMetadataConfiguration", "GetBucketMetadataTableConfiguration"),
        *("CreateSession", "DeleteBucketInventoryConfiguration", "DeleteObjectAnnotation"),
        *("GetObjectAnnotation", "GetObjectRetention", "GetObjectTorrent"),
        *("ListObjectAnnotations", "PutBucketAbac", "PutBucketRequestPayment"),
        *("PutObjectAnnotation", "RenameObject", "UpdateObjectEncryption"),
        *("UpdateBucketMetadataAnnotationTableConfiguration",),
        *("UpdateBucketMetadataInventoryTableConfiguration",),
        *("UpdateBucketMetadataJournalTableConfiguration",),
    }
)


def _refuse(ask_moto: Any) -> Any:
    @functools.wraps(ask_moto)
    def answer(self: Any, request: Any, *positional: Any) -> Any:
        asked: Asked | None = request.environ.get(ASKED)
        if asked is None or asked.operation not in UNSERVED | ABSENT:
            return ask_moto(self, request, *positional)
        self.data["Action"] = action(asked.operation, asked.parameters).removeprefix("s3:")
        self._authenticate_and_authorize_s3_action(
            bucket_name=self.bucket_name, key_name=asked.parameters.get("Key")
        )
        self.backend.get_bucket(self.bucket_name)
        return _refusal(asked.operation)

    return answer


def _refusal(operation: str) -> tuple[int, dict[str, str], bytes]:
    status, code, message = 501, "NotImplemented", f"s3 {operation} is not implemented here."
    if operation in ABSENT:
        status, code = 404, "NoSuchConfiguration"
        message = "The specified configuration does not exist."
    content_type, body = error_answer("s3", "rest-xml", code, message)
    return status, {"content-type": content_type}, body


_TAKEN = "moto takes an operation that it lacks for CreateBucket, DeleteBucket, PutObject ..."
CHANGES = tuple(
    MotoChange("moto.s3.responses:S3Response", name, _refuse, _TAKEN)
    for name in ("_bucket_response", "_key_response")
)

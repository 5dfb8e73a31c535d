"""DeleteObjects, and MFA delete, which moto lacks.

Each object is judged by the action that it needs, and each refusal says why. If a bucket has MFA
delete, nobody deletes versions for good, or changes the versioning, without a device's code, which
is not checked here (S3 User Guide, "Configuring MFA delete"; API Reference, DeleteObjects).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from local_aws.recording.requests import Asked

if TYPE_CHECKING:
    from moto.s3.models import FakeBucket

_MFA_DELETE = "_local_aws_mfa_delete"
_MFA_IS_MISSING = "Mfa Authentication must be used for this request"
_LOCKED = "Access Denied because object protected by object lock."

Refusal = Callable[["FakeBucket", Mapping[str, Any]], str | None]
"""Says why an object of DeleteObjects may not be deleted: None if it may."""


def lacks_mfa(asked: Asked, bucket: FakeBucket, environ: Mapping[str, Any]) -> str | None:
    """Why a request is refused without a device's code; None if it has one, or needs none."""
    if "HTTP_X_AMZ_MFA" in environ:
        return None
    has_mfa_delete = vars(bucket).get(_MFA_DELETE) == "Enabled"
    if asked.operation == "PutBucketVersioning":
        wanted = asked.parameters.get("VersioningConfiguration") or {}
        needed = has_mfa_delete or "MFADelete" in wanted
    else:
        several = (asked.parameters.get("Delete") or {}).get("Objects") or ()
        each = [asked.parameters] if asked.operation == "DeleteObject" else several
        needed = has_mfa_delete and any(one.get("VersionId") for one in each)
    return _MFA_IS_MISSING if needed else None


def delete_keys(refusal: Refusal, _ask_moto: Any) -> Any:
    """DeleteObjects: `refusal` judges each object."""

    def bucket_response_delete_keys(self: Any, bucket_name: str, authenticated: bool = True) -> Any:
        import xmltodict  # type: ignore[import-untyped]
        from moto.core.responses import ActionResult
        from moto.s3.exceptions import MalformedXML

        named = xmltodict.parse(self.body, strip_whitespace=False, force_list=("Object",))
        objects = named["Delete"].get("Object", [])
        if not objects:
            raise MalformedXML
        bucket = self.backend.get_bucket(bucket_name)
        judged = [
            (each, refusal(bucket, each) if authenticated else "Access Denied") for each in objects
        ]
        bypass = self.headers.get("x-amz-bypass-governance-retention", "").lower() == "true"
        going = [each for each, refused in judged if refused is None]
        deleted, locked = self.backend.delete_objects(bucket_name, going, bypass)
        kept = [(each, refused) for each, refused in judged if refused]
        kept += [(each, _LOCKED) for each in going if each["Key"] in locked]
        self.data["Action"] = "DeleteObjects"
        return self.serialized(
            ActionResult(
                {
                    "Deleted": [_deleted(*each) for each in deleted],
                    "Errors": [_kept(each, why) for each, why in kept],
                }
            )
        )

    return bucket_response_delete_keys


def _deleted(key: str, version: str | None, marker: str | None) -> dict[str, Any]:
    marked = {"DeleteMarker": True, "DeleteMarkerVersionId": marker} if marker else {}
    return {"Key": key, "VersionId": version or None, **marked}


def _kept(named: Mapping[str, Any], why: str) -> dict[str, Any]:
    version = {"VersionId": named["VersionId"]} if named.get("VersionId") else {}
    return {"Key": named["Key"], **version, "Code": "AccessDenied", "Message": why}


def keep_mfa_delete(ask_moto: Any) -> Any:
    """Have PutBucketVersioning keep MFADelete, which moto drops."""

    @functools.wraps(ask_moto)
    def bucket_response_put(self: Any, *positional: Any, **named: Any) -> Any:
        answered = ask_moto(self, *positional, **named)
        wanted = re.search(rb"<MfaDelete>(\w+)</MfaDelete>", self.body)
        if "versioning" in self.querystring and wanted:
            bucket = self.backend.get_bucket(self.bucket_name)
            vars(bucket)[_MFA_DELETE] = wanted[1].decode()
        return answered

    return bucket_response_put


def tell_mfa_delete(_ask_moto: Any) -> Any:
    """Have GetBucketVersioning answer MFADelete if it was ever set."""

    def get_bucket_versioning(self: Any) -> Any:
        from moto.core.responses import ActionResult

        bucket = self.backend.get_bucket(self.bucket_name)
        mfa_delete = vars(bucket).get(_MFA_DELETE)
        told = {"MFADelete": mfa_delete} if mfa_delete else {}
        self.data["Action"] = "GetBucketVersioning"
        return self.serialized(ActionResult({"Status": bucket.versioning_status, **told}))

    return get_bucket_versioning

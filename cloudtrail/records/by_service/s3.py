"""S3's records are made from the HTTP request, not from API parameters.

`requestParameters` has the bucket, the host, the query by its own names, some headers, and the XML
body as an object. Measured on real records; data events also from the Amazon S3 User Guide, "Amazon
S3 CloudTrail events".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote
from xml.parsers.expat import ExpatError

import xmltodict  # type: ignore[import-untyped]

from cloudtrail.partitions import partition_of
from cloudtrail.records.calls import Call, text
from cloudtrail.records.identity import calling_service
from cloudtrail.records.service_models import endpoint
from cloudtrail.records.services import CIPHER_SUITE

BUCKET_TYPE = "AWS::S3::Bucket"
OBJECT_TYPE = "AWS::S3::Object"

PREFIX_READS = frozenset(
    {"ListObjects", "ListObjectsV2", "ListObjectVersions", "ListMultipartUploads", "HeadBucket"}
)
"""Data operations on a bucket as a whole: their object resource is an `ARNPrefix`."""

RECORDED_BODIES = frozenset(
    {"PutObjectAcl", "PutObjectTagging", "PutObjectRetention", "PutObjectLegalHold"}
)
"""Data events whose request body is a description, not an object's content."""

CREDENTIALS_IN_QUERY = frozenset(
    {
        "x-amz-signature",
        "x-amz-credential",
        "x-amz-security-token",
        "signature",
        "awsaccesskeyid",
    }
)

REQUEST_HEADERS = frozenset(
    {
        "x-amz-acl",
        "x-amz-bucket-object-lock-enabled",
        "x-amz-bypass-governance-retention",
        "x-amz-confirm-remove-self-bucket-access",
        "x-amz-copy-source",
        "x-amz-copy-source-range",
        "x-amz-expected-bucket-owner",
        "x-amz-metadata-directive",
        "x-amz-mfa-delete",
        "x-amz-object-lock-legal-hold",
        "x-amz-object-lock-mode",
        "x-amz-object-lock-retain-until-date",
        "x-amz-object-ownership",
        "x-amz-request-payer",
        "x-amz-server-side-encryption",
        "x-amz-server-side-encryption-aws-kms-key-id",
        "x-amz-server-side-encryption-bucket-key-enabled",
        "x-amz-server-side-encryption-context",
        "x-amz-server-side-encryption-customer-algorithm",
        "x-amz-source-expected-bucket-owner",
        "x-amz-storage-class",
        "x-amz-tagging",
        "x-amz-tagging-directive",
        "x-amz-website-redirect-location",
    }
)
"""Headers that appear; credentials, checksums, customer keys and user metadata do not."""

RESPONSE_HEADERS = frozenset(
    {
        "x-amz-abort-date",
        "x-amz-copy-source-version-id",
        "x-amz-delete-marker",
        "x-amz-expiration",
        "x-amz-object-size",
        "x-amz-request-charged",
        "x-amz-restore",
        "x-amz-restore-output-path",
        "x-amz-server-side-encryption",
        "x-amz-server-side-encryption-aws-kms-key-id",
        "x-amz-server-side-encryption-bucket-key-enabled",
        "x-amz-server-side-encryption-context",
        "x-amz-server-side-encryption-customer-algorithm",
        "x-amz-storage-class",
        "x-amz-version-id",
    }
)

HEAD_ERRORS = {
    ("HeadBucket", 404): ("NoSuchBucket", "The specified bucket does not exist"),
    ("HeadObject", 404): ("NoSuchKey", "The specified key does not exist."),
    ("HeadBucket", 403): ("AccessDenied", "Access Denied"),
    ("HeadObject", 403): ("AccessDenied", "Access Denied"),
}
"""Code and message of failed HEAD requests: their responses have no body, but records name them."""

WHOLE_SINCE = datetime(2023, 1, 1, tzinfo=UTC)
"""From then on, CloudTrail's own data events count bytes in integers (floats in 2021)."""

_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,14})(?:\.\d+)?")


def host(call: Call) -> str:
    """The virtual-hosted name of the endpoint: `<bucket>.s3.<region>.amazonaws.com`."""
    name, _ = endpoint(call.service, call.region)
    if call.service == "s3control":
        return f"{call.account_id}.{name}"
    bucket = text(call.parameters, "Bucket")
    # A bucket with a dot does not match the endpoint's certificate: clients use its path.
    return f"{bucket}.{name}" if bucket and "." not in bucket and ":" not in bucket else name


def error(call: Call) -> tuple[str, str]:
    """The code and message of a failed call, as on the wire."""
    if call.error is None:
        return "", ""
    found = HEAD_ERRORS.get((call.operation, call.error.status))
    return found or (call.error.code, call.error.message)


def request_parameters(call: Call, is_data: bool) -> dict[str, Any]:
    """A record's requestParameters."""
    parameters: dict[str, Any] = {}
    if call.service == "s3" and text(call.parameters, "Bucket"):
        parameters["bucketName"] = text(call.parameters, "Bucket")
    parameters["Host"] = host(call)
    parameters |= {
        name: value
        for name, value in call.query.items()
        if name.lower() not in CREDENTIALS_IN_QUERY
    }
    parameters |= {name: call.headers[name] for name in call.headers if name in REQUEST_HEADERS}
    parameters |= _grants(call.headers)
    if call.body and (not is_data or call.operation in RECORDED_BODIES):
        parameters |= body_parameters(call.operation, call.body)
    if text(call.parameters, "Key"):
        parameters["key"] = text(call.parameters, "Key")
    return parameters


def body_parameters(operation: str, body: bytes) -> dict[str, Any]:
    """The request's body as an object under its root element's name.

    A bucket policy is an object under `bucketPolicy`. A body that cannot be read is left out.
    """
    try:
        if operation == "PutBucketPolicy":
            return {"bucketPolicy": json.loads(body)}
        document = xmltodict.parse(body, attr_prefix="", cdata_key="content")
        return {name: _typed(value) for name, value in document.items()}
    except (ValueError, ExpatError, RecursionError):
        return {}


def response_elements(call: Call) -> dict[str, Any]:
    """The `x-amz-` headers of a data event's response."""
    headers = call.response_headers
    return {name: headers[name] for name in headers if name in RESPONSE_HEADERS}


def resources(call: Call, is_data: bool) -> list[dict[str, str]]:
    """The object and the bucket of a call.

    Management events have none for CreateBucket, ListBuckets and a bucket that does not
    exist (measured).
    """
    bucket = text(call.parameters, "Bucket")
    if call.service != "s3" or not bucket:
        return []
    if not is_data:
        is_missing = call.operation == "CreateBucket" or error(call)[0] == "NoSuchBucket"
        return [] if is_missing else [_bucket(call, bucket)]
    found = [_object(call, bucket), _bucket(call, bucket)]
    source = unquote(call.headers.get("x-amz-copy-source", "").lstrip("/").partition("?")[0])
    if "/" in source:
        from_bucket, _, key = source.partition("/")
        found += [_bucket(call, from_bucket), _object_arn(call, from_bucket, key)]
    return found


def additional_event_data(call: Call, is_data: bool) -> dict[str, Any]:
    """How the request was signed and how much went each way.

    Sizes are integers in management events and floats in data events (measured), except those
    that CloudTrail itself makes (8,907 of 8,907 since 2023).
    """
    by_cloudtrail = calling_service(call.identity) == "cloudtrail.amazonaws.com"
    is_whole = not is_data or (by_cloudtrail and call.time >= WHOLE_SINCE)
    number = int if is_whole else float
    data: dict[str, Any] = {
        "SignatureVersion": _signature_version(call),
        "CipherSuite": CIPHER_SUITE,
        "bytesTransferredIn": number(_received(call)),
        "SSEApplied": _encryption_applied(call) if is_data else None,
        "AuthenticationMethod": _authentication_method(call),
        "x-amz-id-2": call.response_headers.get("x-amz-id-2"),
        "bytesTransferredOut": number(call.response_size),
    }
    return {name: value for name, value in data.items() if value is not None}


def _grants(headers: Mapping[str, str]) -> dict[str, Any]:
    grants = {name: headers[name] for name in headers if name.startswith("x-amz-grant-")}
    return {"accessControlList": grants} if grants else {}


def _typed(value: Any) -> Any:
    """XML text as AWS's converter reads it: numbers and booleans lose their quotes."""
    if isinstance(value, dict):
        return {name: inner if name == "xmlns" else _typed(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_typed(inner) for inner in value]
    if value is None:
        return ""
    if value in ("true", "false"):
        return value == "true"
    if _NUMBER.fullmatch(value):
        return float(value) if "." in value else int(value)
    return value


def _bucket(call: Call, bucket: str) -> dict[str, str]:
    return {"accountId": call.account_id, "type": BUCKET_TYPE, "ARN": _arn(call, bucket)}


def _object(call: Call, bucket: str) -> dict[str, str]:
    if call.operation in PREFIX_READS or call.operation == "DeleteObjects":
        prefix = call.query.get("prefix", "") if call.operation.startswith("List") else ""
        return {"type": OBJECT_TYPE, "ARNPrefix": _arn(call, f"{bucket}/{prefix}")}
    return _object_arn(call, bucket, text(call.parameters, "Key"))


def _object_arn(call: Call, bucket: str, key: str) -> dict[str, str]:
    return {"type": OBJECT_TYPE, "ARN": _arn(call, f"{bucket}/{key}")}


def _arn(call: Call, place: str) -> str:
    return f"arn:{partition_of(call.region)}:s3:::{place}"


def _received(call: Call) -> int:
    """The size of the payload, without the framing of a chunked upload."""
    decoded = call.headers.get("x-amz-decoded-content-length", "")
    return int(decoded) if decoded.isdecimal() else len(call.body)


def _signature_version(call: Call) -> str | None:
    algorithm = call.headers.get("authorization", "") or call.query.get("X-Amz-Algorithm", "")
    if algorithm.startswith("AWS4-ECDSA"):
        return "SigV4A"
    if algorithm.startswith("AWS "):
        return "SigV2"
    return "SigV4" if algorithm.startswith("AWS4") or calling_service(call.identity) else None


def _authentication_method(call: Call) -> str | None:
    """Where the signature was; None for an anonymous call."""
    if "X-Amz-Algorithm" in call.query or "Signature" in call.query:
        return "QueryString"
    is_signed = "authorization" in call.headers or calling_service(call.identity)
    return "AuthHeader" if is_signed else None


def _encryption_applied(call: Call) -> str | None:
    """Which encryption an upload got, and whether by the bucket's default."""
    applied = call.response_headers.get("x-amz-server-side-encryption")
    if applied is None:
        return None
    kind = {"AES256": "SSE_S3", "aws:kms": "SSE_KMS", "aws:kms:dsse": "DSSE_KMS"}.get(applied)
    asked = "x-amz-server-side-encryption" in call.headers
    return kind if asked or kind is None else f"Default_{kind}"

"""Reads what a `TemplateURL` names: an object of the local S3, by any host name."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, unquote, urlsplit

from moto.s3.exceptions import S3ClientError
from moto.s3.models import s3_backends
from msgspec import Struct

from local_aws.cloudformation.exceptions import ValidationError


def read_template(url: str, account_id: str, partition: str, member: str = "TemplateURL") -> str:
    """The text of the object that a `TemplateURL`, or another member, names.

    Raises ValidationError if the URL names no object that can be read.
    """
    location = object_location(url, member)
    owner = s3_backends.bucket_accounts.get(location.bucket, (partition, account_id))
    try:
        found = s3_backends[owner[1]][owner[0]].get_object(
            location.bucket, location.key, location.version_id
        )
    except S3ClientError as error:
        raise ValidationError(f"S3 error: {error.message}") from error
    if found is None:
        raise ValidationError("S3 error: The specified key does not exist.")
    return bytes(found.value).decode()


class ObjectLocation(Struct, frozen=True):
    """Where a `TemplateURL` points."""

    bucket: str
    key: str
    version_id: str | None = None


def object_location(url: str, member: str) -> ObjectLocation:
    """Bucket and key of an S3 URL: path-style or virtual-hosted, AWS's hosts or loopback.

    Raises ValidationError, which names the member, for a URL that names no object.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    path = unquote(parts.path).lstrip("/")
    bucket = _bucket_of_host(host)
    if bucket is None:
        bucket, _, path = path.partition("/")
    if parts.scheme not in {"http", "https"} or not (bucket and path):
        raise ValidationError(
            f"{member} must be a supported URL: wanted http(s)://HOST/BUCKET/KEY, got {url}"
        )
    return ObjectLocation(bucket, path, parse_qs(parts.query).get("versionId", [None])[0])


def _bucket_of_host(host: str) -> str | None:
    """The bucket of a virtual-hosted S3 host name, None for a path-style host."""
    aws = re.fullmatch(r"(?:(.+)\.)?s3[.-](?:.+\.)?amazonaws\.com(?:\.cn)?", host)
    if aws:
        return aws.group(1)
    loopback = re.fullmatch(r"(.+?)(?:\.s3)?\.localhost", host)
    return loopback.group(1) if loopback and loopback.group(1) != "s3" else None

"""What a `TemplateURL` names: an object of the local S3, by whichever host name."""

from __future__ import annotations

from moto.s3.exceptions import S3ClientError
from moto.s3.models import s3_backends

from local_aws.cloudformation.exceptions import ValidationError
from local_aws.cloudformation.templates import object_location


def read_template(url: str, account_id: str, partition: str, member: str = "TemplateURL") -> str:
    """The text of the object that a `TemplateURL`, or another member, names.

    Raises ValidationError where the URL names no object that can be read.
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

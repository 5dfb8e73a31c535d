"""Lambda function: empties a log bucket when CloudFormation deletes `Custom::EmptyBucket`.

It acts on Delete alone, and only while the bucket carries the tag `EmptyOnDelete`: a bucket that
the stack is told to retain loses the tag first. Every request is answered, with the reason where
it failed. It is synthesized into the template as it stands here.
"""

from typing import Any

import cfnresponse  # type: ignore[import-not-found]  # Lambda adds it to inline code

TIME_TO_ANSWER = 30_000  # milliseconds


class NotEmptiedError(Exception):
    """S3 refused or kept an object, or time ran out."""


def handler(event: dict[str, Any], context: Any) -> None:
    """Answer one request of CloudFormation. The resource's id is the bucket's name."""
    bucket = event["ResourceProperties"]["BucketName"]
    deleting = event["RequestType"] == "Delete"
    resource_id = event["PhysicalResourceId"] if deleting else bucket
    status, reason = cfnresponse.FAILED, f"{bucket} was not emptied: unexpected error"
    try:
        if deleting and resource_id == bucket:
            empty(bucket, context)
        status, reason = cfnresponse.SUCCESS, "done"
    except NotEmptiedError as error:
        reason = f"{bucket} was not emptied: {error}"[:1000]
    finally:
        cfnresponse.send(event, context, status, {}, resource_id, reason=reason)


def empty(bucket: str, context: Any) -> None:
    """Delete all versions and delete markers; a bucket that is gone is empty."""
    import boto3  # takes most of a run, and only Delete needs it
    from botocore.exceptions import BotoCoreError

    s3 = boto3.client("s3")
    try:
        while is_marked(s3, bucket) and (versions := first_versions(s3, bucket)):
            if context.get_remaining_time_in_millis() < TIME_TO_ANSWER:
                raise NotEmptiedError("too many objects for one run, delete the stack again")
            delete(s3, bucket, versions)
    except s3.exceptions.ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchBucket":
            raise NotEmptiedError(error) from error
    except BotoCoreError as error:
        raise NotEmptiedError(error) from error


def first_versions(s3: Any, bucket: str) -> list[Any]:
    """Up to 1,000 versions and delete markers, which is also what one deletion may name."""
    page = s3.list_object_versions(Bucket=bucket)
    return [*page.get("Versions", []), *page.get("DeleteMarkers", [])]


def is_marked(s3: Any, bucket: str) -> bool:
    """Whether the bucket carries the tag that allows emptying it."""
    try:
        tags = s3.get_bucket_tagging(Bucket=bucket)["TagSet"]
    except s3.exceptions.ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchTagSet":
            raise
        return False
    return {"Key": "EmptyOnDelete", "Value": "true"} in tags


def delete(s3: Any, bucket: str, versions: list[Any]) -> None:
    """Delete them in one request; NotEmptiedError names the first that S3 kept, and why."""
    names = [{"Key": found["Key"], "VersionId": found["VersionId"]} for found in versions]
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": names, "Quiet": True})
    for kept in answer.get("Errors", []):
        raise NotEmptiedError(f"{kept['Key']}: {kept['Code']} {kept['Message']}")

"""Emptying buckets: every version of the objects that may be deleted, and nothing else."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from typing import Any

from lab_steps.call_errors import action_of, advice_on, allow
from lab_steps.checking.view import error_code
from lab_steps.errors import DeployError
from lab_steps.place.obstacles import THEN, removing, way_out
from lab_steps.targets.target import Target

AnyKey = Callable[[str], bool]


def versions(client: Any, bucket: str) -> Iterator[list[dict[str, Any]]]:
    """All versions and delete markers, in pages of at most a thousand."""
    for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket):
        yield [*page.get("Versions", []), *page.get("DeleteMarkers", [])]


def empty_bucket(target: Target, name: str, may_go: AnyKey = lambda _: True) -> int:
    """Delete every version of the objects whose key `may_go`, and return how many there were.

    A bucket that is gone is empty. Raises DeployError for an object that S3 keeps.
    """
    from botocore.exceptions import ClientError

    client, deleted = target.client("s3"), 0
    try:
        with removing(f"content of bucket {name}", target.place, bucket=name):
            for page in versions(client, name):
                found = [
                    {"Key": each["Key"], "VersionId": each["VersionId"]}
                    for each in page
                    if may_go(each["Key"])
                ]
                for first in range(0, len(found), 1000):
                    _delete(target, name, found[first : first + 1000])
                deleted += len(found)
    except ClientError as error:
        if error_code(error) != "NoSuchBucket":
            raise
    return deleted


def _delete(target: Target, bucket: str, objects: list[dict[str, str]]) -> None:
    wanted = {"Objects": objects, "Quiet": True}
    answer = target.client("s3").delete_objects(Bucket=bucket, Delete=wanted)
    for kept in answer.get("Errors", []):
        cause = "Remove the cause."
        if kept["Code"] == "AccessDenied":
            cause = advice_on(kept["Message"]) or allow(action_of("s3", "DeleteObjects"))
        helps = way_out(kept["Message"], target.place, bucket=bucket, version=_named(bucket, kept))
        raise DeployError(
            f"S3 kept s3://{bucket}/{kept['Key']}: {kept['Code']} {kept['Message']}",
            helps or f"{cause} {THEN}",
        )


def _named(bucket: str, kept: dict[str, str]) -> str:
    version = f" --version-id {kept['VersionId']}" if kept.get("VersionId") else ""
    return f"--bucket {bucket} --key {shlex.quote(kept['Key'])}{version}"

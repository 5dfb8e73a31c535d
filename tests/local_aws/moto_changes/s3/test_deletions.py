"""Deletions of versions: judged one by one, and MFA delete."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws import LocalAws

CODE = {"MFA": "arn:aws:iam::123456789012:mfa/root 123456"}


@pytest.fixture
def versions(aws: LocalAws) -> tuple[Any, list[str]]:
    """A client, and the versions of the object `key` in the bucket `files`."""
    s3: Any = aws.client("s3")
    s3.create_bucket(Bucket="files")
    s3.put_bucket_versioning(Bucket="files", VersioningConfiguration={"Status": "Enabled"})
    made = [
        s3.put_object(Bucket="files", Key="key", Body=body)["VersionId"] for body in (b"1", b"2")
    ]
    return s3, made


def test_a_version_is_deleted_by_another_right_and_the_refusal_says_why(
    versions: tuple[Any, list[str]],
) -> None:
    s3, (first, _) = versions
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:DeleteObjectVersion",
        "Resource": "arn:aws:s3:::files/*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": deny})
    s3.put_bucket_policy(Bucket="files", Policy=policy)
    named = {"Key": "key", "VersionId": first}
    told = s3.delete_objects(Bucket="files", Delete={"Objects": [named, {"Key": "key"}]})
    [kept], [deleted] = told["Errors"], told["Deleted"]
    assert (kept["Key"], kept["VersionId"], kept["Code"]) == ("key", first, "AccessDenied")
    assert kept["Message"].endswith("with an explicit deny in a resource-based policy")
    assert "s3:DeleteObjectVersion" in kept["Message"]
    assert deleted["DeleteMarker"]


def test_mfa_delete_wants_a_code_for_versions_and_for_the_versioning(
    versions: tuple[Any, list[str]],
) -> None:
    s3, (first, last) = versions
    on = {"Status": "Enabled", "MFADelete": "Enabled"}
    asked = {"Bucket": "files", "VersioningConfiguration": on}
    with pytest.raises(ClientError, match="Mfa Authentication must be used for this request"):
        s3.put_bucket_versioning(**asked)
    s3.put_bucket_versioning(**asked, **CODE)
    told = s3.get_bucket_versioning(Bucket="files")
    assert (told["Status"], told["MFADelete"]) == ("Enabled", "Enabled")
    version = {"Bucket": "files", "Key": "key", "VersionId": first}
    several = {"Objects": [{"Key": "other"}, {"Key": "key", "VersionId": last}]}
    off = {"VersioningConfiguration": {"Status": "Suspended"}}
    for call, given in (
        (s3.delete_object, version),
        (s3.delete_objects, {"Bucket": "files", "Delete": several}),
        (s3.put_bucket_versioning, {"Bucket": "files", **off}),
    ):
        with pytest.raises(ClientError, match="Mfa Authentication must be used"):
            call(**given)
    assert s3.delete_object(Bucket="files", Key="key")["DeleteMarker"]
    s3.delete_object(**version, **CODE)
    told = s3.delete_objects(Bucket="files", Delete=several, **CODE)
    assert len(told["Deleted"]) == 2

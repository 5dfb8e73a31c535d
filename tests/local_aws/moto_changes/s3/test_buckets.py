"""What a new bucket has had since 2023, its lifecycle rules, and where it may log to."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws import LocalAws
from tests.local_aws.delivered import client


@pytest.fixture
def s3(aws: LocalAws) -> Any:
    s3 = client(aws, "s3")
    s3.create_bucket(Bucket="photos")
    return s3


def _default(s3: Any) -> str:
    found = s3.get_bucket_encryption(Bucket="photos")["ServerSideEncryptionConfiguration"]
    (rule,) = found["Rules"]
    algorithm: str = rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"]
    return algorithm


def test_it_encrypts_and_goes_back_to_that(s3: Any) -> None:
    assert _default(s3) == "AES256"
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
    s3.put_bucket_encryption(Bucket="photos", ServerSideEncryptionConfiguration={"Rules": [rule]})
    assert _default(s3) == "aws:kms"
    s3.delete_bucket_encryption(Bucket="photos")
    assert _default(s3) == "AES256"


def test_every_answer_about_an_object_says_so(s3: Any) -> None:
    there = {"Bucket": "photos", "Key": "a"}
    answers = [s3.put_object(**there, Body=b"x"), s3.get_object(**there), s3.head_object(**there)]
    answers.append(s3.copy_object(Bucket="photos", Key="b", CopySource="photos/a"))
    begun = s3.create_multipart_upload(Bucket="photos", Key="c")
    upload = {"Bucket": "photos", "Key": "c", "UploadId": begun["UploadId"]}
    part = s3.upload_part(**upload, PartNumber=1, Body=b"x")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    answers += [begun, part, s3.complete_multipart_upload(**upload, MultipartUpload=parts)]
    assert [each.get("ServerSideEncryption") for each in answers] == ["AES256"] * len(answers)


def test_what_is_asked_for_is_kept(s3: Any) -> None:
    put = s3.put_object(Bucket="photos", Key="a", Body=b"x", ServerSideEncryption="aws:kms")
    assert put["ServerSideEncryption"] == "aws:kms"
    assert s3.head_object(Bucket="photos", Key="a")["ServerSideEncryption"] == "aws:kms"


def test_it_blocks_public_access_until_that_is_deleted(s3: Any) -> None:
    found = s3.get_public_access_block(Bucket="photos")["PublicAccessBlockConfiguration"]
    assert set(found.values()) == {True}
    assert len(found) == 4
    s3.delete_public_access_block(Bucket="photos")
    with pytest.raises(ClientError, match="NoSuchPublicAccessBlockConfiguration"):
        s3.get_public_access_block(Bucket="photos")


def test_lifecycle_rules_are_shown_whole(s3: Any) -> None:
    tags = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    rules = [
        {
            "ID": "whole",
            "Status": "Enabled",
            "Filter": {"And": {"Prefix": "x", "Tags": tags, "ObjectSizeGreaterThan": 5}},
            "Expiration": {"Days": 9},
            "NoncurrentVersionExpiration": {"NoncurrentDays": 3, "NewerNoncurrentVersions": 2},
            "Transitions": [{"Days": 2, "StorageClass": "GLACIER"}],
            "NoncurrentVersionTransitions": [{"NoncurrentDays": 1, "StorageClass": "GLACIER"}],
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 4},
        },
        {"ID": "old", "Status": "Disabled", "Prefix": "", "Expiration": {"Days": 1}},
        {"ID": "one", "Status": "Enabled", "Filter": {"Tag": tags[0]}, "Expiration": {"Days": 1}},
        {"ID": "big", "Status": "Enabled", "Filter": {"ObjectSizeLessThan": 9}}
        | {"Expiration": {"ExpiredObjectDeleteMarker": True}},
    ]
    s3.put_bucket_lifecycle_configuration(Bucket="photos", LifecycleConfiguration={"Rules": rules})
    assert s3.get_bucket_lifecycle_configuration(Bucket="photos")["Rules"] == rules


def _log(s3: Any, target: str) -> None:
    status = {"LoggingEnabled": {"TargetBucket": target, "TargetPrefix": "p/"}}
    s3.put_bucket_logging(Bucket="photos", BucketLoggingStatus=status)


def test_it_logs_to_a_bucket_whose_policy_comes_later(s3: Any) -> None:
    s3.create_bucket(Bucket="access-logs", ObjectOwnership="BucketOwnerEnforced")
    _log(s3, "access-logs")
    found = s3.get_bucket_logging(Bucket="photos")["LoggingEnabled"]
    assert found == {"TargetBucket": "access-logs", "TargetPrefix": "p/"}


def test_a_bucket_with_acls_must_let_the_logs_in(s3: Any) -> None:
    s3.create_bucket(Bucket="access-logs", ObjectOwnership="ObjectWriter")
    deny: dict[str, Any] = {"Effect": "Deny", "Principal": "*", "Action": "s3:*"}
    deny |= {"Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    place = "arn:aws:s3:::access-logs/*"
    s3.put_bucket_policy(
        Bucket="access-logs", Policy=json.dumps({"Statement": [deny | {"Resource": place}]})
    )
    with pytest.raises(ClientError, match="necessary permissions to the logging service"):
        _log(s3, "access-logs")
    allow = {"Effect": "Allow", "Principal": {"Service": ["logging.s3.amazonaws.com"]}}
    allow |= {"Action": ["s3:Put*"], "Resource": place}
    s3.put_bucket_policy(Bucket="access-logs", Policy=json.dumps({"Statement": [allow]}))
    _log(s3, "access-logs")


def test_a_bucket_whose_acls_are_off_takes_the_owners_alone(s3: Any) -> None:
    controls = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    s3.put_bucket_ownership_controls(Bucket="photos", OwnershipControls=controls)
    with pytest.raises(ClientError, match="AccessControlListNotSupported"):
        s3.put_bucket_acl(Bucket="photos", ACL="log-delivery-write")
    with pytest.raises(ClientError, match="AccessControlListNotSupported"):
        s3.put_object(Bucket="photos", Key="a", ACL="authenticated-read")
    s3.put_object(Bucket="photos", Key="a", ACL="bucket-owner-full-control")
    s3.put_bucket_ownership_controls(
        Bucket="photos", OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    )
    s3.put_bucket_acl(Bucket="photos", ACL="log-delivery-write")


def test_access_logs_come_later_so_that_their_bucket_can_go_now(s3: Any, aws: LocalAws) -> None:
    s3.create_bucket(Bucket="access-logs", ObjectOwnership="BucketOwnerEnforced")
    _log(s3, "access-logs")
    s3.put_object(Bucket="photos", Key="a")
    assert "Contents" not in s3.list_objects_v2(Bucket="access-logs")
    aws.advance(timedelta(hours=1))
    logged = s3.list_objects_v2(Bucket="access-logs")["Contents"]
    assert logged[0]["Key"].startswith("p/")


def test_a_bucket_that_logs_to_itself_can_be_emptied(s3: Any, aws: LocalAws) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::photos/*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    s3.put_bucket_policy(Bucket="photos", Policy=policy)
    logging = {"TargetBucket": "photos", "TargetPrefix": "log/"}
    s3.put_bucket_logging(Bucket="photos", BucketLoggingStatus={"LoggingEnabled": logging})
    s3.put_object(Bucket="photos", Key="a")
    aws.advance(timedelta(hours=1))
    listed = [each["Key"] for each in s3.list_objects_v2(Bucket="photos")["Contents"]]
    assert listed[0] == "a"
    assert listed[1].startswith("log/")
    for key in listed:
        s3.delete_object(Bucket="photos", Key=key)
    s3.delete_bucket(Bucket="photos")


@pytest.mark.parametrize("name", ["Not_A_Name", "192.168.1.1", "logs..of-mine", "logs-s3alias"])
def test_a_name_that_no_bucket_may_have_is_refused(name: str, aws: LocalAws) -> None:
    with pytest.raises(ClientError, match="InvalidBucketName"):
        client(aws, "s3").create_bucket(Bucket=name)

"""How files come into a bucket: encrypted or not, by calls that are on record themselves."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudtrail.policies.key_policy import encryption_policy
from cloudtrail.records.calls import Record
from local_aws import LocalAws
from tests.local_aws.delivered import (
    ACCOUNT,
    MANAGEMENT,
    client,
    keys,
    log_bucket,
    log_files,
    records,
    table,
    trail,
)

TRAIL_ARN = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/audit"
OBJECTS_OF_ALL_BUCKETS = [
    {
        "ReadWriteType": "All",
        "IncludeManagementEvents": False,
        "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}],
    }
]


@pytest.fixture
def aws(patient_aws: LocalAws) -> LocalAws:
    return patient_aws


def key(aws: LocalAws, region: str = "us-east-1") -> str:
    """A KMS key that the trail `audit` may encrypt with; returns its ARN."""
    kms = client(aws, "kms", region)
    metadata = kms.create_key()["KeyMetadata"]
    arn: str = metadata["Arn"]
    policy = encryption_policy(arn, ACCOUNT, TRAIL_ARN)
    kms.put_key_policy(KeyId=arn, PolicyName="default", Policy=json.dumps(policy))
    return arn


def key_id(arn: str) -> str:
    """What moto's DisableKey and ScheduleKeyDeletion take: they know no ARNs."""
    return arn.rpartition("/")[2]


def heads(aws: LocalAws, bucket: str) -> list[Any]:
    s3 = client(aws, "s3")
    return [s3.head_object(Bucket=bucket, Key=each) for each in keys(aws, bucket)]


def status(aws: LocalAws) -> Any:
    return client(aws, "cloudtrail").get_trail_status(Name="audit")


def refusal(aws: LocalAws, **settings: Any) -> str:
    log_bucket(aws, "audit-logs")
    with pytest.raises(ClientError) as refused:
        client(aws, "cloudtrail").create_trail(Name="audit", S3BucketName="audit-logs", **settings)
    code: str = refused.value.response["Error"]["Code"]
    return code


class TestEncryption:
    def test_log_files_of_a_trail_with_a_key_are_encrypted_with_it(self, aws: LocalAws) -> None:
        arn = key(aws)
        trail(aws, "audit", KmsKeyId=arn)
        table(aws)
        aws.deliver_now()
        found = heads(aws, "audit-logs")
        assert found
        assert {(each["ServerSideEncryption"], each["SSEKMSKeyId"]) for each in found} == {
            ("aws:kms", arn)
        }

    def test_log_files_of_a_trail_without_a_key_are_aes256(self, aws: LocalAws) -> None:
        trail(aws, "audit")
        table(aws)
        aws.deliver_now()
        found = heads(aws, "audit-logs")
        assert {each["ServerSideEncryption"] for each in found} == {"AES256"}
        assert not any("SSEKMSKeyId" in each for each in found)

    def test_digest_files_are_aes256_though_the_trail_has_a_key(self, aws: LocalAws) -> None:
        trail(aws, "audit", KmsKeyId=key(aws), EnableLogFileValidation=True)
        client(aws, "cloudtrail").stop_logging(Name="audit")
        aws.deliver_now()
        s3 = client(aws, "s3")
        digests = [each for each in keys(aws, "audit-logs") if "/CloudTrail-Digest/" in each]
        head = s3.head_object(Bucket="audit-logs", Key=digests[0])
        assert head["ServerSideEncryption"] == "AES256"

    def test_key_may_be_given_by_its_alias(self, aws: LocalAws) -> None:
        arn = key(aws)
        client(aws, "kms").create_alias(AliasName="alias/trails", TargetKeyId=arn)
        trail(aws, "audit", KmsKeyId="alias/trails")
        described = client(aws, "cloudtrail").get_trail(Name="audit")["Trail"]
        assert described["KmsKeyId"] == arn

    def test_key_that_is_disabled_later_shows_and_nothing_is_lost(self, aws: LocalAws) -> None:
        arn = key(aws)
        trail(aws, "audit", KmsKeyId=arn)
        kms = client(aws, "kms")
        kms.disable_key(KeyId=key_id(arn))
        table(aws)
        aws.deliver_now()
        assert status(aws)["LatestDeliveryError"] == "KMS.DisabledException"
        assert keys(aws, "audit-logs") == []
        kms.enable_key(KeyId=key_id(arn))
        assert "CreateTable" in {each["eventName"] for each in records(aws, "audit-logs")}
        assert "LatestDeliveryError" not in status(aws)

    def test_key_policy_that_shuts_cloudtrail_out_later_shows(self, aws: LocalAws) -> None:
        arn = key(aws)
        trail(aws, "audit", KmsKeyId=arn)
        policy = encryption_policy(arn, ACCOUNT, TRAIL_ARN)
        del policy["Statement"][0]
        client(aws, "kms").put_key_policy(
            KeyId=arn, PolicyName="default", Policy=json.dumps(policy)
        )
        aws.deliver_now()
        assert status(aws)["LatestDeliveryError"] == "AccessDenied"


class TestKeysThatWillNotDo:
    def test_disabled_key(self, aws: LocalAws) -> None:
        arn = key(aws)
        client(aws, "kms").disable_key(KeyId=key_id(arn))
        assert refusal(aws, KmsKeyId=arn) == "KmsException"

    def test_key_to_be_deleted(self, aws: LocalAws) -> None:
        arn = key(aws)
        client(aws, "kms").schedule_key_deletion(KeyId=key_id(arn))
        assert refusal(aws, KmsKeyId=arn) == "KmsException"

    def test_no_such_key(self, aws: LocalAws) -> None:
        missing = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/5f7b0a3e-0000-4000-8000-000000000001"
        assert refusal(aws, KmsKeyId=missing) == "KmsKeyNotFoundException"

    def test_key_of_another_region_than_the_bucket(self, aws: LocalAws) -> None:
        assert refusal(aws, KmsKeyId=key(aws, "eu-west-1")) == "KmsKeyNotFoundException"

    def test_no_key_id_at_all(self, aws: LocalAws) -> None:
        assert refusal(aws, KmsKeyId="my key") == "InvalidKmsKeyIdException"

    def test_key_with_the_default_policy(self, aws: LocalAws) -> None:
        arn = client(aws, "kms").create_key()["KeyMetadata"]["Arn"]
        assert refusal(aws, KmsKeyId=arn) == "InsufficientEncryptionPolicyException"


class TestOwnCalls:
    def test_trail_of_management_events_records_get_bucket_acl(self, aws: LocalAws) -> None:
        trail(aws, "audit", selectors=MANAGEMENT)
        table(aws)
        aws.deliver_now()
        (record,) = [each for each in records(aws, "audit-logs") if by_cloudtrail(each)]
        assert record["eventName"] == "GetBucketAcl"
        assert record["userIdentity"]["type"] == "AWSService"
        assert record["requestParameters"]["bucketName"] == "audit-logs"
        assert record["sharedEventID"] != record["eventID"]

    def test_trail_of_object_events_records_put_object_of_its_own_files(
        self, aws: LocalAws
    ) -> None:
        trail(aws, "audit", selectors=OBJECTS_OF_ALL_BUCKETS)
        client(aws, "s3").create_bucket(Bucket="things")
        client(aws, "s3").put_object(Bucket="things", Key="one", Body=b"1")
        aws.deliver_now()
        (first,) = keys(aws, "audit-logs")
        aws.deliver_now()
        puts = [each for each in all_records(aws) if by_cloudtrail(each)]
        assert [each["requestParameters"]["key"] for each in puts] == [first]
        assert puts[0]["requestParameters"]["x-amz-acl"] == "bucket-owner-full-control"
        assert "sharedEventID" in puts[0]

    def test_deliveries_do_not_feed_on_themselves(self, aws: LocalAws) -> None:
        trail(aws, "audit", selectors=[*MANAGEMENT, *OBJECTS_OF_ALL_BUCKETS])
        table(aws)
        for _ in range(5):
            aws.deliver_now()
        # Listing and reading S3 over the wire would be events themselves.
        quiet = file_count("audit-logs")
        for _ in range(5):
            aws.deliver_now()
        assert file_count("audit-logs") == quiet
        assert 2 <= quiet <= 3


def by_cloudtrail(record: Record) -> bool:
    return bool(record["userIdentity"].get("invokedBy") == "cloudtrail.amazonaws.com")


def all_records(aws: LocalAws) -> list[Record]:
    return [record for file in log_files(aws, "audit-logs").values() for record in file]


def file_count(bucket: str) -> int:
    from moto.s3.models import s3_backends

    return len(s3_backends[ACCOUNT]["aws"].get_bucket(bucket).keys)

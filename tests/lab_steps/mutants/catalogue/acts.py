"""What students do to break a lab, and calls that several mutants have."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta

from botocore.exceptions import ClientError

from cloudtrail.log_files import parse_log_file_key
from cloudtrail.policies.bucket_policy import delivery_policy
from local_aws import LocalAws
from tests.lab_steps.mutants.reference_lab import (
    ITEM,
    Call,
    Pass,
    call,
)
from tests.lab_steps.standing import ORGANIZATION
from tests.local_aws.delivered import ACCOUNT, client, keys


def _statements(bucket: str, arn: str) -> str:
    return json.dumps(delivery_policy(bucket, "", ACCOUNT, arn))


def remove_policy(bucket: str) -> Call:
    return call("s3", "delete_bucket_policy", Bucket=bucket)


def permit(bucket: str, trail: str) -> Call:
    """The policy of the user guide for `trail`, in place of what was there."""
    arn = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/{trail}"
    return call("s3", "put_bucket_policy", Bucket=bucket, Policy=_statements(bucket, arn))


@dataclass(frozen=True, slots=True)
class Encrypt:
    """Log file SSE-KMS ticked: a key that CloudTrail may use, and the trail uses it."""

    trail: str

    def __call__(self, aws: LocalAws) -> None:
        cloudtrail = {"Service": "cloudtrail.amazonaws.com"}
        statements = [
            {"Effect": "Allow", "Principal": who, "Action": "kms:*", "Resource": "*"}
            for who in ({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, cloudtrail)
        ]
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
        key = client(aws, "kms").create_key(Policy=policy)["KeyMetadata"]["Arn"]
        client(aws, "cloudtrail").update_trail(Name=self.trail, KmsKeyId=key)


@dataclass(frozen=True, slots=True)
class EmptyBucket:
    """All log files deleted, and the bucket with them if `and_delete`."""

    bucket: str
    and_delete: bool = False

    def __call__(self, aws: LocalAws) -> None:
        s3 = client(aws, "s3")
        for key in keys(aws, self.bucket):
            s3.delete_object(Bucket=self.bucket, Key=key)
        if self.and_delete:
            s3.delete_bucket(Bucket=self.bucket)


@dataclass(frozen=True, slots=True)
class MoveLogFiles:
    """Every log file moved to the same key with `old` replaced by `new`."""

    bucket: str
    old: str
    new: str

    def __call__(self, aws: LocalAws) -> None:
        s3 = client(aws, "s3")
        for key in keys(aws, self.bucket):
            if parse_log_file_key(key):
                source = {"Bucket": self.bucket, "Key": key}
                moved = key.replace(self.old, self.new)
                s3.copy_object(Bucket=self.bucket, Key=moved, CopySource=source)
                s3.delete_object(Bucket=self.bucket, Key=key)


def restore_users(aws: LocalAws) -> None:
    """The table Users deleted, and restored from its backup."""
    dynamodb = client(aws, "dynamodb")
    backup = dynamodb.create_backup(TableName="Users", BackupName="saved")["BackupDetails"]
    dynamodb.delete_table(TableName="Users")
    dynamodb.restore_table_from_backup(TargetTableName="Users", BackupArn=backup["BackupArn"])


def list_s3_tables(aws: LocalAws) -> None:
    """The ListTables of another service."""
    s3tables = client(aws, "s3tables")
    bucket = s3tables.create_table_bucket(name="tables-of-s3")["arn"]
    s3tables.list_tables(tableBucketARN=bucket)


@dataclass(frozen=True, slots=True)
class Refused:
    """A call that its service refuses."""

    call: Call

    def __call__(self, aws: LocalAws) -> None:
        try:
            self.call(aws)
        except ClientError:
            return
        raise AssertionError(f"{self.call.operation} was to be refused.")


ORGANIZATION_TRAIL_DELETED = Call(
    "cloudtrail",
    "delete_trail",
    {"Name": ORGANIZATION.name},
    account_id=ORGANIZATION.management_account,
)
REFUSED_UPDATE = Refused(
    call(
        "dynamodb",
        "update_table",
        TableName="Users",
        GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "there-is-none"}}],
    )
)
REFUSED_GET = Refused(
    call("dynamodb", "get_item", TableName="Users", Key={"no-such-key": ITEM["id"]})
)
LIST_TABLES = call("dynamodb", "list_tables")
LIST_TRAILS = call("cloudtrail", "list_trails")
GET_ITEM = call("dynamodb", "get_item", TableName="Users", Key={"id": ITEM["id"]})
QUARTER = Pass(timedelta(days=91))

"""The mutants: labs with one thing broken, as students break it, and what a check must say.

Adding a step or a check? Add its mutant here (docs/writing-a-lab.md).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from botocore.exceptions import ClientError

from cloudtrail.log_files import parse_log_file_key
from cloudtrail.policies.bucket_policy import delivery_policy
from local_aws import LocalAws
from tests.lab_steps.mutants.reference_lab import (
    ALL_MANAGEMENT,
    ALL_TABLES,
    CALL_RATE,
    DATA,
    DATA_BUCKET,
    ERROR_RATE,
    IS_DATA,
    IS_MANAGEMENT,
    IS_NETWORK,
    ITEM,
    MANAGEMENT,
    MANAGEMENT_BUCKET,
    ON_TABLES,
    REFERENCE,
    USERS,
    Act,
    Call,
    Lab,
    Pass,
    advanced,
    basic,
    call,
    changed,
    deliver,
    select,
    table,
    throughput,
)
from tests.lab_steps.standing import ORGANIZATION
from tests.local_aws.delivered import ACCOUNT, client, keys

Blocked = Mapping[int, int]
"""Numbers of blocked steps, each with that of the step that blocks it."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A lab with one thing wrong, and the verdict: all other steps pass.

    `fails` has the steps that must FAIL, each with a text of its rationale; `blocked` the
    steps that must be BLOCKED.
    """

    name: str
    lab: Lab
    fails: Mapping[int, str]
    blocked: Blocked = field(default_factory=dict)


def mutant(
    name: str, *, fails: Mapping[int, str], blocked: Blocked | None = None, **changes: Any
) -> Mutant:
    """The reference lab with `changes` (as `changed` takes them)."""
    return Mutant(name, changed(REFERENCE, **changes), fails, blocked or {})


def by(step: int, *steps: int) -> dict[int, int]:
    """These steps are blocked by `step`."""
    return dict.fromkeys(steps, step)


# Acts of students that take more than one call


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

# What is blocked when something is missing

NO_MANAGEMENT_TRAIL = by(6, 7, 8, 9, 10, 29, 30, 31, 32, 33, 34)
NO_DATA_TRAIL = by(12, 13, 14, 15, 16, 23, 24, 35, 36, 37)
NO_DELIVERY_TO_MANAGEMENT = by(6, 29, 30, 31, 32, 33, 34)
NO_DELIVERY_TO_DATA = by(12, 23, 24, 35, 36, 37)
NO_MANAGEMENT_FILES = by(30, 31, 32, 33, 34)
NO_DATA_FILES = by(35, 23, 24, 36, 37)
NO_EVENTS = by(3, 4, 17, 18, 38)
NO_TABLE = by(19, 20, 21, 22, 25, 26, 27, 28)
NEVER_A_TABLE = {**NO_TABLE, **by(19, 23, 24, 34, 38), **by(26, 35, 36), 37: 35}

WITH_SORT_KEY = {
    **USERS,
    "AttributeDefinitions": [
        {"AttributeName": "id", "AttributeType": "N"},
        {"AttributeName": "when", "AttributeType": "N"},
    ],
    "KeySchema": [
        {"AttributeName": "id", "KeyType": "HASH"},
        {"AttributeName": "when", "KeyType": "RANGE"},
    ],
}
WITH_INDEX = {
    **WITH_SORT_KEY,
    "KeySchema": USERS["KeySchema"],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by-when",
            "KeySchema": [{"AttributeName": "when", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
            "ProvisionedThroughput": throughput(1),
        }
    ],
}
USERS_TABLE_ARN = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/Users"
BOTH_IN_ONE = f"aws-cloudtrail-logs-management-events-data-events-{ACCOUNT}"
ALL_WORK: tuple[Act, ...] = REFERENCE.work

SIGN_IN = (
    mutant(
        "signed in to another account",
        expected_account="999999999999",
        fails={1: "signed in to an account that is not the lab's"},
    ),
    mutant(
        "the organization has no trail",
        before=(ORGANIZATION_TRAIL_DELETED,),
        organization_trail=ORGANIZATION.name,
        fails={2: "not a member of the lab's organization, or the organization has no"},
    ),
    Mutant(
        "nothing was done",
        Lab(before=(ORGANIZATION_TRAIL_DELETED,), listed=False, after=(QUARTER,)),
        fails={
            3: "None of your management events",
            5: "Create trail was not completed",
            11: "Create trail was not completed",
        },
        blocked={
            **NO_EVENTS,
            **NO_MANAGEMENT_TRAIL,
            **NO_DATA_TRAIL,
            **NO_TABLE,
            6: 5,
            12: 11,
            19: 17,
        },
    ),
    mutant(
        "three months ago",
        after=(QUARTER,),
        fails={3: "None of your management events"},
        blocked=NO_EVENTS,
    ),
    mutant(
        "trails made three months ago, and not looked at since",
        between=(QUARTER,),
        fails={4: "Only the check has looked at the trails"},
    ),
    mutant(
        "trails made three months ago, and only a refused look at them since",
        between=(QUARTER, Refused(call("cloudtrail", "get_trail", Name="no-such-trail"))),
        fails={4: "Only the check has looked at the trails"},
    ),
    mutant(
        "trails of another home Region made three months ago, and not looked at since",
        management__region="us-west-2",
        data__region="us-west-2",
        between=(QUARTER,),
        fails={4: "Only the check has looked at the trails"},
    ),
)

MANAGEMENT_TRAIL = (
    mutant(
        "no management trail",
        management=None,
        fails={5: "Create trail was not completed"},
        blocked={**NO_MANAGEMENT_TRAIL, 6: 5},
    ),
    mutant(
        "management trail misspelled",
        management__name="student-managment-events",
        fails={6: f"None of them is called {MANAGEMENT}"},
        blocked=NO_MANAGEMENT_TRAIL,
    ),
    mutant(
        "single-Region management trail in another Region",
        management__settings={},
        management__region="us-west-2",
        fails={5: "records nothing from the lab's Region, us-east-1"},
        blocked={**NO_MANAGEMENT_TRAIL, 6: 5},
    ),
    mutant(
        "management-events not inserted into the bucket's name",
        management__bucket=f"aws-cloudtrail-logs-{ACCOUNT}-1a2b3c4d",
        fails={6: "management-events should be inserted"},
    ),
    mutant(
        "the buckets are swapped",
        management__bucket=DATA_BUCKET,
        data__bucket=MANAGEMENT_BUCKET,
        fails={6: "management-events should be inserted", 12: "data-events should be inserted"},
    ),
    mutant(
        "one bucket for both trails",
        management__bucket=BOTH_IN_ONE,
        data__bucket=BOTH_IN_ONE,
        fails={
            6: f"The bucket is also used by {DATA}",
            12: f"The bucket is also used by {MANAGEMENT}",
            33: "belong to the other trail",
            36: "belong to the other trail",
        },
    ),
    mutant(
        "management bucket's policy removed later",
        after=(remove_policy(MANAGEMENT_BUCKET),),
        fails={6: f"CloudTrail may not deliver to bucket {MANAGEMENT_BUCKET}"},
        blocked=NO_DELIVERY_TO_MANAGEMENT,
    ),
    mutant(
        "management bucket deleted",
        after=(EmptyBucket(MANAGEMENT_BUCKET, and_delete=True),),
        fails={6: f"There is no bucket {MANAGEMENT_BUCKET}"},
        blocked=NO_DELIVERY_TO_MANAGEMENT,
    ),
    mutant(
        "SSE-KMS on for management events",
        between=(Encrypt(MANAGEMENT),),
        fails={7: "every reader needs permission to decrypt"},
    ),
    mutant(
        "validation on for management events",
        management__settings={"EnableLogFileValidation": True},
        fails={7: "validation adds digest files"},
    ),
    mutant(
        "table events on the management trail too",
        management__selectors=(ALL_MANAGEMENT, ALL_TABLES),
        fails={8: "selector", 33: "belong to the other trail"},
    ),
    mutant(
        "events of one bucket's objects on the management trail too",
        management__selectors=(
            basic("All", management=True, objects=["arn:aws:s3:::holiday-pictures/"]),
        ),
        fails={8: "selector"},
    ),
    mutant(
        "reads of one bucket's objects on the management trail too",
        management__selectors=(
            basic("All", management=True),
            basic("ReadOnly", management=False, objects=["arn:aws:s3:::holiday-pictures/"]),
        ),
        fails={8: "selector"},
    ),
    mutant(
        "network activity of one service on the management trail too",
        management__selectors=(
            ALL_MANAGEMENT,
            advanced("endpoints", IS_NETWORK, ("eventSource", "kms.amazonaws.com")),
        ),
        fails={8: "wants eventCategory NetworkActivity, wants eventSource kms"},
    ),
    mutant(
        "no Insights",
        management__insights=(),
        fails={8: "the trail has no Insights selector"},
        blocked=by(8, 10),
    ),
    mutant(
        "management read events only",
        management__selectors=(basic("ReadOnly", management=True),),
        management__insights=(ERROR_RATE,),
        fails={9: "ReadOnly", 10: f"{CALL_RATE} is not selected"},
        blocked=by(9, 34),
    ),
    mutant(
        "management write events only",
        management__selectors=(advanced("writes", IS_MANAGEMENT, ("readOnly", "false")),),
        fails={9: "readOnly"},
        blocked=by(9, 34),
    ),
    mutant(
        "management trail narrowed to write events after the work",
        after=(select(MANAGEMENT, basic("WriteOnly", management=True)),),
        fails={9: "WriteOnly"},
    ),
    mutant(
        "Insights of call rate only",
        management__insights=(CALL_RATE,),
        fails={10: f"{ERROR_RATE} is not selected"},
    ),
    mutant(
        "Insights of error rate only",
        management__insights=(ERROR_RATE,),
        fails={10: f"{CALL_RATE} is not selected"},
    ),
    mutant(
        "management trail not logging",
        management__logging=False,
        fails={10: "StartLogging turns it on"},
        blocked={30: 10, **NO_MANAGEMENT_FILES},
    ),
    mutant(
        "management trail stopped after the work",
        after=(call("cloudtrail", "stop_logging", Name=MANAGEMENT),),
        fails={10: "StartLogging turns it on"},
    ),
)

DATA_TRAIL = (
    mutant(
        "no data trail",
        data=None,
        fails={11: "Create trail was not completed"},
        blocked={**NO_DATA_TRAIL, 12: 11},
    ),
    mutant(
        "data trail has another name",
        data__name="student-data-trail",
        fails={12: f"None of them is called {DATA}"},
        blocked=NO_DATA_TRAIL,
    ),
    mutant(
        "data-events not inserted into the bucket's name",
        data__bucket=f"aws-cloudtrail-logs-{ACCOUNT}-1a2b3c4d",
        fails={12: "data-events should be inserted"},
    ),
    mutant(
        "both trails to the management bucket",
        data__bucket=MANAGEMENT_BUCKET,
        fails={
            6: f"The bucket is also used by {DATA}",
            12: "data-events should be inserted",
            33: "belong to the other trail",
            36: "belong to the other trail",
        },
    ),
    mutant(
        "data bucket's policy names another trail",
        after=(permit(DATA_BUCKET, MANAGEMENT),),
        fails={12: "CloudTrail may not deliver"},
        blocked=NO_DELIVERY_TO_DATA,
    ),
    mutant(
        "SSE-KMS on for data events",
        between=(Encrypt(DATA),),
        fails={13: "every reader needs permission to decrypt"},
    ),
    mutant(
        "validation on for data events",
        data__settings={"EnableLogFileValidation": True},
        fails={13: "validation adds digest files"},
    ),
    mutant(
        "management events on the data trail too",
        data__selectors=(ALL_TABLES, ALL_MANAGEMENT),
        fails={14: "selector", 36: "belong to the other trail"},
    ),
    mutant(
        "data trail as the CLI makes it, without selectors",
        data__selectors=(basic("All", management=True),),
        fails={14: "management", 15: "data", 36: "belong to the other trail"},
        blocked=by(15, 23, 24, 37),
    ),
    mutant(
        "management write events put on the data trail after the work",
        after=(
            select(DATA, basic("WriteOnly", management=True, tables=["arn:aws:dynamodb"])),
            select(
                DATA,
                advanced("tables", IS_DATA, ON_TABLES),
                advanced("writes", IS_MANAGEMENT, ("readOnly", "false")),
            ),
        ),
        fails={14: "selector"},
    ),
    mutant(
        "denied network activity on the data trail too",
        data__selectors=(
            ALL_TABLES,
            advanced(
                "endpoints",
                IS_NETWORK,
                ("eventSource", "ec2.amazonaws.com"),
                ("eventName", "StartsWith", "Describe"),
                ("errorCode", "VpceAccessDenied"),
                ("vpcEndpointId", "vpce-0fedcba9876543210"),
            ),
        ),
        fails={14: "wants vpcEndpointId vpce-0fedcba9876543210"},
    ),
    mutant(
        "data events of one table only",
        data__selectors=(
            advanced("Users", IS_DATA, ON_TABLES, ("resources.ARN", USERS_TABLE_ARN)),
        ),
        fails={15: "resources.ARN"},
    ),
    mutant(
        "data events of one table only, by a basic selector",
        data__selectors=(basic("All", management=False, tables=[USERS_TABLE_ARN]),),
        fails={15: "Users"},
    ),
    mutant(
        "data events of S3 objects instead",
        data__selectors=(basic("All", management=False, objects=["arn:aws:s3"]),),
        fails={15: "AWS::S3::Object"},
        blocked={**NO_DATA_FILES, **by(15, 23, 24, 35)},
    ),
    mutant(
        "data events of S3 objects too",
        data__selectors=(
            ALL_TABLES,
            advanced("objects", IS_DATA, ("resources.type", "AWS::S3::Object")),
        ),
        fails={15: "selector"},
    ),
    mutant(
        "data events of one bucket's objects too",
        data__selectors=(
            ALL_TABLES,
            advanced(
                "objects",
                IS_DATA,
                ("resources.type", "AWS::S3::Object"),
                ("resources.ARN", "StartsWith", "arn:aws:s3:::holiday-pictures/"),
            ),
        ),
        fails={15: "selector"},
    ),
    mutant(
        "data write events only",
        data__selectors=(advanced("writes", IS_DATA, ON_TABLES, ("readOnly", "false")),),
        fails={15: "readOnly"},
        blocked=by(15, 23, 24, 37),
    ),
    mutant(
        "PutItem and GetItem only",
        data__selectors=tuple(
            advanced(name, IS_DATA, ON_TABLES, ("eventName", name))
            for name in ("PutItem", "GetItem")
        ),
        fails={15: "eventName"},
    ),
    mutant(
        "all data events but Scan",
        data__selectors=(
            advanced("no scans", IS_DATA, ON_TABLES, ("eventName", "NotEquals", "Scan")),
        ),
        fails={15: "eventName"},
    ),
    mutant(
        "all data events but those of one table",
        data__selectors=(
            advanced(
                "not Orders",
                IS_DATA,
                ON_TABLES,
                ("resources.ARN", "NotEndsWith", "table/Orders"),
            ),
        ),
        fails={15: "resources.ARN"},
    ),
    mutant(
        "data selector without a name",
        data__selectors=(advanced(None, IS_DATA, ON_TABLES),),
        fails={15: "gives it a name"},
    ),
    mutant(
        "data trail not logging",
        data__logging=False,
        fails={16: "StartLogging turns it on"},
        blocked={**NO_DATA_FILES, **by(16, 23, 24, 35)},
    ),
    mutant(
        "data trail stopped after the work",
        after=(call("cloudtrail", "stop_logging", Name=DATA),),
        fails={16: "StartLogging turns it on"},
    ),
)

USERS_TABLE = (
    mutant(
        "DynamoDB never used",
        listed=False,
        table=None,
        fails={17: "No such call was made"},
        blocked={**NEVER_A_TABLE, **by(17, 18, 19)},
    ),
    mutant(
        "only a refused call to DynamoDB",
        listed=False,
        table=None,
        between=(Refused(call("dynamodb", "describe_table", TableName="Users")),),
        fails={17: "No such call was made"},
        blocked={**NEVER_A_TABLE, **by(17, 18, 19)},
    ),
    mutant(
        "tables never listed",
        listed=False,
        fails={18: "No such call was made", 34: "it was not made while"},
    ),
    mutant(
        "tables of S3 listed instead of DynamoDB's",
        listed=False,
        between=(list_s3_tables,),
        fails={18: "No such call was made", 34: "it was not made while"},
    ),
    mutant(
        "tables listed long ago",
        table=None,
        between=(LIST_TABLES, Pass(timedelta(minutes=50)), LIST_TRAILS, *ALL_WORK[1:]),
        after=(Pass(timedelta(days=90) - timedelta(minutes=20)),),
        listed=False,
        fails={18: "in the last 90 days"},
    ),
    mutant(
        "no table",
        table=None,
        fails={19: "The table Users was not created here, or it was deleted"},
        blocked=NEVER_A_TABLE,
    ),
    mutant(
        "table called users",
        table=table(name="users"),
        updated={"TableName": "users", "ProvisionedThroughput": throughput(1)},
        fails={19: "these tables were created: users"},
        blocked={**NO_TABLE, **by(19, 24, 34, 37, 38)},
    ),
    mutant(
        "table deleted after the work",
        after=(call("dynamodb", "delete_table", TableName="Users"),),
        fails={19: "or it was deleted"},
        blocked=NO_TABLE,
    ),
    mutant(
        "key of type String",
        table=table("S"),
        items=({**ITEM, "id": {"S": "7"}},),
        fails={20: "N is Number, S is String"},
    ),
    mutant(
        "key called Id",
        table=table(key="Id"),
        items=({"Id": {"N": "7"}, "Name": {"S": "Ada"}},),
        fails={20: "fixed when it is created"},
    ),
    mutant(
        "sort key",
        table=WITH_SORT_KEY,
        items=({**ITEM, "when": {"N": "1"}},),
        fails={21: "leaves everything except name and partition key"},
    ),
    mutant(
        "secondary index",
        table=WITH_INDEX,
        fails={21: "leaves everything except name and partition key"},
    ),
    mutant(
        "table without its key",
        table_status="INACCESSIBLE_ENCRYPTION_CREDENTIALS",
        fails={22: "cannot be used in this state"},
    ),
    mutant(
        "items never looked at",
        scanned=False,
        read=False,
        fails={23: "nobody read an item"},
        blocked=by(23, 24, 37),
    ),
    mutant(
        "the only look at items refused",
        scanned=False,
        read=False,
        after=(REFUSED_GET, deliver),
        fails={23: "or the read was refused"},
        blocked=by(23, 24, 37),
    ),
    mutant(
        "items of another table looked at",
        scanned=False,
        read=False,
        between=(
            call("dynamodb", "create_table", **table(name="Orders")),
            call("dynamodb", "scan", TableName="Orders"),
        ),
        fails={24: "the items that were read are from Orders"},
        blocked=by(24, 37),
    ),
    mutant(
        "table restored from a backup",
        after=(restore_users,),
        fails={25: "A restored table already has items"},
    ),
    mutant(
        "no item",
        items=(),
        fails={26: "No item was created"},
        blocked=by(26, 27, 28, 37),
    ),
    mutant(
        "item deleted after the work",
        after=(call("dynamodb", "delete_item", TableName="Users", Key={"id": ITEM["id"]}),),
        fails={26: "No item was created"},
        blocked=by(26, 27, 28),
    ),
    mutant(
        "item without Name",
        items=({"id": {"N": "7"}},),
        fails={27: "No item has Name"},
        blocked=by(27, 28),
    ),
    mutant(
        "name in lower case",
        items=({"id": {"N": "7"}, "name": {"S": "Ada"}},),
        fails={27: "names are case-sensitive"},
        blocked=by(27, 28),
    ),
    mutant(
        "Name is a Number",
        items=({"id": {"N": "7"}, "Name": {"N": "1"}},),
        fails={28: "Name is not a String"},
    ),
)

LOG_FILES = (
    mutant(
        "management bucket refused the latest delivery, and was repaired",
        after=(
            remove_policy(MANAGEMENT_BUCKET),
            LIST_TABLES,
            deliver,
            permit(MANAGEMENT_BUCKET, MANAGEMENT),
        ),
        fails={29: "tries again for 30 days"},
    ),
    mutant(
        "management log files deleted",
        after=(EmptyBucket(MANAGEMENT_BUCKET),),
        fails={30: "Nothing was delivered, although it is due"},
        blocked=NO_MANAGEMENT_FILES,
    ),
    mutant(
        "management log files moved to another Region's folder",
        after=(MoveLogFiles(MANAGEMENT_BUCKET, "us-east-1", "us-west-2"),),
        fails={31: "none for Region us-east-1"},
        blocked=by(31, 32),
    ),
    mutant(
        "management log files renamed",
        after=(MoveLogFiles(MANAGEMENT_BUCKET, f"{ACCOUNT}_CloudTrail", "my-logs"),),
        fails={32: "do not have the names that CloudTrail gives"},
    ),
    mutant(
        "table events on the management trail, repaired after the work",
        management__selectors=(ALL_MANAGEMENT, ALL_TABLES),
        after=(select(MANAGEMENT, ALL_MANAGEMENT),),
        fails={33: "belong to the other trail"},
    ),
    mutant("table never updated", updated=None, fails={34: "it was not made while"}),
    mutant(
        "update refused", updated=None, after=(REFUSED_UPDATE, deliver), fails={34: "or it failed"}
    ),
    mutant(
        "work done before the trails were logging",
        table=None,
        listed=False,
        before=ALL_WORK,
        after=(
            GET_ITEM,
            LIST_TABLES,
            GET_ITEM,
            deliver,
        ),
        fails={34: "while the trail was logging", 37: "while the trail was logging"},
    ),
    mutant(
        "data log files deleted",
        after=(EmptyBucket(DATA_BUCKET),),
        fails={35: "Nothing was delivered, although it is due"},
        blocked=NO_DATA_FILES,
    ),
    mutant(
        "management events on the data trail, repaired after the work",
        data__selectors=(ALL_TABLES, ALL_MANAGEMENT),
        after=(select(DATA, ALL_TABLES),),
        fails={36: "belong to the other trail"},
    ),
    mutant("item never read", read=False, fails={37: "it was not made while"}),
    mutant(
        "item written with UpdateItem",
        items=(),
        after=(
            call(
                "dynamodb",
                "update_item",
                TableName="Users",
                Key={"id": {"N": "7"}},
                UpdateExpression="SET #name = :name",
                ExpressionAttributeNames={"#name": "Name"},
                ExpressionAttributeValues={":name": {"S": "Ada"}},
            ),
            GET_ITEM,
            LIST_TABLES,
            deliver,
        ),
        fails={37: "it was not made while"},
    ),
    mutant(
        "table created long ago",
        after=(QUARTER, LIST_TRAILS, LIST_TABLES),
        fails={38: "no CreateTable of Users in the last 90 days"},
    ),
)

MUTANTS = (*SIGN_IN, *MANAGEMENT_TRAIL, *DATA_TRAIL, *USERS_TABLE, *LOG_FILES)

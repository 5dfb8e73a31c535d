"""Mutants of steps 29 to 38: log files, and Event history filtered."""

from __future__ import annotations

from tests.lab_steps.mutants.catalogue.acts import (
    GET_ITEM,
    LIST_TABLES,
    LIST_TRAILS,
    QUARTER,
    REFUSED_UPDATE,
    EmptyBucket,
    MoveLogFiles,
    permit,
    remove_policy,
)
from tests.lab_steps.mutants.catalogue.mutant import (
    NO_DATA_FILES,
    NO_MANAGEMENT_FILES,
    by,
    mutant,
)
from tests.lab_steps.mutants.reference_lab import (
    ALL_MANAGEMENT,
    ALL_TABLES,
    DATA,
    DATA_BUCKET,
    MANAGEMENT,
    MANAGEMENT_BUCKET,
    REFERENCE,
    call,
    deliver,
    select,
)
from tests.local_aws.delivered import ACCOUNT

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
        before=REFERENCE.work,
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

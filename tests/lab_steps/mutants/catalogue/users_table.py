"""Mutants of steps 17 to 28: the table Users and its items."""

from __future__ import annotations

from datetime import timedelta

from tests.lab_steps.mutants.catalogue.acts import (
    LIST_TABLES,
    LIST_TRAILS,
    REFUSED_GET,
    Refused,
    list_s3_tables,
    restore_users,
)
from tests.lab_steps.mutants.catalogue.mutant import (
    NEVER_A_TABLE,
    NO_TABLE,
    by,
    mutant,
)
from tests.lab_steps.mutants.reference_lab import (
    ITEM,
    REFERENCE,
    USERS,
    Pass,
    call,
    deliver,
    table,
    throughput,
)

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
        between=(LIST_TABLES, Pass(timedelta(minutes=50)), LIST_TRAILS, *REFERENCE.work[1:]),
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

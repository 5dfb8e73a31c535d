"""Steps 17 to 28: the DynamoDB table Users and its first item."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from lab_steps.checking import history, tables
from lab_steps.checking.finding import Finding, NextAction, counted, failed, passed
from lab_steps.checking.past import Search
from lab_steps.checking.step import Need, step
from lab_steps.checking.view import View, answered
from lab_steps.walkthrough import recorded, table
from lab_steps.walkthrough.checks import activity, item_reads
from lab_steps.walkthrough.expected import DYNAMODB, READS, READS_OF_USERS
from stacks.settings import TABLE_NAME

_SCAN = f"aws dynamodb scan --table-name {TABLE_NAME}"
_PUT = (
    f"aws dynamodb put-item --table-name {TABLE_NAME} "
    '--item \'{"id":{"N":"1"},"Name":{"S":"Ada Lovelace"}}\''
)
_CREATE = (
    f"aws dynamodb create-table --table-name {TABLE_NAME} "
    "--attribute-definitions AttributeName=id,AttributeType=N "
    "--key-schema AttributeName=id,KeyType=HASH "
    "--provisioned-throughput ReadCapacityUnits=5,WriteCapacityUnits=5"
)
_DESCRIBE = f"aws dynamodb describe-table --table-name {TABLE_NAME}"
"""Steps 20 and 21 are part of create-table: this shows what it made."""

_ANEW = NextAction(
    console=(
        f"DynamoDB, Tables, {TABLE_NAME}: Delete. Then Create table, with partition key id "
        "(Number), no sort key and Default settings. Then repeat steps 22 to 28."
    ),
    command=f"aws dynamodb delete-table --table-name {TABLE_NAME} && "
    f"aws dynamodb wait table-not-exists --table-name {TABLE_NAME} && {_CREATE}",
)


_LISTED = Search("EventName", "ListTables", DYNAMODB)
_CALLED = Search("EventSource", DYNAMODB)
_CREATED = Search("EventName", "CreateTable", succeeded=False)


def _tables_listed(view: View) -> dict[str, Any] | None:
    return history.latest(view, _LISTED)


def _dynamodb_call(view: View) -> dict[str, Any] | None:
    """A successful call of people: ListTables, which no check makes, before any other."""
    return _tables_listed(view) or history.latest(view, _CALLED)


_DYNAMODB_USED = Need(
    "a call to DynamoDB in Event history", lambda view: _dynamodb_call(view) is not None
)
_DYNAMODB_USED_OR_TABLE = Need(
    f"a call to DynamoDB in Event history, or the table {TABLE_NAME}",
    lambda view: table.described(view) is not None or _dynamodb_call(view) is not None,
    of=_DYNAMODB_USED,
)
_NAME_IT = NextAction(
    console=f"DynamoDB, Explore items, {TABLE_NAME}: open the item, Add new attribute, String, "
    "Name with a value; Save changes.",
    command=_PUT,
)
_NAME_ANEW = NextAction(
    console=(
        f"DynamoDB, Explore items, {TABLE_NAME}: open the item, remove its Name, which is not a "
        "String or has no value; Add new attribute, String, Name with a value; Save changes."
    ),
    command=_PUT,
)
_LIST_TABLES = NextAction(
    console="Choose Tables in DynamoDB's menu.", command="aws dynamodb list-tables"
)
_NO_ITEM = "No item was created, or it was deleted."
_NAMED = Need(
    f"an item with the attribute {table.ATTRIBUTE}",
    lambda view: any(table.ATTRIBUTE in item for item in table.items(view)),
)


@step(
    17,
    "Open DynamoDB",
    console="Search for DynamoDB and open it.",
    command="aws dynamodb list-tables",
    api=("dynamodb:ListTables",),
    needs=(history.EVENTS.unless(lambda view: _dynamodb_call(view) is not None),),
    provides=(_DYNAMODB_USED,),
    by_records=recorded.USED,
    action="calls ListTables",
    hints=(
        "The check looks for a DynamoDB call in Event history. Have you made one in this Region?",
        "Opening DynamoDB in the console calls its API for you; Event history shows it.",
    ),
)
def open_dynamodb(view: View) -> Finding:
    """DynamoDB was used in the lab's Region: Event history lists a successful management event of
    dynamodb.amazonaws.com that a check did not make."""
    call = _dynamodb_call(view)
    expected = "a call to DynamoDB in Event history"
    if call is None:
        return activity.not_there_yet(
            view, expected, "none", history.NEVER_CALLED, meanwhile=_LIST_TABLES
        )
    told = f"{call['EventName']} by {call.get('Username')}"
    return passed(expected, told, history.evidence(call))


@step(
    18,
    "Open Tables",
    console="Choose Tables in DynamoDB's menu.",
    command="aws dynamodb list-tables",
    api=("dynamodb:ListTables",),
    needs=(history.EVENTS.unless(lambda view: _tables_listed(view) is not None), _DYNAMODB_USED),
    by_records=recorded.LISTED,
    action="calls ListTables",
    may_be_undone=True,
    hints=(
        "Which call loads the list of tables?",
        "The list of tables comes from ListTables, which step 34 looks for.",
    ),
)
def open_tables(view: View) -> Finding:
    """The tables were listed: Event history has a successful ListTables call to DynamoDB. The check
    does not list tables itself, because its own call would then be in the log files."""
    call = _tables_listed(view)
    expected = "a ListTables call in Event history"
    if call is None:
        return activity.not_there_yet(
            view, expected, "none", history.NEVER_CALLED, meanwhile=_LIST_TABLES
        )
    told = f"ListTables at {call['EventTime']:%FT%TZ}"
    return passed(expected, told, history.evidence(call))


@step(
    19,
    f"Create the table {TABLE_NAME}",
    console=f"Choose Create table; table name {TABLE_NAME}.",
    command=_CREATE,
    api=("dynamodb:CreateTable", "dynamodb:DescribeTable"),
    needs=(_DYNAMODB_USED_OR_TABLE,),
    provides=(table.THERE,),
    by_records=recorded.CREATED,
    action="calls CreateTable with the key id (N) and throughput 5/5, when there is no table",
    hints=(
        "Look closely at the table's name, including upper and lower case, and at the Region.",
        "Table names are case-sensitive: Users, not users.",
        "Create table, name Users. A table cannot be renamed, only created again.",
    ),
)
def create_table(view: View) -> Finding:
    """There is a table called Users. Checked with DescribeTable."""
    expected = f"a table {TABLE_NAME}"
    description = table.described(view)
    if description is None:
        return failed(
            expected,
            f"DescribeTable: {TABLE_NAME} was not found in {view.region}",
            rationale=_similar(view),
        )
    return passed(expected, description["TableArn"], _shown(description, "TableArn"))


def _similar(view: View) -> str:
    """Why it may be missing: a table created under another name is in Event history."""
    names = {
        resource.get("ResourceName")
        for event in history.found(view, _CREATED)
        for resource in event.get("Resources", [])
    }
    others = sorted(str(name) for name in names - {TABLE_NAME, None})
    if others:
        return f"According to Event history, these tables were created: {', '.join(others)}."
    return f"The table {TABLE_NAME} was not created here, or it was deleted."


@step(
    20,
    "Give it the partition key id, a Number",
    console="Partition key id, type Number.",
    command=_DESCRIBE,
    api=("dynamodb:CreateTable", "dynamodb:DescribeTable"),
    needs=(table.THERE,),
    action="part of CreateTable",
    hints=(
        "The console proposes type String.",
        "A key cannot be changed: delete the table and create it again.",
    ),
    by_records=recorded.WITH_ITS_KEY,
    remedy=_ANEW,
)
def partition_key(view: View) -> Finding:
    """The partition key is id and its type is Number. Checked with DescribeTable."""
    description = table.found(view)
    key = table.key_schema(description)["HASH"]
    expected = f"partition key {table.KEY} (N)"
    evidence = _shown(description, "KeySchema", "AttributeDefinitions")
    if key == f"{table.KEY} (N)":
        return passed(expected, f"partition key {key}", evidence)
    return failed(
        expected,
        f"partition key {key}",
        evidence,
        rationale="A table's key is fixed when it is created; N is Number, S is String.",
    )


@step(
    21,
    "Leave the sort key empty and the settings at their defaults",
    console="No sort key; Table settings: Default settings; Create table. The default is "
    "on-demand, so step 34 wants you to change the capacity later: UpdateTable.",
    command=_DESCRIBE,
    api=("dynamodb:CreateTable", "dynamodb:DescribeTable"),
    needs=(table.THERE,),
    action="part of CreateTable",
    hints=(
        "The table has something that the step does not ask for.",
        "Default settings create neither a sort key nor an index.",
        "Delete the table and create it with only a partition key and Default settings.",
    ),
    remedy=_ANEW,
)
def default_settings(view: View) -> Finding:
    """The table has no sort key and no secondary index. On-demand and provisioned both count:
    when the walkthrough was written, the console's default was provisioned, and today it is
    on-demand."""
    description = table.found(view)
    expected = "no sort key, no index; on-demand or provisioned"
    sort_key = table.key_schema(description).get("RANGE")
    indexes = [
        index["IndexName"]
        for kind in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes")
        for index in description.get(kind) or []
    ]
    extra = [f"sort key {sort_key}"] * bool(sort_key) + [f"index {name}" for name in indexes]
    evidence = _shown(description, "KeySchema", "BillingModeSummary", "ProvisionedThroughput")
    if extra:
        why = "The walkthrough leaves everything except name and partition key at its default."
        return failed(expected, ", ".join(extra), evidence, rationale=why)
    told = f"no sort key, {tables.billing(description)}"
    on_demand = tables.billing(description) == "on-demand"
    return passed(expected, told + "; change its capacity once for step 34" * on_demand, evidence)


@step(
    22,
    "Wait until the table is Active",
    console="Wait until Status turns from Creating to Active.",
    command=f"aws dynamodb wait table-exists --table-name {TABLE_NAME}",
    api=("dynamodb:DescribeTable",),
    needs=(table.THERE,),
    action="waits until DescribeTable says ACTIVE",
    hints=(
        "A new table is not ready right away.",
        "It takes some seconds; reload the list.",
        "With the CLI: aws dynamodb wait table-exists --table-name Users",
    ),
)
def active(view: View) -> Finding:
    """The table's status is ACTIVE, or UPDATING, which an active table shows while its throughput
    changes. Checked with DescribeTable."""
    description = table.found(view)
    status, expected = description["TableStatus"], "a table whose status is ACTIVE"
    evidence = _shown(description, "TableStatus")
    if status in {"ACTIVE", "UPDATING"}:
        return passed(expected, status, evidence)
    if status == "CREATING":
        return activity.not_there_yet(view, expected, status, "It has been CREATING for too long.")
    why = "The table cannot be used in this state."
    return failed(expected, status, evidence, rationale=why, next_action=_ANEW)


_RUN_ANY = NextAction(console="DynamoDB, Explore items: choose a table, Run.", command=_SCAN)
_RUN = NextAction(console=f"DynamoDB, Explore items: choose {TABLE_NAME}, Run.", command=_SCAN)


@step(
    23,
    "Open Explore items",
    console="Choose Explore items in DynamoDB's menu.",
    command=_SCAN,
    api=("dynamodb:Scan",),
    needs=item_reads.needs(READS),
    provides=(item_reads.READ,),
    by_records=recorded.READ,
    action="calls Scan",
    hints=(
        "Reading items is a data event. Which trail records it, and was it logging by then?",
        "Explore items scans a table for you; opening an item, or get-item, reads one.",
        "If you cannot read, your user lacks dynamodb:Scan on the table.",
    ),
    remedy=_RUN_ANY,
    may_be_undone=True,
)
def explore_items(view: View) -> Finding:
    """Items were read while the data trail was logging. Since the lab's work started, its log files
    have a successful Scan, Query, GetItem, BatchGetItem or TransactGetItems on any table in the
    lab's Region that a check did not make."""
    return item_reads.of_any_table(view, _RUN_ANY)


@step(
    24,
    f"Choose {TABLE_NAME}",
    console=f"Choose {TABLE_NAME} in the list of tables.",
    command=_SCAN,
    api=("dynamodb:Scan",),
    needs=(
        *item_reads.needs(READS_OF_USERS),
        item_reads.READ,
    ),
    provides=(item_reads.READ_USERS,),
    by_records=recorded.USERS_READ,
    action="calls Scan",
    hints=(
        "Which table did you explore?",
        "If the table is not in the list, check the Region at the top right.",
        f"Explore items, {TABLE_NAME}, Run: that scans it.",
    ),
    remedy=_RUN,
    may_be_undone=True,
)
def choose_table(view: View) -> Finding:
    """The items that were read are from Users, in this account and the lab's Region: the record of
    a read as in step 23 has the table's ARN among its resources."""
    return item_reads.of_users(view, _RUN)


@step(
    25,
    "See that it is empty",
    console="The result of the scan is empty: no items.",
    command=_SCAN,
    api=("dynamodb:Scan", "dynamodb:DescribeTable"),
    needs=(table.THERE,),
    action="calls Scan before the first item is put",
    by_records=recorded.CREATED,
    hints=(
        "Where did the table's first items come from?",
        "A table restored from a backup is not empty.",
        "Delete the table and create a new one, with Create table, not Restore.",
    ),
    remedy=_ANEW,
)
def starts_empty(view: View) -> Finding:
    """The table started empty: it was made by CreateTable. A table restored from a backup or a
    point in time has a RestoreSummary in DescribeTable. The result shows how many items it has
    now."""
    description = table.found(view)
    expected = "a table that started empty"
    restored = description.get("RestoreSummary")
    count = len(table.items(view))
    if restored:
        source = restored.get("SourceBackupArn") or restored.get("SourceTableArn")
        return failed(
            expected,
            f"restored from {source}",
            answered("dynamodb:DescribeTable", RestoreSummary={"Source": source}),
            rationale="A restored table already has items. The walkthrough creates a new one.",
        )
    evidence = answered("dynamodb:Scan", TableName=TABLE_NAME, Count=count)
    return passed(expected, f"created new; {counted(count, 'item')} now", evidence)


@step(
    26,
    "Create an item with an id",
    console="Create item; id: any number.",
    command=_PUT,
    api=("dynamodb:PutItem",),
    needs=(table.THERE,),
    provides=(table.WITH_ITEM,),
    by_records=recorded.WRITTEN,
    action="calls PutItem with id 1 and Name, when that item is not there",
    hints=(
        "Is anything in the table?",
        "The item's id is a number, for example 1.",
        "Explore items, Create item; give id a number such as 1, then Create item again.",
    ),
)
def create_item(view: View) -> Finding:
    """There is at least one item in the table. Checked with Scan."""
    found = table.items(view)
    expected = "at least one item"
    evidence = answered("dynamodb:Scan", TableName=TABLE_NAME, Items=found[:1])
    if not found:
        return failed(expected, "the table is empty", evidence, rationale=_NO_ITEM)
    return passed(expected, counted(len(found), "item"), evidence)


@step(
    27,
    "Add the attribute Name",
    console="Add new attribute, String; call it Name and give it any value.",
    command=_PUT,
    api=("dynamodb:PutItem",),
    needs=(table.THERE, table.WITH_ITEM),
    provides=(_NAMED,),
    action="part of PutItem",
    hints=(
        "An item may have more attributes than its key.",
        "Attribute names are case-sensitive: Name, not name.",
        "Open the item, Add new attribute, String; name it Name, type any value, Save changes.",
    ),
    remedy=_NAME_IT,
)
def add_name(view: View) -> Finding:
    """An item has an attribute called Name. Checked with Scan."""
    found = table.items(view)
    expected = f"an item with the attribute {table.ATTRIBUTE}"
    named = [item for item in found if table.ATTRIBUTE in item]
    if not named:
        return failed(
            expected,
            f"attributes: {', '.join(sorted({name for item in found for name in item}))}",
            answered("dynamodb:Scan", Items=found[:3]),
            rationale=f"No item has {table.ATTRIBUTE}; names are case-sensitive.",
        )
    return passed(expected, _brief(named[0]), answered("dynamodb:Scan", Items=named[:1]))


@step(
    28,
    "Look at the item",
    console="Open the item: id and Name are shown, Name as a String.",
    command=f'aws dynamodb get-item --table-name {TABLE_NAME} --key \'{{"id":{{"N":"1"}}}}\'',
    api=("dynamodb:GetItem",),
    needs=(table.THERE, table.WITH_ITEM, _NAMED),
    action="calls GetItem",
    hints=(
        "What type is Name, and does it have a value?",
        "Name is a String with a value; opening the item in the console calls GetItem.",
    ),
    remedy=_NAME_ANEW,
)
def look_at_item(view: View) -> Finding:
    """An item has both attributes: its id, and Name as a String that is not empty. The check uses
    Scan. It does not call GetItem, because its own call would then be in the log files."""
    named = [item for item in table.items(view) if table.ATTRIBUTE in item]
    expected = f"an item with {table.KEY} and a String {table.ATTRIBUTE}"
    whole = [item for item in named if item[table.ATTRIBUTE].get("S")]
    if not whole:
        return failed(
            expected,
            _brief(named[0]),
            answered("dynamodb:Scan", Items=named[:3]),
            rationale=f"{table.ATTRIBUTE} is not a String with a value.",
        )
    return passed(expected, _brief(whole[0]), answered("dynamodb:Scan", Items=whole[:1]))


def _shown(description: dict[str, Any], *keys: str) -> Any:
    shown = {key: _without_times(description[key]) for key in keys if description.get(key)}
    return answered("dynamodb:DescribeTable", **shown)


def _without_times(answer: Any) -> Any:
    if not isinstance(answer, dict):
        return answer
    return {key: part for key, part in answer.items() if not isinstance(part, datetime)}


def _brief(item: dict[str, dict[str, Any]]) -> str:
    """`id=1 (N), Name=Ada (S)`."""
    return ", ".join(
        f"{name}={value} ({kind})" for name, typed in item.items() for kind, value in typed.items()
    )


STEPS = (
    open_dynamodb,
    open_tables,
    create_table,
    partition_key,
    default_settings,
    active,
    explore_items,
    choose_table,
    starts_empty,
    create_item,
    add_name,
    look_at_item,
)

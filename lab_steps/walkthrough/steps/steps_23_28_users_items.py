"""Steps 23 to 28: the first item of the table Users."""

from __future__ import annotations

from typing import Any

from lab_steps.checking.finding import Finding, NextAction, failed, passed
from lab_steps.checking.step import Need, step
from lab_steps.checking.view import View, answered
from lab_steps.walkthrough import by_records, table
from lab_steps.walkthrough.checks import item_reads
from lab_steps.walkthrough.expected_records import READS, READS_OF_USERS
from lab_steps.walkthrough.steps.steps_17_22_users_table import CREATE_AGAIN
from stacks.settings import TABLE_NAME
from trail_logs.counting import counted

_SCAN = f"aws dynamodb scan --table-name {TABLE_NAME}"
_PUT = (
    f"aws dynamodb put-item --table-name {TABLE_NAME} "
    '--item \'{"id":{"N":"1"},"Name":{"S":"Ada Lovelace"}}\''
)
_NAME_IT = NextAction(
    console=f"DynamoDB, Explore items, {TABLE_NAME}: open the item, Add new attribute, String, "
    "Name with a value; Save changes.",
    command=_PUT,
)
_NAME_AGAIN = NextAction(
    console=(
        f"DynamoDB, Explore items, {TABLE_NAME}: open the item, remove its Name, which is not a "
        "String or has no value; Add new attribute, String, Name with a value; Save changes."
    ),
    command=_PUT,
)
_NAMED = Need(
    f"an item with the attribute {table.ATTRIBUTE}",
    lambda view: any(table.ATTRIBUTE in item for item in table.items(view)),
)


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
    by_records=by_records.READ,
    action="calls Scan",
    hints=(
        "Reading items is a data event. Which trail records it, and was it logging at the time?",
        "Explore items scans a table for you; opening an item, or get-item, reads one.",
        "If you cannot read, your user lacks dynamodb:Scan on the table.",
    ),
    remedy=_RUN_ANY,
    may_be_undone=True,
)
def explore_items(view: View) -> Finding:
    """Items were read while the data trail was logging. Since the lab's work started, its log files
    have a successful Scan, Query, GetItem, BatchGetItem or TransactGetItems on any table in the
    lab's Region. A check's own scans do not count."""
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
    by_records=by_records.USERS_READ,
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
    by_records=by_records.CREATED,
    hints=(
        "Where did the table's first items come from?",
        "A table restored from a backup is not empty.",
        "Delete the table and create a new one, with Create table, not Restore.",
    ),
    remedy=CREATE_AGAIN,
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
    by_records=by_records.WRITTEN,
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
        why = "No item was created, or it was deleted."
        return failed(expected, "the table is empty", evidence, rationale=why)
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
    remedy=_NAME_AGAIN,
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


def _brief(item: dict[str, dict[str, Any]]) -> str:
    """`id=1 (N), Name=Ada (S)`."""
    return ", ".join(
        f"{name}={value} ({kind})" for name, typed in item.items() for kind, value in typed.items()
    )


STEPS = (
    explore_items,
    choose_table,
    starts_empty,
    create_item,
    add_name,
    look_at_item,
)

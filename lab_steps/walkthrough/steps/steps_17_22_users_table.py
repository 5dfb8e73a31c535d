"""Steps 17 to 22: the DynamoDB table Users."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from lab_steps.checking import history, tables
from lab_steps.checking.finding import Finding, NextAction, failed, passed
from lab_steps.checking.known_events import Search
from lab_steps.checking.step import Need, step
from lab_steps.checking.view import View, answered
from lab_steps.walkthrough import by_records, table
from lab_steps.walkthrough.checks import activity
from lab_steps.walkthrough.expected_records import DYNAMODB
from stacks.settings import TABLE_NAME

_CREATE = (
    f"aws dynamodb create-table --table-name {TABLE_NAME} "
    "--attribute-definitions AttributeName=id,AttributeType=N "
    "--key-schema AttributeName=id,KeyType=HASH "
    "--provisioned-throughput ReadCapacityUnits=5,WriteCapacityUnits=5"
)
_DESCRIBE = f"aws dynamodb describe-table --table-name {TABLE_NAME}"
"""For steps 20 and 21, which are part of create-table: shows what that made."""

CREATE_AGAIN = NextAction(
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
    """A person's successful call: ListTables, which no check makes, or else any other."""
    return _tables_listed(view) or history.latest(view, _CALLED)


_DYNAMODB_USED = Need(
    "a call to DynamoDB in Event history", lambda view: _dynamodb_call(view) is not None
)
_DYNAMODB_USED_OR_TABLE = Need(
    f"a call to DynamoDB in Event history, or the table {TABLE_NAME}",
    lambda view: table.described(view) is not None or _dynamodb_call(view) is not None,
    of=_DYNAMODB_USED,
)
_LIST_TABLES = NextAction(
    console="Choose Tables in DynamoDB's menu.", command="aws dynamodb list-tables"
)


@step(
    17,
    "Open DynamoDB",
    console="Search for DynamoDB and open it.",
    command="aws dynamodb list-tables",
    api=("dynamodb:ListTables",),
    needs=(history.EVENTS.unless(lambda view: _dynamodb_call(view) is not None),),
    provides=(_DYNAMODB_USED,),
    by_records=by_records.USED,
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
    by_records=by_records.LISTED,
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
    by_records=by_records.CREATED,
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
    by_records=by_records.WITH_ITS_KEY,
    remedy=CREATE_AGAIN,
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
    remedy=CREATE_AGAIN,
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
    by_records=by_records.WAS_ACTIVE,
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
    return failed(expected, status, evidence, rationale=why, next_action=CREATE_AGAIN)


def _shown(description: dict[str, Any], *keys: str) -> Any:
    shown = {key: _without_times(description[key]) for key in keys if description.get(key)}
    return answered("dynamodb:DescribeTable", **shown)


def _without_times(answer: Any) -> Any:
    if not isinstance(answer, dict):
        return answer
    return {key: part for key, part in answer.items() if not isinstance(part, datetime)}


STEPS = (
    open_dynamodb,
    open_tables,
    create_table,
    partition_key,
    default_settings,
    active,
)

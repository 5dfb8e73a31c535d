"""The calls that the walkthrough's log files must show, and how a person makes them."""

from __future__ import annotations

from lab_steps.checking.finding import NextAction
from stacks.settings import TABLE_NAME

UPDATE_TABLE = (
    f"aws dynamodb update-table --table-name {TABLE_NAME} --billing-mode PROVISIONED "
    "--provisioned-throughput ReadCapacityUnits={units},WriteCapacityUnits={units}"
)
CALLS = {
    "CreateTable": NextAction(
        console=(
            f"The table is older than the trail's logging. Delete {TABLE_NAME}, then repeat steps "
            "19 to 28."
        ),
        command=f"aws dynamodb delete-table --table-name {TABLE_NAME}",
    ),
    "ListTables": NextAction(
        console="Open DynamoDB, Tables again, now that the trail is logging.",
        command="aws dynamodb list-tables",
    ),
    "UpdateTable": NextAction(
        console=(
            f"DynamoDB, {TABLE_NAME}, Additional settings, Read/write capacity: Edit, and change "
            "it. Nothing changes an on-demand table, today's default, for you."
        ),
        command=UPDATE_TABLE.format(units=2),
    ),
    "PutItem": NextAction(
        console=f"DynamoDB, Explore items, {TABLE_NAME}: Create item, with another id and Name.",
        command=f"aws dynamodb put-item --table-name {TABLE_NAME} "
        '--item \'{"id":{"N":"2"},"Name":{"S":"Grace Hopper"}}\'',
    ),
    "GetItem": NextAction(
        console=f"DynamoDB, Explore items, {TABLE_NAME}: open an item.",
        command=f'aws dynamodb get-item --table-name {TABLE_NAME} --key \'{{"id":{{"N":"1"}}}}\'',
    ),
}
"""How to get each expected event recorded. CreateTable is first: whoever creates the table again
makes the other calls again too. PutItem puts another item, so that a check sees that it is new."""

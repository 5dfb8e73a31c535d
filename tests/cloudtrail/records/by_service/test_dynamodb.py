"""DynamoDB's records: keys and names appear, values never do."""

from __future__ import annotations

from typing import Any

import pytest

from cloudtrail.compact_json import to_json
from cloudtrail.records.calls import CallError
from cloudtrail.records.record import record_of
from tests.cloudtrail.calls import ACCOUNT, SECRET, TIME, call

USERS = f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/Users"
STREAM = f"{USERS}/stream/2026-05-03T00:00:00.000"
KEYS = {"Users": ("Id",), "Music": ("Artist", "SongTitle")}
KEY = {"Id": {"N": "7"}}
ITEM = {"Name": {"S": SECRET}, "Id": {"N": "7"}}


def record(operation: str, parameters: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return the record of a DynamoDB call on tables whose keys are known."""
    service = "dynamodbstreams" if "Shard" in str(parameters) else "dynamodb"
    return record_of(call(service, operation, parameters, table_keys=KEYS, **fields))


def request(operation: str, parameters: dict[str, Any]) -> Any:
    """Return the requestParameters of a call, having checked that no value is in its record."""
    found = record(operation, parameters)
    assert SECRET.encode() not in to_json(found)
    return found["requestParameters"]


def test_put_item_shows_the_key_and_the_names_of_the_attributes() -> None:
    assert request("PutItem", {"TableName": "Users", "Item": ITEM}) == {
        "tableName": "Users",
        "key": {"Id": "7"},
        "items": ["Name", "Id"],
    }


def test_an_item_of_an_unknown_table_shows_its_names_only() -> None:
    assert request("PutItem", {"TableName": "Unknown", "Item": ITEM}) == {
        "tableName": "Unknown",
        "items": ["Name", "Id"],
    }


@pytest.mark.parametrize("operation", ["GetItem", "DeleteItem"])
def test_keys_lose_their_types(operation: str) -> None:
    parameters = {"TableName": "Users", "Key": KEY, "ReturnConsumedCapacity": "TOTAL"}
    assert request(operation, parameters) == {
        "tableName": "Users",
        "key": {"Id": "7"},
        "returnConsumedCapacity": "TOTAL",
    }


def test_a_binary_key_is_base64() -> None:
    shown = request("GetItem", {"TableName": "Users", "Key": {"Id": {"B": b"\x00\xff"}}})
    assert shown["key"] == {"Id": "AP8="}


def test_update_item_keeps_expressions_and_drops_values() -> None:
    parameters = {
        "TableName": "Users",
        "Key": KEY,
        "UpdateExpression": "SET #n = :n",
        "ConditionExpression": "attribute_exists(Id)",
        "ExpressionAttributeNames": {"#n": "Name"},
        "ExpressionAttributeValues": {":n": {"S": SECRET}},
    }
    assert request("UpdateItem", parameters) == {
        "tableName": "Users",
        "key": {"Id": "7"},
        "updateExpression": "SET #n = :n",
        "conditionExpression": "attribute_exists(Id)",
        "expressionAttributeNames": {"#n": "Name"},
    }


def test_legacy_updates_show_their_actions() -> None:
    parameters = {
        "TableName": "Users",
        "Key": KEY,
        "AttributeUpdates": {"Name": {"Action": "PUT", "Value": {"S": SECRET}}},
        "Expected": {"Name": {"Value": {"S": SECRET}}},
    }
    shown = request("UpdateItem", parameters)
    assert shown["attributeUpdates"] == {"Name": {"action": "PUT"}}
    assert shown["expected"] == {"Name": {}}


@pytest.mark.parametrize(
    ("expression", "key"),
    [
        ("Artist = :a", {"Artist": "x"}),
        ("#k=:a AND SongTitle = :b", {"Artist": "x", "SongTitle": "y"}),
        ("(Artist = :a) AND begins_with(SongTitle, :b)", {"Artist": "x"}),
        ("Artist = :a AND SongTitle >= :b", {"Artist": "x"}),
        ("Artist = :a AND SongTitle BETWEEN :b AND :b", {"Artist": "x"}),
    ],
)
def test_query_resolves_the_key_it_asks_for(expression: str, key: dict[str, str]) -> None:
    parameters = {
        "TableName": "Music",
        "IndexName": "ByTitle",
        "KeyConditionExpression": expression,
        "ExpressionAttributeNames": {"#k": "Artist"},
        "ExpressionAttributeValues": {":a": {"S": "x"}, ":b": {"S": "y"}},
    }
    shown = request("Query", parameters)
    assert list(shown)[:3] == ["tableName", "indexName", "key"]
    assert (shown["key"], shown["keyConditionExpression"]) == (key, expression)


def test_query_resolves_legacy_key_conditions() -> None:
    condition = {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "x"}]}
    shown = request("Query", {"TableName": "Music", "KeyConditions": {"Artist": condition}})
    assert shown["key"] == {"Artist": "x"}


def test_scan_keeps_scalars() -> None:
    parameters = {"TableName": "Users", "Limit": 1, "ConsistentRead": False}
    assert request("Scan", parameters) == {
        "tableName": "Users",
        "limit": 1,
        "consistentRead": False,
    }


def test_batch_get_item_shows_the_keys_of_each_table() -> None:
    wanted = {"Keys": [KEY], "ProjectionExpression": "Name"}
    assert request("BatchGetItem", {"RequestItems": {"Users": wanted}}) == {
        "requestItems": {"Users": {"keys": [{"Id": "7"}], "projectionExpression": "Name"}}
    }


def test_batch_write_item_shows_keys_and_names() -> None:
    requests = [{"PutRequest": {"Item": ITEM}}, {"DeleteRequest": {"Key": KEY}}]
    assert request("BatchWriteItem", {"RequestItems": {"Users": requests}}) == {
        "requestItems": {
            "Users": [
                {"putRequest": {"key": {"Id": "7"}, "items": ["Name", "Id"]}},
                {"deleteRequest": {"key": {"Id": "7"}}},
            ]
        }
    }


def test_a_transaction_lists_its_operations() -> None:
    items = [
        {"Put": {"TableName": "Users", "Item": ITEM}},
        {
            "ConditionCheck": {
                "TableName": "Users",
                "Key": KEY,
                "ConditionExpression": "a = :a",
                "ExpressionAttributeValues": {":a": {"S": SECRET}},
            }
        },
    ]
    assert request("TransactWriteItems", {"TransactItems": items}) == {
        "requestItems": [
            {
                "operation": "Put",
                "tableName": "Users",
                "key": {"Id": "7"},
                "items": ["Name", "Id"],
            },
            {
                "operation": "ConditionCheck",
                "tableName": "Users",
                "key": {"Id": "7"},
                "conditionExpression": "a = :a",
            },
        ]
    }


def test_a_statement_shows_key_values_only() -> None:
    statement = f"SELECT * FROM Users WHERE Id = 7 AND Name = '{SECRET}'"
    assert request("ExecuteStatement", {"Statement": statement}) == {
        "statement": "SELECT * FROM Users WHERE Id = 7 AND Name = ***(Redacted)"
    }


@pytest.mark.parametrize(
    ("operation", "member"),
    [("BatchExecuteStatement", "Statements"), ("ExecuteTransaction", "TransactStatements")],
)
def test_batches_of_statements_are_request_items(operation: str, member: str) -> None:
    parameters = {
        member: [
            {"Statement": "SELECT * FROM Users WHERE Id = ?", "Parameters": [{"S": SECRET}]},
        ]
    }
    found = record(operation, parameters)
    assert found["requestParameters"] == {
        "requestItems": [{"statement": "SELECT * FROM Users WHERE Id = ?"}]
    }
    assert found["resources"][0]["ARN"] == USERS


def test_a_stream_read_names_the_stream_and_its_table() -> None:
    resources = record("GetRecords", {"ShardIterator": f"{STREAM}|1|AAAA"})["resources"]
    assert [(r["type"], r["ARN"]) for r in resources] == [
        ("AWS::DynamoDB::Stream", STREAM),
        ("AWS::DynamoDB::Table", USERS),
    ]


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("DescribeTable", {"TableName": "Users"}),
        ("DescribeTable", {"TableName": USERS}),
        ("TagResource", {"ResourceArn": USERS}),
        ("Query", {"TableName": "Users", "IndexName": "i"}),
        ("BatchGetItem", {"RequestItems": {"Users": {"Keys": []}}}),
        ("DeleteBackup", {"BackupArn": f"{USERS}/backup/1"}),
    ],
)
def test_the_table_is_the_resource(operation: str, parameters: dict[str, Any]) -> None:
    assert record(operation, parameters)["resources"] == [
        {"accountId": ACCOUNT, "type": "AWS::DynamoDB::Table", "ARN": USERS}
    ]


def test_a_restore_names_both_tables_and_answers_nothing() -> None:
    parameters = {"SourceTableName": "Users", "TargetTableName": "Copy"}
    output = {"TableDescription": {"TableName": "Copy"}}
    found = record("RestoreTableToPointInTime", parameters, output=output)
    assert [r["ARN"].rsplit("/", 1)[-1] for r in found["resources"]] == ["Users", "Copy"]
    assert found["responseElements"] is None


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [("ListTables", {}), ("DescribeLimits", {}), ("ListExports", {"TableArn": USERS})],
)
def test_calls_on_no_table_have_no_resource(operation: str, parameters: dict[str, str]) -> None:
    assert "resources" not in record(operation, parameters)


def test_a_table_that_does_not_exist_is_named_all_the_same() -> None:
    error = CallError("ResourceNotFoundException", "", 400, "ResourceNotFoundException")
    found = record("UpdateTable", {"TableName": "Users"}, error=error)
    assert (found["requestParameters"], len(found["resources"])) == ({"tableName": "Users"}, 1)


def test_create_table_describes_the_table() -> None:
    output = {
        "TableDescription": {
            "TableName": "Users",
            "TableStatus": "CREATING",
            "CreationDateTime": TIME,
            "SSEDescription": {"KMSMasterKeyArn": "k"},
        }
    }
    assert record("CreateTable", {"TableName": "Users"}, output=output)["responseElements"] == {
        "tableDescription": {
            "tableName": "Users",
            "tableStatus": "CREATING",
            "creationDateTime": "May 3, 2026, 2:05:09 PM",
            "sSEDescription": {"kMSMasterKeyArn": "k"},
        }
    }


def test_a_deleted_tables_description_lacks_its_keys() -> None:
    output = {"TableDescription": {"TableName": "Users", "KeySchema": [], "CreationDateTime": TIME}}
    assert record("DeleteTable", {"TableName": "Users"}, output=output)["responseElements"] == {
        "tableDescription": {"tableName": "Users"}
    }
